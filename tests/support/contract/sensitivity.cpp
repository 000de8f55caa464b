#include "support/contract/sensitivity.hpp"

#include <algorithm>
#include <cmath>

namespace contract {
namespace {

constexpr int patterns = 8;

Wide sign(Rng& rng) {
  return rng.below(2) == 0 ? -1 : 1;
}

// Perturbs every feature by a rounding of the largest number in its row, and every parameter by its own.
Problem<Wide> perturbed(const Problem<Wide>& problem, const VectorX<Wide>& row_scale, Wide epsilon,
                        Rng& rng) {
  Problem<Wide> moved = problem;
  for (Index i = 0; i < moved.x.rows(); ++i) {
    for (Index j = 0; j < moved.x.cols(); ++j) moved.x(i, j) += sign(rng) * epsilon * row_scale[i];
    for (Index j = 0; j < moved.context.cols(); ++j) moved.context(i, j) *= 1 + sign(rng) * epsilon;
  }
  for (Wide& parameter : moved.theta) parameter *= 1 + sign(rng) * epsilon;
  return moved;
}

VectorX<Wide> largest_in_row(const MatrixX<Wide>& a, const MatrixX<Wide>& b, Wide least) {
  VectorX<Wide> largest(a.rows());
  for (Index i = 0; i < a.rows(); ++i)
    largest[i] = std::max({a.row(i).cwiseAbs().maxCoeff(), b.row(i).cwiseAbs().maxCoeff(), least});
  return largest;
}

}  // namespace

Evaluation<Wide> evaluation_allowance(const Subject<Wide>& reference, Direction direction,
                                      const Problem<Wide>& problem, Wide epsilon, InputsOffBy off) {
  const Evaluation<Wide> centre = evaluate(reference, direction, problem);
  const VectorX<Wide> scale = largest_in_row(problem.x, centre.values, reference.input_size());
  const VectorX<Wide> input_scale =
      off == InputsOffBy::own_size ? largest_in_row(problem.x, problem.x, reference.input_size()) : scale;
  Rng rng(2024);
  Evaluation<Wide> moves{MatrixX<Wide>::Zero(problem.x.rows(), problem.x.cols()),
                         VectorX<Wide>::Zero(problem.x.rows())};
  for (int i = 0; i < patterns; ++i) {
    const Evaluation<Wide> moved =
        evaluate(reference, direction, perturbed(problem, input_scale, epsilon, rng));
    moves.values = moves.values.cwiseMax((moved.values - centre.values).cwiseAbs());
    moves.log_det = moves.log_det.cwiseMax((moved.log_det - centre.log_det).cwiseAbs());
  }
  // The rounding of the result. A log-det is a sum of D logarithms of rounded numbers.
  const Wide features = static_cast<Wide>(problem.x.cols());
  moves.values.colwise() += epsilon * scale;
  moves.log_det.array() += epsilon * (centre.log_det.array().abs() + features);
  moves.values *= roundings;
  moves.log_det *= roundings;
  return moves;
}

Pullback<Wide> pull_back_allowance(const Subject<Wide>& reference, Direction direction,
                                   const Problem<Wide>& problem, const Cotangent<Wide>& cotangent,
                                   Wide epsilon) {
  const Pullback<Wide> centre = pull_back(reference, direction, problem, cotangent);
  const VectorX<Wide> scale =
      largest_in_row(problem.x, evaluate(reference, direction, problem).values, reference.input_size());
  Rng rng(2024);
  Pullback<Wide> moves{MatrixX<Wide>::Zero(centre.x.rows(), centre.x.cols()),
                       MatrixX<Wide>::Zero(centre.context.rows(), centre.context.cols()),
                       VectorX<Wide>::Zero(centre.theta.size())};
  for (int i = 0; i < patterns; ++i) {
    const Pullback<Wide> moved =
        pull_back(reference, direction, perturbed(problem, scale, epsilon, rng), cotangent);
    moves.x = moves.x.cwiseMax((moved.x - centre.x).cwiseAbs());
    moves.context = moves.context.cwiseMax((moved.context - centre.context).cwiseAbs());
    moves.theta = moves.theta.cwiseMax((moved.theta - centre.theta).cwiseAbs());
  }
  // The rounding of the result: relative to the largest cotangent of the row, which met factors of size one, and for
  // theta to the largest term of each row in the sum (paths through a constraint cancel).
  for (Index i = 0; i < problem.x.rows(); ++i) {
    const Pullback<Wide> share = pull_back(reference, direction, problem.row(i), cotangent.row(i));
    const Wide largest = std::max({centre.x.row(i).cwiseAbs().maxCoeff(), std::abs(cotangent.log_det[i]),
                                   cotangent.values.row(i).cwiseAbs().maxCoeff()});
    if (share.theta.size() > 0)
      moves.theta.array() += epsilon * std::max(largest, share.theta.cwiseAbs().maxCoeff());
    moves.x.row(i).array() += epsilon * largest;
    if (moves.context.cols() > 0)
      moves.context.row(i).array() += epsilon * centre.context.row(i).cwiseAbs().maxCoeff();
  }
  moves.x *= roundings;
  moves.context *= roundings;
  moves.theta *= roundings;
  return moves;
}

}  // namespace contract
