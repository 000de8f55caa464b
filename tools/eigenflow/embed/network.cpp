#include "embed/network.hpp"

#include <cstddef>
#include <eigenflow/maps/activation.hpp>
#include <vector>

namespace command {
namespace {

using eigenflow::nets::ConvLayer;
using eigenflow::nets::ConvNetwork;
using eigenflow::nets::DenseLayer;
using eigenflow::nets::Network;
using eigenflow::nets::Part;

std::string flag(bool value) {
  return value ? "true" : "false";
}

template <class Enum>
std::string enumerator(const char* type, Enum value) {
  return type + ("::" + std::string(names_of(value)[static_cast<std::size_t>(value)]));
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
  return "nets::Network" +
         braces({constants.array("nets::DenseLayer", layers), enumerator("Activation", network.activation),
                 literal(network.dropout), literal(network.negative_slope),
                 constants.array("nets::DenseLayer", gates)});
}

std::string network_text(const ConvNetwork& network, Constants& constants) {
  const std::string layers = list_of(network.layers, [](const ConvLayer& l) {
    const std::string shape = braces({std::to_string(l.shape.in), std::to_string(l.shape.out),
                                      std::to_string(l.shape.side), enumerator("Padding", l.shape.padding)});
    return "\n    " + braces({shape, flag(l.activates), flag(l.drops), flag(l.adds), literal(l.start),
                              std::to_string(l.offset)});
  });
  return "nets::ConvNetwork" +
         braces({constants.array("nets::ConvLayer", layers), std::to_string(network.height),
                 std::to_string(network.width), enumerator("Colour", network.checkerboard),
                 std::to_string(network.broadcast), enumerator("Activation", network.activation),
                 literal(network.dropout), literal(network.negative_slope)});
}

}  // namespace command
