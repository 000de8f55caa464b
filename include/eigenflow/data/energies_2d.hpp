#pragma once

#include <Eigen/Core>
#include <cmath>
#include <numbers>

#include "eigenflow/data/detail/energy_2d.hpp"

// The four energies of Rezende & Mohamed, "Variational inference with normalizing flows" (arXiv:1505.05770),
// table 1: densities p = e^-U / Z on the plane, to fit a flow without data.
//
//   fit(flow, energy_u2, {.steps = 5'000});             // a target, see concepts/target.hpp
//   const auto log_p = energy_u2.log_density(z);        // N × 2 → N, nats
//
//   w₁ = sin(πz₁/2),   w₂ = 3 exp(-½ ((z₁ - 1)/0.6)²),   w₃ = 3σ((z₁ - 1)/0.3)
//
// U₂ to U₄ are unbounded along z₁. The penalty Σ relu(|z_j| - 6)² bounds them, so that Z is finite.

namespace eigenflow {
namespace detail {

// w₁, w₂ and w₃, with their slopes along z₁.
struct Wave {
  double value;
  double slope;
};
[[nodiscard]] inline Wave wave_1(double z1) {
  constexpr double frequency = std::numbers::pi / 2;
  return {std::sin(frequency * z1), frequency * std::cos(frequency * z1)};
}
[[nodiscard]] inline Wave wave_2(double z1) {
  const double e = (z1 - 1) / 0.6, value = 3 * std::exp(-0.5 * e * e);
  return {value, -e / 0.6 * value};
}
[[nodiscard]] inline Wave wave_3(double z1) {
  const double s = 1 / (1 + std::exp(-(z1 - 1) / 0.3));
  return {3 * s, 3 * s * (1 - s) / 0.3};
}

/// A valley along z₂ = wave(z₁).
[[nodiscard]] inline Slope2d valley(const Eigen::Vector2d& z, const Wave& wave, double width) {
  return bump(z[1] - wave.value, width, {-wave.slope, 1});
}
[[nodiscard]] inline Slope2d product(const Slope2d& a, const Slope2d& b) {
  return {a.value + b.value, a.slope + b.slope};
}

}  // namespace detail

/// A ring of radius 2, bright at its left and right:
/// U₁ = ½ ((‖z‖ - 2)/0.4)² - log(e^(-½ ((z₁ - 2)/0.6)²) + e^(-½ ((z₁ + 2)/0.6)²)).
class EnergyU1 : public detail::Energy2d<EnergyU1> {
 public:
  [[nodiscard]] static constexpr const char* name() noexcept { return "U1"; }
  /// log ∫ e^-U, by quadrature.
  [[nodiscard]] static constexpr double log_z() noexcept { return 1.8775016261; }

  [[nodiscard]] static detail::Slope2d log_target(const Eigen::Vector2d& z) {
    const double r = z.norm();
    const Eigen::Vector2d outwards = r > 0 ? Eigen::Vector2d(z / r) : Eigen::Vector2d(0, 0);
    return detail::product(
        detail::bump(r - 2, 0.4, outwards),
        detail::log_add(detail::bump(z[0] - 2, 0.6, {1, 0}), detail::bump(z[0] + 2, 0.6, {1, 0})));
  }
};

/// A sine wave: U₂ = ½ ((z₂ - w₁)/0.4)².
class EnergyU2 : public detail::Energy2d<EnergyU2> {
 public:
  [[nodiscard]] static constexpr const char* name() noexcept { return "U2"; }
  [[nodiscard]] static constexpr double log_z() noexcept { return 2.6253183009; }

  [[nodiscard]] static detail::Slope2d log_target(const Eigen::Vector2d& z) {
    return detail::product(detail::valley(z, detail::wave_1(z[0]), 0.4), detail::inside_of_six(z));
  }
};

/// A wave that splits and joins again: U₃ = -log(e^(-½ ((z₂ - w₁)/0.35)²) + e^(-½ ((z₂ - w₁ + w₂)/0.35)²)).
class EnergyU3 : public detail::Energy2d<EnergyU3> {
 public:
  [[nodiscard]] static constexpr const char* name() noexcept { return "U3"; }
  [[nodiscard]] static constexpr double log_z() noexcept { return 3.1849340888; }

  [[nodiscard]] static detail::Slope2d log_target(const Eigen::Vector2d& z) {
    const detail::Wave one = detail::wave_1(z[0]), two = detail::wave_2(z[0]);
    return detail::product(
        detail::log_add(detail::valley(z, one, 0.35),
                        detail::valley(z, {one.value - two.value, one.slope - two.slope}, 0.35)),
        detail::inside_of_six(z));
  }
};

/// A wave that splits: U₄ = -log(e^(-½ ((z₂ - w₁)/0.4)²) + e^(-½ ((z₂ - w₁ + w₃)/0.35)²)).
class EnergyU4 : public detail::Energy2d<EnergyU4> {
 public:
  [[nodiscard]] static constexpr const char* name() noexcept { return "U4"; }
  [[nodiscard]] static constexpr double log_z() noexcept { return 3.2539269603; }

  [[nodiscard]] static detail::Slope2d log_target(const Eigen::Vector2d& z) {
    const detail::Wave one = detail::wave_1(z[0]), three = detail::wave_3(z[0]);
    return detail::product(
        detail::log_add(detail::valley(z, one, 0.4),
                        detail::valley(z, {one.value - three.value, one.slope - three.slope}, 0.35)),
        detail::inside_of_six(z));
  }
};

inline constexpr EnergyU1 energy_u1{};
inline constexpr EnergyU2 energy_u2{};
inline constexpr EnergyU3 energy_u3{};
inline constexpr EnergyU4 energy_u4{};

/// Calls `visit(energy)` with each of the four in turn.
template <class Visitor>
void for_each_energy_2d(Visitor&& visit) {
  visit(energy_u1);
  visit(energy_u2);
  visit(energy_u3);
  visit(energy_u4);
}

}  // namespace eigenflow
