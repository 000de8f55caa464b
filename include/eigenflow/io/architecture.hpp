#pragma once

#include <Eigen/Core>
#include <cstddef>
#include <cstdint>
#include <string>
#include <type_traits>
#include <utility>

#include "eigenflow/any/any_base.hpp"
#include "eigenflow/any/any_layer.hpp"
#include "eigenflow/authoring/context_units.hpp"
#include "eigenflow/authoring/structure.hpp"
#include "eigenflow/flow.hpp"
#include "eigenflow/io/allowance.hpp"
#include "eigenflow/io/build.hpp"
#include "eigenflow/io/json.hpp"
#include "eigenflow/io/registry.hpp"
#include "eigenflow/io/standard_parts.hpp"
#include "eigenflow/numerics/rng.hpp"

// The architecture of a flow in a model file: its layers and its base, without parameters.

namespace eigenflow {

namespace io::detail {

template <class Scalar>
constexpr const char* scalar_name() {
  static_assert(std::is_same_v<Scalar, float> || std::is_same_v<Scalar, double>,
                "model files hold flows of float or double");
  return std::is_same_v<Scalar, float> ? "float" : "double";
}

/// The architecture of a flow.
template <class... Parts>
Value architecture_of(const Flow<Parts...>& flow) {
  using eigenflow::detail::to_value;
  Value::Object entries{{"scalar", Value(std::string(scalar_name<typename Flow<Parts...>::Scalar>()))},
                        {"features", Value(static_cast<std::int64_t>(flow.dim()))},
                        {"context", Value(static_cast<std::int64_t>(flow.context_dim()))},
                        {"layers", to_value(flow.layers().layers())},
                        {"base", to_value(flow.base())}};
  if (!flow.context_units().left_out()) entries.emplace_back("context_units", to_value(flow.context_units()));
  return Value(std::move(entries));
}

template <class Flow>
struct BuiltParts {
  typename Flow::Layers layers;
  typename Flow::BaseType base;
  ContextUnits<typename Flow::Scalar> units;
};

/// The layers and the base of an architecture, whose numbers of columns must agree with it.
template <class Flow>
BuiltParts<Flow> build_parts(const Value& architecture, const Registry<typename Flow::Scalar>& registry,
                             Allowance allowance) {
  using Layers = typename Flow::Layers;
  using List = std::remove_cvref_t<decltype(std::declval<const Layers&>().layers())>;
  const auto entry = [&](const char* name) -> const Value& {
    const Value* const value = architecture.find(name);
    if (!value) reject(std::string("the architecture has no '") + name + "'");
    return *value;
  };
  Builder<typename Flow::Scalar> builder(&registry, allowance);
  if (const Value* const features = architecture.find("features"))
    if (const std::int64_t* const number = features->as<std::int64_t>()) builder.expect_features(*number);
  Layers layers(builder.template build<List>(entry("layers"), "layers"));
  auto base = builder.template build<typename Flow::BaseType>(entry("base"), "base");
  const auto check = [&](const char* name, Eigen::Index found, const char* of_whom) {
    const Value* const said = architecture.find(name);
    const std::int64_t* const number = said ? said->as<std::int64_t>() : &found;
    if (!number || *number != found)
      reject(std::string("the architecture says ") + to_json(*said) + ' ' + name + ", but its " + of_whom +
             ' ' + std::to_string(found));
  };
  check("features", layers.dim(), "layers have");
  check("context",
        eigenflow::detail::common_context("Flow", layers.context_dim(), eigenflow::context_dim(base)),
        "parts read");
  ContextUnits<typename Flow::Scalar> units;
  if (const Value* const from = architecture.find("context_units"))
    units = builder.template build<ContextUnits<typename Flow::Scalar>>(*from, "context_units");
  return {std::move(layers), std::move(base), std::move(units)};
}

/// Throws if an architecture differs in an option; constants may differ.
inline void check_same(const Value& expected, const Value& found, const std::string& path) {
  const auto differ = [&] {
    const auto* list = expected.as<Value::List>();
    const auto* other = found.as<Value::List>();
    reject(path +
           (list && other ? " has " + std::to_string(list->size()) + " entries in this flow, but " +
                                std::to_string(other->size())
                          : " is " + to_json(expected) + " in this flow, but " + to_json(found)) +
           " in the file: load it into a flow of the file's parts, or have load_flow make one");
  };
  if (const auto* list = expected.as<Value::List>()) {
    const auto* other = found.as<Value::List>();
    if (!other || other->size() != list->size()) differ();
    for (std::size_t i = 0; i < list->size(); ++i)
      check_same((*list)[i], (*other)[i], join(path, std::to_string(i)));
  } else if (const auto* object = expected.as<Value::Object>()) {
    for (const auto& [name, value] : *object) {
      if (name == "constants") continue;
      const Value* const other = found.find(name);
      if (!other) differ();
      check_same(value, *other, join(path, name));
    }
  } else if (to_json(expected) != to_json(found)) {
    differ();
  }
}

}  // namespace io::detail

/// A new flow of an architecture, with parameters drawn from `rng`. `text` is JSON with `layers` and a `base`, as in a
/// model file. Throws std::invalid_argument, with the entry, if the text is not an architecture or names a layer that
/// `registry` does not have. The text is trusted: it may lead to large allocations.
template <class Scalar>
AnyFlow<Scalar> make_flow(const std::string& architecture, Rng& rng,
                          const io::Registry<Scalar>& registry = io::standard_parts<Scalar>()) {
  const Value value = io::parse_json(architecture, "the architecture");
  auto parts = io::detail::build_parts<AnyFlow<Scalar>>(value, registry, {});
  AnyFlow<Scalar> flow(std::move(parts.layers), std::move(parts.base), rng);
  if (!parts.units.left_out()) flow.set_context_units(std::move(parts.units));
  return flow;
}

}  // namespace eigenflow
