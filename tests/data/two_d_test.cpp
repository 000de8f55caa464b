#include "eigenflow/data/two_d.hpp"

#include <Eigen/Core>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>

#include "eigenflow/numerics/rng.hpp"
#include "support/catch.hpp"

namespace ef = eigenflow;

namespace {

/// A set's density on the midpoints of a 240 × 240 grid over [−6, 6]², which holds all but 1e-8 of every set.
/// The midpoint rule is exact to rounding for the smooth sets (cells of .6 sigma at most), and for the
/// checkerboard, whose fields it divides evenly.
struct Grid {
  static constexpr Eigen::Index size = 240;
  static constexpr double half_side = 6.0;
  static constexpr double cell = 2.0 * half_side / size;

  Eigen::ArrayXXd log_density{size, size};

  template <class Set>
  explicit Grid(const Set& set) {
    const Eigen::VectorXd middles =
        Eigen::VectorXd::LinSpaced(size, 0.5 * cell - half_side, half_side - 0.5 * cell);
    Eigen::MatrixX2d points(size, 2);
    points.col(1) = middles;
    for (Eigen::Index i = 0; i < size; ++i) {
      points.col(0).setConstant(middles[i]);
      log_density.row(i) = set.log_density(points).transpose();
    }
  }

  [[nodiscard]] Eigen::ArrayXXd mass() const { return log_density.exp() * (cell * cell); }
};

/// How many standard deviations the counts of `points` in
/// squares of side 1 lie from those expected: about N(0, 1).
template <class Points>
double histogram_excess(const Points& points, const Eigen::ArrayXXd& mass) {
  constexpr Eigen::Index squares = 12;
  constexpr Eigen::Index side = Grid::size / squares;
  Eigen::ArrayXXd count = Eigen::ArrayXXd::Zero(squares, squares);
  for (Eigen::Index n = 0; n < points.rows(); ++n) {
    const auto square = [&](Eigen::Index axis) {
      return static_cast<Eigen::Index>(std::floor(static_cast<double>(points(n, axis)) + Grid::half_side));
    };
    if (square(0) >= 0 && square(0) < squares && square(1) >= 0 && square(1) < squares)
      ++count(square(0), square(1));
  }
  double chi_squared = 0.0;
  double freedom = 0.0;
  double rare_count = 0.0;
  double rare_expected = 0.0;
  for (Eigen::Index i = 0; i < squares; ++i) {
    for (Eigen::Index j = 0; j < squares; ++j) {
      const double expected =
          static_cast<double>(points.rows()) * mass.block(i * side, j * side, side, side).sum();
      if (expected < 10.0) {
        rare_count += count(i, j);
        rare_expected += expected;
        continue;
      }
      chi_squared += std::pow(count(i, j) - expected, 2) / expected;
      ++freedom;
    }
  }
  if (rare_expected >= 10.0) {
    chi_squared += std::pow(rare_count - rare_expected, 2) / rare_expected;
    ++freedom;
  } else if (rare_count > rare_expected + 20.0) {
    return std::numeric_limits<double>::infinity();
  }
  return (chi_squared - freedom) / std::sqrt(2.0 * freedom);
}

template <class Scores>
std::pair<double, double> mean_and_standard_error(const Scores& scores) {
  const Eigen::ArrayXd values = scores.array().template cast<double>();
  const double mean = values.mean();
  const double variance = (values - mean).square().mean();
  return {mean, std::sqrt(variance / static_cast<double>(values.size()))};
}

/// By the bits: under -ffast-math std::isnan may be dropped.
bool is_nan(double x) {
  const auto bits = std::bit_cast<std::uint64_t>(x) & 0x7FFFFFFFFFFFFFFFU;
  return bits > 0x7FF0000000000000U;
}

/// The entropies to four digits.
double tabulated_entropy(const std::string& name) {
  if (name == "eight_gaussians") return 2.8319;
  if (name == "checkerboard") return 3.4657;
  if (name == "two_spirals") return 2.6454;
  if (name == "two_moons") return 2.3939;
  if (name == "circles") return 3.2681;
  if (name == "rings") return 2.6232;
  if (name == "swiss_roll") return 2.6696;
  if (name == "pinwheel") return 2.3178;
  return std::numeric_limits<double>::quiet_NaN();
}

}  // namespace

