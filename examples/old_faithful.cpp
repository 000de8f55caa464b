// The density of the 272 eruptions of Old Faithful: reads a table, fits a flow with validation and early stopping,
// compares its held-out likelihood with a Gaussian and a mixture of two Gaussians, and draws it.
//
//     old_faithful [folder]        writes folder/old_faithful.png (out/ unless given)

#include <Eigen/Cholesky>
#include <Eigen/LU>
#include <cmath>
#include <cstdio>
#include <eigenflow/eigenflow.hpp>
#include <filesystem>
#include <functional>
#include <numbers>
#include <vector>

#include "helpers/old_faithful.hpp"
#include "helpers/output.hpp"
#include "helpers/statistics.hpp"
#include "picture/picture.hpp"
#include "table/mean.hpp"
#include "table/table.hpp"

namespace ef = eigenflow;
using Rows = Eigen::MatrixX2d;
using LogDensity = std::function<Eigen::VectorXd(const Rows&)>;

// The model: the mean density of ten flows of planar layers, each stopped early on a different tenth of the rows.

LogDensity fit_flows(const Rows& x) {
  using Planars = ef::Stack<ef::Planar<double, 2>>;
  std::vector<ef::Flow<ef::Standardize<double, 2>, Planars>> flows;
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    ef::Rng rng(seed);
    flows.emplace_back(ef::Standardize<double, 2>(), Planars(16), rng);
    ef::fit(flows.back(), x,
            {.epochs = 1000,
             .batch_size = 64,
             .learning_rate = 0.02,
             .validation_fraction = 0.1,
             .patience = 100,
             .seed = seed,
             .progress = false},
            ef::AdamW{.weight_decay = 0.1});
  }
  return [flows](const Rows& at) -> Eigen::VectorXd {
    Eigen::ArrayXXd log_p(at.rows(), static_cast<Eigen::Index>(flows.size()));
    for (std::size_t m = 0; m < flows.size(); ++m)
      log_p.col(static_cast<Eigen::Index>(m)) = flows[m].log_prob(at);
    return helpers::log_sum_exp(log_p).array() - std::log(static_cast<double>(flows.size()));
  };
}

// The models to compare with: one Gaussian, and a mixture of two by expectation-maximisation.

struct Gaussian {
  Eigen::RowVector2d mean;
  Eigen::Matrix2d covariance;

  Gaussian(const Rows& x, const Eigen::VectorXd& weight) : mean(weight.transpose() * x / weight.sum()) {
    const Rows centred = x.rowwise() - mean;
    covariance = centred.transpose() * weight.asDiagonal() * centred / weight.sum();
  }
  Eigen::VectorXd operator()(const Rows& x) const {
    const Eigen::Matrix2Xd z = covariance.llt().matrixL().solve((x.rowwise() - mean).transpose());
    const double log_volume = std::log(2 * std::numbers::pi) + std::log(covariance.determinant()) / 2;
    return (-0.5 * z.colwise().squaredNorm().array() - log_volume).transpose();
  }
};

LogDensity fit_gaussian(const Rows& x) {
  return Gaussian(x, Eigen::VectorXd::Ones(x.rows()));
}

LogDensity fit_mixture(const Rows& x) {
  Eigen::ArrayXXd share(x.rows(), 2);  // of each component in each row; starts as short and long eruptions
  share.col(0) = (x.col(0).array() < 3).cast<double>();
  share.col(1) = 1 - share.col(0);
  LogDensity mixture;
  for (int round = 0; round < 100; ++round) {
    const Gaussian first(x, share.col(0)), second(x, share.col(1));
    const double weight = share.col(0).mean();
    const auto terms = [=](const Rows& at) {
      Eigen::ArrayXXd log_p(at.rows(), 2);
      log_p << first(at).array() + std::log(weight), second(at).array() + std::log(1 - weight);
      return log_p;
    };
    mixture = [terms](const Rows& at) { return helpers::log_sum_exp(terms(at)); };
    share = (terms(x).colwise() - mixture(x).array()).exp();
  }
  return mixture;
}

// The log-density of each row under a model fitted to the other folds.
Eigen::VectorXd held_out(const Rows& x, const std::function<LogDensity(const Rows&)>& fit,
                         Eigen::Index folds) {
  const Eigen::VectorX<Eigen::Index> order = ef::Rng(7).permutation(x.rows());
  Eigen::VectorXd log_p(x.rows());
  for (Eigen::Index fold = 0; fold < folds; ++fold) {
    std::vector<Eigen::Index> train, test;
    for (Eigen::Index i = 0; i < x.rows(); ++i) (i % folds == fold ? test : train).push_back(order[i]);
    const auto columns = Eigen::seqN(0, x.cols());
    log_p(test) = fit(x(train, columns))(x(test, columns));
  }
  return log_p;
}

int main(int argc, char** argv) {
  const std::filesystem::path folder = helpers::output_folder(argc, argv);
  const Rows x = table::read(helpers::old_faithful()).values;

  constexpr Eigen::Index folds = 10;
  const Eigen::VectorXd flow = held_out(x, fit_flows, folds);
  std::printf("%d eruptions, negative log-likelihood of held-out rows, %d folds, nats:\n",
              static_cast<int>(x.rows()), static_cast<int>(folds));
  const auto report = [&](const char* name, const Eigen::VectorXd& log_p) {
    const table::Mean gain(flow - log_p);  // row by row, so that the spread of the rows cancels
    std::printf("  %-26s %.3f   flow better by %6.3f ± %.3f\n", name, -log_p.mean(), gain.value, gain.error);
  };
  std::printf("  %-26s %.3f\n", "flow", -flow.mean());
  report("Gaussian", held_out(x, fit_gaussian, folds));
  report("mixture of two Gaussians", held_out(x, fit_mixture, folds));

  picture::Gallery gallery({.title = "Old Faithful",
                            .subtitle = "272 eruptions and the density of a flow fitted to them",
                            .panel_width = 420,
                            .panel_height = 420,
                            .room_for_axes = true});
  auto panel = gallery.panel(0, 0, {.x = {1.2, 5.6}, .y = {37, 103}, .equal_aspect = false});
  const LogDensity log_density = fit_flows(x);
  panel.heatmap([&](const Rows& at) -> Eigen::VectorXd { return log_density(at).array().exp(); });
  panel.scatter(x, {.radius = 1.8, .alpha = 0.9, .colour = picture::hex(0xffffff), .rim = 0.6});
  panel.axes({.x = "duration of the eruption [min]", .y = "waiting for the next [min]"});
  helpers::write(gallery, folder / "old_faithful.png");
}
