#pragma once

#include <Eigen/Core>
#include <cstddef>
#include <ostream>
#include <sstream>
#include <string>
#include <utility>

#include "eigenflow/compose/chain.hpp"
#include "eigenflow/compose/stack.hpp"
#include "eigenflow/concepts/layer.hpp"
#include "eigenflow/flow.hpp"
#include "eigenflow/text/counted.hpp"
#include "eigenflow/text/name_of.hpp"

// The printed architecture: one line per layer, compositions indented, with parameter counts.

namespace eigenflow {
namespace detail {

/// The name of a part and its description: "ConditionalNormal<mlp> (3 of context, 64 × 64, relu)".
template <class Part>
std::string description_of(const Part& part) {
  if constexpr (requires { part.description(); }) {
    return part.description();  // a type-erased base
  } else {
    std::string text = name_of<Part>("Layer");
    if constexpr (requires { part.describe(); }) text += " (" + part.describe() + ')';
    return text;
  }
}

template <class Part>
void describe_line(std::ostream& out, const Part& part, const std::string& label, int depth) {
  const Eigen::Index count = parameter_count(part);
  out << std::string(static_cast<std::size_t>(2 * depth), ' ') << label << description_of(part);
  if (count > 0) out << ": " << counted(count, "parameter");
  out << '\n';
}

template <class... Layers>
void describe(std::ostream& out, const Chain<Layers...>& chain, const std::string& label, int depth);
template <class L>
void describe(std::ostream& out, const Stack<L>& stack, const std::string& label, int depth);

template <class L>
void describe(std::ostream& out, const L& layer, const std::string& label, int depth) {
  if constexpr (requires { layer.print(out, label, depth); }) {
    layer.print(out, label, depth);  // a type-erased layer
  } else {
    describe_line(out, layer, label, depth);
    if constexpr (requires { layer.layer(); })
      describe(out, layer.layer(), "", depth + 1);  // an inner layer: of an Inverse or Columns
  }
}

// Adjacent elements with the same text are printed once, with their number.
template <class L>
void describe(std::ostream& out, const Stack<L>& stack, const std::string& label, int depth) {
  describe_line(out, stack, label, depth);
  const auto print = [&](Eigen::Index i) {
    std::ostringstream text;
    describe(text, stack[i], "", depth);
    return text.str();
  };
  for (Eigen::Index first = 0, next = 0; first < stack.size(); first = next) {
    const std::string text = print(first);
    for (next = first + 1; next < stack.size() && print(next) == text;) ++next;
    describe(out, stack[first], std::to_string(next - first) + " × ", depth + 1);
  }
}
template <class... Layers, std::size_t... I>
void describe_layers(std::ostream& out, const Chain<Layers...>& chain, int depth, std::index_sequence<I...>) {
  (describe(out, chain.template layer<I>(), std::to_string(I) + ' ', depth), ...);
}
template <class... Layers>
void describe(std::ostream& out, const Chain<Layers...>& chain, const std::string& label, int depth) {
  describe_line(out, chain, label, depth);
  describe_layers(out, chain, depth + 1, std::index_sequence_for<Layers...>{});
}

}  // namespace detail

/// Prints the architecture of a flow, with parameter counts.
template <class... Parts>
std::ostream& operator<<(std::ostream& out, const Flow<Parts...>& flow) {
  out << "Flow of " << detail::counted(flow.dim(), "feature") << ", "
      << detail::counted(flow.parameters().size(), "parameter") << '\n';
  if constexpr (requires { flow.layers().print_layers(out, 1); })
    flow.layers().print_layers(out, 1);
  else
    detail::describe_layers(out, flow.layers(), 1, std::make_index_sequence<Flow<Parts...>::Layers::size>{});
  detail::describe_line(out, flow.base(), "base ", 1);
  return out;
}

}  // namespace eigenflow
