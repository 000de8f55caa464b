#pragma once

#include <set>
#include <string>

#include "model.hpp"

namespace command {

/// An object: its type and the braces that make it.
struct CppValue {
  std::string type, arguments;

  std::string text() const { return type + arguments; }
};

/// A flow's parts as C++.
struct CppParts {
  CppValue layers, base, units;
  std::string constants;          ///< the arrays that they refer to
  std::set<std::string> headers;  ///< where their types are
};

/// Throws std::runtime_error where a part is none that a header can hold.
CppParts parts_of(const Model& model);

}  // namespace command
