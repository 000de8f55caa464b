#include "eigenflow/compose/transformed_base.hpp"

#include "eigenflow/bases/diagonal_normal.hpp"
#include "eigenflow/compose/chain.hpp"
#include "eigenflow/flow.hpp"
#include "eigenflow/layers/planar.hpp"
#include "eigenflow/layers/radial.hpp"
#include "eigenflow/objectives/maximum_likelihood.hpp"
#include "support/bases.hpp"
#include "support/catch.hpp"
#include "support/contract/random.hpp"
#include "support/engine.hpp"
#include "support/layer_contract.hpp"

namespace ef = eigenflow;
using Eigen::MatrixXd;
using Eigen::VectorXd;

namespace {

template <class S, int D>
using Inner = ef::TransformedBase<ef::Radial<S, D>, ef::DiagonalNormal<S, D>>;

template <class S, int D>
Inner<S, D> inner(Eigen::Index dim) {
  return {ef::Radial<S, D>(dim), ef::DiagonalNormal<S, D>(dim)};
}

}  // namespace

TEST_CASE("TransformedBase obeys the laws of a base") {
  contract::check_base<2, 3>("TransformedBase",
                             []<class S, int D>(contract::Kind<S, D> kind) { return inner<S, D>(kind.dim); });
}

TEST_CASE(
    "TransformedBase: a sample is one sample however it is cut, and a smooth function of its parameters") {
  const auto base = inner<double, Eigen::Dynamic>(2);
  ef::Rng rng(3);
  VectorXd theta(ef::parameter_count(base));
  rng.fill_normal(theta);
  bases::check_one_sample_however_cut(base, theta);
  bases::check_sample_vjp(base, theta);
}

TEST_CASE("a flow whose base is a flow is the flow of all their layers") {
  ef::Rng rng(4);
  ef::Flow last{ef::Radial<double>(3), ef::DiagonalNormal<double>(3), rng};
  ef::Flow nested{ef::Planar<double>(3), last.density(), rng};
  ef::Flow whole{ef::Chain{ef::Planar<double>(3), ef::Radial<double>(3)}, ef::DiagonalNormal<double>(3), rng};
  rng.fill_normal(whole.parameters());
  nested.parameters() = whole.parameters();

  const MatrixXd x = contract::random_normal<double>(40, 3, 5);
  CHECK(nested.log_prob(x) == whole.log_prob(x));
  const auto with_grad = nested.log_prob_and_grad(x), expected = whole.log_prob_and_grad(x);
  CHECK(with_grad.log_prob == expected.log_prob);
  CHECK(with_grad.grad == expected.grad);

  VectorXd grad(whole.parameters().size()), other(grad.size());
  const auto span = [](VectorXd& v) {
    return std::span<double>(v.data(), static_cast<std::size_t>(v.size()));
  };
  CHECK(ef::MaximumLikelihood{}(nested, ef::Batch<double>::all(x), span(grad)) ==
        ef::MaximumLikelihood{}(whole, ef::Batch<double>::all(x), span(other)));
  CHECK(grad == other);

  ef::Rng one(6), two(6);
  const auto drawn = nested.sample_and_log_prob(40, one), same = whole.sample_and_log_prob(40, two);
  CHECK(drawn.x == same.x);
  CHECK((drawn.log_prob - same.log_prob).cwiseAbs().maxCoeff() < 1e-12);
  CHECK((nested.log_prob(drawn.x) - drawn.log_prob).cwiseAbs().maxCoeff() < 1e-10);
}

TEST_CASE("TransformedBase: parts of different sizes are rejected") {
  CHECK_THROWS_WITH((ef::TransformedBase<ef::Radial<double>, ef::DiagonalNormal<double>>(
                        ef::Radial<double>(3), ef::DiagonalNormal<double>(2))),
                    "the base has 2 features but the layers have 3: give both one dimension");
}
