// eigenflow score --maps: how unlikely each pixel of feature maps is.

#include "score_maps.hpp"

#include <algorithm>
#include <cstdio>
#include <eigenflow/images/fast_flow.hpp>
#include <eigenflow/images/resize.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "image_files.hpp"
#include "memory.hpp"
#include "output.hpp"
#include "table/roc.hpp"
#include "table/text.hpp"
#include "table/writer.hpp"
#include "usage_error.hpp"

namespace command {
namespace {

using Eigen::Index;

void say_quality(const Eigen::MatrixXd& maps, const Eigen::VectorXd& scores, const std::string& path,
                 const ef::Image& size) {
  const Eigen::MatrixXd masks = read_images(path, size).unaryExpr([](double m) { return m > 0 ? 1.0 : 0.0; });
  if (masks.rows() != maps.rows())
    throw std::runtime_error(table::escaped(path) + ": has " + std::to_string(masks.rows()) + " masks for " +
                             std::to_string(maps.rows()) + " maps");
  const Eigen::VectorXd damaged = masks.rowwise().maxCoeff();
  if (damaged.minCoeff() == damaged.maxCoeff())
    throw std::runtime_error(table::escaped(path) +
                             ": all of its masks or none are empty: AUROC compares both kinds");
  std::fprintf(stderr, "AUROC: %.2f %% of images, %.2f %% of pixels\n",
               100 * table::Roc(scores, damaged).area(),
               100 * table::Roc(maps.reshaped(), masks.reshaped()).area());
}

}  // namespace

void score_maps(const ScoreMaps& options) {
  std::vector<std::string> inputs{options.masks};
  for (const auto& [model, maps] : options.stages) inputs.insert(inputs.end(), {model, maps});
  check_output(options.output, Output::text, inputs);
  if (!options.scores.empty()) {
    check_output(options.scores, Output::text, inputs);
    if (options.scores == options.output)
      throw UsageError("--output and --image-scores name one file, " + table::shown(options.output) +
                       ": give two");
  }
  ef::Image size{1, 0, 0};
  if (!options.size.empty()) {
    if (std::count(options.size.begin(), options.size.end(), 'x') != 1)
      throw UsageError("--size expects height and width, as 224x224, but got " + table::shown(options.size));
    size = image_of("1x" + options.size, "--size");
  }
  Eigen::MatrixXd mean;
  for (const auto& [path, data] : options.stages) {
    const Model model = load_model(path);
    const ef::Image image = image_of(model);
    check_fast_flow(model, "--maps");
    if (size.height == 0) size = {1, image.height, image.width};
    const Eigen::MatrixXd x = read_images(data, image);
    if (mean.size() > 0 && x.rows() != mean.rows())
      throw std::runtime_error(table::escaped(data) + ": has " + std::to_string(x.rows()) + " maps, but " +
                               options.stages[0].second + " has " + std::to_string(mean.rows()));
    within_memory(data, "score a part of its maps", [&] {
      const Eigen::MatrixXd scores = ef::resize(ef::pixel_scores(model.flow.forward(x).z, image),
                                                {1, image.height, image.width}, size.height, size.width);
      if (mean.size() == 0) mean = Eigen::MatrixXd::Zero(scores.rows(), scores.cols());
      mean += scores / static_cast<double>(options.stages.size());
    });
  }
  for (Index i = 0; i < mean.rows(); ++i)
    if (!mean.row(i).allFinite())
      throw std::runtime_error(
          table::escaped(options.stages[0].second) + ": map " + std::to_string(i + 1) +
          " has a score that is not a finite number: it lies beyond what the model can compute");
  const Eigen::VectorXd scores = mean.rowwise().maxCoeff();
  std::vector<std::string> names;
  for (Index y = 0; y < size.height; ++y)
    for (Index x = 0; x < size.width; ++x) names.push_back("y" + std::to_string(y) + "x" + std::to_string(x));
  table::Writer writer(options.output, names);
  writer.write(mean);
  writer.finish();
  if (!options.scores.empty()) {
    table::Writer of_images(options.scores, {"score"});
    of_images.write(scores);
    of_images.finish();
  }
  if (!options.masks.empty()) say_quality(mean, scores, options.masks, size);
}

}  // namespace command
