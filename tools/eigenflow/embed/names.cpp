#include "embed/names.hpp"

#include <algorithm>
#include <iterator>
#include <string_view>

namespace command {
namespace {

// In the order of their bytes.
constexpr std::string_view taken[] = {
#include "embed/taken_names.inc"
};
static_assert(std::is_sorted(std::begin(taken), std::end(taken)));

}  // namespace

bool is_cpp_name(const std::string& name) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  const auto fits = [&](char c) { return letter(c) || (c >= '0' && c <= '9') || c == '_'; };
  return !name.empty() && letter(name[0]) && std::all_of(name.begin(), name.end(), fits) &&
         name.find("__") == std::string::npos && !name.ends_with('_') && !name.starts_with("EIGEN") &&
         !std::binary_search(std::begin(taken), std::end(taken), std::string_view(name));
}

}  // namespace command
