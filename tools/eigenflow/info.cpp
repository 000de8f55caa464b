// eigenflow info: what a model file is.

#include <algorithm>
#include <iostream>
#include <memory>
#include <string>

#include "model.hpp"
#include "options.hpp"
#include "subcommands.hpp"
#include "table/text.hpp"

namespace command {
namespace {

void run(const std::string& path) {
  const Model model = load_model(path);
  std::cout << table::escaped(path) << ": " << model.info.scalar << ", format version "
            << model.info.format_version << ", written by eigenflow "
            << table::escaped(model.info.library_version) << '\n'
            << model.flow;
  for (const auto& [name, note] : model.info.notes) {
    std::string label = table::escaped(name);
    label.resize(std::max<std::size_t>(16, label.size() + 1), ' ');
    std::cout << label << table::escaped(note) << '\n';
  }
}

}  // namespace

void add_info(CLI::App& app) {
  CLI::App* const sub = app.add_subcommand("info", "Say what a model is: architecture, parameters, origin");
  const auto path = std::make_shared<std::string>();
  add_text(*sub, "MODEL", *path, "A model file")->required();
  sub->footer("Example:\n  eigenflow info geyser.eigenflow");
  sub->callback([path] { run(*path); });
}

}  // namespace command
