#include "eigenflow/bases/student_t.hpp"

#include <array>
#include <cmath>
#include <functional>
#include <limits>
#include <numbers>

#include "eigenflow/numerics/finite.hpp"
#include "support/bases.hpp"
#include "support/catch.hpp"
#include "support/engine.hpp"
#include "support/layer_contract.hpp"

namespace ef = eigenflow;
using bases::draw;
using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

namespace {

// The free parameter of ν: undoes ln(ν/8) = a/(1 + |a|/B).
double free_of(double nu) {
  const double v = std::log(nu / 8);
  return v / (1 - std::abs(v) / (v < 0 ? 3 : 12));
}
// d ln ν / d free.
double slope_of(double nu) {
  const double v = std::log(nu / 8);
  return std::pow(1 - std::abs(v) / (v < 0 ? 3 : 12), 2);
}

// One feature: ν, location 0, scale 1.
VectorXd theta_of(double nu) {
  return Eigen::Vector3d(free_of(nu), 0, 0);
}

struct Reference {
  double nu, z, log_prob, by_nu;
};
// By mpmath with 50 digits: log p(z) of Student's t, and its derivative in ν.
constexpr std::array<Reference, 20> references{{
    {0.5, 0, -1.3105329259115095183, 0.57079632679489661923},
    {0.5, 0.3, -1.4346687547696895623, 0.71685266687814382154},
    {0.5, 2, -2.9584513589136740553, 0.80551737146012026117},
    {0.5, 50, -7.6985778044756872883, -2.1882001989265528279},
    {1, 0, -1.1447298858494001741, 0.19314718055994530942},
    {1, 2, -2.7541677982835005487, 0.18842822434289512212},
    {1, 50, -8.9691758167270192268, -2.7194756249428386271},
    {2.5, 0.3, -1.0785320951757098176, 0.044103745867241952095},
    {2.5, 2, -2.6887846222584636467, -0.0095234982829241255976},
    {8, 0, -0.95010861215023083151, 0.0038766289638642143923},
    {8, 0.3, -1.0004509644077706007, 0.0045407598557266408099},
    {8, 50, -26.815205732478620069, -2.3093173094458292203},
    {30, 0.3, -0.9737007145657220725, 0.00032523321649513382874},
    {30, 2, -2.8672990411659388718, -0.0015196339533936122904},
    {1000, 0, -0.91918853316300612511, 2.4999987500024999894e-7},
    {1000, 2, -2.9171951785665013512, -1.7367305112561300167e-6},
    {1000, 50, -627.92705426509468797, -0.26888123424780899759},
    {1e6, 0.3, -0.96393882617967083824, 2.929749961928753399e-13},
    {1e6, 2, -2.9189367832113393871, -1.7499866667307913851e-12},
    {1e6, 50, -1249.3602865169034565, -1.5560591433501135575e-6},
}};

// The share of one-feature draws below each point against the distribution function, within five standard
// errors.
void check_distribution(double nu, const std::function<double(double)>& distribution) {
  const Index rows = 40'000;
  const MatrixXd samples = draw(ef::StudentT<double>(1), theta_of(nu), rows, 256, ef::Rng(4));
  for (const double at : {-8.0, -2.0, -0.7, 0.0, 0.4, 1.3, 5.0}) {
    const double share = (samples.array() < at).cast<double>().mean(), expected = distribution(at);
    INFO("ν = " << nu << ", below " << at);
    CHECK(std::abs(share - expected) <
          5 * std::sqrt(expected * (1 - expected) / static_cast<double>(rows)) + 1e-9);
  }
}

}  // namespace

TEST_CASE("StudentT obeys the laws of gradients and batches") {
  const auto make = []<class S, int D>(contract::Kind<S, D> kind) { return ef::StudentT<S, D>(kind.dim); };
  contract::check_base<1, 3>("StudentT", make);
  contract::check_base<2>("StudentT, far out", make, {.spread = 30});
}

