#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <memory>
#include <numbers>
#include <span>
#include <tuple>

#include "eigenflow/authoring/dimension.hpp"
#include "eigenflow/authoring/lanes.hpp"
#include "eigenflow/authoring/per_feature.hpp"
#include "eigenflow/authoring/structure.hpp"
#include "eigenflow/bases/detail/student_t.hpp"
#include "eigenflow/concepts/base.hpp"
#include "eigenflow/maps/soft_bound.hpp"
#include "eigenflow/numerics/half_log_two_pi.hpp"

namespace eigenflow {

/// An independent Student's t for each feature, with learned degrees of freedom ν, location and scale. Its tails fall
/// as a power, |z|^-(ν+1). A flow with bounded slopes cannot make such tails from a normal (Jaini et al.,
/// arXiv:1907.04481).
///
///   log p(z) = Σ_j [C(ν_j/2) - ½ ln 2π - ln scale_j - ½ (ν_j + 1) log(1 + t_j²/ν_j)],
///   t_j = (z_j - location_j)/scale_j,   C(a) = lnΓ(a + ½) - lnΓ(a) - ½ ln a
///
/// ν = 8 eᵃ with a bounded smoothly between -3 and 12, so 0.4 < ν < 1.3e6. At the upper end it equals the
/// normal in float precision. scale = eˢ with s bounded as in DiagonalNormal. Starts with ν = 8, location 0, scale 1.
///
/// A sample takes two random numbers per feature, t = √(ν (U^(-2/ν) - 1)) cos(2πV) (Bailey, Mathematics of Computation
/// 62, 1994): exact for every ν, never rejected, and smooth in ν.
template <class Scalar_, int Dim_ = Eigen::Dynamic>
class StudentT {
 public:
  using Scalar = Scalar_;
  static constexpr int static_dim = Dim_;

  template <class Visitor>
  struct Parameters {
    typename Visitor::Vector log_freedom;  ///< D: a before the bound; bounded, it is ln(ν/8)
    typename Visitor::Vector location;     ///< D
    typename Visitor::Vector log_scale;    ///< D: s before the bound
  };

  StudentT() requires(Dim_ != Eigen::Dynamic) = default;
  constexpr explicit StudentT(Dimension<Dim_> dim) : dim_(dim) {}

  static constexpr const char* tag() { return "StudentT"; }
  constexpr Eigen::Index dim() const { return dim_; }

  static constexpr auto structure() { return std::tuple(Option{"dim", &StudentT::dim}); }
  template <class Self, class Visitor>
  static Parameters<Visitor> layout(Self& self, Visitor& visit) {
    return {visit.vector("log_freedom", self.dim()), visit.vector("location", self.dim()),
            visit.vector("log_scale", self.dim())};
  }
  void initialise(std::span<Scalar> theta, Rng&) const { std::fill(theta.begin(), theta.end(), Scalar(0)); }

  /// ν for a free parameter `log_freedom`.
  static Scalar freedom(Scalar free) { return 8 * std::exp(log_freedom(free).value); }

  void log_prob(std::span<const Scalar> theta, Tile<Scalar>& tile) const {
    for (Eigen::Index j = 0; j < dim(); ++j) {
      const Feature f(*this, theta, j);
      const Number power(-(f.nu + 1) / 2),
          constant(detail::gamma_half_step(f.nu / 2).value - f.s - detail::half_log_two_pi<Scalar>);
      for (const RowStep<Scalar> step : RowSteps<Scalar>(tile.rows())) {
        const auto log = f.log_one_plus(step, tile, j);
        step.store(tile.log_det.data(), step.load(tile.log_det.data()) + fma(power, log.value, constant));
      }
    }
  }

  void log_prob_vjp(std::span<const Scalar> theta, std::span<Scalar> grad, Tile<Scalar>& tile) const {
    for (Eigen::Index j = 0; j < dim(); ++j) {
      const Feature f(*this, theta, j);
      const Number power(f.nu + 1), half_nu(f.nu / 2), half(Scalar(0.5));
      const Number own(f.nu / 2 * detail::gamma_half_step(f.nu / 2).slope);  // ∂C/∂ln ν
      const Number toward(-(f.nu + 1) / f.width);
      Number sum_log_freedom(0), sum_location(0), sum_log_scale(0);
      for (const RowStep<Scalar> step : RowSteps<Scalar>(tile.rows())) {
        const Number grad_log_prob = step.load(tile.grad_log_det.data());
        const auto log = f.log_one_plus(step, tile, j);
        const Number grad_z = grad_log_prob * toward * log.ratio;
        step.store(tile.grad_values.col(j).data(), grad_z);
        sum_log_freedom += grad_log_prob * (own + half * log.fraction - half_nu * log.excess);
        sum_location -= grad_z;
        sum_log_scale += grad_log_prob * fma(power, log.fraction, Number(-1));
      }
      if (!grad.empty())
        add(reduce_add(sum_log_freedom * Number(f.nu_slope)), reduce_add(sum_location),
            reduce_add(sum_log_scale * Number(f.s_slope)), grad, j);
    }
  }

