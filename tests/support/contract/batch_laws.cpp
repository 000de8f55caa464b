#include <cmath>
#include <limits>
#include <vector>

#include "eigenflow/numerics/finite.hpp"
#include "support/allocations.hpp"
#include "support/catch.hpp"
#include "support/contract/expect.hpp"
#include "support/contract/laws.hpp"
#include "support/contract/random.hpp"
#include "support/contract/sensitivity.hpp"

namespace contract {
namespace {

template <class S>
std::span<const S> span_of(const VectorX<S>& v) {
  return {v.data(), static_cast<std::size_t>(v.size())};
}

// Every fifth row: over a few dozen rows this covers every lane of every vector width.
bool is_bad(Index row) {
  return row % 5 == 2;
}

template <class S>
MatrixX<S> without_bad_rows(const MatrixX<S>& matrix) {
  MatrixX<S> rest(matrix.rows(), matrix.cols());
  Index count = 0;
  for (Index i = 0; i < matrix.rows(); ++i)
    if (!is_bad(i)) rest.row(count++) = matrix.row(i);
  return rest.topRows(count);
}

}  // namespace

template <class S>
void check_accumulation(const Subject<S>& subject, Direction direction, const Problem<S>& problem,
                        const std::string& where) {
  const Index rows = problem.x.rows(), dim = problem.x.cols();
  const Evaluation<S> plain = evaluate(subject, direction, problem);
  const Evaluation<S> recorded = evaluate(subject, direction, problem, true);
  expect_same_bits(recorded.values, plain.values, where + ": values with a tape");
  expect_same_bits<S>(recorded.log_det, plain.log_det, where + ": log_det with a tape");
  const Problem<S> one = problem.row(0);
  const Evaluation<S> plain_row = evaluate(subject, direction, one);
  const Evaluation<S> recorded_row = evaluate(subject, direction, one, true);
  expect_same_bits(recorded_row.values, plain_row.values, where + ": values of one row with a tape");
  expect_same_bits<S>(recorded_row.log_det, plain_row.log_det, where + ": log_det of one row with a tape");

  {
    Arena& arena = poisoned_arena<S>();
    const ArenaScope scope(arena);
    Tile<S> tile = make_tile(arena, problem, false);
    const VectorX<S> before = random_normal<S>(rows, 1, 11);
    tile.log_det = before;
    subject.run(direction, span_of(problem.theta), tile);
    // Two additions, each of which rounds.
    const MatrixX<Wide> expected = before.template cast<Wide>() + plain.log_det.template cast<Wide>();
    const MatrixX<Wide> size =
        before.template cast<Wide>().cwiseAbs() + plain.log_det.template cast<Wide>().cwiseAbs();
    const Wide epsilon = std::numeric_limits<S>::epsilon();
    expect_close(tile.log_det.template cast<Wide>(), expected,
                 static_cast<Wide>(2 * dim) * epsilon * (size.array() + 1).matrix(),
                 where + ": log_det is added to");
  }

  const Cotangent<S> cotangent = random_cotangent<S>(rows, dim, 12);
  const Pullback<S> from_zero = pull_back(subject, direction, problem, cotangent);
  const VectorX<S> before = random_normal<S>(problem.theta.size(), 1, 13);
  const Pullback<S> added = pull_back(subject, direction, problem, cotangent, before);
  expect_same_bits<S>(added.theta, before + from_zero.theta, where + ": the gradient in theta is added once");
  expect_same_bits(added.x, from_zero.x, where + ": the gradient in x is replaced");
  const Pullback<S> none = pull_back(subject, direction, problem, cotangent, VectorX<S>());
  expect_same_bits(none.x, from_zero.x, where + ": the gradient in x without one in theta");
  expect_same_bits(none.context, from_zero.context, where + ": the context's gradient without one in theta");
}

template <class S>
void check_rows(const Subject<S>& subject, const Subject<Wide>& reference, Direction direction,
                const Problem<S>& problem, const std::string& where) {
  const Index rows = problem.x.rows();
  const Evaluation<S> batch = evaluate(subject, direction, problem);
  const Evaluation<Wide> allowance = evaluation_allowance(reference, direction, problem.template cast<Wide>(),
                                                          std::numeric_limits<S>::epsilon());
  const auto compare = [&](const Evaluation<S>& got, const std::string& law) {
    expect_close(got.values.template cast<Wide>(), batch.values.template cast<Wide>(), allowance.values,
                 where + law);
    expect_close(got.log_det.template cast<Wide>(), batch.log_det.template cast<Wide>(), allowance.log_det,
                 where + law + ", log_det");
  };

  Evaluation<S> one_by_one = batch, reversed = batch;
  const Index stride =
      rows > 16 ? 8 : 1;  // in a large batch every eighth row, including the first and the last
  for (Index i = 0; i < rows; i += stride) {
    const Evaluation<S> row = evaluate(subject, direction, problem.row(i));
    one_by_one.values.row(i) = row.values;
    one_by_one.log_det[i] = row.log_det[0];
  }
  compare(one_by_one, ": rows one by one");

  const Problem<S> upside_down{problem.theta, problem.x.colwise().reverse(),
                               problem.context.colwise().reverse()};
  const Evaluation<S> result = evaluate(subject, direction, upside_down);
  reversed.values = result.values.colwise().reverse();
  reversed.log_det = result.log_det.reverse();
  compare(reversed, ": rows in reverse order");

  const Problem<S> nothing{problem.theta, problem.x.topRows(0), problem.context.topRows(0)};
  const VectorX<S> before = random_normal<S>(problem.theta.size(), 1, 14);
  const Pullback<S> none = pull_back(subject, direction, nothing, {nothing.x, VectorX<S>(0)}, before);
  expect_same_bits<S>(none.theta, before, where + ": a batch of none adds nothing to the gradient");
}

template <class S>
void check_isolation(const Subject<S>& subject, Direction direction, const Problem<S>& problem,
                     const std::string& where) {
  const Index rows = problem.x.rows(), dim = problem.x.cols();
  const Cotangent<S> cotangent = random_cotangent<S>(rows, dim, 15);
  const Evaluation<S> clean = evaluate(subject, direction, problem);
  const MatrixX<S> clean_gradient = pull_back(subject, direction, problem, cotangent).x;
  for (const S poison : {std::numeric_limits<S>::quiet_NaN(), std::numeric_limits<S>::infinity()}) {
    Problem<S> bad = problem;
    for (Index i = 0; i < rows; ++i)
      if (is_bad(i)) bad.x(i, i % dim) = poison;
    const Evaluation<S> result = evaluate(subject, direction, bad);
    const MatrixX<S> gradient = pull_back(subject, direction, bad, cotangent).x;
    expect_same_bits(without_bad_rows(result.values), without_bad_rows(clean.values),
                     where + ": values beside a non-finite row");
    expect_same_bits(without_bad_rows<S>(result.log_det), without_bad_rows<S>(clean.log_det),
                     where + ": log_det beside a non-finite row");
    expect_same_bits(without_bad_rows(gradient), without_bad_rows(clean_gradient),
                     where + ": gradients beside a non-finite row");
    for (Index i = 0; i < rows; ++i) {
      if (!is_bad(i)) continue;
      bool silent = eigenflow::detail::is_finite(static_cast<double>(result.log_det[i]));
      for (Index j = 0; j < dim; ++j)
        silent = silent && eigenflow::detail::is_finite(static_cast<double>(result.values(i, j)));
      INFO(where << ": row " << i << " has a non-finite input and comes out finite");
      CHECK_FALSE(silent);
    }
  }
}

template <class S>
void check_extremes(const Subject<S>& subject, Direction direction, const VectorX<S>& theta, double exponent,
                    const std::string& where) {
  const S large = static_cast<S>(std::pow(static_cast<double>(std::numeric_limits<S>::max()), exponent));
  const std::vector<S> numbers{S(0),
                               S(-0.0),
                               S(1e-30),
                               -S(1e-30),
                               std::numeric_limits<S>::denorm_min(),
                               -std::numeric_limits<S>::denorm_min(),
                               large,
                               -large};
  const Index dim = subject.dim(), count = static_cast<Index>(numbers.size());
  Problem<S> problem{theta, MatrixX<S>::Zero(2 * count, dim),
                     MatrixX<S>::Zero(2 * count, subject.context_dim())};
  for (Index i = 0; i < count; ++i) {
    problem.x.row(i).setConstant(numbers[static_cast<std::size_t>(i)]);
    problem.x(count + i, i % dim) = numbers[static_cast<std::size_t>(i)];
  }
  const Evaluation<S> result = evaluate(subject, direction, problem);
  expect_no_nan(result.values, false, where + ": values of extreme inputs");
  expect_no_nan<S>(result.log_det, false, where + ": log_det of extreme inputs");
  const Cotangent<S> ones{MatrixX<S>::Ones(2 * count, dim), VectorX<S>::Ones(2 * count)};
  expect_no_nan(pull_back(subject, direction, problem, ones).x, false,
                where + ": gradients at extreme inputs");
}

template <class S>
void check_allocations(const Subject<S>& subject, Direction direction, const Problem<S>& problem,
                       const std::string& where) {
  if (!allocations_are_counted()) return;
  const Cotangent<S> cotangent = random_cotangent<S>(problem.x.rows(), problem.x.cols(), 16);
  VectorX<S> grad = VectorX<S>::Zero(problem.theta.size());
  MatrixX<S> grad_context = MatrixX<S>::Zero(problem.context.rows(), problem.context.cols());
  Arena arena;
  const auto step = [&] {
    const ArenaScope scope(arena);
    Tile<S> tile = make_tile(arena, problem, true);
    tile.attach_cotangents() = cotangent.log_det;
    tile.grad_values = cotangent.values;
    new (&tile.grad_context)
        typename Tile<S>::Matrix(grad_context.data(), grad_context.rows(), grad_context.cols());
    subject.run_vjp(direction, span_of(problem.theta),
                    std::span<S>(grad.data(), static_cast<std::size_t>(grad.size())), tile);
  };
  step();
  const std::size_t before = allocation_count();
  step();
  step();
  const std::size_t after = allocation_count();
  INFO(where << ": allocations after the first tile");
  CHECK(after - before == 0);
}

#define EIGENFLOW_INSTANTIATE(S)                                                                             \
  template void check_accumulation(const Subject<S>&, Direction, const Problem<S>&, const std::string&);     \
  template void check_rows(const Subject<S>&, const Subject<Wide>&, Direction, const Problem<S>&,            \
                           const std::string&);                                                              \
  template void check_isolation(const Subject<S>&, Direction, const Problem<S>&, const std::string&);        \
  template void check_extremes(const Subject<S>&, Direction, const VectorX<S>&, double, const std::string&); \
  template void check_allocations(const Subject<S>&, Direction, const Problem<S>&, const std::string&);
EIGENFLOW_INSTANTIATE(float)
EIGENFLOW_INSTANTIATE(double)
#undef EIGENFLOW_INSTANTIATE

}  // namespace contract
