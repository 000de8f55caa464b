// eigenflow: densities from the command line, see docs/command.md.

#include <cstdio>
#include <eigenflow/version.hpp>
#include <exception>
#include <iostream>
#include <new>
#include <string>

#include "options.hpp"
#include "subcommands.hpp"
#include "table/text.hpp"
#include "typo.hpp"
#include "usage_error.hpp"

namespace command {

void add_data_options(CLI::App& subcommand, DataOptions& data) {
  add_text(subcommand, "--columns", data.columns,
           "Columns to use, by name or number from 1, as a,b; name:7 for the name 7")
      ->type_name("NAMES");
  add_text(subcommand, "--context", data.context, "Columns that the density is conditioned on")
      ->type_name("NAMES");
  add_reading_options(subcommand, data);
}

void add_reading_options(CLI::App& subcommand, DataOptions& data) {
  CLI::Option* const yes =
      subcommand.add_flag("--header", data.header, "The first line of a CSV file names the columns");
  subcommand.add_flag("--no-header", data.no_header, "It does not; else it does where no field is a number")
      ->excludes(yes);
  const auto decimal = [&data](const std::string& text) {
    data.decimal = text == "comma" ? table::Decimal::comma : table::Decimal::point;
  };
  subcommand
      .add_option_function<std::string>("--decimal", decimal, "What stands before the fraction of a number")
      ->check(CLI::IsMember({"point", "comma"}))
      ->type_name("point|comma");
}

CLI::Option* add_missing_option(CLI::App& subcommand, DataOptions& data) {
  data.can_skip_missing = true;
  return subcommand.add_flag("--skip-missing", data.skip_missing,
                             "Leave out rows with missing values, and say how many");
}

namespace {

// Check that the standard output was written.
void finish_output() {
  std::cout.flush();
  if (!std::cout || std::fflush(stdout) != 0 || std::ferror(stdout) != 0)
    throw std::runtime_error("standard output: cannot be written");
}

int parse(CLI::App& app, int argc, char** argv) {
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() != 0) throw UsageError(usage_message(app, error));
    app.exit(error);  // --help, --version
  }
  finish_output();
  return 0;
}

}  // namespace
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
  command::add_compare(app);
  command::add_info(app);
  command::add_embed(app);
#ifdef EIGENFLOW_COMMAND_PLOTS
  command::add_plot(app);
#endif

  const auto fails = [](int code, const char* what) {
    std::fprintf(stderr, "eigenflow: %s\n", table::escaped(what, "\n").c_str());
    return code;
  };
  try {
    return command::parse(app, argc, argv);
  } catch (const command::UsageError& error) {
    return fails(2, error.what());
  } catch (const std::bad_alloc&) {
    return fails(1, "there is not enough memory: use a machine with more, or less data");
  } catch (const std::exception& error) {
    return fails(1, error.what());
  }
}
