#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <numbers>
#include <vector>

#include "eigenflow/numerics/log_sum.hpp"

namespace eigenflow::detail {

/// Gauss-Legendre quadrature with ten points on (−1, 1), exact to degree 19: the abscissae and weights of the
/// positive half.
struct GaussLegendreTen {
  static constexpr int size = 10;
  static constexpr std::array<double, 5> abscissa{0.14887433898163121089, 0.43339539412924719080,
                                                  0.67940956829902440623, 0.86506336668898451073,
                                                  0.97390652851717172008};
  static constexpr std::array<double, 5> weight{0.29552422471475287017, 0.26926671930999635509,
                                                0.21908636251598204400, 0.14945134915058059315,
                                                0.06667134430868813759};

  template <class F>
  static void for_each(F&& visit) {  // visit(i, abscissa, weight)
    for (std::size_t i = 0; i < abscissa.size(); ++i) {
      visit(static_cast<Eigen::Index>(2 * i), -abscissa[i], weight[i]);
      visit(static_cast<Eigen::Index>(2 * i + 1), abscissa[i], weight[i]);
    }
  }
};

/// Ten coordinates or log-densities, one for each node of a panel.
using PanelArray = Eigen::Array<double, GaussLegendreTen::size, 1>;

/// Isotropic Gaussian noise. A noise has the `sigma` of its Gaussian part, the largest distance `spread` of its other
/// part, and the log-density of its offsets.
struct GaussianNoise {
  double sigma;
  static constexpr double spread = 0.0;

  [[nodiscard]] PanelArray log_density(const PanelArray& dx, const PanelArray& dy) const {
    const double log_scale = std::log(2.0 * std::numbers::pi * sigma * sigma);
    return (dx.square() + dy.square()) * (-0.5 / (sigma * sigma)) - log_scale;
  }
};

/// The density of a point on curves plus noise: ∫ w(t) noise(x − c(t)) dt, by quadrature on panels no longer
/// than the noise's sigma. Up to seven sigmas beyond the end of a curve, the error of ten nodes is below 1e-12.
template <class Noise>
class NoisyCurve {
 public:
  explicit NoisyCurve(Noise noise) : noise_(noise) {}

  /// Adds the curve `position(t)`, t in [begin, end], on which
  /// t has the density `weight(t)`; `fastest` bounds |dc/dt|.
  template <class Position, class Weight>
  void add(double begin, double end, double fastest, Position position, Weight weight) {
    const double panel_count = std::ceil((end - begin) * fastest / (1.5 * noise_.sigma));
    const double half = 0.5 * (end - begin) / panel_count;
    for (double k = 0.0; k < panel_count; ++k) {
      const double middle = begin + (2.0 * k + 1.0) * half;
      Panel panel;
      panel.centre = position(middle);
      GaussLegendreTen::for_each([&](Eigen::Index i, double abscissa, double node_weight) {
        const double t = middle + half * abscissa;
        const Eigen::Vector2d point = position(t);
        panel.x[i] = point.x();
        panel.y[i] = point.y();
        panel.log_weight[i] = std::log(node_weight * half * weight(t));
        reach_ = std::max(reach_, (point - panel.centre).norm() + noise_.spread);
      });
      panels_.push_back(panel);
    }
  }

  [[nodiscard]] double log_density(const Eigen::Vector2d& x) const {
    double nearest = std::numeric_limits<double>::infinity();  // squared
    for (const Panel& panel : panels_) nearest = std::min(nearest, (x - panel.centre).squaredNorm());
    // The nearest panel has noise of at least exp(−(nearest + reach)²/2σ²); panels below e⁻⁴⁰ of it are skipped.
    const double least = std::sqrt(nearest) + reach_;
    const double farthest = reach_ + std::sqrt(least * least + 64.0 * noise_.sigma * noise_.sigma);
    LogSum sum;
    for (const Panel& panel : panels_) {
      if ((x - panel.centre).squaredNorm() > farthest * farthest) continue;
      const PanelArray terms = noise_.log_density(x.x() - panel.x, x.y() - panel.y) + panel.log_weight;
      sum.add(terms);
    }
    return sum.value();
  }

 private:
  struct Panel {
    PanelArray x;
    PanelArray y;
    PanelArray log_weight;
    Eigen::Vector2d centre;
  };

  Noise noise_;
  std::vector<Panel> panels_;
  double reach_ = 0.0;  // the largest distance of a panel's noise from the panel's centre
};

}  // namespace eigenflow::detail
