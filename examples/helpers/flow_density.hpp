#pragma once

#include <Eigen/Core>
#include <eigenflow/eigenflow.hpp>
#include <vector>

#include "table/noisy_likelihood.hpp"

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
      : mean_(x.colwise().mean()),
        scale_(deviations(x.rowwise() - mean_)),
        flows_(fit(standardised(x), setting)) {}

  /// The log-density of each row, nats.
  Eigen::VectorXd log_prob(const Eigen::MatrixXd& x) const {
    return of_table(flows_.log_prob(standardised(x)));
  }

  /// The log-density of each training row under the one member that was not trained on it. Use it to choose the
  /// settings.
  Eigen::VectorXd held_out() const { return of_table(flows_.held_out); }

 private:
  static Eigen::RowVectorXd deviations(const Eigen::MatrixXd& centred) {
    const Eigen::RowVectorXd deviation = centred.array().square().colwise().mean().sqrt();
    return (deviation.array() > 0).select(deviation, 1);  // a constant column
  }
  Eigen::MatrixXf standardised(const Eigen::MatrixXd& x) const {
    return ((x.rowwise() - mean_).array().rowwise() / scale_.array()).cast<float>();
  }
  Eigen::VectorXd of_table(const Eigen::VectorXf& log_prob) const {
    return log_prob.cast<double>().array() - scale_.array().log().sum();
  }

  static ef::Ensemble<Flow> fit(const Eigen::MatrixXf& x, const Setting& setting) {
    const Eigen::Index dim = x.cols();
    // Each layer sees the features in the reverse order of the last.
    const ef::MlpOptions network{.hidden = setting.hidden, .dropout = setting.dropout};
    const auto block = [&](Eigen::Index k) {
      const auto features =
          k == 0 ? ef::Permutation<float>(ef::in_order(dim)) : ef::Permutation<float>::reverse(dim);
      return Block(ef::LuLinear<float>(features), ef::MaskedAutoregressive<float>(dim, network));
    };
    ef::Rng rng(0);
    const Flow flow(ef::Stack<Block>(setting.layers, block), ef::StudentT<float>(dim), rng);
    table::NoisyLikelihood<float> noise;
    if (setting.noise > 0) noise.sigma.setConstant(dim, static_cast<float>(setting.noise));
    return ef::fit_ensemble(flow, x, {.members = setting.members},
                            {.epochs = setting.epochs,
                             .batch_size = setting.batch_size,
                             .learning_rate = setting.learning_rate,
                             .clip_norm = 5,
                             .patience = setting.patience,
                             .progress = false},
                            ef::AdamW{.weight_decay = setting.weight_decay}, noise);
  }

  Eigen::RowVectorXd mean_, scale_;
  ef::Ensemble<Flow> flows_;
};

}  // namespace helpers
