#include "eigenflow/bases/mixture.hpp"

#include <cmath>
#include <limits>
#include <numbers>
#include <vector>

#include "eigenflow/any/any_base.hpp"
#include "eigenflow/bases/conditional_normal.hpp"
#include "eigenflow/bases/diagonal_normal.hpp"
#include "eigenflow/bases/gaussian_mixture.hpp"
#include "eigenflow/bases/multivariate_normal.hpp"
#include "eigenflow/bases/student_t.hpp"
#include "eigenflow/bases/uniform.hpp"
#include "eigenflow/compose/chain.hpp"
#include "eigenflow/compose/transformed_base.hpp"
#include "eigenflow/fit.hpp"
#include "eigenflow/flow.hpp"
#include "eigenflow/layers/coupling.hpp"
#include "eigenflow/layers/planar.hpp"
#include "eigenflow/layers/radial.hpp"
#include "eigenflow/layers/standardize.hpp"
#include "eigenflow/objectives/maximum_likelihood.hpp"
#include "support/bases.hpp"
#include "support/catch.hpp"
#include "support/contract/random.hpp"
#include "support/density.hpp"
#include "support/engine.hpp"
#include "support/layer_contract.hpp"

namespace ef = eigenflow;
using bases::draw;
using bases::log_prob_at;
using Catch::Matchers::ContainsSubstring;
using contract::random_normal;
using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::RowVector2d;
using Eigen::Vector2d;
using Eigen::VectorXd;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

template <class S, int D>
using RadialFlow = ef::TransformedBase<ef::Radial<S, D>, ef::DiagonalNormal<S, D>>;

template <class S, int D>
RadialFlow<S, D> radial_flow(Index dim) {
  return {ef::Radial<S, D>(dim), ef::DiagonalNormal<S, D>(dim)};
}

std::span<double> span_of(VectorXd& v) {
  return {v.data(), static_cast<std::size_t>(v.size())};
}

ef::VectorX<double> two(double a, double b) {
  return Vector2d(a, b);
}

/// Two flows and a box, of different types.
ef::Mixture<ef::AnyBase<double>> of_any_types() {
  using Any = ef::AnyBase<double>;
  return ef::Mixture<Any>({Any(radial_flow<double, Eigen::Dynamic>(2)), Any(ef::StudentT<double>(2)),
                           Any(ef::Uniform<double>(two(-1, -1), two(1, 2)))});
}

}  // namespace

TEST_CASE("Mixture obeys the laws of gradients and batches") {
  contract::check_base<1, 3>("Mixture", []<class S, int D>(contract::Kind<S, D> kind) {
    return ef::Mixture(3, ef::DiagonalNormal<S, D>(kind.dim));
  });
  contract::check_base<2>("Mixture, far out",
                          []<class S, int D>(contract::Kind<S, D> kind) {
                            return ef::Mixture(3, ef::DiagonalNormal<S, D>(kind.dim));
                          },
                          {.spread = 8});
}

TEST_CASE("Mixture of flows obeys the laws of gradients and batches") {
  contract::check_base<2>("Mixture of flows", []<class S, int D>(contract::Kind<S, D> kind) {
    return ef::Mixture(2, radial_flow<S, D>(kind.dim));
  });
}

TEST_CASE("Mixture of mixtures that read a context obeys the laws of gradients and batches") {
  contract::check_base<2>("Mixture with a context", []<class S, int D>(contract::Kind<S, D> kind) {
    return ef::Mixture(2, ef::Mixture(2, ef::ConditionalNormal<S, D>(kind.dim, 2, {.hidden = {4}})));
  });
}

