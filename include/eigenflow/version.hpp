#pragma once

// The version of eigenflow, in one place: CMake, the packages and the model files read it from here.
// Semantic versioning: before 1.0 a minor version may change the interface.

#define EIGENFLOW_VERSION_MAJOR 0
#define EIGENFLOW_VERSION_MINOR 1
#define EIGENFLOW_VERSION_PATCH 0

#define EIGENFLOW_STRINGIFY_(text) #text
#define EIGENFLOW_STRINGIFY(macro) EIGENFLOW_STRINGIFY_(macro)

namespace eigenflow {

/// As "0.1.0".
inline constexpr const char* version = EIGENFLOW_STRINGIFY(EIGENFLOW_VERSION_MAJOR) "." EIGENFLOW_STRINGIFY(
    EIGENFLOW_VERSION_MINOR) "." EIGENFLOW_STRINGIFY(EIGENFLOW_VERSION_PATCH);

}  // namespace eigenflow

#undef EIGENFLOW_STRINGIFY
#undef EIGENFLOW_STRINGIFY_
