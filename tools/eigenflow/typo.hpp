#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace command {

/// What is wrong with a command line that the parser rejects with `error`: the option, the subcommand or the value that
/// does not exist, with the one that was probably meant, or else what the parser says. Ends with where to read on.
std::string usage_message(CLI::App& app, const CLI::ParseError& error);

}  // namespace command
