#pragma once

// The version of eigenflow, in one place: CMake, the packages and the model files read it from here.
// Semantic versioning: before 1.0 a minor version may change the interface.

#define EIGENFLOW_VERSION_MAJOR 0
#define EIGENFLOW_VERSION_MINOR 1
#define EIGENFLOW_VERSION_PATCH 0

namespace eigenflow {

inline constexpr const char* version = "0.1.0";

}  // namespace eigenflow