TEST_CASE("2-D sets: the density integrates to 1 and to its entropy, and the draws follow it") {
  ef::for_each_set_2d<double>([](const auto& set) {
    CAPTURE(set.name());
    const Grid grid(set);
    const Eigen::ArrayXXd mass = grid.mass();
    CHECK(std::abs(mass.sum() - 1.0) < 1e-7);
    const Eigen::ArrayXXd finite_log = grid.log_density.max(-700.0);  // 0 · log 0 counts as 0
    const double entropy = -(mass * finite_log).sum();
    CHECK(std::abs(entropy - set.entropy()) < 2e-6);
    CHECK(std::abs(entropy - tabulated_entropy(set.name())) < 1e-4);

    ef::Rng rng(101);
    const Eigen::MatrixX2d points = set(100'000, rng);
    const auto [mean, error] = mean_and_standard_error(set.log_density(points));
    CHECK(std::abs(-mean - set.entropy()) < 4.0 * error + 1e-9);
    CHECK(histogram_excess(points, mass) < 4.0);
    CHECK(histogram_excess(points, mass) > -4.0);
  });
}

TEST_CASE("2-D sets: float draws follow the same density") {
  ef::for_each_set_2d<float>([](const auto& set) {
    CAPTURE(set.name());
    ef::Rng rng(102);
    const Eigen::Matrix<float, Eigen::Dynamic, 2> points = set(20'000, rng);
    const auto [mean, error] = mean_and_standard_error(set.log_density(points));
    CHECK(std::abs(-mean - set.entropy()) < 4.0 * error + 1e-6);
  });
}

TEST_CASE("2-D sets: float and double draw the same points and give the same densities") {
  Eigen::Index compared = 0;
  ef::for_each_set_2d<double>([&](const auto& wide) {
    ef::for_each_set_2d<float>([&](const auto& narrow) {
      if (std::string(wide.name()) != narrow.name()) return;
      CAPTURE(wide.name());
      ef::Rng rng(103);
      ef::Rng same = rng;
      const Eigen::Matrix<float, Eigen::Dynamic, 2> points = narrow(200, rng);
      const Eigen::MatrixX2d wide_points = wide(200, same);
      CHECK(points.cast<double>().isApprox(wide_points, 1e-7));
      CHECK(rng == same);
      CHECK(narrow.log_density(points).isApprox(wide.log_density(points).template cast<float>(), 1e-6F));
      ++compared;
    });
  });
  CHECK(compared == 8);
}

TEST_CASE("2-D sets: far away the density is tiny, not undefined") {
  ef::for_each_set_2d<double>([](const auto& set) {
    CAPTURE(set.name());
    for (double radius : {7.0, 8.99, 9.01, 30.0, 300.0, 3e4}) {
      for (double angle : {0.0, 0.3, 1.6, 3.0, 4.4}) {
        const Eigen::RowVector2d point(radius * std::cos(angle), radius * std::sin(angle));
        const double value = set.log_density(point)[0];
        CAPTURE(radius, angle);
        if (std::string(set.name()) == "checkerboard") {
          CHECK(value == -std::numeric_limits<double>::infinity());
        } else {
          CHECK(std::isfinite(value));
          CHECK(value < -20.0);
        }
      }
    }
    Eigen::MatrixX2d bad(3, 2);
    bad << std::numeric_limits<double>::quiet_NaN(), 0.0, std::numeric_limits<double>::infinity(), 0.0, 0.1,
        0.1;
    const Eigen::VectorXd values = set.log_density(bad);
    CHECK(is_nan(values[0]));
    CHECK(is_nan(values[1]));
    CHECK(values[2] == set.log_density(Eigen::RowVector2d(0.1, 0.1))[0]);
  });
}

TEST_CASE("2-D sets: any N x 2 expression goes in") {
  ef::Rng rng(104);
  const Eigen::MatrixX2d points = ef::two_moons<double>(50, rng);
  const Eigen::VectorXd expected = ef::two_moons<double>.log_density(points);
  const Eigen::Matrix<double, Eigen::Dynamic, 2, Eigen::RowMajor> row_major = points;
  const Eigen::MatrixXd dynamic = points;
  const Eigen::MatrixXd transposed = points.transpose();
  Eigen::MatrixXd wide(50, 5);
  wide << points, points, points.col(0);
  CHECK(ef::two_moons<double>.log_density(row_major) == expected);
  CHECK(ef::two_moons<double>.log_density(dynamic) == expected);
  CHECK(ef::two_moons<double>.log_density(transposed.transpose()) == expected);
  CHECK(ef::two_moons<double>.log_density(wide.middleCols(2, 2)) == expected);
  CHECK(ef::two_moons<double>.log_density(points.array()) == expected);
  CHECK(ef::two_moons<double>.log_density(0.5 * (2.0 * points)) == expected);
  CHECK(ef::two_moons<double>.log_density(points.topRows(0)).size() == 0);
}

TEST_CASE("2-D sets: a longer draw begins with a shorter one, and a seed names the points") {
  ef::for_each_set_2d<float>([](const auto& set) {
    CAPTURE(set.name());
    ef::Rng rng(105);
    ef::Rng same(105);
    ef::Rng other(106);
    const Eigen::MatrixX2f longer = set(40, rng);
    CHECK(set(15, same) == longer.topRows(15));
    CHECK(set(25, same) == longer.bottomRows(25));
    CHECK(set(40, other) != longer);
    CHECK(set(0, other).rows() == 0);
  });
}

TEST_CASE("2-D sets: what makes no sense is rejected") {
  ef::Rng rng(107);
  CHECK_THROWS_AS(ef::rings<float>(-1, rng), std::invalid_argument);
  CHECK_THROWS_AS(ef::rings<float>.log_density(Eigen::MatrixXf::Zero(2, 3)), std::invalid_argument);
}

TEST_CASE("2-D sets: eight names") {
  std::set<std::string> names;
  ef::for_each_set_2d<double>([&](const auto& set) { names.insert(set.name()); });
  CHECK(names.size() == 8);
}
