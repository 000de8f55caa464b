#include <Eigen/Core>
#include <array>
#include <cstddef>
#include <span>
#include <stdexcept>
#include <thread>
#include <vector>

#include "eigenflow/compose/stack.hpp"
#include "eigenflow/flow.hpp"
#include "eigenflow/layers/coupling.hpp"
#include "eigenflow/layers/permutation.hpp"
#include "eigenflow/layers/planar.hpp"
#include "eigenflow/objectives/maximum_likelihood.hpp"
#include "support/catch.hpp"
#include "support/contract/random.hpp"
#include "support/engine.hpp"
#include "support/threads.hpp"

// A const flow is used from several std::threads at once, each of which may have OpenMP threads of its own:
// every one of them gets the bits of a serial program.

namespace ef = eigenflow;
using Eigen::Index;
using Eigen::MatrixXf;
using Eigen::VectorXf;

namespace {

using Block = ef::Chain<ef::AffineCoupling<float, 2>, ef::Permutation<float, 2>>;
using Model = ef::Flow<ef::Planar<float, 2>, ef::Stack<Block>>;

Model some_flow() {
  ef::Rng rng(1);
  const Block block(ef::AffineCoupling<float, 2>({}, {.hidden = {24, 24}}), ef::Permutation<float, 2>());
  Model flow(ef::Planar<float, 2>(), ef::Stack(3, block), rng);
  flow.parameters() += 0.2F * contract::random_normal<float>(flow.parameters().size(), 1, 2);
  return flow;
}

// Everything that a flow computes, for as many rows as given.
std::vector<MatrixXf> everything(const Model& flow, Index rows, std::uint64_t seed) {
  const MatrixXf x = contract::random_normal<float>(rows, 2, seed);
  ef::Rng rng(seed);
  const auto forward = flow.forward(x);
  const auto inverse = flow.inverse(x);
  const auto scored = flow.log_prob_and_grad(x);
  const auto sampled = flow.sample_and_log_prob(rows, rng);
  VectorXf grad(flow.parameters().size());
  ef::MaximumLikelihood{}(flow, ef::Batch<float>::all(ef::rows_of<const float>(x)),
                          {grad.data(), static_cast<std::size_t>(grad.size())});
  return {forward.z,        forward.log_det,        inverse.x,   inverse.log_det,
          flow.log_prob(x), scored.log_prob,        scored.grad, sampled.x,
          sampled.log_prob, flow.sample(rows, rng), grad};
}

/// A user's layer that throws where a feature is above 100.
class Fragile {
 public:
  using Scalar = float;
  static constexpr int static_dim = 2;
  template <class Visitor>
  using Parameters = ef::NoParameters<Visitor>;
  template <class Self, class Visitor>
  static Parameters<Visitor> layout(Self&, Visitor&) {
    return {};
  }
  static constexpr const char* name() { return "Fragile"; }
  Index dim() const { return 2; }
  void initialise(std::span<float>, ef::Rng&) const {}
  struct Tape {};
  Tape forward(std::span<const float>, ef::Tile<float>& tile) const {
    if (tile.values.maxCoeff() > 100) throw std::domain_error("above 100");
    return {};
  }
  Tape inverse(std::span<const float> theta, ef::Tile<float>& tile) const { return forward(theta, tile); }
  void forward_vjp(std::span<const float>, std::span<float>, Tape, ef::Tile<float>&) const {}
  void inverse_vjp(std::span<const float>, std::span<float>, Tape, ef::Tile<float>&) const {}
};

}  // namespace

TEST_CASE("what a layer throws reaches the caller from any thread, and the flow goes on") {
  ef::Rng rng(1);
  const Block block(ef::AffineCoupling<float, 2>({}, {.hidden = {24, 24}}), ef::Permutation<float, 2>());
  const ef::Flow flow{Fragile(), ef::Stack(3, block), rng};
  const MatrixXf good = contract::random_normal<float>(5'000, 2, 1);
  const VectorXf expected = flow.log_prob(good);
  const auto loss = [&](const MatrixXf& x, VectorXf& grad) {
    return ef::MaximumLikelihood{}(flow, ef::Batch<float>::all(ef::rows_of<const float>(x)),
                                   {grad.data(), static_cast<std::size_t>(grad.size())});
  };
  VectorXf grad(flow.parameters().size()), again = grad;
  const double expected_loss = loss(good, grad);
  for (const int threads : {1, 2}) {
    const ThreadCount count(threads);
    for (const Index row : {Index{0}, Index{2'600}, Index{4'999}}) {  // on either thread
      MatrixXf bad = good;
      bad(row, 1) = 101;
      CHECK_THROWS_AS(flow.log_prob(bad), std::domain_error);
      CHECK_THROWS_AS(loss(bad, again), std::domain_error);
    }
    CHECK(flow.log_prob(good) == expected);
    CHECK(loss(good, again) == expected_loss);
    CHECK(again == grad);
  }
}

TEST_CASE("four std::threads score, sample and differentiate one flow, with the bits of a serial program") {
  constexpr std::size_t threads = 4;
  const Model flow = some_flow();
  const auto rows = [](std::size_t t) { return static_cast<Index>(900 + 7 * t); };
  std::array<std::vector<MatrixXf>, threads> serial, parallel;
  for (std::size_t t = 0; t < threads; ++t) {
    const ThreadCount one(1);
    serial[t] = everything(flow, rows(t), t);
  }
  const auto work = [&](std::size_t t) {
    const ThreadCount two(2);
    for (int repeat = 0; repeat < 3; ++repeat) parallel[t] = everything(flow, rows(t), t);
  };
  std::vector<std::thread> pool;
  for (std::size_t t = 0; t < threads; ++t) pool.emplace_back(work, t);
  for (std::thread& thread : pool) thread.join();
  for (std::size_t t = 0; t < threads; ++t) {
    REQUIRE(parallel[t].size() == serial[t].size());
    for (std::size_t i = 0; i < serial[t].size(); ++i) {
      INFO("thread " << t << ", result " << i);
      CHECK(parallel[t][i] == serial[t][i]);
    }
  }
}
