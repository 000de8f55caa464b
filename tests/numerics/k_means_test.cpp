#include "eigenflow/numerics/k_means.hpp"

#include <cmath>
#include <cstdint>
#include <limits>
#include <set>
#include <vector>

#include "support/catch.hpp"
#include "support/contract/random.hpp"

namespace ef = eigenflow;
using Eigen::Index;
using Eigen::MatrixXd;

namespace {

// Five clusters of 40 points, one after the other, far apart in units of feature 1, which is small.
MatrixXd clusters() {
  MatrixXd points = contract::random_normal<double>(2, 200, 3);
  const double places[5][2] = {{-20, 0}, {0, 30}, {25, 5}, {0, -30}, {60, 60}};
  for (Index i = 0; i < 200; ++i) {
    points(0, i) += places[i / 40][0];
    points(1, i) = 1e-3 * (points(1, i) + places[i / 40][1]);
  }
  return points;
}

}  // namespace

TEST_CASE("KMeans finds clusters, whatever the seed and the units") {
  for (std::uint64_t seed = 0; seed < 5; ++seed) {
    const auto groups = ef::KMeans<double>(clusters(), 5, ef::Rng(seed)).groups();
    REQUIRE(groups.size() == 200);
    std::set<Index> seen;
    for (std::size_t i = 0; i < 200; ++i) {
      CHECK(groups[i] == groups[i / 40 * 40]);
      seen.insert(groups[i]);
    }
    CHECK(seen.size() == 5);
    CHECK(ef::KMeans<double>(clusters(), 5, ef::Rng(seed)).groups() == groups);
  }
}

TEST_CASE("KMeans ends at centres that are the means of their groups") {
  const MatrixXd points = contract::random_normal<double>(3, 300, 4);
  const auto groups = ef::KMeans<double>(points, 4, ef::Rng(1)).groups();
  // In deviations, as KMeans measures.
  MatrixXd scaled = points.colwise() - points.rowwise().mean();
  scaled.array().colwise() /= (scaled.rowwise().norm().array() / std::sqrt(300.0)).eval();
  MatrixXd centres = MatrixXd::Zero(3, 4);
  Eigen::VectorXd size = Eigen::VectorXd::Zero(4);
  for (Index i = 0; i < 300; ++i) {
    centres.col(groups[static_cast<std::size_t>(i)]) += scaled.col(i);
    size[groups[static_cast<std::size_t>(i)]] += 1;
  }
  centres.array().rowwise() /= size.transpose().array();
  Index misplaced = 0;
  for (Index i = 0; i < 300; ++i) {
    Index nearest = 0;
    (centres.colwise() - scaled.col(i)).colwise().norm().minCoeff(&nearest);
    misplaced += nearest != groups[static_cast<std::size_t>(i)];
  }
  CHECK(misplaced <= 3);  // at most a few passes from the end
}

TEST_CASE("KMeans: equal points, more groups than points, numbers that are not finite, and no points") {
  const auto groups = [](const MatrixXd& points, Index count) {
    return ef::KMeans<double>(points, count, ef::Rng(1)).groups();
  };
  CHECK(groups(MatrixXd::Constant(2, 3, 7), 2) ==
        std::vector<Index>(3, groups(MatrixXd::Constant(2, 3, 7), 2)[0]));
  const auto few = groups((MatrixXd(1, 2) << 0, 1).finished(), 5);
  CHECK(few[0] != few[1]);
  MatrixXd bad = clusters();
  bad(0, 7) = std::numeric_limits<double>::quiet_NaN();
  bad(1, 9) = std::numeric_limits<double>::infinity();
  const auto others = groups(bad, 5);
  for (std::size_t i = 10; i < 200; ++i) CHECK(others[i] == others[i < 40 ? 10 : i / 40 * 40]);
  CHECK(groups(MatrixXd(2, 0), 3).empty());
}
