#include "eigenflow/layers/identity.hpp"

#include <cmath>
#include <numbers>

#include "eigenflow/bases/diagonal_normal.hpp"
#include "eigenflow/flow.hpp"
#include "support/catch.hpp"
#include "support/contract/random.hpp"
#include "support/engine.hpp"
#include "support/layer_contract.hpp"

namespace ef = eigenflow;
using Eigen::MatrixXd;

TEST_CASE("Identity obeys the laws") {
  contract::check_layer(
      "Identity", []<class S, int D>(contract::Kind<S, D> kind) { return ef::Identity<S, D>(kind.dim); });
}

TEST_CASE("a base alone is a flow: its own density, with an Identity before it") {
  ef::Rng rng(1);
  ef::Flow flow{ef::DiagonalNormal<double>(3), rng};
  flow.parameters() << 1, -2, 3, 0, 0, 0;
  const MatrixXd x = contract::random_normal<double>(20, 3, 2);
  const auto result = flow.forward(x);
  CHECK(result.z == x);
  CHECK(result.log_det.isZero(0));
  CHECK(flow.inverse(x).x == x);
  const MatrixXd away = x.rowwise() - Eigen::RowVector3d(1, -2, 3);
  const Eigen::VectorXd expected =
      -0.5 * away.rowwise().squaredNorm().array() - 1.5 * std::log(2 * std::numbers::pi);
  CHECK(flow.log_prob(x).isApprox(expected, 1e-14));
  CHECK(flow.log_prob_and_grad(x).grad == -away);
  CHECK(flow.layer_count() == 1);

  ef::Flow<ef::DiagonalNormal<float, 2>> of_static_dimension{rng};
  CHECK(of_static_dimension.sample(5, rng).rows() == 5);
}
