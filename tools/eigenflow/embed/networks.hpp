#pragma once

#include <Eigen/Core>
#include <eigenflow/nets/network.hpp>
#include <string>
#include <vector>

#include "embed/constants.hpp"

// Transformers and networks as C++.

namespace command {

/// An object: its type and the braces that make it.
struct CppValue {
  std::string type, arguments;

  std::string text() const { return type + arguments; }
};

struct CppTransformer : CppValue {
  Eigen::Index parameters;  ///< of each feature
};

/// The transformer of a layer.
CppTransformer transformer_of(const ef::Value& layer, Constants& constants);
/// The features of a layer that its transformer takes for circles.
std::vector<Eigen::Index> circles_of(const ef::Value& layer);

/// The network that a part's options make, written out.
std::string network_of(const ef::Value& part, Eigen::Index in, Eigen::Index out, Constants& constants);
/// The same with the masks of an order, `count` results for each feature.
std::string masked_network_of(const ef::Value& part, const std::vector<Eigen::Index>& order,
                              Eigen::Index count, Eigen::Index context_dim,
                              const std::vector<Eigen::Index>& circles, Constants& constants);

}  // namespace command
