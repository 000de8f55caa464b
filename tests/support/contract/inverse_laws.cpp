#include <Eigen/LU>
#include <cmath>
#include <limits>

#include "support/catch.hpp"
#include "support/contract/expect.hpp"
#include "support/contract/laws.hpp"
#include "support/contract/sensitivity.hpp"

namespace contract {
namespace {

// ‖J‖ ‖J⁻¹‖ of the Jacobian at row i (Frobenius). Its rows are the vjps of each output of the reference.
Wide condition(const Subject<Wide>& reference, const Problem<Wide>& problem, Index i) {
  const Index dim = problem.x.cols();
  MatrixX<Wide> jacobian(dim, dim);
  for (Index j = 0; j < dim; ++j) {
    const Cotangent<Wide> unit{MatrixX<Wide>::Identity(dim, dim).row(j), VectorX<Wide>::Zero(1)};
    jacobian.row(j) = pull_back(reference, Direction::forward, problem.row(i), unit).x;
  }
  const MatrixX<Wide> inverse = Eigen::PartialPivLU<MatrixX<Wide>>(jacobian).inverse();
  return jacobian.norm() * inverse.norm();
}

// Without the rows whose exact inverse overflows the type, or nearly: an ill-conditioned map may send a number of size
// one there.
template <class S>
Problem<S> within_range(const Subject<Wide>& reference, const Problem<S>& problem) {
  const Wide far = std::sqrt(static_cast<Wide>(std::numeric_limits<S>::max()));
  const Evaluation<Wide> exact = evaluate(reference, Direction::inverse, problem.template cast<Wide>());
  Problem<S> within = problem;
  Index count = 0;
  for (Index i = 0; i < problem.x.rows(); ++i) {
    if (!(exact.values.row(i).cwiseAbs().maxCoeff() < far)) continue;
    within.x.row(count) = problem.x.row(i);
    if (problem.context.cols() > 0) within.context.row(count) = problem.context.row(i);
    ++count;
  }
  return {problem.theta, within.x.topRows(count), within.context.topRows(count)};
}

}  // namespace

template <class S>
void check_residual(const Subject<S>& subject, const Subject<Wide>& reference, const Problem<S>& given,
                    const std::string& where) {
  const Problem<S> problem = within_range(reference, given);
  const Evaluation<S> generated = evaluate(subject, Direction::inverse, problem);
  const Problem<S> back = problem.at(generated.values);
  const Evaluation<S> returned = evaluate(subject, Direction::forward, back);
  expect_no_nan<S>(generated.log_det, true, where + ": log_det of the inverse");
  expect_no_nan<S>(returned.log_det, true, where + ": log_det of f(f⁻¹(z))");
  const Evaluation<Wide> allowance =
      evaluation_allowance(reference, Direction::forward, back.template cast<Wide>(),
                           std::numeric_limits<S>::epsilon(), InputsOffBy::own_size);
  expect_close(returned.values.template cast<Wide>(), problem.x.template cast<Wide>(), allowance.values,
               where + ": f(f⁻¹(z)) = z");
}

template <class S>
void check_finite_inverse(const Subject<S>& subject, const Problem<S>& problem, const std::string& where) {
  const Evaluation<S> generated = evaluate(subject, Direction::inverse, problem);
  expect_no_nan<S>(generated.values, true, where + ": the inverse of an ordinary number");
  expect_no_nan<S>(generated.log_det, true, where + ": its log_det");
}

template <class S>
void check_round_trip(const Subject<S>& subject, const Subject<Wide>& reference, const Problem<S>& problem,
                      const std::string& where) {
  const Wide epsilon = std::numeric_limits<S>::epsilon();
  const Evaluation<S> image = evaluate(subject, Direction::forward, problem);
  const Evaluation<S> back = evaluate(subject, Direction::inverse, problem.at(image.values));

  const Problem<Wide> wide = problem.template cast<Wide>();
  const Evaluation<Wide> there = evaluation_allowance(reference, Direction::forward, wide, epsilon);
  const Evaluation<Wide> here = evaluation_allowance(reference, Direction::inverse,
                                                     problem.at(image.values).template cast<Wide>(), epsilon);
  // The inverse starts from a rounded image: its rounding is `there` / epsilon times its own perturbation, and the
  // second allowance multiplies it.
  MatrixX<Wide> tolerance = here.values;
  VectorX<Wide> log_det_tolerance = here.log_det + there.log_det;
  for (Index i = 0; i < tolerance.rows(); ++i) {
    const Wide own = roundings * epsilon *
                     std::max(image.values.row(i).template cast<Wide>().cwiseAbs().maxCoeff(),
                              back.values.row(i).template cast<Wide>().cwiseAbs().maxCoeff());
    const Wide coarser = own > 0 ? 1 + there.values.row(i).maxCoeff() / own : Wide(1);
    tolerance.row(i) *= coarser;
    log_det_tolerance[i] *= coarser;
  }
  expect_close(back.values.template cast<Wide>(), wide.x, tolerance, where + ": f⁻¹(f(x)) = x");
  expect_close((image.log_det + back.log_det).template cast<Wide>(), MatrixX<Wide>::Zero(problem.x.rows(), 1),
               log_det_tolerance, where + ": the log-dets cancel");

  if constexpr (std::is_same_v<S, double>) {
    for (Index i = 0; i < problem.x.rows(); ++i) {
      const Wide kappa = condition(reference, wide, i);
      if (kappa >= 1e4L) continue;
      const double largest = std::max(1.0, problem.x.row(i).cwiseAbs().maxCoeff());
      const double error = (back.values.row(i) - problem.x.row(i)).cwiseAbs().maxCoeff();
      INFO(where << ": row " << i << ", condition " << kappa);
      CHECK(error <= 1e-11 * largest);
      CHECK(std::abs(image.log_det[i] + back.log_det[i]) <= 1e-11 * largest);
    }
  }
}

#define EIGENFLOW_INSTANTIATE(S)                                                                \
  template void check_residual(const Subject<S>&, const Subject<Wide>&, const Problem<S>&,      \
                               const std::string&);                                             \
  template void check_finite_inverse(const Subject<S>&, const Problem<S>&, const std::string&); \
  template void check_round_trip(const Subject<S>&, const Subject<Wide>&, const Problem<S>&,    \
                                 const std::string&);
EIGENFLOW_INSTANTIATE(float)
EIGENFLOW_INSTANTIATE(double)
#undef EIGENFLOW_INSTANTIATE

}  // namespace contract