  void sample(std::span<const Scalar> theta, Rng rng, Eigen::Index first_row, Tile<Scalar>& tile) const {
    draw(theta, rng, first_row, tile, [&](Eigen::Index i, Eigen::Index j, const Feature& f, const Polar& t) {
      const double offset = static_cast<double>(f.scale) * t.radius() * t.cosine;
      tile.values(i, j) = static_cast<Scalar>(static_cast<double>(f.location) + offset);
    });
  }

  void sample_vjp(std::span<const Scalar> theta, std::span<Scalar> grad, Rng rng, Eigen::Index first_row,
                  const Tile<Scalar>& tile) const {
    PerFeature<double, Dim_> sum_log_freedom(*tile.arena, dim()), sum_location(*tile.arena, dim()),
        sum_log_scale(*tile.arena, dim());
    draw(theta, rng, first_row, tile, [&](Eigen::Index i, Eigen::Index j, const Feature& f, const Polar& t) {
      const double grad_z = static_cast<double>(tile.grad_values(i, j)),
                   pull = grad_z * static_cast<double>(f.scale) * t.cosine;
      sum_log_freedom[j] += pull * t.radius_slope() * static_cast<double>(f.nu_slope);
      sum_location[j] += grad_z;
      sum_log_scale[j] += pull * t.radius() * static_cast<double>(f.s_slope);
    });
    for (Eigen::Index j = 0; j < dim(); ++j)
      add(static_cast<Scalar>(sum_log_freedom[j]), static_cast<Scalar>(sum_location[j]),
          static_cast<Scalar>(sum_log_scale[j]), grad, j);
  }

 private:
  using Number = Lanes<Scalar>;

  static LogScaleAt<Scalar> log_scale(Scalar free) { return SoftBound<20>{}(free); }
  static LogScaleAt<Scalar> log_freedom(Scalar free) {
    return free < 0 ? SoftBound<3>{}(free) : SoftBound<12>{}(free);
  }

  /// One feature's parameters.
  struct Feature {
    Scalar nu;
    Scalar nu_slope;  // ∂ ln ν/∂ log_freedom
    Scalar location;
    Scalar s;
    Scalar s_slope;  // ∂s/∂ log_scale
    Scalar scale;
    Scalar width;  // scale √ν

    Feature(const StudentT& base, std::span<const Scalar> theta, Eigen::Index j) {
      const auto p = view_parameters(base, theta);
      const LogScaleAt<Scalar> bounded = log_scale(p.log_scale[j]);
      nu = freedom(p.log_freedom[j]);
      nu_slope = log_freedom(p.log_freedom[j]).slope;
      location = p.location[j];
      s = bounded.value;
      s_slope = bounded.slope;
      scale = std::exp(s);
      width = scale * std::sqrt(nu);
    }
    /// log(1 + t²/ν) of the rows of the step.
    auto log_one_plus(const RowStep<Scalar>& step, const Tile<Scalar>& tile, Eigen::Index j) const {
      return detail::log_one_plus_square((step.load(tile.values.col(j).data()) - Number(location)) *
                                         Number(1 / width));
    }
  };

  /// A draw of a t: its two random numbers, its radius √(ν (U^(-2/ν) - 1)), and the derivative of the radius in ln ν.
  struct Polar {
    double nu;
    double exponent;  // -2 ln U / ν
    double cosine;    // cos 2πV

    double radius() const { return std::sqrt(nu * std::expm1(exponent)); }
    double radius_slope() const {
      if (!(exponent > 0)) return 0;
      const double grown = std::expm1(exponent);
      return std::sqrt(nu / grown) * (grown - exponent * (grown + 1)) / 2;
    }
  };

  // Calls body(row, feature, parameters, draw) for all numbers of the tile.
  template <class Body>
  void draw(std::span<const Scalar> theta, Rng rng, Eigen::Index first_row, const Tile<Scalar>& tile,
            const Body& body) const {
    Feature* const features = tile.arena->template allocate<Feature>(static_cast<std::size_t>(dim()));
    for (Eigen::Index j = 0; j < dim(); ++j) std::construct_at(features + j, *this, theta, j);
    rng.discard(static_cast<std::uint64_t>(2 * first_row * dim()));
    for (Eigen::Index i = 0; i < tile.rows(); ++i)
      for (Eigen::Index j = 0; j < dim(); ++j) {
        const auto nu = static_cast<double>(features[j].nu);
        const double u = (static_cast<double>(rng()) + 0.5) * 0x1p-64;
        body(i, j, features[j],
             Polar{nu, -2 * std::log(u) / nu, std::cos(2 * std::numbers::pi * rng.uniform())});
      }
  }

  void add(Scalar by_log_freedom, Scalar by_location, Scalar by_log_scale, std::span<Scalar> grad,
           Eigen::Index j) const {
    auto g = view_parameters(*this, grad);
    g.log_freedom[j] += by_log_freedom;
    g.location[j] += by_location;
    g.log_scale[j] += by_log_scale;
  }

  [[no_unique_address]] Dimension<Dim_> dim_;
};

}  // namespace eigenflow
