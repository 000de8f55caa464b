#include "eigenflow/flow/class_log_prob.hpp"

#include <cmath>
#include <limits>
#include <vector>

#include "eigenflow/bases/conditional_normal.hpp"
#include "eigenflow/flow.hpp"
#include "eigenflow/layers/identity.hpp"
#include "support/catch.hpp"
#include "support/contract/random.hpp"
#include "support/engine.hpp"

namespace ef = eigenflow;
using Catch::Matchers::ContainsSubstring;
using Eigen::Index;
using Eigen::MatrixXd;

TEST_CASE("one_hot writes labels as rows of a context") {
  const MatrixXd c = ef::one_hot<double>(std::vector<int>{2, 0}, 3);
  CHECK(c == (MatrixXd(2, 3) << 0, 0, 1, 1, 0, 0).finished());
  CHECK_THROWS_WITH(ef::one_hot<float>(std::vector<int>{0, 3}, 3), ContainsSubstring("but label 1 is 3"));
  CHECK_THROWS_WITH(ef::one_hot<float>(Eigen::VectorXi::Constant(1, -1), 3), ContainsSubstring("is -1"));
}

TEST_CASE("class_log_prob is log_prob given each class, and Bayes' rule gives the class") {
  ef::Rng rng(1);
  ef::Flow flow{ef::Identity<double>(2), ef::ConditionalNormal<double>(2, 3, {.hidden = {}}), rng};
  flow.parameters() = contract::random_normal<double>(flow.parameters().size(), 1, 4);
  const MatrixXd x = contract::random_normal<double>(50, 2, 5), log_prob = ef::class_log_prob(flow, x);
  for (Index k = 0; k < 3; ++k)
    CHECK(log_prob.col(k) == flow.log_prob(x, ef::one_hot<double>(std::vector<Index>(50, k), 3)));

  const MatrixXd equal = ef::class_log_posterior(log_prob);
  const Eigen::Vector3d frequencies(2, 0, 6);
  const MatrixXd given = ef::class_log_posterior(log_prob, frequencies);
  for (Index i = 0; i < 50; ++i) {
    const Eigen::Array3d p = log_prob.row(i).transpose().array().exp();
    CHECK((equal.row(i).transpose().array().exp() - p / p.sum()).abs().maxCoeff() < 1e-14);
    const Eigen::Array3d joint = p * frequencies.array();
    CHECK((given.row(i).transpose().array().exp() - joint / joint.sum()).abs().maxCoeff() < 1e-14);
  }
}

TEST_CASE("a posterior of rows far out, and of rows where no class has density") {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  MatrixXd log_prob(3, 2);
  log_prob << -1e5, -1e5 - 1, -infinity, 3, -infinity, -infinity;
  const MatrixXd posterior = ef::class_log_posterior(log_prob, Eigen::Vector2d(1, 3));
  CHECK(posterior(0, 1) - posterior(0, 0) == Approx(std::log(3.0) - 1).epsilon(1e-10));
  CHECK(posterior(1, 0) == -infinity);
  CHECK(posterior(1, 1) == 0);
  CHECK(posterior(2, 0) == Approx(std::log(0.25)));
  CHECK_THROWS_WITH(ef::class_log_posterior(log_prob, Eigen::Vector3d(1, 1, 1)),
                    ContainsSubstring("3 numbers"));
  CHECK_THROWS_WITH(ef::class_log_posterior(log_prob, Eigen::Vector2d(0, 0)), ContainsSubstring("not all"));
  ef::Rng rng(1);
  const ef::Flow flow{ef::Identity<double>(2), ef::StandardNormal<double>(2), rng};
  CHECK_THROWS_WITH(ef::class_log_prob(flow, log_prob), ContainsSubstring("has no context"));
}
