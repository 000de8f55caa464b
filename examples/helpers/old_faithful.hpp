#pragma once

#include <filesystem>
#include <string>

namespace helpers {

/// The path of the table of eruptions: duration and waiting time, both in minutes.
inline std::string old_faithful() {
  return (std::filesystem::path(__FILE__).parent_path().parent_path() / "data" / "old_faithful.csv").string();
}

}  // namespace helpers
