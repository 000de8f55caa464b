#include "train.hpp"

#include <algorithm>
#include <cmath>
#include <eigenflow/fit.hpp>
#include <numbers>

#include "table/noisy_likelihood.hpp"

namespace command {
namespace {

// Of each column; of angles about their mean direction, so that it does not matter where they are cut.
Eigen::RowVectorXd deviations(Eigen::MatrixXd x, const std::vector<Eigen::Index>& circles) {
  for (const Eigen::Index j : circles) {
    const double direction = std::atan2(x.col(j).array().sin().sum(), x.col(j).array().cos().sum());
    x.col(j) = x.col(j).unaryExpr(
        [&](double angle) { return std::remainder(angle - direction, 2 * std::numbers::pi); });
  }
  const Eigen::RowVectorXd mean = x.colwise().mean();
  return (x.rowwise() - mean).array().square().colwise().mean().sqrt();
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

Trained train(const Architecture& architecture, const Training& given,
              const std::vector<ef::FeatureSupport>& supports, const Eigen::MatrixXd& x,
              const Eigen::MatrixXd& c) {
  const Training training = chosen_for(given, static_cast<double>(x.rows()), static_cast<double>(x.cols()));
  const Eigen::MatrixXd inside = without_edges(supports, x);
  const std::vector<Eigen::Index> circles = ef::circles_of(supports);

  table::NoisyLikelihood<double> objective;
  if (*training.noise > 0) objective.sigma = *training.noise * deviations(inside, circles);
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

  Flow flow = make_flow(architecture, x.cols(), c.cols(), circles, training.seed);
  ef::History history = ef::fit(flow, inside, c, options, optimizer, objective);
  return {with_edges(flow, supports), std::move(history)};
}

}  // namespace command
