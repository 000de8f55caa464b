#include "eigenflow/conditioners/residual_net.hpp"

#include <array>
#include <cmath>
#include <limits>

#include "eigenflow/conditioners/masked_mlp.hpp"
#include "eigenflow/layers/coupling.hpp"
#include "support/catch.hpp"
#include "support/contract/evaluate.hpp"
#include "support/contract/random.hpp"
#include "support/engine.hpp"
#include "support/layer_contract.hpp"

namespace ef = eigenflow;
using Catch::Matchers::ContainsSubstring;
using contract::MatrixX;
using contract::VectorX;
using contract::Wide;
using Eigen::Index;

static_assert(ef::Conditioner<ef::ResidualNet<float>>);

namespace {

// The formula, in long double. The parameters of the gates are the last.
MatrixX<Wide> by_the_formula(Index in, Index width, Index blocks, Index out, const VectorX<Wide>& theta,
                             const MatrixX<Wide>& input, Index gates) {
  Index at = 0, gate_at = theta.size() - (gates > 0 ? blocks * (gates + 1) * width : 0);
  const Index end = gate_at;
  const auto affine = [&](const MatrixX<Wide>& x, Index to, Index& next) {
    const MatrixX<Wide> weight = Eigen::Map<const MatrixX<Wide>>(theta.data() + next, x.cols(), to);
    const VectorX<Wide> bias = theta.segment(next + x.cols() * to, to);
    next += (x.cols() + 1) * to;
    return MatrixX<Wide>((x * weight).rowwise() + bias.transpose());
  };
  const auto linear = [&](const MatrixX<Wide>& x, Index to) { return affine(x, to, at); };
  const auto gate = [&]() -> MatrixX<Wide> {
    if (gates == 0) return MatrixX<Wide>::Ones(input.rows(), width);
    return affine(input.rightCols(gates), width, gate_at).unaryExpr([](Wide v) {
      return 1 / (1 + std::exp(-v));
    });
  };
  const auto activation = [](const MatrixX<Wide>& x) {
    return MatrixX<Wide>(x.unaryExpr([](Wide v) { return v / (1 + std::exp(-v)); }));
  };
  REQUIRE(input.cols() == in);
  MatrixX<Wide> h = linear(input, width);
  for (Index b = 0; b < blocks; ++b) {
    const MatrixX<Wide> inner = linear(activation(h), width);
    h += gate().cwiseProduct(linear(activation(inner), width));
  }
  const MatrixX<Wide> result = linear(h, out);
  REQUIRE(at == end);
  REQUIRE(gate_at == theta.size());
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
  for (const auto [blocks, gates] : {std::array<Index, 2>{0, 0}, {1, 0}, {3, 0}, {0, 2}, {1, 3}, {3, 1}})
    for (const Index rows : {1, 21})
      for (const bool record : {false, true}) {
        const ef::ResidualNet<S> net(
            3, 5, {.width = 9, .blocks = blocks, .activation = ef::Activation::silu, .gates = gates});
        const VectorX<S> theta = S(0.5) * contract::random_normal<S>(ef::parameter_count(net), 1, 1);
        const MatrixX<S> input = contract::random_normal<S>(rows, 3, 2);
        const MatrixX<Wide> expected =
            by_the_formula(3, 9, blocks, 5, theta.template cast<Wide>(), input.template cast<Wide>(), gates);
        const Wide error =
            (evaluate(net, theta, input, record).template cast<Wide>() - expected).cwiseAbs().maxCoeff();
        INFO(blocks << " blocks, gates on " << gates << " inputs, " << rows << " rows");
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

TEST_CASE("ResidualNet with gates on the context obeys the laws inside a coupling") {
  contract::check_layer<3>("ResidualNet with gates", []<class S, int D>(contract::Kind<S, D> kind) {
    return ef::Coupling<ef::Shift<S>, ef::ResidualNet<S>>(
        kind.dim, {.width = 3, .blocks = 2, .activation = ef::Activation::silu, .gates = 2}, 2);
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
  CHECK_THROWS_WITH(ef::ResidualNet<float>(2, 2, {.gates = 3}),
                    ContainsSubstring("gates cannot read the last 3 inputs of a network that has 2"));
  CHECK_THROWS_WITH(ef::ResidualNet<float>(2, 2, {.gates = -1}), ContainsSubstring("but got -1"));
  CHECK_THROWS_WITH(ef::MaskedResidualNet<float>(ef::in_order(2), 2, {.gates = 1}, 1),
                    ContainsSubstring("a masked network has no gates"));
  CHECK(net.describe() == "2 blocks of 64, relu");
  CHECK(ef::ResidualNet<float>(2, 2, {.gates = 1}).describe() == "2 blocks of 64 with gates, relu");
  CHECK(ef::ResidualNet<float>(2, 2, {.blocks = 1, .dropout = 0.25}).describe() ==
        "1 block of 64, relu, dropout 0.25");
}
