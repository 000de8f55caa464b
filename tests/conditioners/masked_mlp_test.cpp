#include "eigenflow/conditioners/masked_mlp.hpp"

#include <limits>
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "support/contract/evaluate.hpp"
#include "support/contract/random.hpp"
#include "support/engine.hpp"

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
  INFO(C::tag() << ", " << rows << " rows");
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

namespace {

// The results of every feature, and how they change with each input, by differences.
template <class C>
void check_reach(const C& conditioner, Index count, Index context) {
  const Index dim = conditioner.dim();
  const VectorX<double> theta = 0.3 * contract::random_normal<double>(ef::parameter_count(conditioner), 1, 1);
  const MatrixX<double> input = contract::random_normal<double>(1, dim + context, 2);
  const auto moved_by = [&](Index i) {
    MatrixX<double> more = input, less = input;
    more(0, i) += 1e-4;
    less(0, i) -= 1e-4;
    return MatrixX<double>(evaluate(conditioner, theta, more) - evaluate(conditioner, theta, less));
  };
  for (Index c = 0; c < context; ++c) {
    const MatrixX<double> moved = moved_by(dim + c);
    INFO("context " << c << ": " << (moved.array() == 0).count() << " results do not see it");
    CHECK((moved.array() != 0).all());
  }
  for (Index s = 0; s < dim; ++s) {
    const MatrixX<double> moved = moved_by(conditioner.order()[static_cast<std::size_t>(s)]);
    INFO("feature " << s << " in the order");
    for (Index k = 0; k <= s; ++k) {
      const Index later = conditioner.order()[static_cast<std::size_t>(k)];
      CHECK((moved.middleCols(later * count, count).array() == 0).all());
    }
    const Index last = conditioner.order().back();
    if (s + 1 < dim) CHECK((moved.middleCols(last * count, count).array() != 0).all());
  }
}

}  // namespace

TEST_CASE("the context reaches the results of every feature, however narrow the network") {
  const ef::Activation smooth = ef::Activation::softplus;
  for (const Index dim : {1, 2, 3, 5, 8, 65})
    for (const Index context : {1, 3})
      for (const std::vector<Index>& hidden : std::vector<std::vector<Index>>{
               {}, {1}, {2}, {3}, {4}, {2, 2}, {5, 2, 5}, {4, 2, 4}, {64, 64}, {7, 30}, {3, 64}}) {
        std::string widths;
        for (const Index width : hidden) widths += ' ' + std::to_string(width);
        INFO("D = " << dim << ", " << context << " of context, hidden" << widths);
        const auto make = [&] {
          return ef::MaskedMlp<double>(ef::in_reverse(dim), 2, {.hidden = hidden, .activation = smooth},
                                       context);
        };
        if (dim > 1 && hidden == std::vector<Index>{1})
          CHECK_THROWS_WITH(make(), Catch::Matchers::ContainsSubstring("hidden layers of 2 units or more"));
        else
          check_reach(make(), 2, context);
      }
  for (const Index width : {2, 3, 6})
    check_reach(ef::MaskedResidualNet<double>(ef::in_order(6), 1,
                                              {.width = width, .blocks = 2, .activation = smooth}, 2),
                1, 2);
  // Without a context one unit is enough to pass features on.
  check_reach(ef::MaskedMlp<double>(ef::in_order(3), 1, {.hidden = {1}, .activation = smooth}), 1, 0);
}

TEST_CASE("hidden units are dealt out to the degrees as files have them") {
  const auto units_by_degree = [](Index dim, Index width, Index context) {
    const ef::MaskedMlp<double> made(ef::in_order(dim), 1, {.hidden = {width}}, context);
    std::vector<Index> counts;
    for (Index s = 0; s < dim; ++s) counts.push_back(made.network().layers[0].columns_at(s).columns());
    return counts;
  };
  using Counts = std::vector<Index>;
  CHECK(units_by_degree(4, 11, 0) == Counts{0, 4, 4, 3});
  CHECK(units_by_degree(4, 11, 1) == Counts{3, 3, 3, 2});
  CHECK(units_by_degree(4, 4, 1) == Counts{1, 1, 1, 1});
  CHECK(units_by_degree(1, 3, 0) == Counts{3});
  CHECK(units_by_degree(1, 3, 2) == Counts{3});
  CHECK(units_by_degree(5, 3, 0) == Counts{0, 0, 1, 1, 1});
  CHECK(units_by_degree(6, 2, 0) == Counts{0, 0, 0, 1, 0, 1});
  // Fewer units than degrees and a context: a unit for it alone, the others as without one.
  CHECK(units_by_degree(5, 4, 1) == Counts{1, 0, 1, 1, 1});
  CHECK(units_by_degree(6, 3, 1) == Counts{1, 0, 0, 1, 0, 1});
  CHECK(units_by_degree(6, 2, 1) == Counts{1, 0, 0, 0, 0, 1});
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
