#pragma once

#include <ostream>
#include <string>

#include "eigenflow/chain.hpp"
#include "eigenflow/flow.hpp"
#include "eigenflow/inverse.hpp"
#include "eigenflow/layer.hpp"
#include "eigenflow/layers/coupling.hpp"
#include "eigenflow/stack.hpp"

// The printed architecture: one line a layer, compositions indented, with parameter counts.

namespace eigenflow {
namespace detail {

inline std::string counted(Eigen::Index count, const std::string& thing) {
  std::string digits = std::to_string(count);
  for (auto i = static_cast<std::ptrdiff_t>(digits.size()) - 3; i > 0; i -= 3)
    digits.insert(static_cast<std::size_t>(i), 1, ',');
  return digits + ' ' + thing + (count == 1 ? "" : "s");
}

template <class Part>
std::string name_of(const Part& part) {
  std::string name;
  if constexpr (Named<Part>)
    name = Part::name();
  else
    name = "Layer";
  if constexpr (requires { part.describe(); }) name += " (" + part.describe() + ")";
  return name;
}

template <class Part>
void describe_line(std::ostream& out, const Part& part, const std::string& label, int depth) {
  const Eigen::Index count = parameter_count(part);
  out << std::string(static_cast<std::size_t>(2 * depth), ' ') << label << name_of(part);
  if (count > 0) out << ": " << counted(count, "parameter");
  out << '\n';
}

template <class L>
void describe(std::ostream& out, const L& layer, const std::string& label, int depth) {
  describe_line(out, layer, label, depth);
}
template <class... Layers>
void describe(std::ostream& out, const Chain<Layers...>& chain, const std::string& label, int depth);
template <class L>
void describe(std::ostream& out, const Inverse<L>& inverse, const std::string& label, int depth);

// Equal elements are written once.
template <class L>
void describe(std::ostream& out, const Stack<L>& stack, const std::string& label, int depth) {
  describe_line(out, stack, label, depth);
  describe(out, stack[0], std::to_string(stack.size()) + " × ", depth + 1);
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
template <class L>
void describe(std::ostream& out, const Inverse<L>& inverse, const std::string& label, int depth) {
  describe_line(out, inverse, label, depth);
  describe(out, inverse.layer(), "", depth + 1);
}

}  // namespace detail

/// Prints the architecture of a flow, with parameter counts.
template <class... Parts>
std::ostream& operator<<(std::ostream& out, const Flow<Parts...>& flow) {
  out << "Flow of " << detail::counted(flow.dim(), "feature") << ", "
      << detail::counted(flow.parameters().size(), "parameter") << '\n';
  detail::describe_layers(out, flow.layers(), 1, std::make_index_sequence<Flow<Parts...>::Layers::size>{});
  detail::describe_line(out, flow.base(), "base ", 1);
  return out;
}

}  // namespace eigenflow
