#include "embed/networks.hpp"

#include <algorithm>
#include <eigenflow/conditioners/masked_mlp.hpp>
#include <eigenflow/conditioners/mlp.hpp>
#include <eigenflow/conditioners/residual_net.hpp>
#include <eigenflow/maps/scale_maps.hpp>
#include <eigenflow/transformers/spline_options.hpp>

namespace command {
namespace {

using ef::Value;
using ef::nets::DenseLayer;
using ef::nets::Network;
using ef::nets::Part;

std::string flag(bool value) {
  return value ? "true" : "false";
}

std::string real(const Value& value, const char* name) {
  return literal(as<double>(value, name));
}

// What a map takes a logarithm for, it is given.
CppValue scale_map_of(const Value& value) {
  const std::string type = type_of(value);
  if (type == "soft clip") return {"SoftClip", braces({real(value, "bound")})};
  if (type == "tanh bound") return {"TanhBound", braces({real(value, "bound")})};
  if (type == "exp") return {"ExpScale", "{}"};
  if (type == "softplus") {
    const auto map = as<ef::SoftplusScale>(value);
    return {"SoftplusScale", braces({literal(map.least()), literal(map.shift())})};
  }
  if (type == "reciprocal sigmoid") {
    const CppValue map = scale_map_of(*value.find("map"));
    return {"Reciprocal<" + map.type + '>', braces({map.text()})};
  }
  const auto map = as<ef::SigmoidScale>(value);
  return {"SigmoidScale", braces({literal(map.largest()), literal(map.least()), literal(map.shift())})};
}

bool is_residual(const Value& part) {
  return type_of(part).ends_with("residual net>");
}

std::string parts_text(const std::vector<Part>& parts, Constants& constants) {
  return constants.array("nets::Part", list_of(parts, [](const Part& p) {
                           return braces({std::to_string(p.first), std::to_string(p.last),
                                          std::to_string(p.begin), std::to_string(p.end)});
                         }));
}

std::string network_text(const Network& network, Constants& constants) {
  const std::string layers = list_of(network.layers, [&](const DenseLayer& l) {
    return "\n    " +
           braces({std::to_string(l.in), std::to_string(l.out), flag(l.activates), flag(l.drops),
                   flag(l.adds), literal(l.start), std::to_string(l.offset), constants.indices(l.reach),
                   constants.indices(l.steps), parts_text(l.forward_parts, constants),
                   parts_text(l.backward_parts, constants)});
  });
  return "nets::Network" + braces({constants.array("nets::DenseLayer", layers),
                                   "Activation::" + std::string(ef::to_string(network.activation)),
                                   literal(network.dropout), literal(network.negative_slope)});
}

CppTransformer transformer(const Value& value, Constants& constants) {
  const std::string type = type_of(value), scalar = constants.scalar();
  if (value.find("circles")) {
    const CppTransformer line = transformer(*value.find("line"), constants),
                         circle = transformer(*value.find("circle"), constants);
    const auto circles = as<std::vector<Eigen::Index>>(value, "circles");
    return {{"LineOrCircle<" + line.type + ", " + circle.type + '>',
             braces({constants.indices(circles), line.text(), circle.text()})},
            std::max(line.parameters, circle.parameters + 1)};
  }
  if (type == "shift") return {{"Shift<" + scalar + '>', "{}"}, 1};
  if (type == "affine") {
    const CppValue map = scale_map_of(*value.find("log_scale"));
    return {{"Affine<" + scalar + ", " + map.type + '>', braces({map.text()})}, 2};
  }
  const bool periodic = type == "periodic spline";
  const CppValue map = scale_map_of(*value.find("slope_map"));
  const auto o = as<ef::SplineOptions>(value, "options");
  const std::string options =
      "SplineOptions" + braces({std::to_string(o.bins), literal(o.bound), literal(o.min_size),
                                literal(o.min_slope), flag(o.rotate), literal(o.size_bound)});
  return {{"RationalQuadraticSpline<" + scalar + ", SplineTails::" + (periodic ? "periodic" : "linear") +
               ", " + map.type + '>',
           braces({options, map.text()})},
          3 * o.bins + (periodic ? (o.rotate ? 1 : 0) : -1)};
}

}  // namespace

CppTransformer transformer_of(const Value& layer, Constants& constants) {
  return transformer(*layer.find("transformer"), constants);
}

std::vector<Eigen::Index> circles_of(const Value& layer) {
  const Value* const circles = layer.find("transformer")->find("circles");
  return circles ? as<std::vector<Eigen::Index>>(*circles) : std::vector<Eigen::Index>();
}

std::string network_of(const Value& part, Eigen::Index in, Eigen::Index out, Constants& constants) {
  return network_text(is_residual(part) ? as<ef::ResidualNetOptions>(part, "options").network(in, out)
                                        : as<ef::MlpOptions>(part, "options").network(in, out),
                      constants);
}

std::string masked_network_of(const Value& part, const std::vector<Eigen::Index>& order, Eigen::Index count,
                              Eigen::Index context_dim, const std::vector<Eigen::Index>& circles,
                              Constants& constants) {
  if (is_residual(part)) {
    const auto options = as<ef::ResidualNetOptions>(part, "options");
    return network_text(ef::MaskedResidualNet<double>(order, count, options, context_dim, circles).network(),
                        constants);
  }
  const auto options = as<ef::MlpOptions>(part, "options");
  return network_text(ef::MaskedMlp<double>(order, count, options, context_dim, circles).network(),
                      constants);
}

}  // namespace command
