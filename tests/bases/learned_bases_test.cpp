#include <cmath>
#include <functional>
#include <limits>
#include <numbers>

#include "eigenflow/bases/gaussian_mixture.hpp"
#include "eigenflow/bases/multivariate_normal.hpp"
#include "eigenflow/bases/student_t.hpp"
#include "support/bases.hpp"
#include "support/catch.hpp"
#include "support/layer_contract.hpp"

namespace ef = eigenflow;
using Catch::Matchers::ContainsSubstring;
using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

TEST_CASE("the learned bases obey the laws of gradients and batches") {
  contract::check_base<1, 3>("GaussianMixture", []<class S, int D>(contract::Kind<S, D> kind) {
    return ef::GaussianMixture<S, D>(kind.dim, 4);
  });
  contract::check_base<1, 3>("StudentT", []<class S, int D>(contract::Kind<S, D> kind) {
    return ef::StudentT<S, D>(kind.dim);
  });
  contract::check_base<1, 3, 8>("MultivariateNormal", []<class S, int D>(contract::Kind<S, D> kind) {
    return ef::MultivariateNormal<S, D>(kind.dim);
  });
}
