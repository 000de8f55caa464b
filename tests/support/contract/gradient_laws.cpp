#include <Eigen/LU>
#include <cmath>
#include <limits>

#include "support/catch.hpp"
#include "support/contract/differentiate.hpp"
#include "support/contract/expect.hpp"
#include "support/contract/laws.hpp"
#include "support/contract/random.hpp"
#include "support/contract/sensitivity.hpp"

namespace contract {
namespace {

// Σ cotangent · derivative over the columns of the output, one number per row.
VectorX<Wide> contract_rows(const Derivative& derivative, const Cotangent<Wide>& cotangent) {
  MatrixX<Wide> both(cotangent.values.rows(), cotangent.values.cols() + 1);
  both << cotangent.values, cotangent.log_det;
  return derivative.value.cwiseProduct(both).rowwise().sum();
}
VectorX<Wide> contract_errors(const Derivative& derivative, const Cotangent<Wide>& cotangent) {
  MatrixX<Wide> both(cotangent.values.rows(), cotangent.values.cols() + 1);
  both << cotangent.values, cotangent.log_det;
  // The error estimate of the numeric derivative, and its rounding: outputs of size one over steps of 10⁻⁴, with a
  // margin for the extrapolation.
  const Wide rounding = 1e7L * std::numeric_limits<Wide>::epsilon();
  const MatrixX<Wide> error = 4 * derivative.error.array() + rounding * (1 + derivative.value.array().abs());
  return error.cwiseProduct(both.cwiseAbs()).rowwise().sum();
}

// The numeric reference must be accurate, or the comparison is meaningless.
void expect_sharp(const Derivative& derivative, const std::string& where) {
  const MatrixX<Wide> size = 1 + derivative.value.array().abs();
  const MatrixX<Wide> relative = derivative.error.cwiseQuotient(size);
  INFO(where << ": the numeric derivative's error estimate");
  CHECK(relative.maxCoeff() < 1e-9L);
}

// φ(h) = loss(x + h d, theta + h e), loss = Σ cotangent · (values, log_det).
template <class S>
S loss(const Subject<S>& subject, Direction direction, const Problem<S>& problem,
       const Cotangent<S>& cotangent) {
  const Evaluation<S> result = evaluate(subject, direction, problem);
  return result.values.cwiseProduct(cotangent.values).sum() + result.log_det.dot(cotangent.log_det);
}

template <class S>
void expect_second_order(const Subject<S>& subject, Direction direction, const Problem<S>& problem,
                         const Problem<S>& step, S slope, const Cotangent<S>& cotangent,
                         const std::string& where) {
  const S start = loss(subject, direction, problem, cotangent);
  // The rounding of a loss: of each term of its sum.
  const Evaluation<S> terms = evaluate(subject, direction, problem);
  const S size = terms.values.cwiseProduct(cotangent.values).cwiseAbs().sum() +
                 terms.log_det.cwiseProduct(cotangent.log_det).cwiseAbs().sum() + std::abs(slope) + 1;
  const S rounding = 4 * std::numeric_limits<S>::epsilon() * size;
  const auto remainder = [&](S h) {
    const Problem<S> moved{problem.theta + h * step.theta, problem.x + h * step.x,
                           problem.context + h * step.context};
    return std::abs(loss(subject, direction, moved, cotangent) - start - h * slope);
  };
  // The smallest step whose remainder exceeds rounding, so that the third order is small. If no remainder exceeds it,
  // the map is linear.
  for (const S h : {S(0x1p-18), S(0x1p-15), S(0x1p-12)}) {
    const S coarse = remainder(h);
    if (coarse <= 64 * rounding) continue;
    const S fine = remainder(h / 2);
    INFO(where << ": remainders " << coarse << " and " << fine << " from step " << h);
    CHECK(std::abs(static_cast<double>(std::log2(coarse / fine)) - 2.0) <= 0.1);
    return;
  }
  SUCCEED("linear");
}

}  // namespace

void check_derivatives(const Subject<Wide>& reference, Direction direction, const Problem<Wide>& problem,
                       bool bijection, const std::string& where) {
  const Index rows = problem.x.rows(), dim = problem.x.cols();
  const Derivatives derivatives = differentiate(reference, direction, problem);
  for (const auto* group : {&derivatives.x, &derivatives.theta, &derivatives.context})
    for (const Derivative& derivative : *group) expect_sharp(derivative, where);

  if (bijection) {
    const Evaluation<Wide> result = evaluate(reference, direction, problem);
    VectorX<Wide> log_abs_det(rows), tolerance(rows);
    for (Index i = 0; i < rows; ++i) {
      MatrixX<Wide> jacobian(dim, dim), error(dim, dim);
      for (Index j = 0; j < dim; ++j) {
        const Derivative& by_x = derivatives.x[static_cast<std::size_t>(j)];
        jacobian.col(j) = by_x.value.row(i).head(dim);
        error.col(j) = by_x.error.row(i).head(dim);
      }
      const Eigen::PartialPivLU<MatrixX<Wide>> lu(jacobian);
      const VectorX<Wide> pivots = lu.matrixLU().diagonal().cwiseAbs();
      log_abs_det[i] = pivots.array().log().sum();
      // d log|det J| = tr(J⁻¹ dJ)
      const Wide rounding = 1e7L * std::numeric_limits<Wide>::epsilon();
      const MatrixX<Wide> uncertain = 4 * error.array() + rounding * (1 + jacobian.array().abs());
      tolerance[i] = lu.inverse().cwiseAbs().cwiseProduct(uncertain.transpose()).sum();
    }
    expect_close(result.log_det, log_abs_det, tolerance, where + ": log_det against log|det J|");
  }

  const Cotangent<Wide> cotangent = random_cotangent<Wide>(rows, dim, 5);
  const Pullback<Wide> got = pull_back(reference, direction, problem, cotangent);
  MatrixX<Wide> expected(rows, dim), tolerance(rows, dim);
  for (Index j = 0; j < dim; ++j) {
    const Derivative& by_x = derivatives.x[static_cast<std::size_t>(j)];
    expected.col(j) = contract_rows(by_x, cotangent);
    tolerance.col(j) = contract_errors(by_x, cotangent);
  }
  expect_close(got.x, expected, tolerance, where + ": the gradient in x");

  MatrixX<Wide> by_theta(got.theta.size(), 1), theta_tolerance(got.theta.size(), 1);
  for (Index p = 0; p < got.theta.size(); ++p) {
    const Derivative& derivative = derivatives.theta[static_cast<std::size_t>(p)];
    by_theta(p, 0) = contract_rows(derivative, cotangent).sum();
    theta_tolerance(p, 0) = contract_errors(derivative, cotangent).sum();
  }
  expect_close(got.theta, by_theta, theta_tolerance, where + ": the gradient in theta");

  MatrixX<Wide> by_context(rows, problem.context.cols()), context_tolerance(rows, problem.context.cols());
  for (Index c = 0; c < problem.context.cols(); ++c) {
    const Derivative& derivative = derivatives.context[static_cast<std::size_t>(c)];
    by_context.col(c) = contract_rows(derivative, cotangent);
    context_tolerance.col(c) = contract_errors(derivative, cotangent);
  }
  expect_close(got.context, by_context, context_tolerance, where + ": the gradient in the context");
}

template <class S>
void check_taylor(const Subject<S>& subject, Direction direction, const Problem<S>& problem,
                  const std::string& where) {
  const Index rows = problem.x.rows(), dim = problem.x.cols();
  const Cotangent<S> cotangent = random_cotangent<S>(rows, dim, 6);
  const Pullback<S> gradient = pull_back(subject, direction, problem, cotangent);
  Problem<S> in_x{VectorX<S>::Zero(problem.theta.size()), random_normal<S>(rows, dim, 7),
                  MatrixX<S>::Zero(rows, problem.context.cols())};
  expect_second_order(subject, direction, problem, in_x, gradient.x.cwiseProduct(in_x.x).sum(), cotangent,
                      where + ": Taylor in x");
  if (problem.theta.size() == 0) return;
  Problem<S> in_theta{random_normal<S>(problem.theta.size(), 1, 8), MatrixX<S>::Zero(rows, dim),
                      MatrixX<S>::Zero(rows, problem.context.cols())};
  expect_second_order(subject, direction, problem, in_theta, gradient.theta.dot(in_theta.theta), cotangent,
                      where + ": Taylor in theta");
}

template <class S>
void check_precision(const Subject<S>& subject, const Subject<Wide>& reference, Direction direction,
                     const Problem<S>& problem, const std::string& where) {
  const Wide epsilon = std::numeric_limits<S>::epsilon();
  const Problem<Wide> wide = problem.template cast<Wide>();
  const Evaluation<S> got = evaluate(subject, direction, problem);
  const Evaluation<Wide> expected = evaluate(reference, direction, wide);
  const Evaluation<Wide> allowance = evaluation_allowance(reference, direction, wide, epsilon);
  expect_close(got.values.template cast<Wide>(), expected.values, allowance.values, where + ": values");
  expect_close(got.log_det.template cast<Wide>(), expected.log_det, allowance.log_det, where + ": log_det");

  const Cotangent<S> cotangent = random_cotangent<S>(problem.x.rows(), problem.x.cols(), 9);
  const Cotangent<Wide> wide_cotangent = cotangent.template cast<Wide>();
  const Pullback<S> pulled = pull_back(subject, direction, problem, cotangent);
  const Pullback<Wide> reference_pulled = pull_back(reference, direction, wide, wide_cotangent);
  const Pullback<Wide> room = pull_back_allowance(reference, direction, wide, wide_cotangent, epsilon);
  expect_close(pulled.x.template cast<Wide>(), reference_pulled.x, room.x,
               where + ": gradient in x in this type");
  expect_close(pulled.theta.template cast<Wide>(), reference_pulled.theta, room.theta,
               where + ": gradient in theta in this type");
  expect_close(pulled.context.template cast<Wide>(), reference_pulled.context, room.context,
               where + ": gradient in the context in this type");
}

#define EIGENFLOW_INSTANTIATE(S)                                                                       \
  template void check_precision(const Subject<S>&, const Subject<Wide>&, Direction, const Problem<S>&, \
                                const std::string&);
EIGENFLOW_INSTANTIATE(float)
EIGENFLOW_INSTANTIATE(double)
#undef EIGENFLOW_INSTANTIATE
template void check_taylor(const Subject<double>&, Direction, const Problem<double>&, const std::string&);
template void check_taylor(const Subject<Wide>&, Direction, const Problem<Wide>&, const std::string&);

}  // namespace contract
