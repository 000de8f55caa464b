// eigenflow: densities from the command line. docs/command.md shows what it does.

#include <cstdio>
#include <eigenflow/version.hpp>
#include <exception>
#include <iostream>
#include <string>

#include "subcommands.hpp"
#include "usage_error.hpp"

namespace command {

void add_data_options(CLI::App& subcommand, DataOptions& data) {
  subcommand.add_option("--columns", data.columns, "Columns to use, by name or number from 1, as a,b")
      ->type_name("NAMES");
  subcommand.add_option("--context", data.context, "Columns that the density is conditioned on")
      ->type_name("NAMES");
  CLI::Option* const yes =
      subcommand.add_flag("--header", data.header, "The first line of a CSV file names the columns");
  subcommand.add_flag("--no-header", data.no_header, "It does not; else it does where a field is no number")
      ->excludes(yes);
}

}  // namespace command

int main(int argc, char** argv) {
  std::ios::sync_with_stdio(false);
  CLI::App app("Normalizing flows: the density of a table, as a file to score, sample and draw with.",
               "eigenflow");
  app.set_version_flag("--version", std::string("eigenflow ") + eigenflow::version);
  app.require_subcommand(1);
  app.failure_message(CLI::FailureMessage::simple);
  app.footer(
      "'eigenflow SUBCOMMAND --help' has options and examples.\n\n"
      "Tables are CSV (separated by comma, semicolon, tab or blanks, with or without a line of names) or "
      ".npy;\n"
      "'-' is the standard input or output. Exit code: 0 done, 1 something is wrong with the data or a "
      "file,\n"
      "2 with the options.");
  std::string command_line = "eigenflow";
  for (int i = 1; i < argc; ++i) command_line += std::string(" ") + argv[i];
  command::add_fit(app, command_line);
  command::add_score(app);
  command::add_sample(app);
  command::add_info(app);
  command::add_embed(app);
#ifdef EIGENFLOW_COMMAND_PLOTS
  command::add_plot(app);
#endif

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);  // --help, --version
    std::fprintf(stderr, "eigenflow: %s\n'eigenflow --help' says how it is used\n", error.what());
    return 2;
  } catch (const command::UsageError& error) {
    std::fprintf(stderr, "eigenflow: %s\n", error.what());
    return 2;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "eigenflow: %s\n", error.what());
    return 1;
  }
}
