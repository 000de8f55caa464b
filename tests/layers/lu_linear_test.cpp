#include "eigenflow/layers/lu_linear.hpp"

#include <Eigen/LU>
#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "support/catch.hpp"
#include "support/contract/evaluate.hpp"
#include "support/contract/expect.hpp"
#include "support/contract/random.hpp"
#include "support/engine.hpp"
#include "support/layer_contract.hpp"

namespace ef = eigenflow;
using Catch::Matchers::ContainsSubstring;
using contract::Direction;
using contract::MatrixX;
using contract::VectorX;
using contract::Wide;
using Eigen::Index;

namespace {

// One order of D features for every scalar type.
template <class S, int D>
ef::LuLinear<S, D> shuffled(Index dim) {
  ef::Rng rng(7);
  return ef::LuLinear<S, D>(ef::Permutation<S, D>::random(dim, rng));
}

// a of the diagonal's e^{a/(1 + |a|/20)}.
double free_of(double diagonal) {
  const double s = std::log(diagonal);
  return s / (1 - std::abs(s) / 20);
}

}  // namespace

TEST_CASE("LuLinear obeys the laws") {
  contract::check_layer(
      "LuLinear", []<class S, int D>(contract::Kind<S, D> kind) { return ef::LuLinear<S, D>(kind.dim); });
}

TEST_CASE("LuLinear with a permutation, and wider than a block of the products, obeys the laws") {
  contract::check_layer<3>(
      "LuLinear with P", []<class S, int D>(contract::Kind<S, D> kind) { return shuffled<S, D>(kind.dim); });
  contract::check_layer<9>(
      "LuLinear with P", []<class S, int D>(contract::Kind<S, D> kind) { return shuffled<S, D>(kind.dim); });
}

// nflows 0.14: LULinear(4, identity_init=False), evaluated in float64 with its lower_entries, upper_entries
// and bias as below and unconstrained_upper_diag = {0.5, -1, 2, 0.25}, which its softplus and eps make to
// `diagonal`.
TEST_CASE("LuLinear gives the values of nflows") {
  const std::array<double, 4> diagonal{0.9750769841801067, 0.31426168751822287, 2.1279280110429726,
                                       0.8269394198788436};
  VectorX<double> theta(20);
  theta << 0.5, -1.25, 0.75, 2.0, -0.5, 0.25, -0.25, 1.5, 0.625, -2.0, 0.375, 1.125, 0, 0, 0, 0, 0.1, -0.2,
      0.3, -0.4;
  for (Index i = 0; i < 4; ++i) theta[12 + i] = free_of(diagonal[static_cast<std::size_t>(i)]);
  MatrixX<double> x(2, 4), y(2, 4), back(2, 4);
  x << 1.0, -2.0, 0.5, 3.0, 0.25, 0.75, -1.5, -0.125;
  y << 4.200076984180106, 1.3465151170536076, -0.7637747559809818, 11.642474916895338, -2.1718557539549734,
      1.8528933886611803, 2.198918625108258, -7.474618822355251;
  back << -0.44541217558017676, 3.3829813875586128, 1.593508739434411, -0.33633056220823143,
      -0.41213572445456015, -9.400770825904475, -1.6925169972558853, 1.184714957890792;
  const double log_det = -0.6176431913856076;

  const contract::LayerSubject layer(ef::LuLinear<double>(4));
  const contract::Problem<double> problem{theta, x, MatrixX<double>(2, 0)};
  const auto forward = contract::evaluate(layer, Direction::forward, problem);
  const auto inverse = contract::evaluate(layer, Direction::inverse, problem);
  CHECK((forward.values - y).cwiseAbs().maxCoeff() < 1e-13);
  CHECK((inverse.values - back).cwiseAbs().maxCoeff() < 1e-12);
  CHECK((forward.log_det.array() - log_det).abs().maxCoeff() < 1e-14);
  CHECK((inverse.log_det.array() + log_det).abs().maxCoeff() < 1e-14);
}

