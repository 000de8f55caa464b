#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <limits>

#include "eigenflow/numerics/finite.hpp"

namespace eigenflow {

/// The correlation matrix C of features in standard units (mean 0, deviation 1), from rows that come block by block, and
/// its estimate R = (1 - α) C + α I. α maximises the likelihood of rows that are left out, one at a time. It goes to 0 as
/// rows are added, and keeps R positive definite where there are fewer rows than features.
template <class Scalar>
class Correlations {
  using Matrix = Eigen::Matrix<Scalar, Eigen::Dynamic, Eigen::Dynamic>;

 public:
  explicit Correlations(Eigen::Index dim) : products_(Matrix::Zero(dim, dim)) {}

  /// Adds a block of rows in standard units, n × D.
  template <class T>
  void add(const Eigen::MatrixBase<T>& t) {
    products_.noalias() += t.transpose() * t;
    rows_ += static_cast<Scalar>(t.rows());
  }

  /// α from `least` to 1; 1 for fewer than two rows. Takes 25 factorisations.
  Scalar shrinkage(Scalar least) const {
    if (rows_ < 2) return 1;
    const auto cost = [&](Scalar log_alpha) { return left_out(std::exp(log_alpha)); };
    constexpr int steps = 8;
    const Scalar from = std::log(least), width = -from / steps;
    int best = steps;
    Scalar lowest = cost(0);
    for (int i = steps - 1; i >= 0; --i)
      if (const Scalar here = cost(from + i * width); here < lowest) {
        lowest = here;
        best = i;
      }
    Scalar low = from + std::max(best - 1, 0) * width, high = from + std::min(best + 1, steps) * width;
    for (int i = 0; i < 8; ++i) {  // thirds: 26 times narrower
      const Scalar a = low + (high - low) / 3, b = high - (high - low) / 3;
      const bool lower = cost(a) <= cost(b);
      (lower ? high : low) = lower ? b : a;
    }
    return std::exp((low + high) / 2);
  }

  /// The Cholesky factor of R, D × D and lower triangular. What is not finite counts as no correlation.
  Matrix factor(Scalar alpha) const { return cholesky(1 - alpha, 1); }

 private:
  // -2/n Σ log p(t), each row t under the estimate without it, but for a constant. With β = (1 - α)/(n - 1) that estimate
  // is G - β t tᵀ, G = n β C + α I, so that the determinant and the inverse follow from G's (Sherman & Morrison). Every
  // t G⁻¹ tᵀ is taken as their mean r = tr(G⁻¹ C).
  Scalar left_out(Scalar alpha) const {
    const Scalar beta = (1 - alpha) / (rows_ - 1), keep = rows_ * beta;
    const Matrix k = cholesky(keep, keep + alpha);
    Matrix inverse = Matrix::Identity(k.rows(), k.cols());
    k.template triangularView<Eigen::Lower>().solveInPlace(inverse);
    const Scalar dim = static_cast<Scalar>(k.rows()), trace = inverse.squaredNorm();
    const Scalar r = keep > 0 ? (dim - alpha * trace) / keep : dim;
    if (!(beta * r < 1)) return std::numeric_limits<Scalar>::infinity();
    return 2 * k.diagonal().array().log().sum() + std::log1p(-beta * r) + r / (1 - beta * r);
  }

  // Of the matrix with `diagonal` on its diagonal and the correlations, times `keep`, off it.
  Matrix cholesky(Scalar keep, Scalar diagonal) const {
    const Eigen::Index dim = products_.rows();
    Matrix k = Matrix::Zero(dim, dim);
    for (Eigen::Index j = 0; j < dim; ++j) {
      for (Eigen::Index i = j + 1; i < dim; ++i) {
        const Scalar correlation = keep * products_(i, j) / rows_;
        k(i, j) = detail::is_finite(correlation) ? correlation : 0;
      }
      k(j, j) = diagonal;
      const Eigen::Index below = dim - j - 1;
      k.col(j).tail(below + 1) -= k.bottomLeftCorner(below + 1, j) * k.row(j).head(j).transpose();
      k(j, j) = std::sqrt(std::max(k(j, j), std::numeric_limits<Scalar>::epsilon() * diagonal));
      k.col(j).tail(below) /= k(j, j);
    }
    return k;
  }

  Matrix products_;  // Σ t tᵀ
  Scalar rows_ = 0;
};

}  // namespace eigenflow
