#include "eigenflow/numerics/rng.hpp"

#include <Eigen/Core>
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <random>
#include <set>
#include <stdexcept>
#include <type_traits>
#include <vector>

#include "support/catch.hpp"

using eigenflow::Rng;

namespace {

static_assert(std::uniform_random_bit_generator<Rng>);
static_assert(std::is_trivially_copyable_v<Rng>);

/// The largest distance between the samples' empirical distribution
/// and `cdf`, times √n: above 2.2 in one of 15,000 honest samples.
template <class Cdf>
double kolmogorov_smirnov(std::vector<double> samples, Cdf cdf) {
  std::sort(samples.begin(), samples.end());
  const double n = static_cast<double>(samples.size());
  double distance = 0.0;
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const double expected = cdf(samples[i]);
    const double below = static_cast<double>(i) / n;
    distance = std::max({distance, expected - below, below + 1.0 / n - expected});
  }
  return distance * std::sqrt(n);
}

double normal_cdf(double x) {
  return 0.5 * std::erfc(-x / std::sqrt(2.0));
}

}  // namespace

TEST_CASE("Rng: the words are the blocks of Philox under (seed, stream)") {
  // Random123's vector of the digits of pi, cut to a position that a stream can reach: the counter's low half
  // is the block, its high half the stream.
  const std::uint64_t seed = 0x299f31d0'a4093822U;
  const std::uint64_t stream = 0x03707344'13198a2eU;
  const auto block = eigenflow::detail::philox4x32({7, 0, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0});
  Rng rng(seed, stream, 14);
  CHECK(rng() == (std::uint64_t{block[1]} << 32 | block[0]));
  CHECK(rng() == (std::uint64_t{block[3]} << 32 | block[2]));

  Rng zero(0);
  CHECK(zero() == 0xe169c58d'6627e8d5U);
  CHECK(zero() == 0x9b00dbd8'bc57ac4cU);
}

TEST_CASE("Rng: uniforms are the leading bits of the word") {
  Rng rng(5);
  Rng words(5);
  for (int i = 0; i < 1000; ++i) {
    const std::uint64_t word = words();
    Rng again = rng;
    REQUIRE(rng.uniform() == std::ldexp(static_cast<double>(word >> 11), -53));
    REQUIRE(again.uniform<float>() == std::ldexp(static_cast<float>(word >> 40), -24));
  }
}

TEST_CASE("Rng: no uniform reaches 1 and no normal is infinite") {
  const std::uint64_t all = ~std::uint64_t{0};
  CHECK(eigenflow::detail::uniform_from<float>(all) < 1.0F);
  CHECK(eigenflow::detail::uniform_from<double>(all) < 1.0);
  CHECK(eigenflow::detail::uniform_from<long double>(all) < 1.0L);
  CHECK(eigenflow::detail::uniform_from<float>(0) == 0.0F);
  // Φ⁻¹(2⁻⁶⁵), by mpmath: the largest normal that 64 bits can give.
  CHECK(eigenflow::detail::normal_from(0) == Approx(-9.15529377268607).epsilon(1e-14));
  CHECK(eigenflow::detail::normal_from(all) == -eigenflow::detail::normal_from(0));
}

TEST_CASE("Rng: moments and distribution of the draws") {
  constexpr int n = 200'000;
  Rng rng(2024);
  std::vector<double> uniforms(n);
  std::vector<double> normals(n);
  for (double& u : uniforms) u = rng.uniform();
  for (double& z : normals) z = rng.normal();

  CHECK(kolmogorov_smirnov(uniforms, [](double u) { return u; }) < 2.2);
  CHECK(kolmogorov_smirnov(normals, normal_cdf) < 2.2);

  // E z^k = 0, 1, 0, 3 with variances 1, 2, 15, 96.
  const std::array<double, 4> expected{0.0, 1.0, 0.0, 3.0};
  const std::array<double, 4> variance{1.0, 2.0, 15.0, 96.0};
  for (std::size_t k = 0; k < 4; ++k) {
    double sum = 0.0;
    for (double z : normals) sum += std::pow(z, static_cast<int>(k) + 1);
    CHECK(std::abs(sum / n - expected[k]) < 4.0 * std::sqrt(variance[k] / n));
  }
  // Neighbours do not correlate: neither within a block nor across.
  double product = 0.0;
  for (std::size_t i = 0; i + 1 < normals.size(); ++i) product += normals[i] * normals[i + 1];
  CHECK(std::abs(product / n) < 4.0 / std::sqrt(n));
}

TEST_CASE("Rng: below is uniform and stays below") {
  Rng rng(11);
  constexpr int sides = 7;
  constexpr int n = 70'000;
  std::array<int, sides> count{};
  for (int i = 0; i < n; ++i) {
    const int side = rng.below(sides);
    REQUIRE(side >= 0);
    REQUIRE(side < sides);
    ++count[static_cast<std::size_t>(side)];
  }
  double chi_squared = 0.0;
  for (int c : count) chi_squared += std::pow(c - n / sides, 2) / (n / sides);
  CHECK(chi_squared < 27.9);  // six degrees of freedom: one in 10,000
  CHECK(rng.below(1) == 0);
  CHECK(rng.below(~std::uint64_t{0}) < ~std::uint64_t{0});
  CHECK_THROWS_AS(rng.below(0), std::invalid_argument);
  CHECK_THROWS_AS(rng.below(-3), std::invalid_argument);
}

TEST_CASE("Rng: the product's upper half") {
  using eigenflow::detail::multiply_high;
  const std::uint64_t all = ~std::uint64_t{0};
  CHECK(multiply_high(all, all) == all - 1);  // (2⁶⁴ − 1)² = 2¹²⁸ − 2⁶⁵ + 1
  CHECK(multiply_high(all, 2) == 1);
  CHECK(multiply_high(std::uint64_t{1} << 63, 7) == 3);
  CHECK(multiply_high(0xFFFFFFFFU, 0xFFFFFFFFU) == 0);
  // 2⁶⁴/10 · 12345678901234567890, by exact integer arithmetic.
  CHECK(multiply_high(12345678901234567890U, 0x1999999999999999U) == 1234567890123456788U);
}

TEST_CASE("Rng: every draw uses one word, and discard is as good as drawing") {
  for (std::uint64_t skipped : {0U, 1U, 2U, 3U, 63U, 64U, 65U, 1000U}) {
    Rng drawn(9, 4);
    for (std::uint64_t i = 0; i < skipped; ++i) {
      if (i % 4 == 0) drawn();
      if (i % 4 == 1) static_cast<void>(drawn.uniform<float>());
      if (i % 4 == 2) static_cast<void>(drawn.normal());
      if (i % 4 == 3) static_cast<void>(drawn.below(10));
    }
    Rng jumped(9, 4);
    jumped.discard(skipped);
    CHECK(drawn.position() == skipped);
    CHECK(jumped == drawn);
    CHECK(jumped() == drawn());
    CHECK(Rng(9, 4, skipped + 1)() == drawn());
  }
  Rng rng(3);
  rng.discard(std::uint64_t{1} << 40);
  CHECK(rng.position() == std::uint64_t{1} << 40);
  CHECK(rng() == eigenflow::detail::philox_words(3, std::uint64_t{1} << 39, 0)[0]);
}

TEST_CASE("Rng: a checkpoint of three numbers goes on where it stopped") {
  Rng rng(77, 5);
  rng.discard(123);
  Rng restored(rng.seed(), rng.stream(), rng.position());
  CHECK(restored == rng);
  for (int i = 0; i < 10; ++i) CHECK(restored() == rng());
  CHECK_FALSE(restored == Rng(77, 5));
  CHECK_FALSE(Rng(1) == Rng(2));
  CHECK_FALSE(Rng(1, 0) == Rng(1, 1));
}

TEMPLATE_TEST_CASE("Rng: a fill is the same draws row by row, whatever it fills", "", float, double,
                   long double) {
  using Matrix = Eigen::Matrix<TestType, Eigen::Dynamic, Eigen::Dynamic>;
  using RowMajor = Eigen::Matrix<TestType, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  const Eigen::Index rows = 67;
  const Eigen::Index cols = 3;
  const Rng start(31, 0, 5);

  Rng one_by_one = start;
  Matrix normals(rows, cols);
  for (Eigen::Index r = 0; r < rows; ++r) {
    for (Eigen::Index c = 0; c < cols; ++c) normals(r, c) = one_by_one.normal<TestType>();
  }
  Rng rng = start;
  Matrix filled(rows, cols);
  rng.fill_normal(filled);
  CHECK(filled == normals);
  CHECK(rng == one_by_one);

  Rng uniform_draws = start;
  Matrix uniforms(rows, cols);
  for (Eigen::Index r = 0; r < rows; ++r) {
    for (Eigen::Index c = 0; c < cols; ++c) uniforms(r, c) = uniform_draws.uniform<TestType>();
  }
  rng = start;
  RowMajor row_major(rows, cols);
  rng.fill_uniform(row_major);
  CHECK(row_major == uniforms);

  rng = start;
  Matrix large = Matrix::Zero(rows + 2, cols + 2);
  rng.fill_normal(large.block(1, 1, rows, cols));
  CHECK(large.block(1, 1, rows, cols) == normals);
  CHECK(large.row(0).isZero(0));
  CHECK(large.col(cols + 1).isZero(0));

  rng = start;
  std::vector<TestType> storage(static_cast<std::size_t>(rows * cols));
  Eigen::Map<Eigen::Array<TestType, Eigen::Dynamic, Eigen::Dynamic>> map(storage.data(), rows, cols);
  rng.fill_normal(map);
  CHECK(map.matrix() == normals);

  rng = start;
  Matrix tiled(rows, cols);
  for (Eigen::Index first = 0; first < rows; first += 16) {
    Rng tile_rng = start;
    tile_rng.discard(static_cast<std::uint64_t>(first * cols));
    tile_rng.fill_normal(tiled.middleRows(first, std::min<Eigen::Index>(16, rows - first)));
  }
  CHECK(tiled == normals);

  rng = start;
  Matrix nothing(0, cols);
  rng.fill_normal(nothing);
  CHECK(rng == start);
}

TEST_CASE("Rng: forks are streams of their own") {
  const Rng parent(8, 2);
  std::set<std::uint64_t> first_words;
  Rng moving = parent;
  for (std::uint64_t i = 0; i < 1000; ++i) {
    first_words.insert(parent.fork(i)());
    first_words.insert(moving.fork()());
    Rng draws = parent;
    draws.discard(i);
    first_words.insert(draws());
  }
  CHECK(first_words.size() == 3000);

  SECTION("the i-th substream does not depend on the position, nor moves it") {
    Rng later = parent;
    later.discard(12345);
    const Rng before = later;
    CHECK(later.fork(3) == parent.fork(3));
    CHECK(later == before);
    CHECK_FALSE(parent.fork(3) == Rng(8, 3).fork(3));
    CHECK_FALSE(parent.fork(3).fork(4) == parent.fork(4).fork(3));
  }
  SECTION("an unnamed fork uses one word") {
    Rng rng = parent;
    Rng reference = parent;
    CHECK(rng.fork() == Rng(reference()));
    CHECK(rng.position() == 1);
  }
  SECTION("neighbouring substreams do not correlate") {
    constexpr int n = 20'000;
    double product = 0.0;
    for (std::uint64_t i = 0; i < n; ++i) product += parent.fork(i).normal() * parent.fork(i + 1).normal();
    CHECK(std::abs(product / n) < 4.0 / std::sqrt(n));
  }
  SECTION("a negative number is rejected") {
    CHECK_THROWS_AS(parent.fork(static_cast<std::uint64_t>(-1)), std::invalid_argument);
  }
}

TEST_CASE("Rng: a permutation holds every number once, and every order is as likely") {
  Rng rng(21);
  Eigen::Matrix<Eigen::Index, Eigen::Dynamic, 1> order = rng.permutation(1000);
  CHECK(rng.position() == 999);
  CHECK((order.array() != Eigen::Array<Eigen::Index, Eigen::Dynamic, 1>::LinSpaced(1000, 0, 999)).any());
  std::sort(order.data(), order.data() + order.size());
  for (Eigen::Index i = 0; i < 1000; ++i) REQUIRE(order[i] == i);

  std::array<int, 64> count{};
  constexpr int n = 24'000;
  for (int i = 0; i < n; ++i) {
    const Eigen::Matrix<Eigen::Index, Eigen::Dynamic, 1> p = rng.permutation(4);
    ++count[static_cast<std::size_t>(16 * p[0] + 4 * p[1] + p[2])];
  }
  double chi_squared = 0.0;
  int orders = 0;
  for (int c : count) {
    if (c == 0) continue;
    ++orders;
    chi_squared += std::pow(c - n / 24, 2) / (n / 24);
  }
  CHECK(orders == 24);
  CHECK(chi_squared < 54.0);  // 23 degrees of freedom: one in 3,700

  CHECK(rng.permutation(0).size() == 0);
  CHECK(rng.permutation(1)[0] == 0);
  CHECK_THROWS_AS(rng.permutation(-1), std::invalid_argument);
}
