#pragma once

#include <string>
#include <vector>

// The output, -o.

namespace command {

enum class Output {
  text,  ///< which "-", the standard output, takes too
  file   ///< a model or a picture
};

/// Throws UsageError, before any work is done, if the output is invalid: one of the inputs, the standard output for a
/// binary file, or empty. Inputs may be empty or "-".
void check_output(const std::string& path, Output kind, const std::vector<std::string>& inputs);

/// The same for a model, which is written at the end. Also throws if its folder is missing or not writable.
void check_model_output(const std::string& path, const std::vector<std::string>& inputs);

}  // namespace command
