#pragma once

#include <Eigen/Core>
#include <cmath>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <tuple>
#include <utility>

#include "eigenflow/authoring/dimension.hpp"
#include "eigenflow/authoring/list.hpp"
#include "eigenflow/authoring/structure.hpp"
#include "eigenflow/concepts/base.hpp"
#include "eigenflow/numerics/finite.hpp"
#include "eigenflow/text/decimal.hpp"

namespace eigenflow {

/// Uniform on a box: log p(z) = -Σ_j ln(high_j - low_j) for low ≤ z < high,
/// -∞ elsewhere. It has no parameters. Its gradient is zero everywhere, so training cannot move samples back into the
/// box: the layers before it need a bounded range.
template <class Scalar_, int Dim_ = Eigen::Dynamic>
class Uniform {
 public:
  using Scalar = Scalar_;
  using Numbers = eigenflow::Numbers<Scalar>;
  static constexpr int static_dim = Dim_;
  template <class Visitor>
  using Parameters = NoParameters<Visitor>;

  /// The unit box [0, 1)^D.
  Uniform() requires(Dim_ != Eigen::Dynamic) : Uniform(Dimension<Dim_>()) {}
  explicit Uniform(Dimension<Dim_> dim)
      : Uniform(VectorX<Scalar>::Zero(dim).eval(), VectorX<Scalar>::Ones(dim).eval()) {}

  /// The box [low, high). Throws std::invalid_argument unless both have D entries and low < high, all finite.
  constexpr Uniform(Numbers low, Numbers high)
      : dim_(low.size()), low_(std::move(low)), high_(std::move(high)) {
    if (low_.size() != high_.size())
      detail::reject("a Uniform needs a low and a high end for each feature, but got " +
                     std::to_string(low_.size()) + " low and " + std::to_string(high_.size()) + " high ends");
    for (Eigen::Index j = 0; j < dim(); ++j)
      if (!detail::is_finite(low_[j]) || !detail::is_finite(high_[j]) ||
          !detail::is_finite(high_[j] - low_[j]) || !(low_[j] < high_[j]))
        detail::reject("feature " + std::to_string(j) + " of a Uniform has the ends " +
                       detail::decimal(low_[j]) + " and " + detail::decimal(high_[j]) +
                       ": give finite ends with low < high");
  }

  static constexpr const char* tag() { return "Uniform"; }
  constexpr Eigen::Index dim() const { return dim_; }
  const Numbers& low() const { return low_; }
  const Numbers& high() const { return high_; }

  static constexpr auto structure() {
    return std::tuple(Constant{"low", &Uniform::low}, Constant{"high", &Uniform::high});
  }
  template <class Self, class Visitor>
  static NoParameters<Visitor> layout(Self&, Visitor&) {
    return {};
  }
  void initialise(std::span<Scalar>, Rng&) const {}

  void log_prob(std::span<const Scalar>, Tile<Scalar>& tile) const {
    Scalar inside = 0;
    for (Eigen::Index j = 0; j < dim(); ++j) inside -= std::log(high_[j] - low_[j]);
    for (Eigen::Index i = 0; i < tile.rows(); ++i) {
      bool in_box = true;
      for (Eigen::Index j = 0; j < dim(); ++j)
        in_box = in_box && tile.values(i, j) >= low_[j] && tile.values(i, j) < high_[j];
      tile.log_det[i] += in_box ? inside : -std::numeric_limits<Scalar>::infinity();
    }
  }

  void log_prob_vjp(std::span<const Scalar>, std::span<Scalar>, Tile<Scalar>& tile) const {
    tile.grad_values.setZero();
  }

  void sample(std::span<const Scalar>, Rng rng, Eigen::Index first_row, Tile<Scalar>& tile) const {
    rng.discard(static_cast<std::uint64_t>(first_row * dim()));
    rng.fill_uniform(tile.values);
    for (Eigen::Index j = 0; j < dim(); ++j)
      tile.values.col(j) =
          (tile.values.col(j).array() * (high_[j] - low_[j]) + low_[j])
              .min(std::nextafter(high_[j], low_[j]));  // rounding must not reach the open end
  }

 private:
  [[no_unique_address]] Dimension<Dim_> dim_;
  Numbers low_;
  Numbers high_;
};

}  // namespace eigenflow
