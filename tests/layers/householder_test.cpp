#include "eigenflow/layers/householder.hpp"

#include <Eigen/LU>
#include <cmath>
#include <limits>

#include "support/catch.hpp"
#include "support/contract/evaluate.hpp"
#include "support/contract/expect.hpp"
#include "support/contract/random.hpp"
#include "support/engine.hpp"
#include "support/layer_contract.hpp"

namespace ef = eigenflow;
using contract::Direction;
using contract::MatrixX;
using contract::VectorX;
using contract::Wide;
using Eigen::Index;

namespace {

// The layer's matrix: what it makes of the unit vectors, as columns.
template <class S>
MatrixX<S> matrix_of(const ef::Householder<S>& layer, const VectorX<S>& theta) {
  const MatrixX<S> units = MatrixX<S>::Identity(layer.dim(), layer.dim());
  return contract::evaluate(contract::LayerSubject(layer), Direction::forward,
                            {theta, units, MatrixX<S>(layer.dim(), 0)})
      .values.transpose();
}

}  // namespace

TEST_CASE("Householder obeys the laws") {
  contract::check_layer("Householder", []<class S, int D>(contract::Kind<S, D> kind) {
    return ef::Householder<S, D>(kind.dim);
  });
}

TEST_CASE("Householder of an odd count, and of more reflections than features, obeys the laws") {
  contract::check_layer<3>("Householder of 5", []<class S, int D>(contract::Kind<S, D> kind) {
    return ef::Householder<S, D>(kind.dim, 5);
  });
}

TEMPLATE_TEST_CASE("Householder is the product of I - 2vvᵀ/‖v‖²", "", float, double) {
  const ef::Householder<TestType> layer(3, 3);
  const VectorX<TestType> theta = contract::random_normal<TestType>(9, 1, 4);
  MatrixX<Wide> product = MatrixX<Wide>::Identity(3, 3);
  for (Index i = 0; i < 3; ++i) {
    VectorX<Wide> v = theta.segment(3 * i, 3).template cast<Wide>();
    v[i / 2] += 1;
    product = (MatrixX<Wide>::Identity(3, 3) - 2 * v * v.transpose() / v.squaredNorm()) * product;
  }
  const Wide epsilon = std::numeric_limits<TestType>::epsilon();
  contract::expect_close(matrix_of(layer, theta).template cast<Wide>(), product,
                         MatrixX<Wide>::Constant(3, 3, 16 * epsilon), "the matrix");
}

TEMPLATE_TEST_CASE("Householder is orthogonal for every theta", "", float, double) {
  const Wide epsilon = std::numeric_limits<TestType>::epsilon();
  for (const Index dim : {1, 2, 5, 16, 33}) {
    const ef::Householder<TestType> layer(dim);
    for (const double size : {0.0, 1e-30, 1e-3, 1.0, 1e10, 1e30}) {
      const VectorX<TestType> theta =
          static_cast<TestType>(size) * contract::random_normal<TestType>(ef::parameter_count(layer), 1, 5);
      const MatrixX<Wide> q = matrix_of(layer, theta).template cast<Wide>();
      INFO("D = " << dim << ", size " << size);
      CHECK((q.transpose() * q - MatrixX<Wide>::Identity(dim, dim)).cwiseAbs().maxCoeff() <=
            16 * epsilon * static_cast<Wide>(layer.count()));
      CHECK(q.determinant() == Approx(1).epsilon(1e-4));
    }
  }
}

TEST_CASE("Householder starts as the identity") {
  const ef::Householder<double> layer(5);
  VectorX<double> theta = VectorX<double>::Zero(ef::parameter_count(layer));
  CHECK(layer.count() == 6);
  CHECK(matrix_of(layer, theta) == MatrixX<double>::Identity(5, 5));
  // Equal draws in each pair, whose unit vectors are equal too.
  ef::Rng rng(1);
  layer.initialise({theta.data(), static_cast<std::size_t>(theta.size())}, rng);
  CHECK(theta.norm() > 1);
  CHECK((matrix_of(layer, theta) - MatrixX<double>::Identity(5, 5)).cwiseAbs().maxCoeff() < 1e-14);
}

TEST_CASE("Householder with v = 0 reflects nothing, and has no gradient there") {
  const ef::Householder<double> layer(2, 1);
  VectorX<double> theta(2);
  theta << -1, 0;  // v = e₀ + (-1, 0)
  CHECK(matrix_of(layer, theta) == MatrixX<double>::Identity(2, 2));
  const contract::LayerSubject subject(layer);
  const contract::Problem<double> problem{theta, MatrixX<double>::Ones(1, 2), MatrixX<double>(1, 0)};
  const auto grad = contract::pull_back(subject, Direction::forward, problem,
                                        {MatrixX<double>::Ones(1, 2), VectorX<double>::Ones(1)});
  CHECK(grad.theta == VectorX<double>::Zero(2));
  CHECK(grad.x == MatrixX<double>::Ones(1, 2));
}

TEST_CASE("Householder rejects to reflect nothing") {
  CHECK_THROWS_WITH(ef::Householder<float>(3, 0),
                    Catch::Matchers::ContainsSubstring("one reflection or more"));
}
