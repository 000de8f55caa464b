// eigenflow: densities from the command line, see docs/command.md.

#include <algorithm>
#include <cstdio>
#include <eigenflow/version.hpp>
#include <exception>
#include <iostream>
#include <new>
#include <string>
#include <vector>

#include "nearest.hpp"
#include "options.hpp"
#include "subcommands.hpp"
#include "table/text.hpp"
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

namespace {

std::vector<std::string> subcommand_names(CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* sub : app.get_subcommands([](CLI::App*) { return true; }))
    names.push_back(sub->get_name());
  return names;
}

std::vector<std::string> option_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options())
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  return names;
}

std::string or_list(const std::vector<std::string>& names) {
  std::string list;
  for (std::size_t i = 0; i < names.size(); ++i)
    list += (i == 0 ? "" : i + 1 == names.size() ? " or " : ", ") + names[i];
  return list;
}

// The unknown words of a command line, with the names that were probably meant. Empty if there are none.
std::string unknown_word(CLI::App& app) {
  const std::vector<CLI::App*> parsed = app.get_subcommands();
  CLI::App& sub = parsed.empty() ? app : *parsed.front();
  std::vector<std::string> left = sub.remaining();
  if (!parsed.empty())
    for (const std::string& word : app.remaining()) left.push_back(word);
  // The value of an unknown option is left over too, but the option is more informative.
  const auto dashed = std::find_if(left.begin(), left.end(), [](const std::string& word) {
    return word.size() > 1 && word.front() == '-';
  });
  if (dashed != left.end()) {
    const std::string word = dashed->substr(0, dashed->find('='));
    const std::string near = nearest(word, option_names(sub));
    return (parsed.empty() ? "there is no option \"" : sub.get_name() + " has no option \"") + word + '"' +
           (near.empty() ? "" : ": do you mean " + near + '?');
  }
  if (left.empty()) return {};
  if (!parsed.empty())
    return sub.get_name() + " has no use for \"" + left.front() +
           "\": an option is missing, or it is one too many";
  const std::vector<std::string> names = subcommand_names(app);
  const std::string near = nearest(left.front(), names);
  return "there is no subcommand \"" + left.front() + "\"" +
         (near.empty() ? ", but " + or_list(names) : ": do you mean " + near + "?");
}

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
    if (error.get_exit_code() != 0) {
      const std::string unknown = unknown_word(app);
      throw UsageError((unknown.empty() ? error.what() : unknown) +
                       "\n'eigenflow --help' says how it is used");
    }
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
