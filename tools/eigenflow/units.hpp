#pragma once

#include <Eigen/Core>
#include <eigenflow/numerics/correlations.hpp>
#include <string>
#include <vector>

// The units of the columns of a fit: its flow sees (x - middle)/scale.
//
// They are means and deviations, but where a few values far outside make most of a deviation (the tails of a Cauchy, a
// cluster at 10,000), the other values would lie within a hundredth of a unit, too close for a spline to see. The units
// of such a heavy-tailed column are those of the shortest interval that holds nine tenths of its values.

namespace command {

struct Units {
  Eigen::VectorXd middle, scale;
  std::vector<bool> heavy;     ///< columns with heavy tails
  std::vector<bool> constant;  ///< but for rounding

  bool any_heavy() const;
  /// Those of these columns.
  Units of(const std::vector<Eigen::Index>& columns) const;
};

/// Units of each column of x (N × D).
Units units_of(const Eigen::MatrixXd& x);

/// Means and deviations, whatever the tails.
Units moments_of(const Eigen::MatrixXd& x);

/// The rows in units, with far values of heavy-tailed columns moved to where the near ones end.
Eigen::MatrixXd in_units(const Units& units, const Eigen::Ref<const Eigen::MatrixXd>& x);

/// The columns whose correlations are taken: the factorisations of more take seconds.
inline constexpr Eigen::Index most_correlated = 512;

/// The Cholesky factor of correlations, shrunk as far as left-out rows ask for it.
Eigen::MatrixXd shrunk_factor(const eigenflow::Correlations<double>& correlations);

/// The Cholesky factor of the correlations of x in these units, shrunk as far as left-out rows ask for it. Values far
/// outside of a heavy-tailed column count as near ones. Empty for more than `most_correlated` columns.
Eigen::MatrixXd correlations_of(const Units& units, const Eigen::MatrixXd& x);

/// The rows of x that lie near the others: within five units of the middle in each column.
std::vector<Eigen::Index> near_rows(const Units& units, const Eigen::MatrixXd& x);

/// The widths that noise is measured by: scales, but where a few values make most of one, three of the middle's.
Eigen::VectorXd widths_of(const Units& units, const Eigen::MatrixXd& x);

}  // namespace command
