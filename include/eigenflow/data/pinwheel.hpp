#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <limits>
#include <numbers>
#include <vector>

#include "eigenflow/data/detail/set_2d.hpp"
#include "eigenflow/numerics/log_sum.hpp"
#include "eigenflow/numerics/rng.hpp"

namespace eigenflow {

namespace detail {

/// The density of y = R(ψ(u)) f with f = (u, v) = (1 + .3 N, .1 N),
/// where R turns counter-clockwise by ψ(u) = .25 eᵘ.
///
/// The map preserves |f| but not areas: its Jacobian is 1 − ψ′(u) v. For the inverse, u is a root of
/// g(u) = u − y·(cos ψ, sin ψ) in [−|y|, |y|], and g′(u) is that Jacobian: p(y) = Σ over the roots of N(u)
/// N(v) / |g′(u)|. Roots are found by scanning u in steps over which the rotation is small.
class PinwheelArm {
 public:
  PinwheelArm() {
    double u = -farthest - longest_step;
    while (u < farthest) {
      samples_.push_back(sample_at(u));
      u += std::min(longest_step, 0.1 / samples_.back().turn);
    }
    samples_.push_back(sample_at(u));
  }

  /// The largest |y| for which the rotation is computed. Beyond it (11 sigmas, e⁻⁶⁸ of the peak) an arm rotates ever
  /// faster, and the density is its average over the angle.
  static constexpr double farthest = 4.5;

  void add_to(LogSum& sum, const Eigen::Vector2d& y) const {
    const double radius = std::hypot(y.x(), y.y());
    const auto after = std::upper_bound(samples_.begin(), samples_.end(), -radius,
                                        [](double u, const Sample& sample) { return u < sample.u; });
    auto left = after == samples_.begin() ? after : after - 1;
    Residual low = residual(*left, y);
    for (auto right = left + 1; right != samples_.end() && left->u <= radius; left = right++) {
      const Residual high = residual(*right, y);
      if ((low.value > 0.0) != (high.value > 0.0)) {
        add_root(sum, y, left->u, right->u);
      } else if (turns_back(low, high)) {
        const double turning_point = bisect(left->u, right->u, low.slope > 0.0,
                                            [&](double u) { return residual(sample_at(u), y).slope; });
        if ((residual(sample_at(turning_point), y).value > 0.0) != (low.value > 0.0)) {
          add_root(sum, y, left->u, turning_point);
          add_root(sum, y, turning_point, right->u);
        }
      }
      low = high;
    }
  }

  /// The log of N(u) N(v), u and v the two coordinates of f.
  [[nodiscard]] static double log_feature_density(double u, double v) {
    const double along = (u - 1.0) / along_sigma;
    const double across = v / across_sigma;
    return -0.5 * (along * along + across * across) -
           std::log(2.0 * std::numbers::pi * along_sigma * across_sigma);
  }

  /// The average over the angle at radius r >= `farthest`, by Laplace's method around u = r.
  [[nodiscard]] static double log_averaged_density(double r) {
    const double stiffness =
        r * r * (1.0 / (across_sigma * across_sigma) - 1.0 / (along_sigma * along_sigma)) +
        r / (along_sigma * along_sigma);
    return log_feature_density(r, 0.0) - 0.5 * std::log(2.0 * std::numbers::pi * stiffness);
  }

  static constexpr double along_sigma = 0.3;
  static constexpr double across_sigma = 0.1;

  [[nodiscard]] static double turn_at(double u) { return 0.25 * std::exp(u); }

 private:
  struct Sample {
    double u;
    double turn;  // ψ(u), which is ψ′(u) too
    double cosine;
    double sine;
  };
  struct Residual {
    double value;  // g(u)
    double slope;  // g′(u)
    double v;
  };

  [[nodiscard]] static Sample sample_at(double u) {
    const double turn = turn_at(u);
    return {u, turn, std::cos(turn), std::sin(turn)};
  }

  [[nodiscard]] static Residual residual(const Sample& at, const Eigen::Vector2d& y) {
    const double v = y.y() * at.cosine - y.x() * at.sine;
    return {at.u - (y.x() * at.cosine + y.y() * at.sine), 1.0 - at.turn * v, v};
  }

