#include <Eigen/Core>
#include <array>
#include <cmath>
#include <span>
#include <vector>

#include "eigenflow/any/any_base.hpp"
#include "eigenflow/flow.hpp"
#include "eigenflow/layers/autoregressive.hpp"
#include "eigenflow/layers/coupling.hpp"
#include "eigenflow/layers/planar.hpp"
#include "support/allocations.hpp"
#include "support/catch.hpp"
#include "support/contract/random.hpp"
#include "support/engine.hpp"

namespace ef = eigenflow;
using Catch::Matchers::ContainsSubstring;
using Eigen::Index;

namespace {

// Two features, and a theta that is no identity.
template <class S>
auto flow_given(Index context_dim) {
  ef::Rng rng(3);
  const ef::MlpOptions network{.hidden = {16, 16}, .activation = ef::Activation::tanh};
  ef::Flow flow{ef::Chain{ef::AffineCoupling<S>(2, 1, network, {}, context_dim),
                          ef::MaskedAutoregressive<S>(2, network, context_dim)},
                rng};
  flow.parameters() += S(0.2) * contract::random_normal<S>(flow.parameters().size(), 1, 4);
  return flow;
}

}  // namespace

TEMPLATE_TEST_CASE("One point: lists, arrays and spans give the density of a batch of one row", "", float,
                   double) {
  using S = TestType;
  const auto flow = flow_given<S>(0);
  const std::array<S, 2> point{S(0.3), S(-0.2)};
  const S numbers[] = {S(0.3), S(-0.2)};
  const std::vector<S> many{9, S(0.3), S(-0.2)};
  const contract::MatrixX<S> x = Eigen::Map<const Eigen::Matrix<S, 1, 2>>(point.data());
  const S expected = flow.log_prob(x)[0];
  CHECK(flow.log_prob({S(0.3), S(-0.2)}) == expected);
  CHECK(flow.log_prob(point) == expected);
  CHECK(flow.log_prob(numbers) == expected);
  CHECK(flow.log_prob(std::span(point)) == expected);
  CHECK(flow.log_prob(std::span(many).subspan(1)) == expected);

  std::array<S, 2> grad{};
  CHECK(flow.log_prob_and_grad_into(point, grad) == expected);
  const auto rows = flow.log_prob_and_grad(x);
  CHECK(rows.log_prob[0] == expected);
  CHECK(grad[0] == rows.grad(0, 0));
  CHECK(grad[1] == rows.grad(0, 1));
  std::array<S, 2> in_place = point;
  CHECK(flow.log_prob_and_grad_into(in_place, in_place) == expected);
  CHECK(in_place == grad);

  ef::Rng one(5), two(5);
  std::array<S, 2> sample{};
  flow.sample_into(sample, one);
  const contract::MatrixX<S> drawn = flow.sample(1, two);
  CHECK(sample[0] == drawn(0, 0));
  CHECK(sample[1] == drawn(0, 1));
  CHECK(one == two);
  flow.sample_into(std::span<S>(sample), one, S(0.5));
  CHECK(sample[1] == flow.sample(1, two, S(0.5))(0, 1));
}

TEMPLATE_TEST_CASE("One point: the context is a list, an array, a span or a row", "", float, double) {
  using S = TestType;
  const auto flow = flow_given<S>(3);
  const std::array<S, 2> point{S(0.3), S(-0.2)};
  const std::array<S, 3> given{1, S(-0.5), S(0.25)};
  const contract::MatrixX<S> x = Eigen::Map<const Eigen::Matrix<S, 1, 2>>(point.data()),
                             c = Eigen::Map<const Eigen::Matrix<S, 1, 3>>(given.data());
  const S expected = flow.log_prob(x, c)[0];
  CHECK(flow.log_prob({S(0.3), S(-0.2)}, {S(1), S(-0.5), S(0.25)}) == expected);
  CHECK(flow.log_prob(point, given) == expected);
  CHECK(flow.log_prob(point, c) == expected);
  CHECK(flow.log_prob(x, given)[0] == expected);
  CHECK(flow.log_prob(x, std::span(given))[0] == expected);

  std::array<S, 2> grad{};
  S of_context[3] = {};
  CHECK(flow.log_prob_and_grad_into(point, given, grad, of_context) == expected);
  const auto rows = flow.log_prob_and_grad(x, c);
  CHECK(grad[1] == rows.grad(0, 1));
  CHECK(of_context[2] == rows.grad_context(0, 2));

  ef::Rng one(5), two(5);
  std::array<S, 2> sample{};
  flow.sample_into(given, sample, one);
  CHECK(sample[0] == flow.sample(1, c, two)(0, 0));
  flow.sample_into({S(1), S(-0.5), S(0.25)}, sample, one);
  CHECK(sample[1] == flow.sample(1, given, two)(0, 1));
}

TEST_CASE("One point: a flow of a file has the same calls") {
  ef::Rng rng(1);
  const ef::AnyFlow<double> flow{ef::AnyChain<double>({ef::AnyLayer<double>(ef::Planar<double>(2))}),
                                 ef::AnyBase<double>(ef::StandardNormal<double>(2)), rng};
  CHECK(flow.log_prob({0.3, -0.2}) == flow.log_prob(Eigen::RowVector2d(0.3, -0.2))[0]);
}

TEST_CASE("One point: another number of numbers is rejected, and so is a context that does not fit") {
  const auto flow = flow_given<double>(0);
  const auto given = flow_given<double>(3);
  std::array<double, 2> two{};
  std::array<double, 3> three{};
  ef::Rng rng(1);
  CHECK_THROWS_WITH(flow.log_prob({1.0, 2.0, 3.0}),
                    ContainsSubstring("log_prob expects 2 numbers for a point, but got 3"));
  CHECK_THROWS_WITH(flow.log_prob(three), ContainsSubstring("expects 2 numbers"));
  CHECK_THROWS_WITH(flow.log_prob_and_grad_into(two, three),
                    ContainsSubstring("2 numbers for the gradient, but got 3"));
  CHECK_THROWS_WITH(given.log_prob_and_grad_into(two, three, two, two),
                    ContainsSubstring("3 numbers for the gradient in the context, but got 2"));
  CHECK_THROWS_WITH(flow.sample_into(three, rng), ContainsSubstring("2 numbers for the sample, but got 3"));
  CHECK_THROWS_WITH(given.log_prob(two), ContainsSubstring("given no context"));
  CHECK_THROWS_WITH(flow.log_prob(two, {1.0}), ContainsSubstring("is not conditional"));
  CHECK_THROWS_WITH(given.log_prob(two, two), ContainsSubstring("expects a context of 1 × 3"));
  CHECK(std::isnan(flow.log_prob({1.0, std::nan("")})));
}

TEST_CASE("One point: nothing is taken from the heap after the first calls") {
  if (!allocations_are_counted()) return;
  const auto flow = flow_given<double>(0);
  ef::Rng rng(1);
  std::array<double, 2> x{0.3, -0.2}, grad{};
  const auto all = [&] {
    x[0] += 1e-3 * flow.log_prob(x) + 1e-3 * flow.log_prob({0.1, 0.2});
    x[1] += 1e-3 * flow.log_prob_and_grad_into(x, grad);
    flow.sample_into(x, rng);
  };
  all();
  all();
  const std::size_t before = allocation_count();
  all();
  CHECK(allocation_count() == before);
}