TEST_CASE("LuLinear at theta zero is its permutation") {
  const ef::LuLinear<double> layer(ef::Permutation<double>({2, 0, 1}));
  MatrixX<double> x(1, 3);
  x << 1, 2, 3;
  const VectorX<double> theta = VectorX<double>::Zero(ef::parameter_count(layer));
  const auto y = contract::evaluate(contract::LayerSubject(layer), Direction::forward,
                                    {theta, x, MatrixX<double>(1, 0)});
  CHECK(y.values == (MatrixX<double>(1, 3) << 3, 1, 2).finished());
  CHECK(y.log_det[0] == 0.0);
}

TEMPLATE_TEST_CASE("LuLinear is W x + bias with its own W, for every number of features up to 70", "", float,
                   double) {
  for (const Index dim : {1, 2, 5, 6, 7, 12, 16, 23, 33, 64, 70}) {
    const auto layer = shuffled<TestType, Eigen::Dynamic>(dim);
    const VectorX<TestType> theta =
        TestType(0.2) * contract::random_normal<TestType>(ef::parameter_count(layer), 1, 3);
    const MatrixX<TestType> x = contract::random_normal<TestType>(37, dim, 4);
    const MatrixX<Wide> w =
        layer.matrix({theta.data(), static_cast<std::size_t>(theta.size())}).template cast<Wide>();
    const contract::LayerSubject subject(layer);
    const contract::Problem<TestType> problem{theta, x, MatrixX<TestType>(37, 0)};
    const auto y = contract::evaluate(subject, Direction::forward, problem);
    MatrixX<Wide> expected = x.template cast<Wide>() * w.transpose();
    expected.rowwise() += theta.tail(dim).transpose().template cast<Wide>();
    const Wide epsilon = std::numeric_limits<TestType>::epsilon(),
               size = w.cwiseAbs().rowwise().sum().maxCoeff() * x.cwiseAbs().maxCoeff();
    contract::expect_close(y.values.template cast<Wide>(), expected,
                           MatrixX<Wide>::Constant(37, dim, 8 * epsilon * size), "W x + bias");
    const Wide log_det =
        Eigen::PartialPivLU<MatrixX<Wide>>(w).matrixLU().diagonal().array().abs().log().sum();
    CHECK(std::abs(static_cast<Wide>(y.log_det[0]) - log_det) <= 64 * epsilon * static_cast<Wide>(dim));
    const auto back =
        contract::evaluate(subject, Direction::forward,
                           problem.at(contract::evaluate(subject, Direction::inverse, problem).values));
    contract::expect_close(back.values.template cast<Wide>(), x.template cast<Wide>(),
                           MatrixX<Wide>::Constant(37, dim, 4e3 * epsilon), "f(f⁻¹(z)) = z");
  }
}

TEST_CASE("LuLinear rejects an order that is none") {
  CHECK_THROWS_WITH(ef::LuLinear<float>(ef::Permutation<float>({0, 2})),
                    Catch::Matchers::ContainsSubstring("permutation"));
}

TEST_CASE("LuLinear starts as its permutation, or sheared at random") {
  ef::Rng rng(1);
  std::vector<double> theta(3 * 2 + 2 * 3);
  const ef::Permutation<double, 3> reverse;
  ef::LuLinear<double, 3>(reverse).initialise(theta, rng);
  CHECK(std::all_of(theta.begin(), theta.end(), [](double entry) { return entry == 0; }));
  ef::LuLinear<double, 3>(reverse, 0.5).initialise(theta, rng);
  CHECK(std::all_of(theta.begin(), theta.begin() + 6, [](double entry) { return entry != 0; }));
  CHECK(std::all_of(theta.begin() + 6, theta.end(), [](double entry) { return entry == 0; }));
  CHECK_THROWS_WITH((ef::LuLinear<double, 3>(reverse, -1)), ContainsSubstring("spread"));
}
