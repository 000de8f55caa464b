#pragma once

#include <string>

#include "model.hpp"

namespace command {

/// A header of its own with the model as the object `name`. It needs Eigen and nothing else.
std::string header_of(const Model& model, const std::string& name);

}  // namespace command