TEST_CASE("StudentT: log-density and its derivative in ν, from half a degree of freedom to a million") {
  const ef::StudentT<double> base(1);
  for (const Reference& reference : references) {
    INFO("ν = " << reference.nu << ", z = " << reference.z);
    const VectorXd theta = theta_of(reference.nu);
    CHECK(ef::StudentT<double>::freedom(theta[0]) == Approx(reference.nu).epsilon(1e-13));
    CHECK(bases::log_prob_at(base, theta, VectorXd::Constant(1, reference.z)) ==
          Approx(reference.log_prob).epsilon(1e-13));
    const contract::Problem<double> problem{theta, MatrixXd::Constant(1, 1, reference.z), MatrixXd(1, 0)};
    const auto grad = contract::pull_back(contract::BaseSubject(base), contract::Direction::forward, problem,
                                          {MatrixXd::Zero(1, 1), VectorXd::Ones(1)});
    const double chain = reference.nu * slope_of(reference.nu);
    CHECK(grad.theta[0] == Approx(reference.by_nu * chain).epsilon(1e-9));
  }
}

TEST_CASE("StudentT: with a million degrees of freedom it is the normal, in float too") {
  ef::Arena arena;
  auto tile = ef::Tile<float>::allocate(arena, 9, 1, false);
  for (Index i = 0; i < 9; ++i) tile.values(i, 0) = static_cast<float>(i - 4);
  tile.log_det.setZero();
  const ef::VectorX<float> theta = theta_of(1e6).cast<float>();
  ef::StudentT<float>(1).log_prob({theta.data(), 3}, tile);
  for (Index i = 0; i < 9; ++i) {
    const double z = static_cast<double>(i) - 4, normal = -0.5 * z * z - 0.91893853320467274178;
    CHECK(static_cast<double>(tile.log_det[i]) == Approx(normal).epsilon(1e-4 / 8));
  }
}

TEST_CASE("StudentT: location and scale, and rows that are far out or not finite") {
  const ef::StudentT<double> base(2);
  VectorXd theta(6);
  theta << free_of(3), free_of(20), 0.5, -1, 0.7, -0.4;
  const Eigen::Vector2d z(1.75, -2.5);
  double expected = 0;
  for (Index j = 0; j < 2; ++j) {
    const double s = theta[4 + j] / (1 + std::abs(theta[4 + j]) / 20);
    expected -= s;
    VectorXd one = theta_of(j == 0 ? 3 : 20);
    expected += bases::log_prob_at(ef::StudentT<double>(1), one,
                                   VectorXd::Constant(1, (z[j] - theta[2 + j]) * std::exp(-s)));
  }
  CHECK(bases::log_prob_at(base, theta, z) == Approx(expected).epsilon(1e-14));

  // Far out the density falls as |z|^-(ν + 1), with no square that overflows.
  const double far = bases::log_prob_at(ef::StudentT<double>(1), theta_of(3), VectorXd::Constant(1, 1e200)),
               further =
                   bases::log_prob_at(ef::StudentT<double>(1), theta_of(3), VectorXd::Constant(1, 1e202));
  CHECK(far - further == Approx(4 * std::log(100.0)).epsilon(1e-12));
  for (const double bad : {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()})
    CHECK_FALSE(ef::detail::is_finite(bases::log_prob_at(base, theta, Eigen::Vector2d(0, bad))));
}

TEST_CASE("StudentT: samples follow the distribution function") {
  const double pi = std::numbers::pi;
  check_distribution(1, [&](double t) { return 0.5 + std::atan(t) / pi; });
  check_distribution(2, [](double t) { return 0.5 + t / (2 * std::sqrt(2 + t * t)); });
  check_distribution(4, [](double t) {
    const double w = 1 + t * t / 4;
    return 0.5 + 0.375 * t / std::sqrt(w) * (1 - t * t / (12 * w));
  });
  check_distribution(1e6, [](double t) { return 0.5 * std::erfc(-t / std::sqrt(2.0)); });
}

TEST_CASE("StudentT: one sample however it is cut, smooth in every parameter") {
  const ef::StudentT<double> base(2);
  VectorXd theta(6);
  theta << free_of(1.5), free_of(12), 0.5, -1, 0.7, -0.4;
  bases::check_one_sample_however_cut(base, theta);
  bases::check_sample_vjp(base, theta);
  VectorXd start = VectorXd::Ones(6);
  ef::Rng rng(1);
  base.initialise({start.data(), 6}, rng);
  CHECK(start.isZero(0));
  CHECK(ef::StudentT<double>::freedom(0) == 8);
}
