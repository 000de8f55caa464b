// eigenflow plot: a picture of a model, with the data on it.

#include <algorithm>
#include <cstdint>
#include <eigenflow/io/file.hpp>
#include <filesystem>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "data.hpp"
#include "figure.hpp"
#include "given.hpp"
#include "image_files.hpp"
#include "memory.hpp"
#include "model.hpp"
#include "options.hpp"
#include "output.hpp"
#include "plot_images.hpp"
#include "subcommands.hpp"
#include "usage_error.hpp"

namespace command {
namespace {

constexpr Eigen::Index enough = 200'000;  // samples, for smooth pictures

struct Options {
  std::string model, output, title, images;
  double temperature = 1;
  DataOptions data;
  std::vector<std::string> given;
  std::uint64_t seed = 0;
};

std::string name_of(const std::string& path) {
  return path == "-" ? "standard input" : std::filesystem::path(path).filename().string();
}

std::string subtitle_of(const Model& model, const Options& options, Eigen::Index rows) {
  const std::string name = name_of(options.model);
  std::string text = model.flow.dim() == 2 ? "density of " + name : "model: " + name;
  for (const std::string& given : options.given)
    text += (given == options.given.front() ? " given " : ", ") + given;
  if (rows > 0) text += "; data: " + std::to_string(rows) + " rows of " + name_of(options.data.path);
  return text;
}

void run(const Options& options) {
  check_output(options.output, Output::file, {options.model, options.data.path, options.images});
  ef::io::check_writable(options.output);
  const Model model = load_model(options.model);
  if (is_of_images(model))
    return plot_images(model, {.output = options.output,
                               .title = options.title,
                               .data = options.data.path,
                               .images = options.images,
                               .seed = options.seed,
                               .temperature = options.temperature});
  const Eigen::Index dim = model.flow.dim(), context_dim = model.flow.context_dim();
  constexpr Eigen::Index most = 16;
  if (dim > most)
    throw std::runtime_error(options.model + ": has " + std::to_string(dim) +
                             " columns, but a corner plot has room for " + std::to_string(most));
  const bool at_one = context_dim == 0 || !options.given.empty();  // one context, or none
  if (!at_one && options.data.path.empty())
    throw UsageError(options.model + " is conditional: give its context by --given, or a table with it");

  Figure figure{
      .title = options.title.empty() ? std::filesystem::path(options.model).stem().string() : options.title,
      .names = model.columns,
      .data = Eigen::MatrixXd(0, dim)};
  table::Rows contexts = at_one ? given_context(model, options.given) : table::Rows(0, context_dim);
  if (!options.data.path.empty()) {
    const std::unique_ptr<table::Reader> reader = open_for(model, options.data, options.data.path);
    const Eigen::MatrixXd rows =
        within_memory(reader->source(), "draw a part of its rows", [&] { return table::read_all(*reader); });
    figure.data = rows.leftCols(dim);
    if (!at_one) contexts = rows.rightCols(context_dim);
  }
  ef::Rng rng(options.seed);
  if (at_one) {
    if (dim > 2 || figure.data.rows() == 0) figure.samples = model.flow.sample(enough, contexts, rng);
    figure.log_prob = [&](const Eigen::MatrixXd& at) { return model.flow.log_prob(at, contexts); };
  } else {  // as many samples at each context of the data
    const Eigen::Index rounds = std::max<Eigen::Index>(1, enough / contexts.rows());
    figure.samples.resize(rounds * contexts.rows(), dim);
    for (Eigen::Index round = 0; round < rounds; ++round)
      figure.samples.middleRows(round * contexts.rows(), contexts.rows()) =
          model.flow.sample(contexts.rows(), contexts, rng);
  }
  figure.subtitle = subtitle_of(model, options, figure.data.rows());
  draw(figure, options.output);
}

}  // namespace

void add_plot(CLI::App& app) {
  CLI::App* const sub = app.add_subcommand("plot", "Draw a model, and data on it, as PNG");
  const auto options = std::make_shared<Options>();
  add_text(*sub, "MODEL", options->model, "A model file")->required();
  add_text(*sub, "DATA", options->data.path, "A table to draw over it");
  add_data_options(*sub, options->data);
  add_text(*sub, "-o,--output", options->output, "The picture to write")->required()->type_name("PNG");
  sub->add_option("--given", options->given, "The context, for a conditional model")
      ->type_name("NAME=NUMBER,...")
      ->expected(1)
      ->take_all();
  sub->add_option("--title", options->title, "In place of the model's name");
  add_text(*sub, "--images", options->images,
           "The images of feature maps, N × H × W, to draw beside their scores")
      ->type_name("DATA")
      ->group("Images");
  add_number(*sub, "--temperature", options->temperature, {.low = 0}, "Of the samples of a model of images")
      ->group("Images");
  add_whole(*sub, "--seed", options->seed, 0, std::numeric_limits<std::uint64_t>::max(),
            "Of the samples that are drawn");
  sub->footer(
      "One column is drawn as a curve, two as a map, more as a corner plot. A conditional model without "
      "--given is\n"
      "sampled at the contexts of DATA.\n\n"
      "Examples:\n"
      "  eigenflow plot geyser.eigenflow old_faithful.csv -o geyser.png\n"
      "  eigenflow plot wind.eigenflow -o noon.png --given hour=12");
  sub->callback([options] { run(*options); });
}

}  // namespace command
