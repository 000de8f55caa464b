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
#include "memory.hpp"
#include "model.hpp"
#include "numbers.hpp"
#include "options.hpp"
#include "output.hpp"
#include "score_maps.hpp"
#include "subcommands.hpp"
#include "table/text.hpp"
#include "table/writer.hpp"
#include "usage_error.hpp"

namespace command {
namespace {

struct Options {
  std::string model;
  DataOptions data;
  std::string output = "-", flag, reference;
  Eigen::Index draws = 16;

  bool maps = false;
  std::vector<std::pair<std::string, std::string>> stages;  // beside the first
  std::string size, masks, image_scores;
};

// Calls use(log_prob) for block after block.
template <class Use>
void score(const Model& model, const Options& options, const std::string& path, const Use& use) {
  const std::unique_ptr<table::Reader> reader = open_for(model, options.data, path);
  for_each_block(*reader, [&](const auto& rows) { use(model.log_prob(rows, options.draws)); });
}

std::vector<double> all_scores(const Model& model, const Options& options, const std::string& path) {
  std::vector<double> scores;
  within_memory(path == "-" ? "standard input" : path,
                "a threshold takes 8 bytes a row: give a part of the rows as --reference", [&] {
                  score(model, options, path, [&](const Eigen::VectorXd& log_prob) {
                    scores.insert(scores.end(), log_prob.begin(), log_prob.end());
                  });
                });
  return scores;
}

// The ⌈share N⌉-th lowest score: what it is and what is below are outliers. A score that is no number counts as −∞.
double threshold_of(std::vector<double> scores, double share) {
  const auto count = static_cast<std::size_t>(std::ceil(share * static_cast<double>(scores.size())));
  const auto at = scores.begin() + static_cast<std::ptrdiff_t>(std::max<std::size_t>(count, 1)) - 1;
  for (double& score : scores)
    if (std::isnan(score)) score = -std::numeric_limits<double>::infinity();
  std::nth_element(scores.begin(), at, scores.end());
  return *at;
}

// Says what the scores of whole numbers are.
void say_draws(const Model& model, Eigen::Index draws) {
  std::string names;
  std::size_t count = 0;
  for (std::size_t j = 0; j < model.whole.size(); ++j)
    if (model.whole[j].is() && ++count <= 16)
      names += (names.empty() ? "" : ", ") + table::shown(model.columns[j]);
  if (count > 16) names = std::to_string(count) + " columns";
  if (!names.empty())
    std::fprintf(stderr, "%s: log-probabilities of whole numbers, by %td points of each unit (--draws)\n",
                 names.c_str(), static_cast<std::ptrdiff_t>(draws));
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
  if (options.flag.empty()) {
    table::Writer writer(options.output, {"log_prob"});
    score(model, options, options.data.path,
          [&](const Eigen::VectorXd& log_prob) { writer.write(log_prob); });
    return writer.finish();
  }

  table::Writer writer(options.output, {"log_prob", "outlier"});
  std::size_t flagged = 0, rows = 0;
  double threshold = 0;
  const auto write = [&](const auto& log_prob) {
    table::Rows out(log_prob.size(), 2);
    out.col(0) = log_prob;
    out.col(1) =
        (log_prob.array() > threshold).select(Eigen::ArrayXd::Zero(log_prob.size()), 1.0);  // NaN is one
    flagged += static_cast<std::size_t>(out.col(1).sum());
    rows += static_cast<std::size_t>(log_prob.size());
    writer.write(out);
  };
  if (options.reference.empty()) {
    const std::vector<double> scores = all_scores(model, options, options.data.path);
    threshold = threshold_of(scores, share);
    constexpr std::size_t piece = 1 << 14;
    for (std::size_t i = 0; i < scores.size(); i += piece)
      write(Eigen::Map<const Eigen::VectorXd>(scores.data() + i,
                                              static_cast<Eigen::Index>(std::min(piece, scores.size() - i))));
  } else {
    threshold = threshold_of(all_scores(model, options, options.reference), share);
    score(model, options, options.data.path, write);
  }
  writer.finish();
  std::fprintf(stderr, "%zu of %zu rows have log p <= %.6g\n", flagged, rows, threshold);
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
  add_text(*sub, "--flag", options->flag, "Mark the rows of lowest density, this share of them, as 1%")
      ->type_name("SHARE");
  add_text(*sub, "--reference", options->reference, "Mark rows below that quantile of another table's scores")
      ->type_name("DATA");
  add_whole(*sub, "--draws", options->draws, 1, 1'000'000,
            "Points of a unit that the probability of a whole number is taken from");
  const std::string images = "Images";
  CLI::Option* const maps = sub->add_flag("--maps", options->maps,
                                          "Write the score of each pixel of feature maps, the mean of z²/2")
                                ->group(images);
  for (const char* const of_rows : {"--flag", "--reference", "--columns", "--context", "--draws"})
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
      "  eigenflow score normal.eigenflow today.csv --flag 1% --reference training.csv\n"
      "  eigenflow score geyser.eigenflow - < old_faithful.csv | sort -n | head -3");
  sub->callback([options] { run(*options); });
}

}  // namespace command
