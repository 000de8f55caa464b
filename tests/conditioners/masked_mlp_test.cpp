#include "eigenflow/conditioners/masked_mlp.hpp"

#include <limits>
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "support/contract/evaluate.hpp"
#include "support/contract/random.hpp"

namespace ef = eigenflow;
using contract::MatrixX;
using contract::VectorX;
using Eigen::Index;

static_assert(ef::MaskedConditioner<ef::MaskedMlp<float>>);
static_assert(ef::MaskedConditioner<ef::MaskedResidualNet<double>>);

namespace {

template <class S>
std::span<S> span(VectorX<S>& theta) {
  return {theta.data(), static_cast<std::size_t>(theta.size())};
}

template <class C, class S = typename C::Scalar>
MatrixX<S> evaluate(const C& conditioner, VectorX<S> theta, const MatrixX<S>& input, bool in_order = false) {
  MatrixX<S> result(input.rows(), conditioner.out_dim());
  ef::Arena& arena = contract::poisoned_arena<S>();
  const ef::ArenaScope scope(arena);
  ef::MatrixMap<S> map(result.data(), result.rows(), result.cols());
  const ef::Pass pass{&arena, false};
  const ef::ConstMatrixMap<S> in(input.data(), input.rows(), input.cols());
  if (!in_order) {
    conditioner.forward(span<S>(theta), in, map, pass);
    return result;
  }
  // The features appear one by one, each when those before it have their results.
  MatrixX<S> known = input;
  known.leftCols(conditioner.dim()).setConstant(std::numeric_limits<S>::quiet_NaN());
  std::vector<Index> visited;
  conditioner.forward_in_order(span<S>(theta), {known.data(), known.rows(), known.cols()}, map, pass,
                               [&](Index j) {
                                 known.col(j) = input.col(j);
                                 visited.push_back(j);
                               });
  CHECK(visited == conditioner.order());
  return result;
}

template <class C, class S = typename C::Scalar>
VectorX<S> gradient(const C& conditioner, VectorX<S> theta, const MatrixX<S>& input,
                    const MatrixX<S>& cotangent) {
  VectorX<S> grad = VectorX<S>::Zero(theta.size());
  MatrixX<S> result(input.rows(), conditioner.out_dim()),
      grad_input = MatrixX<S>::Zero(input.rows(), input.cols());
  ef::Arena& arena = contract::poisoned_arena<S>();
  const ef::ArenaScope scope(arena);
  ef::MatrixMap<S> map(result.data(), result.rows(), result.cols());
  ef::MatrixMap<S> grad_map(grad_input.data(), grad_input.rows(), grad_input.cols());
  const ef::Pass pass{&arena, true};
  const auto tape =
      conditioner.forward(span<S>(theta), {input.data(), input.rows(), input.cols()}, map, pass);
  conditioner.vjp(span<S>(theta), span<S>(grad), tape, {cotangent.data(), cotangent.rows(), cotangent.cols()},
                  grad_map, pass);
  return grad;
}

// Changes one input at a time: exactly the results of later features move, and by no bit the others.
template <class C>
void check_dependence(const C& conditioner, Index count, Index context, Index rows) {
  using S = typename C::Scalar;
  const Index dim = conditioner.dim();
  INFO(C::name() << ", " << rows << " rows");
  for (const S size : {S(1), S(1000)}) {
    const VectorX<S> theta = size * contract::random_normal<S>(ef::parameter_count(conditioner), 1, 1);
    const MatrixX<S> input = contract::random_normal<S>(rows, dim + context, 2);
    const MatrixX<S> before = evaluate(conditioner, theta, input);
    CHECK(evaluate(conditioner, theta, input, true) == before);
    for (Index i = 0; i < dim + context; ++i) {
      MatrixX<S> moved = input;
      moved.col(i).array() += S(0.75);
      const MatrixX<S> after = evaluate(conditioner, theta, moved);
      bool reads = i >= dim;  // the context is read by all
      for (const Index j : conditioner.order()) {
        const bool moves = after.middleCols(j * count, count) != before.middleCols(j * count, count);
        INFO("input " << i << ", results of feature " << j);
        if (!reads) CHECK(!moves);
        if (reads && size == 1) CHECK(moves);  // at 1000, units may be as good as off
        if (j == i) reads = true;
      }
    }
  }
}

}  // namespace

