#include "support/contract/differentiate.hpp"

#include <algorithm>
#include <cmath>

namespace contract {

MatrixX<Wide> joined(const Evaluation<Wide>& evaluation) {
  MatrixX<Wide> both(evaluation.values.rows(), evaluation.values.cols() + 1);
  both << evaluation.values, evaluation.log_det;
  return both;
}

Derivative differentiate(const std::function<MatrixX<Wide>(Wide)>& function, Wide first_step) {
  constexpr int levels = 10;
  Derivative best;
  std::vector<MatrixX<Wide>> previous, current;
  Wide h = first_step;
  for (int level = 0; level < levels; ++level, h /= 2) {
    current.assign(1, (function(h) - function(-h)) / (2 * h));
    if (level == 0) best = {current[0], MatrixX<Wide>::Constant(current[0].rows(), current[0].cols(), 1e30L)};
    Wide factor = 1;
    // Eliminates every power of h, not only the even ones: a second derivative that jumps at zero (x |x|) has odd ones.
    for (int order = 1; order <= level; ++order) {
      factor *= 2;
      const MatrixX<Wide>& finer = current.back();
      const MatrixX<Wide>& coarser = previous[static_cast<std::size_t>(order - 1)];
      const MatrixX<Wide> extrapolated = finer + (finer - coarser) / (factor - 1);
      const MatrixX<Wide> error =
          (extrapolated - finer).cwiseAbs().cwiseMax((extrapolated - coarser).cwiseAbs());
      for (Index i = 0; i < error.size(); ++i) {
        if (error(i) < best.error(i)) {
          best.error(i) = error(i);
          best.value(i) = extrapolated(i);
        }
      }
      current.push_back(extrapolated);
    }
    std::swap(previous, current);
  }
  return best;
}

Derivatives differentiate(const Subject<Wide>& subject, Direction direction, const Problem<Wide>& problem) {
  constexpr Wide step = 0x1p-7L;
  Derivatives all;
  Problem<Wide> moved = problem;
  const auto at = [&] { return joined(evaluate(subject, direction, moved)); };
  for (Index j = 0; j < problem.x.cols(); ++j) {
    all.x.push_back(differentiate(
        [&](Wide h) {
          moved.x.col(j) = problem.x.col(j).array() + h;
          return at();
        },
        step));
    moved.x = problem.x;
  }
  for (Index p = 0; p < problem.theta.size(); ++p) {
    all.theta.push_back(differentiate(
        [&](Wide h) {
          moved.theta[p] = problem.theta[p] + h;
          return at();
        },
        step));
    moved.theta = problem.theta;
  }
  for (Index c = 0; c < problem.context.cols(); ++c) {
    all.context.push_back(differentiate(
        [&](Wide h) {
          moved.context.col(c) = problem.context.col(c).array() + h;
          return at();
        },
        step));
    moved.context = problem.context;
  }
  return all;
}

}  // namespace contract
