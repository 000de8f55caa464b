#pragma once

#include <Eigen/Core>
#include <map>
#include <string>
#include <type_traits>
#include <vector>

#include "eigenflow/any/any_base.hpp"
#include "eigenflow/any/any_layer.hpp"
#include "eigenflow/authoring/structure.hpp"
#include "eigenflow/io/build.hpp"
#include "eigenflow/text/error.hpp"
#include "eigenflow/text/name_of.hpp"

namespace eigenflow::io {

/// The parts that a file may name, by their tags: what `load_flow` makes flows of. `standard_parts` has the
/// library's own; add your own to a copy of it.
template <class Scalar>
class Registry {
  template <class Part>
  using AnyOf = std::conditional_t<Layer<Part>, AnyLayer<Scalar>, AnyBase<Scalar>>;

 public:
  /// Makes a typical part of `dim` features, given `context_dim` columns of context where it reads one.
  template <class Any>
  using Example = Any (*)(Eigen::Index dim, Eigen::Index context_dim);

  /// Adds a layer or a base under its tag, in place of another of that tag. What goes through all parts, as a
  /// benchmark, makes one with `make_example`.
  template <class Part>
  Registry& add(Example<AnyOf<Part>> make_example = nullptr) {
    static_assert(Layer<Part> || Base<Part>, "a Registry takes layers and bases");
    static_assert(eigenflow::detail::Tagged<Part>, "a part that a file names needs a static tag()");
    static_assert(Structured<Part>,
                  "a part that a file names needs a structure(), see authoring/structure.hpp");
    using Any = AnyOf<Part>;
    entries<Any>(*this)[eigenflow::detail::tag_of<Part>()] = {
        [](Builder<Scalar>& builder, const Value& value, const std::string& path) {
          return Any(builder.template build<Part>(value, path));
        },
        make_example};
    return *this;
  }

  /// The tags of its layers or bases, in the order of the alphabet: tags<AnyLayer<float>>().
  template <class Any>
  std::vector<std::string> tags() const {
    std::vector<std::string> all;
    for (const auto& [tag, entry] : entries<Any>(*this)) all.push_back(tag);
    return all;
  }

  /// A typical layer or base of that tag. Throws std::invalid_argument where none was added with an example.
  template <class Any>
  Any example(const std::string& tag, Eigen::Index dim, Eigen::Index context_dim = 0) const {
    const auto found = entries<Any>(*this).find(tag);
    if (found == entries<Any>(*this).end() || !found->second.make_example)
      eigenflow::detail::reject("this Registry has no example of a " + tag);
    return found->second.make_example(dim, context_dim);
  }

  /// An AnyLayer or AnyBase of what the entry says. Throws std::invalid_argument for an unknown tag.
  template <class Any>
  Any build(Builder<Scalar>& builder, const Value& value, const std::string& path) const {
    const Value* const type = value.find("type");
    if (!type || !type->as<std::string>())
      eigenflow::detail::reject(path + " should be an object with a type");
    const auto found = entries<Any>(*this).find(*type->as<std::string>());
    if (found == entries<Any>(*this).end())
      eigenflow::detail::reject(
          path + " is a " + *type->as<std::string>() + ", a " +
          (std::is_same_v<Any, AnyLayer<Scalar>> ? "layer" : "base") +
          " that is not in the Registry: add its class to the Registry that you load with");
    return found->second.make(builder, value, path);
  }

 private:
  template <class Any>
  struct Entry {
    Any (*make)(Builder<Scalar>&, const Value&, const std::string& path);
    Example<Any> make_example;
  };

  template <class Any, class Self>
  static auto& entries(Self& self) {
    if constexpr (std::is_same_v<Any, AnyLayer<Scalar>>)
      return self.layers_;
    else
      return self.bases_;
  }

  std::map<std::string, Entry<AnyLayer<Scalar>>> layers_;
  std::map<std::string, Entry<AnyBase<Scalar>>> bases_;
};

}  // namespace eigenflow::io
