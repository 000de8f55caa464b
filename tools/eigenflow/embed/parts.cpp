#include "embed/parts.hpp"

#include <concepts>
#include <eigenflow/authoring/layout.hpp>
#include <eigenflow/authoring/structure.hpp>
#include <eigenflow/io/build.hpp>
#include <eigenflow/parts.hpp>
#include <functional>
#include <map>
#include <span>
#include <stdexcept>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "embed/constants.hpp"
#include "embed/network.hpp"
#include "embed/sources.hpp"
#include "embed/type_text.hpp"

// A part is written as the constructor call that its structure() describes, for every part of the list in
// eigenflow/parts.hpp. Three things have another form in an embedded flow:
//
//   networks               the dense layers that the options of a conditioner make, with their masks
//   lists of layers        one Sequence, with the places of their parameters
//   mixtures               one of Several components, with the places of their parameters

namespace command {
namespace {

using Index = Eigen::Index;
using AnyLayer = ef::AnyLayer<double>;
using AnyBase = ef::AnyBase<double>;

template <class T>
constexpr auto constexpr_structure_of() {
  if constexpr (requires { T::constexpr_structure(); })
    return T::constexpr_structure();
  else
    return ef::detail::structure_of<T>();
}

class Writer;
using Write = CppValue (*)(Writer&, const ef::Value&);

/// How to write the layers or the bases of the list, by their tags.
template <class Any>
const std::map<std::string, Write>& writers();

class Writer {
 public:
  explicit Writer(bool is_float) : constants(is_float) {}

  Constants constants;
  std::set<std::string> headers;

  template <class T>
  CppValue write(const T& x) {
    if constexpr (std::same_as<T, bool>)
      return {"", x ? "true" : "false"};
    else if constexpr (std::integral<T>)
      return {"", std::to_string(x)};
    else if constexpr (std::floating_point<T>)
      return {"", literal(x)};
    else if constexpr (std::is_enum_v<T>)
      return {"", enumerator(x)};
    else if constexpr (std::same_as<T, AnyLayer> || std::same_as<T, AnyBase>)
      return named<T>(x.to_value());
    else if constexpr (requires { typename T::Alternatives; })
      return std::visit([&](const auto& map) { return write(map); }, x.map());
    else if constexpr (requires { x.left_out(); })
      return x.known() ? part(x) : CppValue{type<T>(0, {}), "{}"};  // units of a context; raw before a fit
    else if constexpr (ef::Structured<T>)
      return part(x);
    else
      return {"", list(x)};
  }

  /// One layer after the other.
  CppValue sequence(const std::vector<AnyLayer>& layers) {
    headers.insert("eigenflow/embedded/sequence.hpp");
    const CppValue all = several(layers);
    return {"Sequence<" + all.type + '>', all.arguments};
  }
  CppValue mixture(const std::vector<AnyBase>& components) {
    headers.insert(header_of_type("Mixture"));
    const CppValue all = several(components);
    return {"Mixture<Several<" + all.type + ">>", '{' + all.arguments + '}'};
  }

  template <class Part>
  CppValue part(const Part& x) {
    if constexpr (requires {
                    { x.layers() } -> std::same_as<const std::vector<AnyLayer>&>;
                  }) {
      return sequence(x.layers());
    } else if constexpr (requires {
                           { x.components() } -> std::same_as<const std::vector<AnyBase>&>;
                         }) {
      return mixture(x.components());
    } else {
      std::vector<std::string> arguments;
      Written written;
      std::apply([&](const auto&... field) { (arguments.push_back(argument(x, field, written)), ...); },
                 constexpr_structure_of<Part>());
      Index dim = 0;
      if constexpr (requires { x.dim(); }) dim = x.dim();
      return {type<Part>(dim, written), braces(arguments)};
    }
  }

