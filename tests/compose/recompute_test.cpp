#include "eigenflow/compose/recompute.hpp"

#include <span>

#include "eigenflow/authoring/arena.hpp"
#include "eigenflow/compose/chain.hpp"
#include "eigenflow/compose/stack.hpp"
#include "eigenflow/fit.hpp"
#include "eigenflow/layers/autoregressive.hpp"
#include "eigenflow/layers/coupling.hpp"
#include "eigenflow/layers/permutation.hpp"
#include "eigenflow/layers/planar.hpp"
#include "support/catch.hpp"
#include "support/contract/evaluate.hpp"
#include "support/contract/random.hpp"
#include "support/engine.hpp"
#include "support/layer_contract.hpp"

namespace ef = eigenflow;
using contract::Direction;
using Eigen::Index;
using Eigen::MatrixXd;

namespace {

using Block = ef::Chain<ef::AffineCoupling<double>, ef::Permutation<double>>;

Block block(double dropout = 0) {
  return ef::Chain(ef::AffineCoupling<double>(4, {.hidden = {8, 8}, .dropout = dropout}, 1),
                   ef::Permutation<double>::reverse(4));
}

}  // namespace

TEST_CASE("Recompute obeys the laws") {
  contract::check_layer<2>("Recompute of Planar", []<class S, int D>(contract::Kind<S, D> kind) {
    return ef::Recompute(ef::Planar<S, D>(kind.dim));
  });
  contract::check_layer<3>("Recompute of a coupling", []<class S, int D>(contract::Kind<S, D> kind) {
    const ef::MlpOptions options{.hidden = {3}, .activation = ef::Activation::tanh};
    return ef::Recompute(ef::AffineCoupling<S, D>(kind.dim, 1, options, {}, 2));
  });
}

TEST_CASE("Recompute has the bits of its layer, also with dropout and for one row") {
  const auto check = [](const auto& layer) {
    const contract::LayerSubject plain(layer);
    const contract::LayerSubject again(ef::Recompute<std::remove_cvref_t<decltype(layer)>>{layer});
    for (const Index rows : {1, 37}) {
      const contract::Problem<double> problem{contract::random_normal<double>(plain.parameter_count(), 1, 1),
                                              contract::random_normal<double>(rows, 4, 2),
                                              contract::random_normal<double>(rows, 1, 3)};
      const contract::Cotangent<double> cotangent = contract::random_cotangent<double>(rows, 4, 4);
      for (const Direction direction : {Direction::forward, Direction::inverse}) {
        CHECK(contract::evaluate(plain, direction, problem).values ==
              contract::evaluate(again, direction, problem).values);
        const auto wanted = contract::pull_back(plain, direction, problem, cotangent),
                   got = contract::pull_back(again, direction, problem, cotangent);
        CHECK(got.x == wanted.x);
        CHECK(got.theta == wanted.theta);
        CHECK(got.context == wanted.context);
      }
    }
  };
  check(block());
  check(ef::MaskedAutoregressive<double>(4, {.hidden = {8}}, 1));
}

TEST_CASE("a training step with dropout has the bits of the plain layers") {
  const auto loss_and_grad = [](const auto& layers) {
    ef::Rng rng(1);
    ef::Flow flow{layers, rng};
    rng.fill_normal(flow.parameters());
    const MatrixXd x = contract::random_normal<double>(150, 4, 2),
                   c = contract::random_normal<double>(150, 1, 3);
    ef::Batch<double> batch = ef::Batch<double>::all(x, c);
    batch.training = ef::TrainingStep{5, 7};
    Eigen::VectorXd grad(flow.parameters().size() + 1);
    grad[0] = ef::MaximumLikelihood{}(
        flow, batch, std::span<double>(grad.data() + 1, static_cast<std::size_t>(grad.size() - 1)));
    return grad;
  };
  const Eigen::VectorXd wanted = loss_and_grad(ef::Stack(3, block(0.3)));
  CHECK(wanted != loss_and_grad(ef::Stack(3, block())));
  CHECK(loss_and_grad(ef::Stack(3, ef::Recompute(block(0.3)))) == wanted);
  CHECK(loss_and_grad(ef::Recompute(ef::Stack(3, ef::Recompute(block(0.3))))) == wanted);
}

TEST_CASE("Recompute keeps the input of its layer alone") {
  const auto tape_bytes = [](const auto& layer, Index rows) {
    ef::Arena arena;
    auto tile = ef::Tile<double>::allocate(arena, rows, 4, true);
    tile.values.setZero();
    tile.log_det.setZero();
    tile.attach_context(1).setZero();
    const std::vector<double> theta(static_cast<std::size_t>(ef::parameter_count(layer)), 0.1);
    const ef::Arena::Mark before = tile.arena->mark();
    layer.forward(theta, tile);
    return tile.arena->mark().used - before.used;
  };
  CHECK(tape_bytes(ef::Recompute(block()), 64) == 64 * 4 * sizeof(double));
  CHECK(tape_bytes(block(), 64) > 64 * 20 * sizeof(double));
}
