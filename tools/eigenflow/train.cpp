#include "train.hpp"

#include <algorithm>
#include <cmath>
#include <eigenflow/fit.hpp>
#include <numbers>
#include <stdexcept>

#include "unit_noise.hpp"

namespace command {
namespace {

// Angles about their mean direction, so that it does not matter where they are cut; other columns as they are.
Eigen::MatrixXd about_their_mean(Eigen::MatrixXd x, const std::vector<Eigen::Index>& circles) {
  for (const Eigen::Index j : circles) {
    const double direction = std::atan2(x.col(j).array().sin().sum(), x.col(j).array().cos().sum());
    x.col(j) = x.col(j).unaryExpr(
        [&](double angle) { return std::remainder(angle - direction, 2 * std::numbers::pi); });
  }
  return x;
}

// What suits so many rows: few are seen often and blurred, many are seen a few times as they are.
Training chosen_for(Training training, double rows, double dim) {
  const double batch = std::clamp(std::exp2(std::round(std::log2(rows / 64))), 64.0, 1024.0);
  if (!training.batch_size) training.batch_size = static_cast<Eigen::Index>(batch);
  // The bandwidth of a kernel density falls as N^(-1/(4 + D)), and so does the blur that keeps a flow from spikes.
  if (!training.noise) training.noise = 0.2 * std::pow(rows, -1 / (4 + dim));
  if (!training.epochs && !training.steps)
    training.steps = std::clamp<Eigen::Index>(static_cast<Eigen::Index>(60 * std::sqrt(rows)), 1500, 30'000);
  return training;
}

}  // namespace

Scales scales_of(const std::vector<ef::FeatureSupport>& supports, const Eigen::MatrixXd& x,
                 const Eigen::MatrixXd& c) {
  const std::vector<Eigen::Index> circles = ef::circles_of(supports);
  Scales scales{units_of(about_their_mean(without_edges(supports, x), circles)), units_of(c)};
  for (const Eigen::Index j : circles) scales.features.heavy[static_cast<std::size_t>(j)] = false;
  return scales;
}

Trained train(const Architecture& architecture, const Training& given,
              const std::vector<ef::FeatureSupport>& supports, const std::vector<double>& units,
              const Scales& scales, const Eigen::MatrixXd& x, const Eigen::MatrixXd& c) {
  const Training training = chosen_for(given, static_cast<double>(x.rows()), static_cast<double>(x.cols()));
  const Eigen::MatrixXd inside = without_edges(supports, x);
  UnitNoise objective{{}, units, &x, supports};
  if (*training.noise > 0) {
    Eigen::ArrayXd sigma =
        *training.noise *
        widths_of(scales.features, about_their_mean(inside, ef::circles_of(supports))).array();
    // The noise of a unit u, whose variance is u²/12, is a part of the blur.
    for (std::size_t j = 0; j < units.size(); ++j) {
      double& s = sigma[static_cast<Eigen::Index>(j)];
      if (units[j] > 0 && supports.empty()) s = std::sqrt(std::max(0.0, s * s - units[j] * units[j] / 12));
    }
    objective.likelihood.sigma = sigma.transpose();
  }
  ef::FitOptions<double> options{.epochs = training.epochs.value_or(0),
                                 .steps = training.steps.value_or(0),
                                 .batch_size = *training.batch_size,
                                 .learning_rate = training.learning_rate,
                                 .clip_norm = 5,
                                 .validation_fraction = training.validation,
                                 .patience = training.patience,
                                 .seed = training.seed,
                                 .progress = training.progress};
  // A rate that falls does its best work at the end, which patience cuts off.
  if (training.patience == 0) options.schedule = ef::cosine_schedule();
  const ef::AdamW optimizer{.weight_decay = training.weight_decay};

  Flow flow = make_flow(architecture, scales, ef::circles_of(supports), training.seed);
  ef::History history = ef::fit(flow, inside, c, options, optimizer, objective);
  if (history.stopped == ef::Stopped::non_finite && history.best_epoch < 0)
    throw std::runtime_error(
        "the training came to nothing: " + history.message.substr(0, history.message.find(';')) +
        ", so that no model is written: lower --learning-rate or --noise, or look for numbers "
        "of extreme size in the table");
  return {with_edges(flow, supports), std::move(history)};
}

}  // namespace command
