#pragma once

#include <Eigen/Core>
#include <eigenflow/transformers/spline_options.hpp>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

// The names of types as C++ spells them inside of namespace eigenflow.

namespace command {

/// What stands before the template arguments of T, "eigenflow::Planar<" for Planar<double>, with the sign that ends it.
template <class T>
std::string_view spelled() {
  const std::string_view function = __PRETTY_FUNCTION__;  // "... [with T = eigenflow::Planar<double>; ..."
  const std::string_view type = function.substr(function.find("T = ") + 4);
  return type.substr(0, type.find_first_of("<;]") + 1);
}

/// "Planar" for Planar<double>.
template <class T>
std::string template_name() {
  std::string name(spelled<T>());
  name.pop_back();
  const std::string_view ours = "eigenflow::";
  return name.starts_with(ours) ? name.substr(ours.size()) : name;
}

/// An enumerator: "SplineTails(1)".
template <class Enum>
std::string enumerator(Enum value) {
  return template_name<Enum>() + '(' + std::to_string(static_cast<int>(value)) + ')';
}

/// The template arguments of a part's type as text, by the kinds of templates that parts are. `type.operator()<A>()`
/// writes the argument A, `dimension(D)` a number of features.
template <class T, class TypeText, class DimensionText>
struct TemplateArguments {
  static std::vector<std::string> of(const TypeText&, const DimensionText&) {
    if (spelled<T>().back() == '<')
      throw std::logic_error(
          template_name<T>() +
          " is a template of other arguments than embed/type_text.hpp knows: add a TemplateArguments");
    return {};
  }
};
template <template <class...> class Part, class... A, class TypeText, class DimensionText>
struct TemplateArguments<Part<A...>, TypeText, DimensionText> {
  static std::vector<std::string> of(const TypeText& type, const DimensionText&) {
    return {type.template operator()<A>()...};
  }
};
template <template <class, int, class...> class Part, class A, int D, class... B, class TypeText,
          class DimensionText>
struct TemplateArguments<Part<A, D, B...>, TypeText, DimensionText> {
  static std::vector<std::string> of(const TypeText& type, const DimensionText& dimension) {
    return {type.template operator()<A>(), dimension(D), type.template operator()<B>()...};
  }
};
template <template <class, class, int> class Part, class A, class B, int D, class TypeText,
          class DimensionText>
struct TemplateArguments<Part<A, B, D>, TypeText, DimensionText> {
  static std::vector<std::string> of(const TypeText& type, const DimensionText& dimension) {
    return {type.template operator()<A>(), type.template operator()<B>(), dimension(D)};
  }
};
template <template <class, eigenflow::SplineTails, class> class Part, class A, eigenflow::SplineTails Tails,
          class B, class TypeText, class DimensionText>
struct TemplateArguments<Part<A, Tails, B>, TypeText, DimensionText> {
  static std::vector<std::string> of(const TypeText& type, const DimensionText&) {
    return {type.template operator()<A>(), enumerator(Tails), type.template operator()<B>()};
  }
};

}  // namespace command
