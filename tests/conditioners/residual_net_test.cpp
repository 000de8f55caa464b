#include "eigenflow/conditioners/residual_net.hpp"

#include <cmath>
#include <limits>

#include "eigenflow/layers/coupling.hpp"
#include "support/catch.hpp"
#include "support/contract/evaluate.hpp"
#include "support/contract/random.hpp"
#include "support/layer_contract.hpp"

namespace ef = eigenflow;
using Catch::Matchers::ContainsSubstring;
using contract::MatrixX;
using contract::VectorX;
using contract::Wide;
using Eigen::Index;

static_assert(ef::Conditioner<ef::ResidualNet<float>>);

namespace {

// The formula, in long double.
MatrixX<Wide> by_the_formula(Index in, Index width, Index blocks, Index out, const VectorX<Wide>& theta,
                             const MatrixX<Wide>& input) {
  Index at = 0;
  const auto linear = [&](const MatrixX<Wide>& x, Index to) {
    const MatrixX<Wide> weight = Eigen::Map<const MatrixX<Wide>>(theta.data() + at, x.cols(), to);
    const VectorX<Wide> bias = theta.segment(at + x.cols() * to, to);
    at += (x.cols() + 1) * to;
    return MatrixX<Wide>((x * weight).rowwise() + bias.transpose());
  };
  const auto activation = [](const MatrixX<Wide>& x) {
    return MatrixX<Wide>(x.unaryExpr([](Wide v) { return v / (1 + std::exp(-v)); }));
  };
  REQUIRE(input.cols() == in);
  MatrixX<Wide> h = linear(input, width);
  for (Index b = 0; b < blocks; ++b) {
    const MatrixX<Wide> inner = linear(activation(h), width);
    h += linear(activation(inner), width);
  }
  const MatrixX<Wide> result = linear(h, out);
  REQUIRE(at == theta.size());
  return result;
}

template <class S>
MatrixX<S> evaluate(const ef::ResidualNet<S>& net, const VectorX<S>& theta, const MatrixX<S>& input,
                    bool record) {
  MatrixX<S> result(input.rows(), net.out_dim());
  ef::Arena& arena = contract::poisoned_arena<S>();
  const ef::ArenaScope scope(arena);
  ef::MatrixMap<S> map(result.data(), result.rows(), result.cols());
  net.forward({theta.data(), static_cast<std::size_t>(theta.size())},
              {input.data(), input.rows(), input.cols()}, map, ef::Pass{&arena, record});
  return result;
}

}  // namespace

TEMPLATE_TEST_CASE("ResidualNet is its formula", "", float, double) {
  using S = TestType;
  for (const Index blocks : {0, 1, 3})
    for (const Index rows : {1, 21})
      for (const bool record : {false, true}) {
        const ef::ResidualNet<S> net(2, 5,
                                     {.width = 9, .blocks = blocks, .activation = ef::Activation::silu});
        const VectorX<S> theta = S(0.5) * contract::random_normal<S>(ef::parameter_count(net), 1, 1);
        const MatrixX<S> input = contract::random_normal<S>(rows, 2, 2);
        const MatrixX<Wide> expected =
            by_the_formula(2, 9, blocks, 5, theta.template cast<Wide>(), input.template cast<Wide>());
        const Wide error =
            (evaluate(net, theta, input, record).template cast<Wide>() - expected).cwiseAbs().maxCoeff();
        INFO(blocks << " blocks, " << rows << " rows");
        // Sums of ten numbers, 2 + 2·blocks deep.
        CHECK(error <= 20 * static_cast<Wide>(2 + 2 * blocks) * std::numeric_limits<S>::epsilon() *
                           expected.cwiseAbs().maxCoeff());
      }
}

TEST_CASE("ResidualNet obeys the laws inside a coupling") {
  contract::check_layer<3>("ResidualNet", []<class S, int D>(contract::Kind<S, D> kind) {
    return ef::Coupling<ef::Shift<S>, ef::ResidualNet<S>>(
        kind.dim, {.width = 3, .blocks = 2, .activation = ef::Activation::silu});
  });
}

TEST_CASE("ResidualNet starts at zero results and rejects shapes that are none") {
  const ef::ResidualNet<double> net(3, 2);
  VectorX<double> theta = VectorX<double>::Constant(ef::parameter_count(net), 99);
  ef::Rng rng(1);
  net.initialise({theta.data(), static_cast<std::size_t>(theta.size())}, rng);
  CHECK(evaluate(net, theta, contract::random_normal<double>(5, 3, 1), false).isZero(0));
  CHECK_THROWS_WITH(ef::ResidualNet<float>(2, 2, {.width = 0}), ContainsSubstring("but got 0 and 2"));
  CHECK_THROWS_WITH(ef::ResidualNet<float>(2, 2, {.blocks = -1}), ContainsSubstring("but got 64 and -1"));
  CHECK(net.describe() == "2 blocks of 64, relu");
  CHECK(ef::ResidualNet<float>(2, 2, {.blocks = 1, .dropout = 0.25}).describe() ==
        "1 block of 64, relu, dropout 0.25");
}
