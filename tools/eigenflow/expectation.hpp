#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <span>
#include <vector>

// Gaussian mixtures by expectation and maximisation, which needs no learning rate and is done in a few dozen passes.

namespace command {

/// p(z) = Σ_k w_k N(z; mean_k, L_k L_kᵀ)
struct Gaussians {
  Eigen::VectorXd weights;               ///< K
  Eigen::MatrixXd means;                 ///< D × K
  std::vector<Eigen::MatrixXd> factors;  ///< L_k, lower triangular

  Eigen::Index dim() const { return means.rows(); }
  Eigen::Index size() const { return means.cols(); }
  /// The log-density of each column of z (D × N).
  Eigen::VectorXd log_prob(const Eigen::Ref<const Eigen::MatrixXd>& z) const;
};

/// A mixture of `count` Gaussians, or fewer where rows are too few, fitted to the columns of z (D × N), which are in
/// white units. `weights` is empty or has one for each of them. Each covariance is the mean of that of its rows and of a
/// round one, which counts as `a` rows: (Σ_i r_i t_i t_iᵀ + a σ² I)/(Σ_i r_i + a), with the best of three σ² and `a` for
/// a fifth of the rows. `work` limits the number of multiplications: beyond it, a part of the rows is used. Depends only
/// on the arguments.
Gaussians fit_gaussians(const Eigen::Ref<const Eigen::MatrixXd>& z, const Eigen::VectorXd& weights,
                        Eigen::Index count, std::uint64_t seed, double work);

/// The density of A z.
Gaussians moved(const Gaussians& gaussians, const Eigen::MatrixXd& a);

/// The parameters of a Mixture of MultivariateNormal that is this mixture.
void write_gaussians(const Gaussians& gaussians, std::span<double> theta);

}  // namespace command
