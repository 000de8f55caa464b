#include "output.hpp"

#include <eigenflow/io/file.hpp>
#include <filesystem>
#include <stdexcept>
#include <system_error>

#include "table/writer.hpp"
#include "usage_error.hpp"

namespace command {

namespace fs = std::filesystem;

void check_output(const std::string& path, Output kind, const std::vector<std::string>& inputs) {
  std::error_code error;
  const bool standard = table::is_standard_output(path);
  if (path.empty()) throw UsageError("-o expects the name of a file");
  if (standard && kind == Output::file)
    throw UsageError("-o " + path + ": models and pictures are written to files, not to the standard output");
  const fs::path target = standard ? "/dev/stdout" : path;
  for (const std::string& input : inputs) {
    const fs::path source = input == "-" ? "/dev/stdin" : input;
    if (!input.empty() && fs::is_regular_file(target, error) && fs::equivalent(source, target, error))
      throw UsageError((standard ? "the standard output" : path) +
                       " is also the input: write to another file, or the input is lost");
  }
}

void check_model_output(const std::string& path, const std::vector<std::string>& inputs) {
  check_output(path, Output::file, inputs);
  std::error_code error;
  if (fs::exists(path, error) && !fs::is_regular_file(path, error))
    throw UsageError(path + ": a model can only be written to a file: give the name of one");
  try {
    eigenflow::io::check_writable(path);
  } catch (const std::runtime_error& problem) {
    throw UsageError(problem.what());
  }
}

}  // namespace command
