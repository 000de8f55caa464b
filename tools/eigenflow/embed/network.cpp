#include "embed/network.hpp"

#include <eigenflow/maps/activation.hpp>
#include <vector>

namespace command {
namespace {

using eigenflow::nets::DenseLayer;
using eigenflow::nets::Network;
using eigenflow::nets::Part;

std::string flag(bool value) {
  return value ? "true" : "false";
}

std::string parts_text(const std::vector<Part>& parts, Constants& constants) {
  return constants.array("nets::Part", list_of(parts, [](const Part& p) {
                           return braces({std::to_string(p.first), std::to_string(p.last),
                                          std::to_string(p.begin), std::to_string(p.end)});
                         }));
}

}  // namespace

std::string network_text(const Network& network, Constants& constants) {
  const auto layer = [&](const DenseLayer& l) {
    return "\n    " +
           braces({std::to_string(l.in), std::to_string(l.out), flag(l.activates), flag(l.drops),
                   flag(l.adds), literal(l.start), std::to_string(l.offset), constants.indices(l.reach),
                   constants.indices(l.steps), parts_text(l.forward_parts, constants),
                   parts_text(l.backward_parts, constants)});
  };
  const std::string layers = list_of(network.layers, layer), gates = list_of(network.gates, layer);
  return "nets::Network" + braces({constants.array("nets::DenseLayer", layers),
                                   "Activation::" + std::string(eigenflow::to_string(network.activation)),
                                   literal(network.dropout), literal(network.negative_slope),
                                   constants.array("nets::DenseLayer", gates)});
}

}  // namespace command
