#pragma once

#include <Eigen/Core>
#include <span>
#include <string>
#include <tuple>
#include <type_traits>

#include "eigenflow/authoring/dimension.hpp"
#include "eigenflow/authoring/lane_math.hpp"
#include "eigenflow/authoring/lanes.hpp"
#include "eigenflow/authoring/normal_rows.hpp"
#include "eigenflow/authoring/structure.hpp"
#include "eigenflow/concepts/base.hpp"
#include "eigenflow/concepts/conditioner.hpp"
#include "eigenflow/concepts/direction.hpp"
#include "eigenflow/conditioners/mlp.hpp"
#include "eigenflow/maps/soft_bound.hpp"
#include "eigenflow/numerics/half_log_two_pi.hpp"
#include "eigenflow/numerics/saturating.hpp"
#include "eigenflow/text/name_of.hpp"

namespace eigenflow {

/// A normal whose mean and scale a network computes from the context, N(μ(c), diag(e^{2s(c)})):
///
///   log p(z | c) = -Σ_j [½ e_j² + s_j + ½ ln 2π],   e_j = (z_j - μ_j) e^{-s_j},   s_j = a_j / (1 + |a_j|/20)
///
/// with (μ, a) = m(c), the conditioner's D means and D unbounded log-scales. The bound is smooth and keeps the
/// scale between e⁻²⁰ and e²⁰ for every theta. Conditioners start at zero, so the base starts as N(0, I).
template <class Scalar_, int Dim_ = Eigen::Dynamic, class Conditioner_ = Mlp<Scalar_>>
class ConditionalNormal {
  static_assert(Conditioner<Conditioner_>,
                "a conditional normal's third argument is its conditioner (Mlp, ResidualNet, ...): this one "
                "lacks something "
                "that the concept Conditioner (concepts/conditioner.hpp) asks for");

 public:
  using Scalar = Scalar_;
  using Options = typename Conditioner_::Options;
  using LogScale = SoftBound<20>;
  static constexpr int static_dim = Dim_;
  static_assert(std::is_same_v<Scalar, typename Conditioner_::Scalar>,
                "a conditional normal and its conditioner must have the same scalar type");

  template <class Visitor>
  struct Parameters {
    typename Conditioner_::template Parameters<Visitor> conditioner;
  };

  /// A normal of `dim` features given `context_dim` columns of context. Throws std::invalid_argument for
  /// context_dim < 1.
  constexpr ConditionalNormal(Dimension<Dim_> dim, Eigen::Index context_dim, const Options& options = {})
      : dim_(dim),
        context_dim_(checked(context_dim)),
        conditioner_(context_dim, detail::saturating_product(2, dim), options) {}

  static std::string tag() {
    return "ConditionalNormal<" + detail::tag_of<Conditioner_>("conditioner") + '>';
  }
  /// As "3 of context, 64 × 64, relu".
  std::string describe() const {
    std::string text = std::to_string(context_dim_) + " of context";
    if constexpr (requires { conditioner_.describe(); }) text += ", " + conditioner_.describe();
    return text;
  }
  constexpr Eigen::Index dim() const { return dim_; }
  constexpr Eigen::Index context_dim() const { return context_dim_; }
  constexpr Eigen::Index rows_together() const { return eigenflow::rows_together(conditioner_); }
  const Conditioner_& conditioner() const { return conditioner_; }
  const Options& options() const { return conditioner_.options(); }

  static ConditionalNormal example(Eigen::Index dim, Eigen::Index context_dim) { return {dim, context_dim}; }
  static constexpr auto structure() requires detail::HasStructuredOptions<Conditioner_> {
    return std::tuple(Option{"dim", &ConditionalNormal::dim},
                      Option{"context_dim", &ConditionalNormal::context_dim},
                      Option{"options", &ConditionalNormal::options});
  }
  template <class Self, class Visitor>
  static Parameters<Visitor> layout(Self& self, Visitor& visit) {
    return {visit.part("conditioner", self.conditioner_)};
  }
  void initialise(std::span<Scalar> theta, Rng& rng) const { conditioner_.initialise(theta, rng); }

