#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

// The library's headers, in the command itself.

namespace command {

/// A header by the path that includes it.
struct Source {
  std::string_view path, text;
};

/// All that an embedded flow may need; written by sources.cmake.
const std::vector<Source>& sources();
const char* license();

/// The header that defines a class, an enumeration or an alias of namespace eigenflow.
std::string header_of_type(const std::string& name);

/// A header without its comments.
std::string code_of(const std::string& header);

/// These headers and all that they include, each once and before who includes it, without comments.
struct Amalgamation {
  std::set<std::string> system;  ///< as "<Eigen/Core>"
  std::string text;
};
Amalgamation amalgamate(const std::set<std::string>& headers);

}  // namespace command
