#pragma once

#include <string>

namespace command {

/// Whether a name may stand in C++ for an object and, with "_model" behind it, for a namespace.
bool is_cpp_name(const std::string& name);

}  // namespace command