 private:
  /// The types of some parts, and the arguments that are the places of their parameters and these parts.
  template <class Any>
  CppValue several(const std::vector<Any>& parts) {
    CppValue all{"", "{{{"};
    std::string values;
    Index offset = 0;
    for (const Any& part : parts) {
      const CppValue one = write(part);
      const Index count = ef::parameter_count(part);
      all.type += (values.empty() ? "\n    " : ",\n    ") + one.type;
      all.arguments += (values.empty() ? "" : ", ") + braces({std::to_string(offset), std::to_string(count)});
      values += ",\n    " + one.text();
      offset += count;
    }
    all.arguments += "}}" + values + '}';
    return all;
  }

  /// What the parts inside of another were written as, by their types here: an AnyScale is written as the scale that it
  /// holds. Of two parts inside with one type here, both must be written as one type.
  using Written = std::map<const void*, std::string>;
  template <class T>
  static constexpr char identity = 0;

  template <class Part, class Field>
  std::string argument(const Part& x, const Field& field, Written& written) {
    const auto& value = std::invoke(field.get, x);
    using Value = std::remove_cvref_t<decltype(value)>;
    if constexpr (requires {
                    requires std::same_as<typename Part::Options, Value>;
                    x.conditioner().network();
                  }) {
      return network_text(x.conditioner().network(), constants);
    } else {
      const CppValue result = write(value);
      written[&identity<Value>] = result.type;
      return result.text();
    }
  }

  template <class T>
  std::string type(Index dim, const Written& written) {
    const auto argument = [&]<class A>() -> std::string {
      if constexpr (std::floating_point<A>) return constants.scalar();
      const auto found = written.find(&identity<A>);
      return found != written.end() ? found->second : type<A>(dim, {});
    };
    // A single feature is a dimension at run time: a coupling that a context alone conditions has no other.
    const auto dimension = [&](int known) -> std::string {
      if (known != Eigen::Dynamic) return std::to_string(known);
      return dim == 1 ? "Eigen::Dynamic" : std::to_string(dim);
    };
    const std::string name = template_name<T>();
    headers.insert(header_of_type(name));
    std::string text;
    for (const std::string& one :
         TemplateArguments<T, decltype(argument), decltype(dimension)>::of(argument, dimension))
      text += (text.empty() ? "" : ", ") + one;
    return text.empty() ? name : name + '<' + text + '>';
  }

  template <class Any>
  CppValue named(const ef::Value& value) {
    const std::string& tag = *value.find("type")->as<std::string>();
    const auto found = writers<Any>().find(tag);
    if (found == writers<Any>().end())
      throw std::runtime_error("this version cannot write a " + tag + " as C++");
    return found->second(*this, value);
  }

  // A name of an array of constants.
  template <class List>
  std::string list(const List& list) {
    using Item = std::remove_cvref_t<decltype(list[0])>;
    if constexpr (std::floating_point<Item>)
      return constants.array(constants.scalar(), list_of(list, [&](Item x) { return constants.number(x); }));
    else if constexpr (std::is_enum_v<Item>)
      return constants.array(template_name<Item>(), list_of(list, [](Item x) { return enumerator(x); }));
    else
      return constants.indices(list);
  }
};

template <class Any>
const std::map<std::string, Write>& writers() {
  static const auto all = [] {
    std::map<std::string, Write> result;
    ef::StandardParts<double>::for_each([&]<class Part>(std::type_identity<Part>) {
      if constexpr (ef::Layer<Part> == std::same_as<Any, AnyLayer>)
        result[ef::detail::tag_of<Part>()] = [](Writer& writer, const ef::Value& value) {
          return writer.part(ef::io::Builder<double>(&known_parts()).build<Part>(value, ""));
        };
    });
    return result;
  }();
  return all;
}

}  // namespace

CppParts parts_of(const Model& model) {
  Writer writer(model.info.scalar == "float");
  CppParts parts{writer.sequence(model.flow.layers().layers()),
                 writer.write(model.flow.base()),
                 writer.write(model.flow.context_units()),
                 {},
                 {}};
  parts.constants = writer.constants.text();
  parts.headers = std::move(writer.headers);
  return parts;
}

}  // namespace command
