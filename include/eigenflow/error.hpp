#pragma once

#include <stdexcept>
#include <string>

namespace eigenflow::detail {

[[noreturn]] inline void refuse(const std::string& message) { throw std::invalid_argument(message); }

}  // namespace eigenflow::detail
