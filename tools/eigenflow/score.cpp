// eigenflow score: log p of each row of a table.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "data.hpp"
#include "draws.hpp"
#include "memory.hpp"
#include "model.hpp"
#include "numbers.hpp"
#include "options.hpp"
#include "output.hpp"
#include "score_maps.hpp"
#include "score_table.hpp"
#include "subcommands.hpp"
#include "usage_error.hpp"

namespace command {
namespace {

struct Options {
  std::string model;
  DataOptions data;
  std::string output = "-", flag, reference, with;
  Eigen::Index draws = 16;

  bool maps = false;
  std::vector<std::pair<std::string, std::string>> stages;  // beside the first
  std::string size, masks, image_scores;
};

// Calls use(ScoredRows) for block after block.
template <class Use>
void score(const Model& model, const Options& options, table::Reader& reader, const Use& use) {
  for_each_block(reader, [&](const auto& rows) {
    ScoredRows scored{.log_prob = model.log_prob(rows, options.draws), .beside = reader.beside()};
    if (options.data.skip_missing) scored.numbers = reader.numbers();
    use(std::move(scored));
  });
}

std::vector<ScoredRows> all_scores(const Model& model, const Options& options, table::Reader& reader) {
  std::vector<ScoredRows> scores;
  within_memory(
      reader.source(),
      "a threshold takes 8 bytes a row, and what --with and --skip-missing add: give a part of the "
      "rows as --reference",
      [&] { score(model, options, reader, [&](ScoredRows rows) { scores.push_back(std::move(rows)); }); });
  return scores;
}

// The ⌈share N⌉-th lowest score: what it is and what is below are outliers. A score that is not a number counts as −∞.
double threshold_of(const std::vector<ScoredRows>& rows, double share) {
  std::vector<double> scores;
  for (const ScoredRows& block : rows)
    scores.insert(scores.end(), block.log_prob.begin(), block.log_prob.end());
  const auto count = static_cast<std::size_t>(std::ceil(share * static_cast<double>(scores.size())));
  const auto at = scores.begin() + static_cast<std::ptrdiff_t>(std::max<std::size_t>(count, 1)) - 1;
  for (double& score : scores)
    if (std::isnan(score)) score = -std::numeric_limits<double>::infinity();
  std::nth_element(scores.begin(), at, scores.end());
  return *at;
}

double threshold_of_reference(const Model& model, const Options& options, double share) {
  const std::unique_ptr<table::Reader> reader = open_for(model, options.data, options.reference);
  const double threshold = threshold_of(all_scores(model, options, *reader), share);
  say_left_out(*reader);
  return threshold;
}

void run(const Options& options) {
  if (options.maps) {
    ScoreMaps maps{.stages = {{options.model, options.data.path}},
                   .output = options.output,
                   .scores = options.image_scores,
                   .masks = options.masks,
                   .size = options.size};
    maps.stages.insert(maps.stages.end(), options.stages.begin(), options.stages.end());
    return score_maps(maps);
  }
  check_output(options.output, Output::text, {options.model, options.data.path, options.reference});
  if (options.flag.empty() && !options.reference.empty()) throw UsageError("--reference goes with --flag");
  if (options.data.path == "-" && options.reference == "-")
    throw UsageError("the standard input cannot be read twice: give DATA or --reference as a file");
  const double share = options.flag.empty() ? 0 : share_of(options.flag, "--flag");
  const Model model = load_model(options.model);
  say_draws(model, options.draws);
  const std::unique_ptr<table::Reader> reader = open_for(model, options.data, options.data.path);
  reader->keep(columns_beside(*reader, options.with));
  ScoreWriter writer(options.output, *reader, !options.flag.empty(), options.data.skip_missing);
  double threshold = 0;
  Eigen::Index flagged = 0;
  const auto write = [&](const ScoredRows& rows) { flagged += writer.write(rows, threshold); };
  if (options.flag.empty()) {
    score(model, options, *reader, write);
  } else if (options.reference.empty()) {
    const std::vector<ScoredRows> scores = all_scores(model, options, *reader);
    threshold = threshold_of(scores, share);
    for (const ScoredRows& rows : scores) write(rows);
  } else {
    threshold = threshold_of_reference(model, options, share);
    score(model, options, *reader, write);
  }
  writer.finish();
  say_left_out(*reader);
  if (!options.flag.empty())
    std::fprintf(stderr, "%td of %td rows have log p <= %.6g\n", static_cast<std::ptrdiff_t>(flagged),
                 static_cast<std::ptrdiff_t>(reader->rows_read()), threshold);
}

}  // namespace

void add_score(CLI::App& app) {
  CLI::App* const sub = app.add_subcommand("score", "Write log p of each row of a table, in nats");
  const auto options = std::make_shared<Options>();
  add_text(*sub, "MODEL", options->model, "A model file")->required();
  add_text(*sub, "DATA", options->data.path, "A table; the model's columns are found by name")->required();
  add_data_options(*sub, options->data);
  add_text(*sub, "-o,--output", options->output, "Where to write: CSV, or .npy where the name ends so")
      ->capture_default_str();
  add_text(
      *sub, "--with", options->with,
      "Write these columns of DATA beside the score, as a,b, or all: numbers and text, as they stand there")
      ->type_name("NAMES");
  add_missing_option(*sub, options->data)
      ->description(
          "Leave out rows with missing values, say how many, and write the number of each row as row");
  add_text(*sub, "--flag", options->flag, "Mark the rows of lowest density, this share of them, as 1%")
      ->type_name("SHARE");
  add_text(*sub, "--reference", options->reference, "Mark rows below that quantile of another table's scores")
      ->type_name("DATA");
  add_draws_option(*sub, options->draws);
  const std::string images = "Images";
  CLI::Option* const maps = sub->add_flag("--maps", options->maps,
                                          "Write the score of each pixel of feature maps, the mean of z²/2")
                                ->group(images);
  for (const char* const of_rows :
       {"--flag", "--reference", "--columns", "--context", "--draws", "--with", "--skip-missing"})
    maps->excludes(sub->get_option(of_rows));
  sub->add_option("--stage", options->stages, "Another model and its maps; scores are the mean over all")
      ->type_name("MODEL DATA")
      ->needs(maps)
      ->group(images);
  add_text(*sub, "--size", options->size, "Lay the scores over an image of this size")
      ->type_name("HxW")
      ->needs(maps)
      ->group(images);
  add_text(*sub, "--image-scores", options->image_scores, "Where to write the largest score of each image")
      ->type_name("FILE")
      ->needs(maps)
      ->group(images);
  add_text(*sub, "--masks", options->masks,
           "Images of what is damaged, not 0: says the AUROC of images and pixels")
      ->type_name("DATA")
      ->needs(maps)
      ->group(images);
  sub->footer(
      "Examples:\n"
      "  eigenflow score geyser.eigenflow old_faithful.csv -o scores.csv\n"
      "  eigenflow score geyser.eigenflow old_faithful.csv --with all --skip-missing\n"
      "  eigenflow score normal.eigenflow today.csv --flag 1% --reference training.csv\n"
      "  eigenflow score geyser.eigenflow - < old_faithful.csv | sort -n | head -3");
  sub->callback([options] { run(*options); });
}

}  // namespace command