TEST_CASE("Mixture of diagonal normals is a GaussianMixture") {
  const ef::Mixture base(3, ef::DiagonalNormal<double>(2));
  const ef::GaussianMixture<double> reference(2, 3);
  VectorXd theta = random_normal<double>(15, 1, 3), reordered(15);
  reordered.head(3) = theta.head(3);
  for (Index k = 0; k < 3; ++k) {
    reordered.segment(3 + 2 * k, 2) = theta.segment(3 + 4 * k, 2);
    reordered.segment(9 + 2 * k, 2) = theta.segment(5 + 4 * k, 2);
  }
  const MatrixXd z = 3 * random_normal<double>(50, 2, 4);
  CHECK(bases::log_prob(base, theta, z).isApprox(bases::log_prob(reference, reordered, z), 1e-13));

  const std::vector<ef::NamedParameter> names = ef::name_parameters(base);
  REQUIRE(names.size() == 7);
  CHECK(names[0].path == "logits");
  CHECK(names[1].path == "components.0.mean");
  CHECK(names[6].path == "components.2.log_scale");
  CHECK(base.segment(2).offset == 11);
  CHECK(base.describe() == "3 × DiagonalNormal");
}

TEST_CASE("Mixture: components of different types, and those without density count for nothing") {
  const auto base = of_any_types();
  CHECK(base.describe() == "1 × TransformedBase, 1 × StudentT, 1 × Uniform");
  VectorXd theta = 0.5 * random_normal<double>(ef::parameter_count(base), 1, 5);
  const VectorXd weights = theta.head(3).array().exp() / theta.head(3).array().exp().sum();
  const VectorXd of_flow = theta.segment(3, base.segment(0).size), of_student = theta.tail(6);
  const auto expected = [&](const Vector2d& z, double of_box) {
    return std::log(weights[0] * std::exp(log_prob_at(radial_flow<double, -1>(2), of_flow, z)) +
                    weights[1] * std::exp(log_prob_at(ef::StudentT<double>(2), of_student, z)) +
                    weights[2] * of_box);
  };
  const Vector2d inside(0.3, -0.4), outside(3, 0.5);
  CHECK(log_prob_at(base, theta, inside) == Approx(expected(inside, 1.0 / 6)).epsilon(1e-13));
  CHECK(log_prob_at(base, theta, outside) == Approx(expected(outside, 0)).epsilon(1e-13));
  CHECK(std::isnan(log_prob_at(base, theta, Vector2d(0, std::numeric_limits<double>::quiet_NaN()))));
}

TEST_CASE("Mixture: where no component has density, log p is -infinity and gradients are zero") {
  using Box = ef::Uniform<double>;
  const ef::Mixture base(std::vector<Box>{Box(two(0, 0), two(1, 1)), Box(two(2, 0), two(4, 1))});
  ef::Rng rng(1);
  ef::Flow flow{base, rng};
  flow.parameters() << 0, std::log(3.0);
  MatrixXd z(3, 2);
  z << 0.5, 0.5, 1.5, 0.5, 2.5, 0.1;
  const auto result = flow.log_prob_and_grad(z);
  CHECK(result.log_prob[0] == Approx(std::log(0.25)).epsilon(1e-14));
  CHECK(result.log_prob[1] == -infinity);
  CHECK(result.log_prob[2] == Approx(std::log(0.375)).epsilon(1e-14));
  CHECK(result.grad.isZero(0));
  VectorXd grad = VectorXd::Zero(2);
  ef::MaximumLikelihood{}(flow, ef::Batch<double>::all(z), span_of(grad));
  CHECK(grad.allFinite());
  // Row 1 counts for nothing: -(1 - ¼ + 0 - ¼)/3
  CHECK(grad[0] == Approx(-(1 - 0.5) / 3).epsilon(1e-14));
}

TEST_CASE("Mixture: a component that overflows leaves the gradients of the others as they are") {
  // e^(-40) as a scale: the square of 1e180 deviations overflows, and its gradient in log_scale would be 0 · ∞.
  using Normal = ef::DiagonalNormal<double>;
  using Heavy = ef::StudentT<double>;
  using Any = ef::AnyBase<double>;
  const ef::Mixture<Any> base({Any(Normal(1)), Any(Heavy(1))});
  ef::Rng rng(1);
  ef::Flow flow{base, rng};
  flow.parameters().setZero();
  MatrixXd z(4, 1);
  z << 1e180, 0.5, -1e200, -0.3;
  VectorXd grad = VectorXd::Zero(flow.parameters().size());
  const double loss = ef::MaximumLikelihood{}(flow, ef::Batch<double>::all(z), span_of(grad));
  CHECK(std::isfinite(loss));
  REQUIRE(grad.allFinite());
  // The same without the two far rows under the normal: its gradient is that of the other rows alone.
  MatrixXd near(2, 1);
  near << 0.5, -0.3;
  VectorXd of_near = VectorXd::Zero(grad.size());
  ef::MaximumLikelihood{}(flow, ef::Batch<double>::all(near), span_of(of_near));
  CHECK((2 * grad.segment(2, 2)).isApprox(of_near.segment(2, 2), 1e-14));
  CHECK(flow.log_prob_and_grad(z).grad.allFinite());
  // All rows far away: none stands in.
  grad.setZero();
  const MatrixXd far = z.row(0);
  ef::MaximumLikelihood{}(flow, ef::Batch<double>::all(far), span_of(grad));
  CHECK(grad.allFinite());
  CHECK(grad.segment(2, 2).isZero(0));
}

