#pragma once

#include <CLI/CLI.hpp>

#include "data.hpp"

// What `eigenflow` can do: each of these adds a subcommand, from the file of its name.

namespace command {

void add_fit(CLI::App& app);
void add_score(CLI::App& app);
void add_sample(CLI::App& app);
void add_info(CLI::App& app);
void add_plot(CLI::App& app);

/// What those have in common that read a table: --columns, --context, --header and --no-header.
void add_data_options(CLI::App& subcommand, DataOptions& data);

}  // namespace command
