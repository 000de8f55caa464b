#include "eigenflow/data/energies_2d.hpp"

#include <Eigen/Core>
#include <cmath>
#include <numbers>
#include <stdexcept>
#include <string>

#include "support/catch.hpp"

namespace ef = eigenflow;

namespace {

/// Table 1 of the paper, and the penalty that ends U₂ to U₄, word for word in long double.
long double energy(const std::string& name, long double x, long double y) {
  const auto square = [](long double t) { return t * t; };
  const long double w1 = std::sin(std::numbers::pi_v<long double> * x / 2),
                    w2 = 3 * std::exp(-square((x - 1) / 0.6L) / 2), w3 = 3 / (1 + std::exp(-(x - 1) / 0.3L));
  if (name == "U1")
    return square((std::hypot(x, y) - 2) / 0.4L) / 2 -
           std::log(std::exp(-square((x - 2) / 0.6L) / 2) + std::exp(-square((x + 2) / 0.6L) / 2));
  const long double penalty =
      square(std::max(std::abs(x) - 6, 0.0L)) + square(std::max(std::abs(y) - 6, 0.0L));
  if (name == "U2") return square((y - w1) / 0.4L) / 2 + penalty;
  if (name == "U3")
    return -std::log(std::exp(-square((y - w1) / 0.35L) / 2) + std::exp(-square((y - w1 + w2) / 0.35L) / 2)) +
           penalty;
  return -std::log(std::exp(-square((y - w1) / 0.4L) / 2) + std::exp(-square((y - w1 + w3) / 0.35L) / 2)) +
         penalty;
}

/// The values to four digits.
double tabulated_log_z(const std::string& name) {
  if (name == "U1") return 1.8775;
  if (name == "U2") return 2.6253;
  if (name == "U3") return 3.1849;
  return 3.2539;
}

}  // namespace

TEST_CASE("the four energies: table 1 of the paper") {
  Eigen::MatrixX2d z(6, 2);
  z << 0.3, 0.4, -2.1, 0.7, 1.4, -1.9, -3, 3, 6.5, 0.2, 1, -7.25;
  ef::for_each_energy_2d([&](const auto& u) {
    const Eigen::VectorXd got = u.energy(z), log_p = u.log_density(z.template cast<float>().eval());
    for (Eigen::Index i = 0; i < z.rows(); ++i) {
      INFO(u.name() << " at " << z.row(i));
      const auto expected = static_cast<double>(energy(u.name(), z(i, 0), z(i, 1)));
      CHECK(got[i] == Approx(expected).epsilon(1e-13));
      CHECK(log_p[i] == Approx(-expected - u.log_z()).epsilon(1e-5));
    }
  });
}

TEST_CASE("the four energies: their gradients, at the origin too") {
  ef::for_each_energy_2d([&](const auto& u) {
    for (const Eigen::Vector2d& z : {Eigen::Vector2d(0.3, 0.4), Eigen::Vector2d(1.2, -1.9),
                                     Eigen::Vector2d(-6.7, 0.2), Eigen::Vector2d(2, 7.5)}) {
      Eigen::Vector2d grad, unused;
      const double value = u(z, grad);
      CHECK(value == -u.energy(z.transpose())[0]);
      for (Eigen::Index j = 0; j < 2; ++j) {
        const Eigen::Vector2d h = 1e-5 * Eigen::Vector2d::Unit(j);
        INFO(u.name() << " at " << z.transpose() << ", feature " << j);
        CHECK(grad[j] ==
              Approx((u(Eigen::Vector2d(z + h), unused) - u(Eigen::Vector2d(z - h), unused)) / 2e-5)
                  .epsilon(1e-7)
                  .margin(1e-7));
      }
    }
    Eigen::Vector2d grad;
    u(Eigen::Vector2d(0, 0), grad);
    CHECK(std::isfinite(grad[0]));
    CHECK(std::isfinite(grad[1]));
  });
}

TEST_CASE("the four energies: log Z by quadrature") {
  // The trapezoidal rule on a smooth function that vanishes at the edge; beyond ±13 the penalty leaves e⁻⁴⁹.
  const double step = 0.04, reach = 13;
  const auto points = static_cast<Eigen::Index>(2 * reach / step) + 1;
  Eigen::MatrixX2d line(points, 2);
  line.col(1) = Eigen::VectorXd::LinSpaced(points, -reach, reach);
  ef::for_each_energy_2d([&](const auto& u) {
    double sum = 0;
    for (Eigen::Index i = 0; i < points; ++i) {
      line.col(0).setConstant(-reach + step * static_cast<double>(i));
      sum += (-u.energy(line)).array().exp().sum();
    }
    INFO(u.name());
    CHECK(std::log(sum * step * step) == Approx(u.log_z()).margin(1e-6));
    CHECK(std::abs(u.log_z() - tabulated_log_z(u.name())) < 5e-5);
  });
}

TEST_CASE("the four energies reject points of another dimension") {
  CHECK_THROWS_AS(ef::energy_u1.energy(Eigen::MatrixXd::Zero(2, 3)), std::invalid_argument);
}