TEST_CASE("Mixture: samples have its density, and are one sample however they are cut") {
  const auto base = of_any_types();
  VectorXd theta = 0.3 * random_normal<double>(ef::parameter_count(base), 1, 6);
  theta.head(3) << 0.3, -0.5, 0.1;
  bases::check_one_sample_however_cut(base, theta);
  ef::Flow flow{base, theta};
  ef::Rng rng(3);
  const auto sample = flow.sample_and_log_prob(100'000, rng);
  CHECK(sample.log_prob == flow.log_prob(sample.x));
  density::check_ball_volume(sample.x, sample.log_prob, Vector2d(0.2, 0.1), 0.7);
  density::check_ball_volume(sample.x, sample.log_prob, Vector2d(1.1, 0.3), 0.6);
  // How often each box's component is chosen.
  const ef::Mixture boxes(std::vector<ef::Uniform<double>>{ef::Uniform<double>(two(0, 0), two(1, 1)),
                                                           ef::Uniform<double>(two(2, 0), two(3, 1)),
                                                           ef::Uniform<double>(two(4, 0), two(5, 1))});
  const VectorXd logits = Eigen::Vector3d(std::log(0.2), std::log(0.5), std::log(0.3));
  const MatrixXd x = draw(boxes, logits, 20'000, 256, ef::Rng(4));
  const auto part = [&](double low) {
    return (x.col(0).array() >= low && x.col(0).array() < low + 1).cast<double>().mean();
  };
  CHECK(part(0) == Approx(0.2).margin(0.015));
  CHECK(part(2) == Approx(0.5).margin(0.015));
  CHECK(part(4) == Approx(0.3).margin(0.015));
  // Rows are independent: the places of two rows that follow each other.
  VectorXd where = x.col(0).array() - x.col(0).mean();
  where /= std::sqrt(where.squaredNorm() / 20'000);
  CHECK(std::abs(where.head(19'999).dot(where.tail(19'999)) / 20'000) < 5 / std::sqrt(20'000.0));
}

TEST_CASE("Mixture: each row of a sample is drawn in its own context") {
  using Conditional = ef::ConditionalNormal<double>;
  ef::Rng rng(2);
  ef::Flow flow{ef::Mixture(2, Conditional(1, 1, {.hidden = {}})), rng};
  // Component k: mean 10 k + 100 c, deviation e⁻⁵.
  flow.parameters().setZero();
  for (const ef::NamedParameter& p : flow.named_parameters()) {
    const bool second = p.path.find("components.1") != std::string::npos;
    if (p.path.find("weight") != std::string::npos) flow.parameters()[p.offset] = 100;
    if (p.path.find("bias") != std::string::npos) {
      flow.parameters()[p.offset] = second ? 10 : 0;
      flow.parameters()[p.offset + 1] = -20.0 / 3;
    }
  }
  MatrixXd c(700, 1);
  for (Index i = 0; i < 700; ++i) c(i, 0) = static_cast<double>(i);
  const MatrixXd x = flow.sample(c, rng) - 100 * c;
  Index seconds = 0;
  for (Index i = 0; i < 700; ++i) {
    const bool second = x(i, 0) > 5;
    seconds += second;
    CHECK(std::abs(x(i, 0) - (second ? 10 : 0)) < 0.05);
  }
  CHECK(std::abs(static_cast<double>(seconds) - 350) < 70);
}

TEST_CASE("Mixture: fit tells its components apart") {
  // Three clusters, of 300 rows each.
  const MatrixXd centres = (MatrixXd(3, 2) << -10, 0, 10, 5, 0, -20).finished();
  MatrixXd x = random_normal<double>(900, 2, 7);
  for (Index i = 0; i < 900; ++i) x.row(i) += centres.row(i % 3);
  ef::Rng rng(1);
  const auto nearest = [&](double a, double b) {
    return (centres.rowwise() - RowVector2d(a, b)).rowwise().norm().minCoeff();
  };
  SECTION("from groups of the rows") {
    ef::Flow flow{ef::Mixture(3, ef::MultivariateNormal<double>(2)), rng};
    ef::fit(flow, x, {.epochs = 0, .progress = false});
    const auto mean = [&](Index k) { return flow.parameters().segment(3 + 5 * k, 2); };
    for (Index k = 0; k < 3; ++k) CHECK(nearest(mean(k)[0], mean(k)[1]) < 0.5);
    CHECK((mean(0) - mean(1)).norm() > 5);
    CHECK((mean(1) - mean(2)).norm() > 5);
    CHECK((mean(0) - mean(2)).norm() > 5);
    const double entropy = std::log(2 * std::numbers::pi) + 1 + std::log(3.0);
    CHECK(flow.log_prob(x).mean() == Approx(-entropy).margin(0.1));
    const VectorXd before = flow.parameters();
    ef::fit(flow, x, {.epochs = 0, .progress = false});  // trained: stays
    CHECK(flow.parameters() == before);
  }
  SECTION("flows that standardize their own groups") {
    using Part = ef::Chain<ef::Standardize<double>, ef::Radial<double>>;
    ef::Flow member{Part(ef::Standardize<double>(2), ef::Radial<double>(2)), rng};
    ef::Flow flow{ef::Mixture(3, member.density()), rng};
    ef::fit(flow, x, {.epochs = 0, .progress = false});
    for (const auto& component : flow.base().components()) {
      const auto& mean = component.layers().layer<0>().layer<0>().mean();
      CHECK(nearest(mean[0], mean[1]) < 0.5);
    }
  }
  SECTION("by noise where nothing starts from data") {
    ef::Flow flow{ef::Mixture(3, ef::DiagonalNormal<double>(2)), rng};
    ef::fit(flow, x, {.epochs = 0, .progress = false});
    CHECK(flow.parameters().segment(3, 4).isZero(0));
    CHECK(flow.parameters().segment(7, 4).norm() > 0.01);
    CHECK(flow.parameters().segment(7, 4) != flow.parameters().segment(11, 4));
  }
  SECTION("with fewer rows than components") {
    ef::Flow flow{ef::Mixture(5, ef::MultivariateNormal<double>(2)), rng};
    ef::fit(flow, x.topRows(3).eval(), {.epochs = 1, .validation_fraction = 0, .progress = false});
    CHECK(flow.parameters().allFinite());
  }
}

TEST_CASE("Mixture rejects components that do not fit, and none") {
  using Normal = ef::DiagonalNormal<double>;
  CHECK_THROWS_WITH(ef::Mixture(std::vector<Normal>{Normal(2), Normal(3)}),
                    ContainsSubstring("component 1 of the Mixture has 3 features but component 0 has 2"));
  CHECK_THROWS_WITH(ef::Mixture(std::vector<Normal>{}),
                    ContainsSubstring("one component or more, but got 0"));
  CHECK_THROWS_WITH(ef::Mixture(0, Normal(2)),
                    ContainsSubstring("one component or more, but 0 were asked for"));
  CHECK_THROWS_WITH((ef::Mixture(2, [](Index k) { return ef::ConditionalNormal<double>(2, k + 1); })),
                    ContainsSubstring("the parts of a Mixture must read the same context"));
  ef::Mixture base(2, Normal(2));
  const ef::Mixture taken = std::move(base);
  CHECK_THROWS_WITH(base.dim(), ContainsSubstring("this Mixture was moved from"));
}
