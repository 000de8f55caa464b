// eigenflow embed: a model as a self-contained C++ header.

#include <eigenflow/io/file.hpp>
#include <filesystem>
#include <iostream>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>

#include "embed/header.hpp"
#include "embed/names.hpp"
#include "model.hpp"
#include "options.hpp"
#include "output.hpp"
#include "subcommands.hpp"
#include "usage_error.hpp"

namespace command {
namespace {

struct Options {
  std::string model, output, name;
};

std::string name_for(const Options& options) {
  const bool by_output = options.output != "-";
  const std::string name =
      !options.name.empty()
          ? options.name
          : std::filesystem::path(by_output ? options.output : options.model).stem().string();
  if (!is_cpp_name(name))
    throw UsageError('"' + name +
                     "\" can be no name in C++, or is one of its library: give another one as --name NAME");
  return name;
}

void run(const Options& options) {
  check_output(options.output, Output::text, {options.model});
  const std::string name = name_for(options);
  const std::string text = header_of(load_model(options.model), name);
  if (options.output == "-") {
    std::cout << text << std::flush;
    if (!std::cout) throw std::runtime_error("standard output cannot be written");
  } else {
    ef::io::write_file(options.output, std::as_bytes(std::span(text)));
  }
}

}  // namespace

void add_embed(CLI::App& app) {
  CLI::App* const sub = app.add_subcommand("embed", "Write a model as a C++ header that needs Eigen alone");
  const auto options = std::make_shared<Options>();
  add_text(*sub, "MODEL", options->model, "A model file")->required();
  add_text(*sub, "-o,--output", options->output, "The header to write, or - for the standard output")
      ->required();
  sub->add_option("--name", options->name,
                  "What the model is called in C++ (the header's name without its ending)");
  sub->footer(
      "Example:\n"
      "  eigenflow embed geyser.eigenflow -o geyser.hpp\n"
      "and in C++:\n"
      "  #include \"geyser.hpp\"\n"
      "  double log_p = geyser.log_prob({4.1, 79});");
  sub->callback([options] { run(*options); });
}

}  // namespace command
