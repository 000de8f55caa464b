#pragma once

#include <Eigen/Core>
#include <span>
#include <tuple>

#include "eigenflow/authoring/dimension.hpp"
#include "eigenflow/authoring/lanes.hpp"
#include "eigenflow/authoring/normal_rows.hpp"
#include "eigenflow/authoring/structure.hpp"
#include "eigenflow/concepts/base.hpp"
#include "eigenflow/numerics/half_log_two_pi.hpp"

namespace eigenflow {

/// N(0, I): log p(z) = -½ (‖z‖² + D ln 2π). It has no parameters.
template <class Scalar_, int Dim_ = Eigen::Dynamic>
class StandardNormal {
 public:
  using Scalar = Scalar_;
  static constexpr int static_dim = Dim_;
  template <class Visitor>
  using Parameters = NoParameters<Visitor>;

  StandardNormal() requires(Dim_ != Eigen::Dynamic) = default;
  constexpr explicit StandardNormal(Dimension<Dim_> dim) : dim_(dim) {}

  static constexpr const char* tag() { return "StandardNormal"; }
  constexpr Eigen::Index dim() const { return dim_; }

  static constexpr auto structure() { return std::tuple(Option{"dim", &StandardNormal::dim}); }
  template <class Self, class Visitor>
  static NoParameters<Visitor> layout(Self&, Visitor&) {
    return {};
  }
  void initialise(std::span<Scalar>, Rng&) const {}

  void log_prob(std::span<const Scalar>, Tile<Scalar>& tile) const {
    const Lanes<Scalar> constant(-static_cast<Scalar>(dim()) * detail::half_log_two_pi<Scalar>),
        minus_half(Scalar(-0.5));
    for (const RowStep<Scalar> step : RowSteps<Scalar>(tile.rows())) {
      Lanes<Scalar> sum(0);
      for (Eigen::Index j = 0; j < dim(); ++j) {
        const Lanes<Scalar> z = step.load(tile.values.col(j).data());
        sum = fma(z, z, sum);
      }
      step.store(tile.log_det.data(), step.load(tile.log_det.data()) + fma(minus_half, sum, constant));
    }
  }

  void log_prob_vjp(std::span<const Scalar>, std::span<Scalar>, Tile<Scalar>& tile) const {
    for (const RowStep<Scalar> step : RowSteps<Scalar>(tile.rows())) {
      const Lanes<Scalar> grad = -step.load(tile.grad_log_det.data());
      for (Eigen::Index j = 0; j < dim(); ++j)
        step.store(tile.grad_values.col(j).data(), grad * step.load(tile.values.col(j).data()));
    }
  }

  void sample(std::span<const Scalar>, const Rng& rng, Eigen::Index first_row, Tile<Scalar>& tile,
              Scalar temperature = 1) const {
    draw_normal_rows(rng, first_row, temperature, tile);
  }

 private:
  [[no_unique_address]] Dimension<Dim_> dim_;
};

}  // namespace eigenflow
