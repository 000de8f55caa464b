// eigenflow plot: a picture of a model, with the data on it.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <eigenflow/io/file.hpp>
#include <filesystem>
#include <limits>
#include <memory>
#include <numeric>
#include <optional>
#include <string>
#include <vector>

#include "columns.hpp"
#include "data.hpp"
#include "figure.hpp"
#include "given.hpp"
#include "image_files.hpp"
#include "memory.hpp"
#include "model.hpp"
#include "near.hpp"
#include "nearest.hpp"
#include "options.hpp"
#include "output.hpp"
#include "plot_images.hpp"
#include "subcommands.hpp"
#include "table/cells.hpp"
#include "usage_error.hpp"

namespace command {
namespace {

using Index = Eigen::Index;

struct Options {
  std::string model, output, title, columns, images;
  double temperature = 1;
  DataOptions data;
  std::vector<std::string> given;
  std::optional<Index> near;
  std::uint64_t seed = 0;
};

// The features of a model that are drawn: those of --columns, or all.
std::vector<Index> drawn_features(const Model& model, const std::string& columns) {
  std::vector<Index> features;
  if (columns.empty()) {
    features.resize(model.columns.size());
    std::iota(features.begin(), features.end(), Index{0});
  }
  for (const ColumnReference& wanted :
       columns.empty() ? std::vector<ColumnReference>() : column_references(columns)) {
    std::size_t at = 0;
    while (at < model.columns.size() &&
           (wanted.by_position ? model.positions[at] != wanted.position : model.columns[at] != wanted.name))
      ++at;
    if (at == model.columns.size())
      throw UsageError("--columns: " + wanted.text() + " is not a column of " + model.path + ", but " +
                       table::line_of(model.columns) + or_nearest(wanted.name, model.columns));
    if (std::count(features.begin(), features.end(), static_cast<Index>(at)) > 0)
      throw UsageError("--columns: " + wanted.text() + " is there twice");
    features.push_back(static_cast<Index>(at));
  }
  constexpr std::size_t most = 16;
  if (features.size() > most)
    throw UsageError(model.path + " has " + std::to_string(model.columns.size()) +
                     " columns, but a picture has room for " + std::to_string(most) +
                     ": choose some, as by --columns " +
                     table::line_of({model.columns[0], model.columns[1]}));
  return features;
}

Eigen::MatrixXd some_columns(const Eigen::MatrixXd& x, const std::vector<Index>& columns) {
  Eigen::MatrixXd some(x.rows(), static_cast<Index>(columns.size()));
  for (Index j = 0; j < some.cols(); ++j) some.col(j) = x.col(columns[static_cast<std::size_t>(j)]);
  return some;
}

// Samples of these features for a smooth picture: given one context, or as many given each of several.
Eigen::MatrixXd samples_of(const Model& model, const table::Rows& contexts,
                           const std::vector<Index>& features, std::uint64_t seed) {
  const Index dim = model.flow.dim(), enough = std::clamp<Index>(20'000'000 / dim, 20'000, 200'000);
  const bool at_one = contexts.rows() == 1;
  const Index piece = at_one ? std::clamp<Index>((1 << 24) / dim, 64, enough) : contexts.rows();
  const Index pieces = std::max<Index>(1, enough / piece);
  Eigen::MatrixXd samples(pieces * piece, static_cast<Index>(features.size()));
  ef::Rng rng(seed);
  for (Index i = 0; i < pieces; ++i)
    samples.middleRows(i * piece, piece) = some_columns(model.flow.sample(piece, contexts, rng), features);
  return samples;
}

// The data of a picture, and what is said of them.
struct Drawn {
  Eigen::MatrixXd features, contexts;
  std::string text;
};

std::string name_of(const std::string& path) {
  return path == "-" ? "standard input" : std::filesystem::path(path).filename().string();
}

std::string list_of(const std::vector<std::string>& given) {
  std::string list;
  for (const std::string& entry : given) list += (list.empty() ? "" : ", ") + entry;
  return list;
}

// The rows near the given context: a twentieth of all, but at least fifty, unless --near says how many.
void keep_near(Drawn& drawn, const Options& options, const table::Rows& given) {
  const Index all = drawn.features.rows();
  const Index count = options.near.value_or(std::max<Index>(50, all / 20));
  const NearRows near = nearest_rows(drawn.contexts, given.row(0), count);
  drawn.features = table::take_rows(drawn.features, near.rows);
  std::string where = " with " + list_of(options.given);
  if (near.distance > 0) {
    char distance[64];
    std::snprintf(distance, sizeof distance, ", within %.2g deviations", near.distance);
    where = " nearest to " + list_of(options.given) + distance;
  }
  drawn.text = std::to_string(near.rows.size()) + " of " + std::to_string(all) + " rows of " +
               name_of(options.data.path) + where;
  std::fprintf(stderr, "drawn: %s\n", table::escaped(drawn.text).c_str());
}

Drawn read_data(const Model& model, const Options& options, const std::vector<Index>& features) {
  Drawn drawn{Eigen::MatrixXd(0, static_cast<Index>(features.size())), Eigen::MatrixXd(0, 0), {}};
  if (options.data.path.empty()) return drawn;
  const std::unique_ptr<table::Reader> reader = open_for(model, options.data, options.data.path);
  std::vector<Index> places;
  for (const Index j : features) places.push_back(reader->chosen()[static_cast<std::size_t>(j)]);
  places.insert(places.end(), reader->chosen().end() - model.flow.context_dim(), reader->chosen().end());
  reader->choose(places);
  const Eigen::MatrixXd rows =
      within_memory(reader->source(), "draw a part of its rows", [&] { return table::read_all(*reader); });
  drawn.features = rows.leftCols(drawn.features.cols());
  drawn.contexts = rows.rightCols(model.flow.context_dim());
  drawn.text = std::to_string(rows.rows()) + " rows of " + name_of(options.data.path);
  return drawn;
}

std::string subtitle_of(const Model& model, const Options& options, std::size_t features,
                        const std::string& data) {
  std::string text =
      (model.columns.size() == 2 && features == 2 ? "density of " : "model: ") + name_of(options.model);
  if (features < model.columns.size())
    text += " (" + std::to_string(features) + " of " + std::to_string(model.columns.size()) + " columns)";
  if (!options.given.empty()) text += " given " + list_of(options.given);
  return text + (data.empty() ? "" : "\ndata: " + data);
}

void draw_table(const Model& model, const Options& options) {
  const std::vector<Index> features = drawn_features(model, options.columns);
  const bool conditional = model.flow.context_dim() > 0;
  const bool at_one = !conditional || !options.given.empty();  // one context, or none
  if (!at_one && options.data.path.empty())
    throw UsageError(options.model + " is conditional: give its context by --given, or a table with it");
  if (options.near && (options.given.empty() || options.data.path.empty()))
    throw UsageError("--near chooses rows of DATA near a context: give DATA and --given too");

  const table::Rows given =
      at_one ? given_context(model, options.given) : table::Rows(0, model.flow.context_dim());
  Drawn data = read_data(model, options, features);
  if (conditional && at_one && !options.data.path.empty()) keep_near(data, options, given);
  std::vector<std::string> names;
  for (const Index j : features) names.push_back(model.columns[static_cast<std::size_t>(j)]);
  Figure figure{
      .title = options.title.empty() ? std::filesystem::path(options.model).stem().string() : options.title,
      .subtitle = subtitle_of(model, options, features.size(), data.text),
      .names = std::move(names),
      .data = std::move(data.features)};
  const bool exact = at_one && features.size() == model.columns.size() && features.size() <= 2;
  if (exact)
    figure.log_prob = [&](const Eigen::MatrixXd& at) {
      Eigen::MatrixXd x(at.rows(), at.cols());
      for (Index j = 0; j < at.cols(); ++j) x.col(features[static_cast<std::size_t>(j)]) = at.col(j);
      return model.flow.log_prob(x, given);
    };
  const bool range_of_data = figure.data.rows() > 0 && !conditional;
  if (!exact || !range_of_data)
    figure.samples = samples_of(model, at_one ? given : table::Rows(data.contexts), features, options.seed);
  draw(figure, options.output);
}

void run(const Options& options) {
  check_output(options.output, Output::file, {options.model, options.data.path, options.images});
  ef::io::check_writable(options.output);
  const Model model = load_model(options.model);
  if (!is_of_images(model) || !options.columns.empty()) return draw_table(model, options);
  plot_images(model, {.output = options.output,
                      .title = options.title,
                      .data = options.data.path,
                      .images = options.images,
                      .seed = options.seed,
                      .temperature = options.temperature});
}

}  // namespace

void add_plot(CLI::App& app) {
  CLI::App* const sub = app.add_subcommand("plot", "Draw a model, and data on it, as PNG");
  const auto options = std::make_shared<Options>();
  options->data.columns_option = "--data-columns";
  add_text(*sub, "MODEL", options->model, "A model file")->required();
  add_text(*sub, "DATA", options->data.path, "A table to draw over it");
  add_text(*sub, "-o,--output", options->output, "The picture to write")->required()->type_name("PNG");
  add_text(*sub, "--columns", options->columns, "Columns of the model to draw, as a,b (all, up to 16)")
      ->type_name("NAMES");
  add_text(*sub, "--data-columns", options->data.columns,
           "All columns of the model in DATA, if they have other names there")
      ->type_name("NAMES");
  add_text(*sub, "--context", options->data.context, "Those of the context, if they have other names there")
      ->type_name("NAMES");
  add_reading_options(*sub, options->data);
  sub->add_option("--given", options->given, "The context, for a conditional model")
      ->type_name("NAME=NUMBER,...")
      ->expected(1)
      ->take_all();
  add_whole(*sub, "--near", options->near, 1, std::uint64_t{1} << 53,
            "Rows of DATA to draw with --given, those nearest to it (a twentieth of all, at least 50)");
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
      "  eigenflow plot sensors.eigenflow log.csv -o pair.png --columns pressure,flow\n"
      "  eigenflow plot wind.eigenflow wind.csv -o noon.png --given hour=12");
  sub->callback([options] { run(*options); });
}

}  // namespace command
