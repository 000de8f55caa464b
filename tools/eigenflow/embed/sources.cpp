#include "embed/sources.hpp"

#include <algorithm>
#include <cctype>
#include <sstream>
#include <stdexcept>
#include <utility>

namespace command {
namespace {

// Where a comment begins in a line of code; its end where there is none.
std::size_t comment_in(std::string_view line) {
  char quote = 0;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (quote) {
      if (c == '\\')
        ++i;
      else if (c == quote)
        quote = 0;
    } else if (c == '"' ||
               (c == '\'' && (i == 0 || !std::isalnum(static_cast<unsigned char>(line[i - 1]))))) {
      quote = c;  // after a digit it separates thousands
    } else if (line.substr(i).starts_with("//")) {
      return i;
    }
  }
  return line.size();
}

// The lines of a header without comments, none of them empty.
std::vector<std::string> code_lines(const std::string& path) {
  const auto found = std::find_if(sources().begin(), sources().end(),
                                  [&](const Source& source) { return source.path == path; });
  if (found == sources().end()) throw std::logic_error("no source of " + path);
  std::vector<std::string> code;
  std::istringstream lines{std::string(found->text)};
  for (std::string line; std::getline(lines, line);) {
    line.resize(comment_in(line));
    line.erase(line.find_last_not_of(' ') + 1);
    if (!line.empty()) code.push_back(line);
  }
  return code;
}

class Amalgamator {
 public:
  void add(const std::string& path) {
    if (!seen_.insert(path).second) return;
    std::string text;
    for (const std::string& line : code_lines(path)) {
      if (line.starts_with("#pragma once")) continue;
      if (line.starts_with("#include \""))
        add(line.substr(10, line.size() - 11));
      else if (line.starts_with("#include <"))
        result_.system.insert(line.substr(9));
      else
        text += line + '\n';
    }
    if (!text.empty()) result_.text += "\n// " + path + '\n' + text;
  }

  Amalgamation result() && { return std::move(result_); }

 private:
  std::set<std::string> seen_;
  Amalgamation result_;
};

}  // namespace

std::string header_of_type(const std::string& name) {
  for (const Source& source : sources())
    for (const char* const kind : {"class ", "struct ", "enum class ", "using "})
      for (const char* const behind : {" {", " :", " ="})
        if (source.text.find('\n' + (kind + name) + behind) != std::string_view::npos)
          return std::string(source.path);
  throw std::logic_error("no source of " + name);
}

std::string code_of(const std::string& header) {
  std::string text;
  for (const std::string& line : code_lines(header)) text += line + '\n';
  return text;
}

Amalgamation amalgamate(const std::set<std::string>& headers) {
  Amalgamator all;
  for (const std::string& header : headers) all.add(header);
  return std::move(all).result();
}

}  // namespace command
