#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <eigenflow/eigenflow.hpp>
#include <numeric>
#include <vector>

#include "statistics.hpp"
#include "table/noisy_likelihood.hpp"
#include "table/table.hpp"

// The density of a table of a few hundred or thousand rows. A single network would overfit, so several are averaged:
// each is kept smooth, and stops early on different rows.

namespace helpers {

namespace ef = eigenflow;

/// The size of a FlowDensity, and how it is trained.
struct Setting {
  Eigen::Index members = 5;  ///< flows to average; each stops early on a different 1/members of the rows
  Eigen::Index layers = 5;
  std::vector<Eigen::Index> hidden = {64};
  double noise = 0.05;  ///< in standard deviations of each column
  double dropout = 0;
  double weight_decay = 1;
  double learning_rate = 2e-3;
  Eigen::Index batch_size = 128;
  Eigen::Index epochs = 200;
  Eigen::Index patience = 12;
};

/// The mean density of masked autoregressive flows with linear layers between them and a base with heavy
/// tails.
class FlowDensity {
  using Block = ef::Chain<ef::LuLinear<float>, ef::MaskedAutoregressive<float>>;
  using Flow = ef::Flow<ef::Stack<Block>, ef::StudentT<float>>;

 public:
  /// Fits to the rows of x.
  FlowDensity(const Eigen::MatrixXd& x, const Setting& setting)
      : mean_(x.colwise().mean()), scale_((x.rowwise() - mean_).array().square().colwise().mean().sqrt()) {
    scale_ = (scale_.array() > 0).select(scale_, 1);  // a constant column
    const Eigen::MatrixXf standard = standardised(x);
    const Eigen::VectorX<Eigen::Index> order = ef::Rng(1).permutation(x.rows());
    held_out_.resize(x.rows());
    for (Eigen::Index m = 0; m < setting.members; ++m) {
      std::vector<Eigen::Index> training, validation;
      for (Eigen::Index i = 0; i < x.rows(); ++i)
        (i % setting.members == m ? validation : training).push_back(order[i]);
      flows_.push_back(fit(table::take_rows(standard, training), table::take_rows(standard, validation),
                           setting, static_cast<std::uint64_t>(m)));
      const Eigen::VectorXd log_p = log_prob(flows_.back(), table::take_rows(standard, validation));
      for (std::size_t i = 0; i < validation.size(); ++i)
        held_out_[validation[i]] = log_p[static_cast<Eigen::Index>(i)];
    }
  }

  /// The log-density of each row, nats.
  Eigen::VectorXd log_prob(const Eigen::MatrixXd& x) const {
    const Eigen::MatrixXf standard = standardised(x);
    Eigen::ArrayXXd log_p(x.rows(), static_cast<Eigen::Index>(flows_.size()));
    for (std::size_t m = 0; m < flows_.size(); ++m)
      log_p.col(static_cast<Eigen::Index>(m)) = log_prob(flows_[m], standard);
    return log_sum_exp(log_p).array() - std::log(static_cast<double>(flows_.size()));
  }

  /// The log-density of each training row under the one member that was not trained on it. Use it to choose the
  /// settings.
  const Eigen::VectorXd& held_out() const { return held_out_; }

 private:
  Eigen::MatrixXf standardised(const Eigen::MatrixXd& x) const {
    return ((x.rowwise() - mean_).array().rowwise() / scale_.array()).cast<float>();
  }
  Eigen::VectorXd log_prob(const Flow& flow, const Eigen::MatrixXf& standard) const {
    return flow.log_prob(standard).cast<double>().array() - scale_.array().log().sum();
  }

  static Flow fit(const Eigen::MatrixXf& training, const Eigen::MatrixXf& validation, const Setting& setting,
                  std::uint64_t seed) {
    const Eigen::Index dim = training.cols();
    std::vector<Eigen::Index> order(static_cast<std::size_t>(dim));
    std::iota(order.begin(), order.end(), 0);
    // Each layer sees the features in the reverse order of the last.
    const ef::MlpOptions network{.hidden = setting.hidden, .dropout = setting.dropout};
    const auto block = [&](Eigen::Index k) {
      const auto features = k == 0 ? ef::Permutation<float>(order) : ef::Permutation<float>::reverse(dim);
      return Block(ef::LuLinear<float>(features), ef::MaskedAutoregressive<float>(dim, network));
    };
    ef::Rng rng(seed);
    Flow flow(ef::Stack<Block>(setting.layers, block), ef::StudentT<float>(dim), rng);
    table::NoisyLikelihood<float> noise;
    if (setting.noise > 0) noise.sigma.setConstant(dim, static_cast<float>(setting.noise));
    ef::fit(flow, training,
            {.epochs = setting.epochs,
             .batch_size = setting.batch_size,
             .learning_rate = setting.learning_rate,
             .clip_norm = 5,
             .validation = validation,
             .patience = setting.patience,
             .seed = seed,
             .progress = false},
            ef::AdamW{.weight_decay = setting.weight_decay}, noise);
    return flow;
  }

  Eigen::RowVectorXd mean_, scale_;
  std::vector<Flow> flows_;
  Eigen::VectorXd held_out_;
};

}  // namespace helpers
