#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "data.hpp"

// The subcommands of `eigenflow`: each function adds one, from the file of its name.

namespace command {

/// `command_line` is noted in the models that it writes.
void add_fit(CLI::App& app, const std::string& command_line);
void add_score(CLI::App& app);
void add_sample(CLI::App& app);
void add_compare(CLI::App& app);
void add_info(CLI::App& app);
void add_embed(CLI::App& app);
void add_plot(CLI::App& app);

/// The common options of subcommands that read a table: --columns, --context, and the next ones.
void add_data_options(CLI::App& subcommand, DataOptions& data);
/// How the table is written: --header, --no-header and --decimal.
void add_reading_options(CLI::App& subcommand, DataOptions& data);
/// --skip-missing.
CLI::Option* add_missing_option(CLI::App& subcommand, DataOptions& data);

}  // namespace command
