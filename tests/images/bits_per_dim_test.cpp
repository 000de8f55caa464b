#include "eigenflow/images/bits_per_dim.hpp"

#include <cmath>

#include "eigenflow/bases/standard_normal.hpp"
#include "eigenflow/bases/uniform.hpp"
#include "eigenflow/fit.hpp"
#include "eigenflow/flow.hpp"
#include "eigenflow/layers/coupling.hpp"
#include "eigenflow/layers/permutation.hpp"
#include "eigenflow/layers/standardize.hpp"
#include "support/catch.hpp"
#include "support/engine.hpp"
#include "support/threads.hpp"

namespace ef = eigenflow;
using Catch::Matchers::ContainsSubstring;
using Eigen::Index;
using Eigen::MatrixXd;

namespace {

MatrixXd whole_numbers(Index rows, Index cols, double bins) {
  MatrixXd x(rows, cols);
  for (Index i = 0; i < rows; ++i)
    for (Index j = 0; j < cols; ++j) x(i, j) = static_cast<double>((7 * i + 3 * j) % 5) / bins;
  return x;
}

}  // namespace

TEST_CASE("bits_per_dim of a uniform density is the number of its bins") {
  ef::Rng rng(1);
  const ef::Flow flow{ef::Permutation<double>::reverse(3),
                      ef::Uniform<double>(Eigen::Vector3d::Zero().eval(), Eigen::Vector3d::Ones().eval()),
                      rng};
  const auto bits = ef::bits_per_dim(flow, whole_numbers(20, 3, 8), 8, 5);
  CHECK(bits.bound == Approx(3).epsilon(1e-14));
  CHECK(bits.tighter == Approx(3).epsilon(1e-14));
}

TEST_CASE("bits_per_dim: more draws come down to the probability of the bins") {
  ef::Rng rng(1);
  const ef::Flow flow{ef::Permutation<double>::reverse(2), ef::StandardNormal<double>(2), rng};
  const MatrixXd x = whole_numbers(30, 2, 1);  // bins of a deviation
  const auto below = [](double z) { return 0.5 * std::erfc(-z / std::sqrt(2.0)); };
  double exact = 0;
  for (Index i = 0; i < x.rows(); ++i)
    for (Index j = 0; j < 2; ++j) exact -= std::log2(below(x(i, j) + 1) - below(x(i, j))) / double(x.size());
  const auto one = ef::bits_per_dim(flow, x, 1, 1), many = ef::bits_per_dim(flow, x, 1, 4000);
  CHECK(one.bound == one.tighter);
  CHECK(many.tighter == Approx(exact).epsilon(2e-3));
  CHECK(many.bound > many.tighter + 0.01);
  CHECK(ef::bits_per_dim(flow, x, 1, 3).bound == ef::bits_per_dim(flow, x, 1, 3).bound);
  CHECK(ef::bits_per_dim(flow, x, 1, 3, 1).bound != ef::bits_per_dim(flow, x, 1, 3, 2).bound);
  CHECK_THROWS_WITH(ef::bits_per_dim(flow, x, 1, 0), ContainsSubstring("and 0 draws"));
}

TEST_CASE("bits_per_dim given a context") {
  ef::Rng rng(1);
  ef::Flow flow{ef::AffineCoupling<double>(2, {.hidden = {4}}, 1), rng};
  flow.parameters().setConstant(0.3);
  const MatrixXd x = whole_numbers(30, 2, 1), c = whole_numbers(30, 1, 4);
  const auto bits = ef::bits_per_dim(flow, x, c, 1);
  double each = 0;
  for (Index i = 0; i < 30; ++i) {
    const MatrixXd noisy = ef::dequantized(x, 1, 0, 0);
    each -= flow.log_prob(noisy.row(i), c.row(i))[0] / (60 * std::log(2.0));
  }
  CHECK(bits.bound == Approx(each).epsilon(1e-12));
}

TEST_CASE("the noise of a batch is a function of seed, step and row") {
  const MatrixXd x = MatrixXd::Zero(300, 5);
  const auto values = [&](ef::Dequantization noise, Index first, Index rows) {
    auto batch = ef::Batch<double>::all(x);
    batch.noise = noise;
    ef::Arena arena;
    const ef::ArenaScope scope(arena);
    auto tile = ef::Tile<double>::allocate(arena, rows, 5, false);
    batch.gather(first, tile);
    return MatrixXd(tile.values);
  };
  const MatrixXd noisy = values({0.25, 1, 7}, 0, 300);
  CHECK(noisy.minCoeff() > 0);
  CHECK(noisy.maxCoeff() < 0.25);
  CHECK(noisy.mean() == Approx(0.125).margin(4 * 0.25 / std::sqrt(12.0 * 1500)));
  CHECK(values({0.25, 1, 7}, 100, 20) == noisy.middleRows(100, 20));
  CHECK(values({0.25, 1, 8}, 0, 300) != noisy);
  CHECK(values({0.25, 2, 7}, 0, 300) != noisy);
  CHECK(values({}, 0, 300) == x);
}

TEST_CASE("fit draws fresh noise, the same for any number of threads") {
  const MatrixXd x = whole_numbers(300, 2, 5);
  const auto fitted = [&](int threads, double width) {
    const ThreadCount count(threads);
    ef::Rng rng(1);
    ef::Flow flow{ef::Standardize<double, 2>(), ef::AffineCoupling<double, 2>(2, {.hidden = {8}}), rng};
    ef::fit(flow, x, {.steps = 20, .batch_size = 256, .dequantize = width, .progress = false});
    return Eigen::VectorXd(flow.parameters());
  };
  CHECK(fitted(1, 0.2) == fitted(2, 0.2));
  CHECK(fitted(1, 0.2) != fitted(1, 0.0));
  ef::Rng rng(1);
  ef::Flow flow{ef::Standardize<double, 2>(), rng};
  CHECK_THROWS_WITH(ef::fit(flow, x, {.dequantize = -1}), ContainsSubstring("cannot be negative, but is -1"));
}