  void log_prob(std::span<const Scalar> theta, Tile<Scalar>& tile) const {
    const ArenaScope scope(*tile.arena);
    MatrixMap<Scalar> parameters = tile.scratch(2 * dim());
    condition(theta, tile, parameters, false);
    const Number minus_half(Scalar(-0.5)), constant(-detail::half_log_two_pi<Scalar>);
    for (const RowStep<Scalar> step : RowSteps<Scalar>(tile.rows())) {
      Number log_prob = step.load(tile.log_det.data());
      for (Eigen::Index j = 0; j < dim(); ++j) {
        const At at = normal_at(step, parameters, j);
        const Number e = (step.load(tile.values.col(j).data()) - at.mean) * exp(-at.log_scale);
        log_prob += fma(minus_half * e, e, constant - at.log_scale);
      }
      step.store(tile.log_det.data(), log_prob);
    }
  }

  // ∂/∂z = -e/scale, ∂/∂μ = e/scale, ∂/∂s = e² - 1: the conditioner's results are replaced by their gradient.
  void log_prob_vjp(std::span<const Scalar> theta, std::span<Scalar> grad, Tile<Scalar>& tile) const {
    const ArenaScope scope(*tile.arena);
    MatrixMap<Scalar> parameters = tile.scratch(2 * dim());
    const auto tape = condition(theta, tile, parameters, true);
    for (const RowStep<Scalar> step : RowSteps<Scalar>(tile.rows())) {
      const Number grad_log_prob = step.load(tile.grad_log_det.data());
      for (Eigen::Index j = 0; j < dim(); ++j) {
        const At at = normal_at(step, parameters, j);
        const Number shrink = exp(-at.log_scale);
        const Number e = (step.load(tile.values.col(j).data()) - at.mean) * shrink;
        const Number pull = grad_log_prob * e * shrink;
        step.store(tile.grad_values.col(j).data(), -pull);
        step.store(parameters.col(j).data(), pull);
        step.store(parameters.col(dim() + j).data(), grad_log_prob * (e * e - Number(1)) * at.slope);
      }
    }
    conditioner_.vjp(theta, grad, tape, {parameters.data(), tile.rows(), 2 * dim()}, tile.grad_context, tile);
  }

  void sample(std::span<const Scalar> theta, const Rng& rng, Eigen::Index first_row, Tile<Scalar>& tile,
              Scalar temperature = 1) const {
    draw_normal_rows(rng, first_row, temperature, tile);
    const ArenaScope scope(*tile.arena);
    MatrixMap<Scalar> parameters = tile.scratch(2 * dim());
    condition(theta, tile, parameters, false);
    for (const RowStep<Scalar> step : RowSteps<Scalar>(tile.rows()))
      for (Eigen::Index j = 0; j < dim(); ++j) {
        const At at = normal_at(step, parameters, j);
        Scalar* const z = tile.values.col(j).data();
        step.store(z, fma(step.load(z), exp(at.log_scale), at.mean));
      }
  }

 private:
  using Number = Lanes<Scalar>;
  struct At {
    Number mean, log_scale, slope;  // slope: ∂s/∂a
  };

  static constexpr Eigen::Index checked(Eigen::Index context_dim) {
    if (context_dim < 1)
      detail::reject("a ConditionalNormal needs a context of 1 column or more, but got " +
                     std::to_string(context_dim) + ": without a context use DiagonalNormal");
    return context_dim;
  }

  // (μ, a), N × 2D, and the conditioner's tape. `log_prob` leaves none, so its vjp evaluates again.
  auto condition(std::span<const Scalar> theta, const Tile<Scalar>& tile, MatrixMap<Scalar>& parameters,
                 bool record) const {
    Pass pass = tile;
    pass.record = record;
    return conditioner_.forward(theta, tile.context, parameters, pass);
  }

  At normal_at(const RowStep<Scalar>& step, const MatrixMap<Scalar>& parameters, Eigen::Index j) const {
    const auto s = LogScale{}(step.load(parameters.col(dim() + j).data()));
    return {step.load(parameters.col(j).data()), s.value, s.slope};
  }

  [[no_unique_address]] Dimension<Dim_> dim_;
  Eigen::Index context_dim_;
  Conditioner_ conditioner_;
};

}  // namespace eigenflow
