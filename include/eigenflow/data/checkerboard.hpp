#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <concepts>
#include <limits>

#include "eigenflow/data/detail/set_2d.hpp"
#include "eigenflow/numerics/rng.hpp"

namespace eigenflow {

/// The eight dark fields of a 4 × 4 board on [−4, 4)²: x₁ = 4U − 2, x₂ = U − 2·{0, 1} + (⌊x₁⌋ mod 2), both
/// times 2. Entropy log 32 = 3.4657 nats; the density is 0 outside the dark fields.
template <std::floating_point Scalar_>
class Checkerboard : public detail::Set2d<Checkerboard<Scalar_>, Scalar_> {
 public:
  [[nodiscard]] static constexpr const char* name() noexcept { return "checkerboard"; }
  /// In nats.
  [[nodiscard]] static constexpr double entropy() noexcept { return log_area; }

  [[nodiscard]] static Eigen::Vector2d draw(Rng& rng) {
    const int column = rng.below(4) - 2;
    const int row = -2 * rng.below(2) + (column & 1);
    const double x = within(column, rng.uniform());
    const double y = within(row, rng.uniform());
    return {x, y};
  }

  [[nodiscard]] static double log_density_at(const Eigen::Vector2d& x) {
    const Eigen::Vector2d field(std::floor(0.5 * x.x()), std::floor(0.5 * x.y()));
    const bool on_board = (field.array() >= -2.0).all() && (field.array() < 2.0).all();
    const bool dark = on_board && (static_cast<int>(field.x()) - static_cast<int>(field.y())) % 2 == 0;
    return dark ? -log_area : -std::numeric_limits<double>::infinity();
  }

 private:
  static constexpr double log_area = 3.46573590279972654709;  // log 32

  /// A coordinate in the field [2k, 2k + 2), also after rounding to Scalar.
  [[nodiscard]] static double within(int field, double u) {
    const auto edge = static_cast<Scalar_>(2 * (field + 1));
    const Scalar_ last = std::nextafter(edge, std::numeric_limits<Scalar_>::lowest());
    return std::min(2.0 * (field + u), static_cast<double>(last));
  }
};

template <std::floating_point S>
inline constexpr Checkerboard<S> checkerboard{};

}  // namespace eigenflow