  /// True if g goes from a value to zero and back.
  [[nodiscard]] static bool turns_back(const Residual& low, const Residual& high) {
    const bool positive = low.value > 0.0;
    return (positive && low.slope < 0.0 && high.slope > 0.0) ||
           (!positive && low.slope > 0.0 && high.slope < 0.0);
  }

  /// The root of `f` between low and high, to the last digit.
  template <class F>
  [[nodiscard]] static double bisect(double low, double high, bool positive_at_low, F f) {
    while (true) {
      const double middle = 0.5 * (low + high);
      if (middle <= low || middle >= high) return middle;
      ((f(middle) > 0.0) == positive_at_low ? low : high) = middle;
    }
  }

  /// Newton's method, kept inside the bracket.
  static void add_root(LogSum& sum, const Eigen::Vector2d& y, double low, double high) {
    const bool positive_at_low = residual(sample_at(low), y).value > 0.0;
    double u = 0.5 * (low + high);
    Residual at = residual(sample_at(u), y);
    for (int step = 0; step < 60; ++step) {
      ((at.value > 0.0) == positive_at_low ? low : high) = u;
      const double newton = u - at.value / at.slope;
      const double next = newton > low && newton < high ? newton : 0.5 * (low + high);
      const double moved = std::abs(next - u);
      u = next;
      at = residual(sample_at(u), y);
      if (moved <= 4.0 * std::numeric_limits<double>::epsilon() * std::abs(u)) break;
    }
    // On a fold of the map the density is infinite. Near a fold, within rounding, it is as large as double allows.
    constexpr double least_slope = 1e-8;
    sum.add(log_feature_density(u, at.v) - std::log(std::max(std::abs(at.slope), least_slope)));
  }

  static constexpr double longest_step = 0.05;
  std::vector<Sample> samples_;
};

}  // namespace detail

/// Five curved arms: f = (1 + .3 N, .1 N), turned counter-clockwise by 2πk/5 + .25 exp(f₁) with
/// k = 0..4 of equal probability, times 2. Entropy 2.3178 nats.
template <std::floating_point Scalar_>
class Pinwheel : public detail::Set2d<Pinwheel<Scalar_>, Scalar_> {
 public:
  [[nodiscard]] static constexpr const char* name() noexcept { return "pinwheel"; }
  /// In nats, by quadrature.
  [[nodiscard]] static constexpr double entropy() noexcept { return 2.3177881; }

  [[nodiscard]] static Eigen::Vector2d draw(Rng& rng) {
    const double arm = rng.below(arms);
    const double u = 1.0 + Arm::along_sigma * rng.normal();
    const double v = Arm::across_sigma * rng.normal();
    return scale * turned({u, v}, arm * between_arms + Arm::turn_at(u));
  }

  [[nodiscard]] static double log_density_at(const Eigen::Vector2d& x) {
    static const Arm shape;
    const Eigen::Vector2d y = x / scale;
    const double log_area = std::log(scale * scale);
    const double radius = std::hypot(y.x(), y.y());
    if (radius > Arm::farthest) return Arm::log_averaged_density(radius) - log_area;
    detail::LogSum sum;
    for (int arm = 0; arm < arms; ++arm) shape.add_to(sum, turned(y, -arm * between_arms));
    return sum.value() - std::log(static_cast<double>(arms)) - log_area;
  }

 private:
  using Arm = detail::PinwheelArm;
  static constexpr int arms = 5;
  static constexpr double between_arms = 2.0 * std::numbers::pi / arms;
  static constexpr double scale = 2.0;

  [[nodiscard]] static Eigen::Vector2d turned(const Eigen::Vector2d& f, double angle) {
    const double cosine = std::cos(angle);
    const double sine = std::sin(angle);
    return {cosine * f.x() - sine * f.y(), sine * f.x() + cosine * f.y()};
  }
};

template <std::floating_point S>
inline constexpr Pinwheel<S> pinwheel{};

}  // namespace eigenflow