TEMPLATE_TEST_CASE("a masked network's results depend on the features before theirs alone", "", float,
                   double) {
  const std::vector<Index> order{2, 0, 4, 3, 1};
  for (const Index context : {0, 2})
    for (const Index rows : {1, 37}) {
      const ef::Activation smooth = ef::Activation::softplus;
      for (const std::vector<Index>& hidden : std::vector<std::vector<Index>>{{}, {13}, {7, 30}, {90, 70}})
        check_dependence(ef::MaskedMlp<TestType>(order, 3, {.hidden = hidden, .activation = smooth}, context),
                         3, context, rows);
      check_dependence(ef::MaskedResidualNet<TestType>(
                           order, 2, {.width = 11, .blocks = 2, .activation = smooth}, context),
                       2, context, rows);
    }
}

TEST_CASE("masked entries of theta have no gradient, and what they hold is never read") {
  // Degrees 1, 1, 2, 2: the first weight (3 × 4) reads 1 + 1 + 2 + 2 entries, the last (4 × 3) 0 + 2 + 4.
  const ef::MaskedMlp<double> small({0, 1, 2}, 1, {.hidden = {4}, .activation = ef::Activation::tanh});
  const ef::MaskedResidualNet<double> deep({1, 2, 0}, 2,
                                           {.width = 40, .blocks = 1, .activation = ef::Activation::tanh}, 1);
  const auto check = [](const auto& conditioner, Index masked) {
    const auto count = ef::parameter_count(conditioner);
    const VectorX<double> theta = contract::random_normal<double>(count, 1, 1);
    const MatrixX<double> input = contract::random_normal<double>(19, conditioner.in_dim(), 2);
    const MatrixX<double> cotangent = contract::random_normal<double>(19, conditioner.out_dim(), 3);
    const VectorX<double> grad = gradient(conditioner, theta, input, cotangent);
    VectorX<double> spoilt = theta;
    for (Index i = 0; i < count; ++i)
      if (grad[i] == 0) spoilt[i] = std::numeric_limits<double>::quiet_NaN();
    CHECK((grad.array() == 0).count() == masked);
    CHECK(evaluate(conditioner, spoilt, input) == evaluate(conditioner, theta, input));
    CHECK(evaluate(conditioner, spoilt, MatrixX<double>(input.topRows(1))) ==
          evaluate(conditioner, theta, MatrixX<double>(input.topRows(1))));
    CHECK(gradient(conditioner, spoilt, input, cotangent) == grad);
  };
  check(small, 12);
  // Degrees 0 (14 units), 1 (13), 2 (13), one context: 4·40 - (14 + 2·13 + 3·13), 2 (13·14 + 13·27), and
  // 40·6 - 2 (14 + 27 + 40).
  check(deep, 81 + 2 * 533 + 78);
}

TEST_CASE("a masked network starts at zero results, with weights by the inputs that a column reads") {
  const ef::MaskedMlp<double> made({0, 1, 2, 3, 4}, 2, {.hidden = {400}});
  VectorX<double> theta = VectorX<double>::Constant(ef::parameter_count(made), 99);
  ef::Rng rng(1);
  made.initialise(span<double>(theta), rng);
  CHECK(evaluate(made, theta, contract::random_normal<double>(5, 5, 1)).isZero(0));
  const auto first = ef::view_parameters(made, span<double>(theta))[0].weight;
  for (Index degree = 1; degree < 5; ++degree) {
    const auto columns = first.middleCols((degree - 1) * 100, 100);
    CHECK(columns.bottomRows(5 - degree).isZero(0));
    CHECK(columns.cwiseAbs().maxCoeff() <= 2 / std::sqrt(static_cast<double>(degree)));
    CHECK(columns.cwiseAbs().maxCoeff() > 1.9 / std::sqrt(static_cast<double>(degree)));
  }
}
