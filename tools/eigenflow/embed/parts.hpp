#pragma once

#include <Eigen/Core>
#include <set>
#include <string>
#include <vector>

#include "model.hpp"

namespace command {

/// A layer or a base of an embedded flow.
struct CppPart {
  std::string type, value;  ///< as C++: "Radial<double, 2>", "{2}"
  Eigen::Index offset;      ///< of its parameters in theta
  Eigen::Index parameters;
};

/// A flow's parts as C++: chains and stacks are flattened, since they compute nothing.
struct CppParts {
  std::vector<CppPart> layers;
  CppPart base;
  std::string constants;          ///< the arrays that they refer to
  std::set<std::string> headers;  ///< where their types are
};

/// Throws std::runtime_error where a part is none that a header can hold.
CppParts parts_of(const Model& model);

}  // namespace command
