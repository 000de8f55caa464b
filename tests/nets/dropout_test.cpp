#include <cmath>
#include <limits>
#include <vector>

#include "eigenflow/compose/stack.hpp"
#include "eigenflow/conditioners/conv_net.hpp"
#include "eigenflow/fit.hpp"
#include "eigenflow/layers/autoregressive.hpp"
#include "eigenflow/layers/coupling.hpp"
#include "support/allocations.hpp"
#include "support/catch.hpp"
#include "support/contract/evaluate.hpp"
#include "support/contract/random.hpp"
#include "support/engine.hpp"
#include "support/threads.hpp"

// Dropout: masks are a function of (seed, step, row, site), and act in training alone.

namespace ef = eigenflow;
using Catch::Matchers::ContainsSubstring;
using contract::MatrixX;
using contract::VectorX;
using Eigen::Index;

namespace {

MatrixX<float> mask(ef::DropoutSource source, Index rows, Index units, double rate = 0.3) {
  ef::Arena arena;
  MatrixX<float> result(rows, units);
  ef::nets::draw_dropout<float>(source, rate, rows, units, arena).give(result.data(), 0, units);
  return result;
}

template <class C>
struct Training {
  const C& conditioner;
  MatrixX<double> input, cotangent;
  double loss(VectorX<double>& theta, VectorX<double>& grad, MatrixX<double>& grad_input,
              bool with_dropout) const {
    ef::Arena& arena = contract::poisoned_arena<double>();
    const ef::ArenaScope scope(arena);
    ef::DropoutSource source{{5, 7}, 11};
    const ef::Pass pass{&arena, true, with_dropout ? &source : nullptr};
    MatrixX<double> result(input.rows(), conditioner.out_dim());
    ef::MatrixMap<double> map(result.data(), result.rows(), result.cols());
    const std::span<const double> segment(theta.data(), static_cast<std::size_t>(theta.size()));
    const auto tape = conditioner.forward(segment, {input.data(), input.rows(), input.cols()}, map, pass);
    grad.setZero(theta.size());
    grad_input.setZero(input.rows(), input.cols());
    ef::MatrixMap<double> grad_map(grad_input.data(), grad_input.rows(), grad_input.cols());
    conditioner.vjp(segment, {grad.data(), segment.size()}, tape,
                    {cotangent.data(), cotangent.rows(), cotangent.cols()}, grad_map, pass);
    return result.cwiseProduct(cotangent).sum();
  }
};

template <class C>
void check_gradient(const C& conditioner) {
  INFO(C::tag());
  constexpr Index rows = 21;
  Training<C> training{conditioner, contract::random_normal<double>(rows, conditioner.in_dim(), 1),
                       contract::random_normal<double>(rows, conditioner.out_dim(), 2)};
  VectorX<double> theta = contract::random_normal<double>(ef::parameter_count(conditioner), 1, 3), grad, none;
  MatrixX<double> grad_input, nothing;
  const double loss = training.loss(theta, grad, grad_input, true);
  CHECK(loss != training.loss(theta, none, nothing, false));
  CHECK(loss == training.loss(theta, none, nothing, true));
  const double step = 1e-5;
  const auto derivative = [&](double& number) {
    const double at = number;
    number = at + step;
    const double above = training.loss(theta, none, nothing, true);
    number = at - step;
    const double below = training.loss(theta, none, nothing, true);
    number = at;
    return (above - below) / (2 * step);
  };
  const double size = grad.cwiseAbs().maxCoeff();
  for (Index i = 0; i < theta.size(); ++i) CHECK(std::abs(derivative(theta[i]) - grad[i]) < 1e-8 * size);
  for (Index i = 0; i < grad_input.size(); ++i)
    CHECK(std::abs(derivative(training.input.data()[i]) - grad_input.data()[i]) < 1e-8 * size);
}

using Coupling = ef::AffineCoupling<float, 2>;
using Masked = ef::MaskedAutoregressive<float, 2>;
using Model = ef::Flow<ef::Stack<Coupling>, Masked>;

Model some_flow(double dropout) {
  ef::Rng rng(1);
  const ef::MlpOptions options{.hidden = {24, 24}, .dropout = dropout};
  return Model(ef::Stack<Coupling>(2, Coupling(2, options)), Masked(2, options), rng);
}

}  // namespace

TEST_CASE("a dropout mask keeps its share, scaled so that the mean stays") {
  const MatrixX<float> drawn = mask({{1, 2}, 0}, 4000, 6);
  const float kept = static_cast<float>(1 / 0.7);
  CHECK(((drawn.array() == 0) || (drawn.array() == kept)).all());
  // Four standard deviations of a share of .7 among 24,000.
  CHECK(std::abs(static_cast<double>(drawn.mean()) - 1) < 4 * std::sqrt(0.3 / 0.7 / 24000));
  for (Index j = 0; j < 6; ++j)
    CHECK(std::abs(static_cast<double>(drawn.col(j).mean()) - 1) < 4 * std::sqrt(0.3 / 0.7 / 4000));
}

