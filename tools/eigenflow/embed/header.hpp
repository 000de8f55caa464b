#pragma once

#include <string>

#include "model.hpp"

namespace command {

/// Whether a name may stand in C++ for an object and, with "_model" behind it, for a namespace.
bool is_cpp_name(const std::string& name);

/// A header of its own with the model as the object `name`. It needs Eigen and nothing else.
std::string header_of(const Model& model, const std::string& name);

}  // namespace command
