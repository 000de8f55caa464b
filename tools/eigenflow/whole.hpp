#pragma once

#include <Eigen/Core>
#include <cmath>
#include <eigenflow/layers/feature_support.hpp>
#include <functional>
#include <limits>
#include <map>
#include <string>
#include <vector>

// Columns of whole numbers. A flow has a density, and a whole number is a point without any: so a fit spreads each over
// its unit, v - u/2 to v + u/2, evenly and anew in every step, and a sample is the whole number that it falls to.

namespace command {

namespace ef = eigenflow;

/// The whole numbers of a column: the multiples of `unit` from `low` to `high`; unit 0: a continuous column.
struct Whole {
  double unit = 0, low = -std::numeric_limits<double>::infinity(),
         high = std::numeric_limits<double>::infinity();

  bool is() const { return unit > 0; }
  /// The nearest of them.
  double round(double value) const {
    const double nearest = unit * std::round(value / unit);
    return (nearest < low ? low : nearest > high ? high : nearest) + 0.0;  // never -0
  }
};

/// The multiples of `unit` between the edges of a feature's support, which are none themselves.
inline Whole whole_within(double unit, const ef::FeatureSupport& support) {
  Whole whole{unit};
  if (std::isfinite(support.low)) whole.low = unit * (std::floor(support.low / unit) + 1);
  if (std::isfinite(support.high)) whole.high = unit * (std::ceil(support.high / unit) - 1);
  return whole;
}

/// Notes in a model file which of its columns are whole, by position: names may repeat.
void note_whole(const std::vector<std::string>& names, const std::vector<Whole>& columns,
                std::map<std::string, std::string>& notes);

/// The other way: one for each of `names`. Files without positions have names.
std::vector<Whole> noted_whole(const std::vector<std::string>& names,
                               const std::map<std::string, std::string>& notes);

/// The log-probability of each row of x (N × D): of whole numbers v, that of their units,
///
///   log P(v) = log ∫ p(x) dx over v - u/2 to v + u/2  ≈  log (1/K) Σ_k p(v + u (ξ_k - ½)) + Σ log u,
///
/// and of the continuous columns beside them the density. The K points ξ_k are those of a Kronecker sequence with a
/// random shift, the same for all rows: so the mean over k is the integral in expectation, its logarithm is a lower bound
/// in expectation that rises to log P with K (Burda et al., arXiv:1509.00519), and equal rows have equal scores.
/// `log_density` gives log p of rows.
Eigen::VectorXd log_probability(const std::vector<Whole>& columns, Eigen::Index draws,
                                const Eigen::MatrixXd& x,
                                const std::function<Eigen::VectorXd(const Eigen::MatrixXd&)>& log_density);

}  // namespace command
