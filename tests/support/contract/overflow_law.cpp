#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "eigenflow/bases/standard_normal.hpp"
#include "eigenflow/flow.hpp"
#include "eigenflow/layers/permutation.hpp"
#include "support/catch.hpp"
#include "support/contract/laws.hpp"

namespace contract {
namespace {

/// A subject as the layer of a flow.
template <class S>
class AsLayer {
 public:
  using Scalar = S;
  static constexpr int static_dim = Eigen::Dynamic;
  template <class Visitor>
  struct Parameters {
    typename Visitor::Vector theta;
  };
  template <class Self, class Visitor>
  static Parameters<Visitor> layout(Self& self, Visitor& visit) {
    return {visit.vector("theta", self.subject_->parameter_count())};
  }

  explicit AsLayer(const Subject<S>& subject) : subject_(&subject) {}

  Index dim() const { return subject_->dim(); }
  Index context_dim() const { return subject_->context_dim(); }
  void initialise(std::span<S> theta, Rng& rng) const { subject_->initialise(theta, rng); }

  struct Tape {
    const S* input;  // N × D
  };
  Tape forward(std::span<const S> theta, Tile<S>& tile) const {
    typename Tile<S>::Matrix input = tile.scratch(dim());
    input = tile.values;
    subject_->run(Direction::forward, theta, tile);
    return {input.data()};
  }
  Tape inverse(std::span<const S> theta, Tile<S>& tile) const {
    subject_->run(Direction::inverse, theta, tile);
    return {nullptr};
  }
  // Runs the layer again, because a subject keeps no tape.
  void forward_vjp(std::span<const S> theta, std::span<S> grad, Tape tape, Tile<S>& tile) const {
    typename Tile<S>::Matrix log_det = tile.scratch(1);
    log_det.col(0) = tile.log_det;
    tile.values = typename Tile<S>::Matrix(const_cast<S*>(tape.input), tile.rows(), dim());
    subject_->run_vjp(Direction::forward, theta, grad, tile);
    tile.log_det = log_det.col(0);
  }
  void inverse_vjp(std::span<const S>, std::span<S>, Tape, Tile<S>&) const {}

 private:
  const Subject<S>* subject_;
};

/// A subject of a base as the base of a flow.
template <class S>
class AsBase {
 public:
  using Scalar = S;
  static constexpr int static_dim = Eigen::Dynamic;
  template <class Visitor>
  using Parameters = typename AsLayer<S>::template Parameters<Visitor>;
  template <class Self, class Visitor>
  static Parameters<Visitor> layout(Self& self, Visitor& visit) {
    return {visit.vector("theta", self.subject_->parameter_count())};
  }

  explicit AsBase(const Subject<S>& subject) : subject_(&subject) {}

  Index dim() const { return subject_->dim(); }
  Index context_dim() const { return subject_->context_dim(); }
  void initialise(std::span<S> theta, Rng& rng) const { subject_->initialise(theta, rng); }
  void log_prob(std::span<const S> theta, Tile<S>& tile) const {
    subject_->run(Direction::forward, theta, tile);
  }
  void log_prob_vjp(std::span<const S> theta, std::span<S> grad, Tile<S>& tile) const {
    typename Tile<S>::Matrix log_det = tile.scratch(1);
    log_det.col(0) = tile.log_det;
    tile.grad_values.setZero();
    subject_->run_vjp(Direction::forward, theta, grad, tile);
    tile.log_det = log_det.col(0);
  }
  void sample(std::span<const S>, const Rng&, Index, Tile<S>& tile) const { tile.values.setZero(); }

 private:
  const Subject<S>* subject_;
};

// All features of one size, with either sign or one at a time, with a context of ordinary size and of the same size.
template <class S>
Problem<S> large_rows(const Subject<S>& subject) {
  const S max = std::numeric_limits<S>::max();
  const Index dim = subject.dim(), context = subject.context_dim(), each = 2 * (3 + dim);
  const std::vector<S> sizes{S(1e2), S(1e10), std::sqrt(max), std::pow(max, S(0.75)), max / 2, max};
  Problem<S> problem{{}, MatrixX<S>::Zero(each * static_cast<Index>(sizes.size()), dim), {}};
  problem.context = MatrixX<S>::Constant(problem.x.rows(), context, S(0.3));
  Index i = 0;
  for (const S size : sizes)
    for (Index pattern = 0; pattern < each; ++pattern, ++i) {
      for (Index j = 0; j < dim; ++j) {
        const Index kind = pattern / 2;
        const bool negative = kind == 1 || (kind == 2 && j % 2 == 1);
        if (kind < 3 || kind - 3 == j) problem.x(i, j) = negative ? -size : size;
      }
      if (context > 0 && pattern % 2 == 1)
        problem.context.row(i).setConstant(pattern % 4 == 1 ? size : -size);
    }
  return problem;
}

template <class Flow, class S = typename Flow::Scalar>
void check_flow(Flow& flow, const VectorX<S>& theta, const Problem<S>& problem, const std::string& where) {
  flow.parameters() = theta;
  const auto by_row = [&](Index i) {
    const Problem<S> row = problem.row(i);
    return flow.log_prob(row.x, row.context)[0];
  };
  const VectorX<S> batch = flow.log_prob(problem.x, problem.context);
  const auto with_grad = flow.log_prob_and_grad(problem.x, problem.context);
  for (Index i = 0; i < problem.x.rows(); ++i) {
    const S infinity = std::numeric_limits<S>::infinity();
    // Comparisons with NaN are false.
    const bool defined = batch[i] < infinity && by_row(i) < infinity && with_grad.log_prob[i] < infinity;
    const bool settled = with_grad.log_prob[i] > -infinity ||
                         (with_grad.grad.row(i).allFinite() &&
                          (with_grad.grad_context.cols() == 0 || with_grad.grad_context.row(i).allFinite()));
    if (defined && settled) continue;
    INFO(where << ": x = " << problem.x.row(i) << ", context = " << problem.row(i).context
               << ", log p = " << batch[i] << ", of the row alone " << by_row(i) << ", with its gradient "
               << with_grad.log_prob[i] << ", gradient " << with_grad.grad.row(i));
    CHECK(defined);
    CHECK(settled);
  }
}

}  // namespace

template <class S>
void check_overflow(const Subject<S>& subject, bool bijection, const VectorX<S>& theta,
                    const std::string& where) {
  const Problem<S> problem = large_rows(subject);
  Rng rng(1);
  if (bijection) {
    eigenflow::Flow flow{AsLayer<S>(subject), eigenflow::StandardNormal<S>(subject.dim()), rng};
    check_flow(flow, theta, problem, where);
  } else {
    eigenflow::Flow flow{eigenflow::Permutation<S>(eigenflow::in_order(subject.dim())), AsBase<S>(subject),
                         rng};
    check_flow(flow, theta, problem, where);
  }
}

template void check_overflow(const Subject<float>&, bool, const VectorX<float>&, const std::string&);
template void check_overflow(const Subject<double>&, bool, const VectorX<double>&, const std::string&);

}  // namespace contract