TEST_CASE("a dropout mask belongs to a row's place in the batch, however the batch is cut") {
  const MatrixX<float> whole = mask({{1, 2}, 0}, 300, 6);
  CHECK(mask({{1, 2}, 37}, 211, 6) == whole.middleRows(37, 211));
  CHECK(mask({{1, 2}, 0}, 1, 6) == whole.topRows(1));
  CHECK(mask({{1, 3}, 0}, 300, 6) != whole);     // another step
  CHECK(mask({{2, 2}, 0}, 300, 6) != whole);     // another seed
  CHECK(mask({{1, 2}, 0, 1}, 300, 6) != whole);  // another site
}

TEST_CASE("gradients are those of the network that dropout left") {
  for (const ef::Activation activation : {ef::Activation::tanh, ef::Activation::silu}) {
    check_gradient(ef::Mlp<double>(2, 3, {.hidden = {7, 6}, .activation = activation, .dropout = 0.4}));
    check_gradient(
        ef::ResidualNet<double>(2, 3, {.width = 6, .blocks = 2, .activation = activation, .dropout = 0.4}));
    check_gradient(
        ef::MaskedMlp<double>({2, 0, 1}, 2, {.hidden = {9, 8}, .activation = activation, .dropout = 0.4}, 1));
    check_gradient(ef::ConvNet<double>(
        12, 6, {.height = 2, .width = 3, .hidden = {5, 3}, .activation = activation, .dropout = 0.4}));
    check_gradient(ef::ConvNet<double>(12, 6,
                                       {.height = 2,
                                        .width = 3,
                                        .hidden = {1},
                                        .kernels = {3, 3},
                                        .activation = activation,
                                        .dropout = 0.4}));
  }
}

TEST_CASE("dropout acts in training steps alone") {
  Model flow = some_flow(0.5), plain = some_flow(0);
  flow.parameters() += 0.2F * contract::random_normal<float>(flow.parameters().size(), 1, 2);
  plain.parameters() = flow.parameters();
  const MatrixX<float> x = contract::random_normal<float>(300, 2, 5);
  CHECK(flow.log_prob(x) == plain.log_prob(x));
  CHECK(flow.log_prob_and_grad(x).grad == plain.log_prob_and_grad(x).grad);
  auto batch = ef::Batch<float>::all(x);
  VectorX<float> grad(flow.parameters().size()), other = grad;
  const auto span = [](VectorX<float>& v) {
    return std::span<float>(v.data(), static_cast<std::size_t>(v.size()));
  };
  const ef::MaximumLikelihood loss;
  const double expected = loss(plain, batch, {});
  CHECK(loss(flow, batch, span(grad)) == expected);  // a gradient, but of no training step
  batch.training = ef::TrainingStep{3, 4};
  CHECK(loss(flow, batch, {}) == expected);
  CHECK(loss(plain, batch, span(other)) == expected);
  CHECK(grad == other);
  const double dropped = loss(flow, batch, span(grad));
  CHECK(dropped != expected);
  CHECK(loss(flow, batch, span(other)) == dropped);
  CHECK(grad == other);
  batch.training->step = 5;
  CHECK(loss(flow, batch, span(other)) != dropped);
}

TEST_CASE("fit with dropout: the same bits for any number of threads, and nothing from the heap") {
  const MatrixX<float> x = contract::random_normal<float>(1500, 2, 5).array().cube();
  const auto fitted = [&](int threads, std::uint64_t seed, double dropout) {
    const ThreadCount scope(threads);
    Model flow = some_flow(dropout);
    ef::fit(flow, x, {.epochs = 2, .batch_size = 500, .seed = seed});
    return VectorX<float>(flow.parameters());
  };
  const VectorX<float> one = fitted(1, 7, 0.3);
  CHECK(fitted(1, 7, 0.3) == one);
  CHECK(fitted(3, 7, 0.3) == one);
  CHECK(fitted(1, 7, 0) != one);
  CHECK(fitted(1, 8, 0.3) != one);
  if (!allocations_are_counted()) return;
  const ThreadCount scope(1);
  Model flow = some_flow(0.3);
  VectorX<float> grad(flow.parameters().size());
  auto batch = ef::Batch<float>::all(x);
  batch.training = ef::TrainingStep{1, 2};
  const auto step = [&] {
    ef::MaximumLikelihood{}(flow, batch, {grad.data(), static_cast<std::size_t>(grad.size())});
  };
  step();
  step();
  const auto before = allocation_count();
  step();
  CHECK(allocation_count() == before);
}

TEST_CASE("a dropout rate outside [0, 1) is rejected") {
  for (const double rate : {-0.1, 1.0, std::numeric_limits<double>::quiet_NaN()}) {
    CHECK_THROWS_WITH(ef::Mlp<float>(1, 1, {.dropout = rate}), ContainsSubstring("at least 0 and below 1"));
    CHECK_THROWS_AS(ef::ResidualNet<float>(1, 1, {.dropout = rate}), std::invalid_argument);
  }
}
