#include <cmath>
#include <limits>

#include "eigenflow/any/any_base.hpp"
#include "eigenflow/bases/conditional_normal.hpp"
#include "eigenflow/bases/diagonal_normal.hpp"
#include "eigenflow/bases/mixture.hpp"
#include "eigenflow/bases/multivariate_normal.hpp"
#include "eigenflow/bases/student_t.hpp"
#include "eigenflow/bases/with_circles.hpp"
#include "eigenflow/compose/transformed_base.hpp"
#include "eigenflow/flow.hpp"
#include "eigenflow/layers/identity.hpp"
#include "eigenflow/layers/planar.hpp"
#include "support/catch.hpp"
#include "support/contract/random.hpp"
#include "support/engine.hpp"

namespace ef = eigenflow;
using Catch::Matchers::ContainsSubstring;
using Eigen::Index;
using Eigen::MatrixXd;

namespace {

template <class Base>
ef::Flow<ef::Identity<double>, Base> flow_of(const Base& base) {
  ef::Rng rng(1);
  ef::Flow<ef::Identity<double>, Base> flow{ef::Identity<double>(base.dim()), base, rng};
  flow.parameters() = contract::random_normal<double>(flow.parameters().size(), 1, 3);
  return flow;
}

// More than a tile, so that rows of several tiles are compared.
template <class Flow>
MatrixXd sample(const Flow& flow, double temperature) {
  ef::Rng rng(7);
  if (flow.context_dim() > 0)
    return flow.sample(contract::random_normal<double>(300, flow.context_dim(), 5), rng, temperature);
  return flow.sample(300, rng, temperature);
}

// The noise about the mean, of the columns that have one.
template <class Base>
void check_normal(const Base& base, Index columns) {
  const auto flow = flow_of(base);
  const MatrixXd mean = sample(flow, 0), whole = sample(flow, 1), half = sample(flow, 0.5);
  CHECK((whole - mean).leftCols(columns).cwiseAbs().minCoeff() > 0);
  CHECK(((whole - mean) / 2 - (half - mean)).leftCols(columns).cwiseAbs().maxCoeff() < 1e-14 * whole.norm());
  CHECK(whole.rightCols(base.dim() - columns) == half.rightCols(base.dim() - columns));
  ef::Rng rng(7);
  if (flow.context_dim() == 0) CHECK(whole == flow.sample(300, rng));
}

}  // namespace

TEST_CASE("the temperature of a sample multiplies the noise of normal bases") {
  check_normal(ef::StandardNormal<double>(3), 3);
  check_normal(ef::DiagonalNormal<double>(3), 3);
  check_normal(ef::MultivariateNormal<double>(3), 3);
  check_normal(ef::ConditionalNormal<double>(3, 2, {.hidden = {4}}), 3);
  check_normal(ef::Mixture(3, ef::DiagonalNormal<double>(3)), 3);
  check_normal(ef::AnyBase<double>(ef::DiagonalNormal<double>(3)), 3);
  check_normal(ef::WithCircles(3, {2}, ef::StandardNormal<double>(2)), 2);
}

TEST_CASE("at temperature 0 a sample is what the layers make of the mean") {
  using Planar = ef::Planar<double>;
  ef::Rng rng(1);
  const ef::Flow flow{Planar(2), ef::TransformedBase(Planar(2), ef::StandardNormal<double>(2)), rng};
  const ef::Flow inner{ef::Chain{Planar(2), Planar(2)}, Eigen::VectorXd(flow.parameters())};
  CHECK(flow.sample(3, rng, 0).isApprox(inner.inverse(MatrixXd::Zero(3, 2)).x, 1e-14));
  MatrixXd into(3, 2);
  flow.sample_into(into, rng, 0);
  CHECK(into.isApprox(inner.inverse(MatrixXd::Zero(3, 2)).x, 1e-14));
}

TEST_CASE("a temperature that a flow cannot have is rejected") {
  ef::Rng rng(1);
  const auto student = flow_of(ef::StudentT<double>(2));
  CHECK(student.sample(5, rng, 1).allFinite());
  CHECK_THROWS_WITH(student.sample(5, rng, 0.5), ContainsSubstring("this flow has another"));
  const auto any = flow_of(ef::AnyBase<double>(ef::StudentT<double>(2)));
  CHECK_THROWS_WITH(any.sample(5, rng, 0.5), ContainsSubstring("this flow has another"));
  const auto normal = flow_of(ef::StandardNormal<double>(2));
  for (const double t : {-1.0, std::numeric_limits<double>::infinity(), std::nan("")})
    CHECK_THROWS_WITH(normal.sample(5, rng, t), ContainsSubstring("a temperature is 0 or a larger number"));
}
