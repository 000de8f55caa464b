#include <Eigen/Core>
#include <cmath>
#include <limits>
#include <string>

#include "eigenflow/bases/conditional_normal.hpp"
#include "eigenflow/compose/stack.hpp"
#include "eigenflow/fit.hpp"
#include "eigenflow/layers/coupling.hpp"
#include "eigenflow/layers/permutation.hpp"
#include "eigenflow/layers/standardize.hpp"
#include "support/catch.hpp"
#include "support/contract/random.hpp"
#include "support/engine.hpp"
#include "support/threads.hpp"

// Fitting p(x | c).

namespace ef = eigenflow;
using Catch::Matchers::ContainsSubstring;
using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

namespace {

// x | c ~ N(μ(c), diag(σ(c)²)): a linear mean, a log-linear scale, and a correlation that follows c.
struct Truth {
  MatrixXd x, c;
  VectorXd log_density;

  explicit Truth(Index rows, std::uint64_t seed) : x(rows, 2), c(rows, 1), log_density(rows) {
    ef::Rng rng(seed);
    rng.fill_uniform(c);
    c.array() = 2 * c.array() - 1;
    MatrixXd noise(rows, 2);
    rng.fill_normal(noise);
    for (Index i = 0; i < rows; ++i) {
      const double s = 0.5 * c(i, 0);
      x(i, 0) = 1 + 2 * c(i, 0) + std::exp(s) * noise(i, 0);
      x(i, 1) = c(i, 0) * x(i, 0) + std::exp(-s) * noise(i, 1);
      log_density[i] = -0.5 * noise.row(i).squaredNorm() - std::log(2 * std::acos(-1.0));
    }
  }
};

// KL(p‖q), averaged over c, from rows that were not fitted to; and its standard error.
template <class Flow>
std::pair<double, double> divergence(const Flow& flow) {
  const Truth fresh(20'000, 99);
  const VectorXd excess = fresh.log_density - flow.log_prob(fresh.x, fresh.c);
  const double mean = excess.mean();
  return {mean, std::sqrt((excess.array() - mean).square().mean() / 20'000)};
}

using Coupling = ef::AffineCoupling<double, 2>;
using Block = ef::Chain<Coupling, ef::Permutation<double, 2>>;
using Model = ef::Flow<ef::Standardize<double, 2>, ef::Stack<Block>>;

Model coupling_flow(Index blocks = 2) {
  ef::Rng rng(1);
  const Block block(Coupling(2, {.hidden = {24}, .activation = ef::Activation::tanh}, 1),
                    ef::Permutation<double, 2>());
  return Model(ef::Standardize<double, 2>(), ef::Stack(blocks, block), rng);
}

std::string refusal(const MatrixXd& x, const MatrixXd& c, const ef::FitOptions<double>& options = {}) {
  Model flow = coupling_flow();
  const VectorXd before = flow.parameters();
  std::string message = "nothing";
  try {
    ef::fit(flow, x, c, options);
  } catch (const std::invalid_argument& error) {
    message = error.what();
    CHECK(flow.parameters() == before);
  }
  return message;
}

}  // namespace

TEST_CASE("fit finds a conditional density: couplings") {
  const Truth data(8000, 1);
  Model flow = coupling_flow();
  const ef::History history =
      ef::fit(flow, data.x, data.c,
              {.epochs = 30, .batch_size = 200, .learning_rate = 5e-3, .schedule = ef::cosine_schedule()});
  const auto [kl, error] = divergence(flow);
  INFO("KL " << kl << " ± " << error);
  CHECK(kl < 0.02);
  CHECK(kl > -4 * error);
  CHECK(history.best_loss < 2.9);
}

TEST_CASE("fit finds a conditional density: a base that reads the context") {
  // The base sees x₂ - c x₁ only where a coupling takes it there; one coupling does.
  const Truth data(8000, 1);
  ef::Rng rng(1);
  ef::Flow flow{Coupling(2, {.hidden = {16}, .activation = ef::Activation::tanh}, 1),
                ef::ConditionalNormal<double, 2>(2, 1, {.hidden = {}}), rng};
  ef::fit(flow, data.x, data.c,
          {.epochs = 30, .batch_size = 200, .learning_rate = 1e-2, .schedule = ef::cosine_schedule()});
  const auto [kl, error] = divergence(flow);
  INFO("KL " << kl << " ± " << error);
  CHECK(kl < 0.02);
  CHECK(kl > -4 * error);
}

TEST_CASE("fit validates with the context of the validation set") {
  const Truth data(600, 1), held_out(200, 2);
  Model flow = coupling_flow();
  const ef::History history =
      ef::fit(flow, data.x, data.c,
              {.epochs = 2, .batch_size = 100, .validation = held_out.x, .validation_context = held_out.c});
  CHECK(history.best_loss == Approx(-flow.log_prob(held_out.x, held_out.c).mean()).epsilon(1e-12));
}

TEST_CASE("fit of a conditional density: the same bits for any number of threads") {
  const Truth data(3000, 1);
  const auto fitted = [&](int threads) {
    const ThreadCount scope(threads);
    Model flow = coupling_flow(3);
    ef::fit(flow, data.x, data.c, {.epochs = 1, .batch_size = 500});
    return VectorXd(flow.parameters());
  };
  const VectorXd serial = fitted(1);
  CHECK(fitted(2) == serial);
  CHECK(fitted(4) == serial);
}

TEST_CASE("fit says what is wrong with a context") {
  const Truth data(50, 1);
  const double not_a_number = std::numeric_limits<double>::quiet_NaN();
  MatrixXd bad = data.c;
  bad(17, 0) = not_a_number;
  CHECK_THAT(refusal(data.x, bad), ContainsSubstring("the context's row 17, column 0 is"));
  CHECK_THAT(refusal(data.x, data.c.topRows(49)),
             ContainsSubstring("one row of context for each row of x, 50 × 1, but got 49 × 1"));
  CHECK_THAT(refusal(data.x, data.c.topRows(1)), ContainsSubstring("but got 1 × 1"));
  CHECK_THAT(refusal(data.x, MatrixXd(50, 0)), ContainsSubstring("fit was given no context"));
  CHECK_THAT(refusal(data.x, data.x), ContainsSubstring("but got 50 × 2"));
  CHECK_THAT(refusal(data.x, data.c, {.validation = data.x}),
             ContainsSubstring("validation set of fit") && ContainsSubstring("but got none"));
  CHECK_THAT(refusal(data.x, data.c, {.validation = data.x, .validation_context = bad}),
             ContainsSubstring("validation set of fit") && ContainsSubstring("row 17, column 0"));

  CHECK_THAT(refusal(data.x, data.c.transpose()), ContainsSubstring("pass c.transpose()"));
  CHECK_THAT(refusal(data.x, data.c, {.validation_context = data.c}),
             ContainsSubstring("context of a validation set, 50 × 1, but not its rows"));

  Model flow = coupling_flow();
  CHECK_THROWS_WITH(ef::fit(flow, data.x),
                    ContainsSubstring("one row of context for each row of x, 50 × 1, but got none"));
  ef::Rng rng(1);
  ef::Flow<ef::Standardize<double, 2>> plain{rng};
  CHECK_THROWS_WITH(ef::fit(plain, data.x, data.c), ContainsSubstring("fit was given a context of 50 × 1") &&
                                                        ContainsSubstring("not conditional"));
}
