#include "units.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <eigenflow/numerics/equal_to_rounding.hpp>
#include <eigenflow/numerics/feature_moments.hpp>
#include <limits>

namespace command {
namespace {

constexpr double heavy_ratio = 2;  // deviations in units of the core; 1 for a normal, 1.4 for an exponential
constexpr double near_units = 5;   // which a normal exceeds once in two million rows
constexpr Eigen::Index fewest = 40;  // rows that have tails

struct Core {
  double middle, scale;  // for a normal, its mean and its deviation
};

// The shortest interval that holds nine tenths of the values.
Core core_of(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t step = values.size() * 9 / 10;
  std::size_t best = 0;
  for (std::size_t i = 0; i + step < values.size(); ++i)
    if (values[i + step] - values[i] < values[best + step] - values[best]) best = i;
  const double low = values[best], high = values[best + step];
  return {low / 2 + high / 2, (high - low) / (2 * 1.6448536269514722)};
}

eigenflow::FeatureMoments feature_moments(const Eigen::MatrixXd& x) {
  eigenflow::FeatureMoments moments(x.cols());
  moments.add(x);
  return moments;
}

Units units_from(const eigenflow::FeatureMoments& moments, const Eigen::MatrixXd& x) {
  const std::vector<bool> none(static_cast<std::size_t>(x.cols()), false);
  Units units{Eigen::VectorXd(x.cols()), Eigen::VectorXd(x.cols()), none, none};
  for (Eigen::Index j = 0; j < x.cols(); ++j) {
    units.middle[j] = moments.mean(j);
    units.scale[j] = moments.scale<double>(j);
    if (x.rows() > 0)
      units.constant[static_cast<std::size_t>(j)] =
          eigenflow::detail::equal_to_rounding(x.col(j).minCoeff(), x.col(j).maxCoeff());
  }
  return units;
}

}  // namespace

bool Units::any_heavy() const {
  return std::find(heavy.begin(), heavy.end(), true) != heavy.end();
}

Units Units::of(const std::vector<Eigen::Index>& columns) const {
  Units units{middle(columns), scale(columns), {}, {}};
  for (const Eigen::Index j : columns) {
    units.heavy.push_back(heavy[static_cast<std::size_t>(j)]);
    units.constant.push_back(constant[static_cast<std::size_t>(j)]);
  }
  return units;
}

Units units_of(const Eigen::MatrixXd& x) {
  const eigenflow::FeatureMoments moments = feature_moments(x);
  Units units = units_from(moments, x);
  if (x.rows() < fewest) return units;
  for (Eigen::Index j = 0; j < x.cols(); ++j) {
    const Core core = core_of({x.col(j).begin(), x.col(j).end()});
    if (!(core.scale >= std::numeric_limits<double>::min()) ||
        !(moments.deviation(j) > heavy_ratio * core.scale))
      continue;
    units.heavy[static_cast<std::size_t>(j)] = true;
    units.middle[j] = core.middle;
    units.scale[j] = core.scale;
  }
  return units;
}

Units moments_of(const Eigen::MatrixXd& x) {
  return units_from(feature_moments(x), x);
}

Eigen::MatrixXd in_units(const Units& units, const Eigen::Ref<const Eigen::MatrixXd>& x) {
  Eigen::MatrixXd t(x.rows(), x.cols());
  for (Eigen::Index j = 0; j < x.cols(); ++j) {
    t.col(j) = (x.col(j).array() - units.middle[j]) / units.scale[j];
    if (units.heavy[static_cast<std::size_t>(j)])
      t.col(j) = t.col(j).cwiseMax(-near_units).cwiseMin(near_units);
  }
  return t;
}

Eigen::MatrixXd shrunk_factor(const eigenflow::Correlations<double>& correlations) {
  constexpr double least = 64 * std::numeric_limits<double>::epsilon();
  return correlations.factor(correlations.shrinkage(least));
}

Eigen::MatrixXd correlations_of(const Units& units, const Eigen::MatrixXd& x) {
  constexpr Eigen::Index piece = 1024;  // rows
  if (x.cols() > most_correlated) return {};
  const auto rows_in_units = [&](Eigen::Index first) {
    return in_units(units, x.middleRows(first, std::min(piece, x.rows() - first)));
  };
  eigenflow::FeatureMoments moments(x.cols());
  for (Eigen::Index first = 0; first < x.rows(); first += piece) moments.add(rows_in_units(first));
  eigenflow::Correlations<double> correlations(x.cols());
  for (Eigen::Index first = 0; first < x.rows(); first += piece) {
    Eigen::MatrixXd t = rows_in_units(first);
    for (Eigen::Index j = 0; j < x.cols(); ++j)
      t.col(j) = (t.col(j).array() - moments.mean(j)) / moments.scale<double>(j);
    correlations.add(t);
  }
  return shrunk_factor(correlations);
}

std::vector<Eigen::Index> near_rows(const Units& units, const Eigen::MatrixXd& x) {
  std::vector<Eigen::Index> rows;
  for (Eigen::Index i = 0; i < x.rows(); ++i) {
    bool near = true;
    for (Eigen::Index j = 0; j < x.cols(); ++j)
      near = near && std::abs(x(i, j) - units.middle[j]) <= near_units * units.scale[j];
    if (near) rows.push_back(i);
  }
  return rows;
}

Eigen::VectorXd widths_of(const Units& units, const Eigen::MatrixXd& x) {
  Eigen::VectorXd width = units.scale;
  for (Eigen::Index j = 0; j < x.cols(); ++j) {
    std::vector<double> column(x.col(j).begin(), x.col(j).end());
    const auto quarter = static_cast<std::ptrdiff_t>(column.size() / 4);
    const auto low = column.begin() + quarter, high = column.end() - 1 - quarter;
    std::nth_element(column.begin(), low, column.end());
    std::nth_element(low, high,
                     column.end());  // may move *low up: the width is that of the quartiles at most
    const double middle = (*high - *low) / 1.349;  // a normal's quartiles are so many deviations apart
    if (middle > 0) width[j] = std::min(width[j], 3 * middle);
    if (x.col(j).minCoeff() == x.col(j).maxCoeff()) width[j] = 0;
  }
  return width;
}

}  // namespace command
