#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "eigenflow/conditioners/mlp.hpp"
#include "eigenflow/conditioners/residual_net.hpp"
#include "eigenflow/detail/network_conditioner.hpp"
#include "eigenflow/detail/order.hpp"

namespace eigenflow {

/// A network whose weights are masked so that it is autoregressive (MADE, Germain et al., arXiv:1502.03509,
/// section 4): the results of a feature depend on the features before it in the order, and on the context.
///
///   degree of a feature        its place in the order, 0 .. D - 1
///   degree of a hidden unit    d: it sees the features of degree < d, and all of the context
///   hidden → hidden            where the degree does not fall             (eq. 8 with degrees one lower)
///   hidden → results           of the features of degree ≥ d              (eq. 9)
///
/// Hidden degrees are dealt out evenly, 1 .. D - 1 (with a context 0 .. D - 1), and sorted, and so are the
/// columns inside: every column of a weight reads the first so many of its inputs, what the mask leaves out
/// is a corner of zeros, and products skip most of it. Rows of the first weight: the context, then the
/// features in their order; columns of the last weight: in their order, `count` a feature. A masked entry of
/// theta is never read, and its gradient is zero.
///
/// `Net` gives the network to mask: Mlp or ResidualNet. Its start is theirs, with the inputs that a column
/// reads for √in.
template <class Net>
class Masked : public detail::NetworkConditioner<typename Net::Scalar> {
  using Base = detail::NetworkConditioner<typename Net::Scalar>;

 public:
  using typename Base::Scalar;
  using typename Base::Tape;
  using Options = typename Net::Options;

  /// `count` results for each feature of the order (a list of 0 .. D - 1, the first feature first). Throws
  /// std::invalid_argument for a list that is no order, or for options that make no network.
  Masked(std::vector<Eigen::Index> order, Eigen::Index count, const Options& options = {},
         Eigen::Index context_dim = 0)
      : Base(options.network(static_cast<Eigen::Index>(order.size()) + context_dim,
                             count * static_cast<Eigen::Index>(order.size()))),
        order_(detail::checked_order(std::move(order), "the order of the features")),
        count_(count),
        context_dim_(context_dim),
        options_(options) {
    mask();
  }

  static std::string name() { return std::string("masked ") + Net::name(); }
  const Options& options() const { return options_; }
  std::string describe() const { return options_.describe(); }
  const std::vector<Eigen::Index>& order() const { return order_; }
  Eigen::Index dim() const { return static_cast<Eigen::Index>(order_.size()); }

  Tape forward(std::span<const Scalar> theta, const ConstMatrixMap<Scalar>& input, MatrixMap<Scalar>& result,
               const Pass& pass) const {
    return this->with_forward(theta, input.rows(), pass, [&](auto run) {
      take_context(run, input);
      for (Eigen::Index s = 0; s < dim(); ++s) take_feature(run, input, s);
      this->advance_all(run);
      for (Eigen::Index s = 0; s < dim(); ++s) give_results(run, result, s);
      return run.tape();
    });
  }

  void vjp(std::span<const Scalar>, std::span<Scalar> grad, const Tape& tape,
           const ConstMatrixMap<Scalar>& grad_result, MatrixMap<Scalar>& grad_input, const Pass& pass) const {
    detail::BatchVjp<Scalar> run(this->network_, tape, pass);
    for (Eigen::Index s = 0; s < dim(); ++s) take_grad_results(run, grad_result, s);
    this->retreat_all(run, grad);
    for (Eigen::Index s = 0; s < dim(); ++s) add_grad_feature(run, grad_input, s);
    add_grad_context(run, grad_input);
  }

  /// Each hidden unit is computed once, as soon as the features that it sees are there: all D steps together
  /// cost one pass.
  template <class Visit>
  Tape forward_in_order(std::span<const Scalar> theta, const ConstMatrixMap<Scalar>& input,
                        MatrixMap<Scalar>& result, const Pass& pass, const Visit& visit) const {
    return this->with_forward(theta, input.rows(), pass, [&](auto run) {
      take_context(run, input);
      for (Eigen::Index s = 0; s < dim(); ++s) {
        for (std::size_t i = 0; i < this->network_.layers.size(); ++i) {
          const detail::Part part = this->network_.layers[i].columns_at(s);
          if (part.columns() > 0) run.advance(i, part);
        }
        give_results(run, result, s);
        visit(feature(s));
        take_feature(run, input, s);
      }
      return run.tape();
    });
  }

  /// And each hidden unit's cotangent once, as soon as those of all units that read it are there.
  template <class Visit>
  void vjp_in_order(std::span<const Scalar>, std::span<Scalar> grad, const Tape& tape,
                    const ConstMatrixMap<Scalar>& grad_result, MatrixMap<Scalar>& grad_input,
                    const Pass& pass, const Visit& visit) const {
    const std::vector<detail::DenseLayer>& layers = this->network_.layers;
    detail::BatchVjp<Scalar> run(this->network_, tape, pass);
    for (Eigen::Index s = dim(); s-- > 0;) {
      visit(feature(s));
      take_grad_results(run, grad_result, s);
      for (std::size_t i = layers.size(); i-- > 1;) {
        const detail::Part units = layers[i - 1].columns_at(s);
        if (units.columns() > 0) run.retreat(i, layers[i].readers_of(units.first, units.last));
      }
      if (s == 0) continue;
      run.retreat(0, layers[0].readers_of(context_dim_ + s - 1, context_dim_ + s));
      add_grad_feature(run, grad_input, s - 1);
    }
    if (context_dim_ > 0) run.retreat(0, layers[0].readers_of(0, context_dim_));
    add_grad_context(run, grad_input);
    for (std::size_t i = 0; i < layers.size(); ++i) run.add_weight_gradient(i, grad);
  }

 private:
  // The columns of each layer by the step at which they are known, and what they read.
  void mask() {
    std::vector<detail::DenseLayer>& layers = this->network_.layers;
    for (std::size_t i = 0; i < layers.size(); ++i) {
      detail::DenseLayer& layer = layers[i];
      layer.steps = steps(layer.out, i + 1 < layers.size());
      layer.reach.clear();
      for (Eigen::Index s = 0; s < dim(); ++s) {
        const Eigen::Index sees = i == 0 ? context_dim_ + s : at(layers[i - 1].steps, s + 1);
        layer.reach.resize(static_cast<std::size_t>(at(layer.steps, s + 1)), sees);
      }
      layer.cut();
    }
  }

  // Columns steps[s] .. steps[s + 1] - 1 have degree s.
  std::vector<Eigen::Index> steps(Eigen::Index units, bool hidden) const {
    std::vector<Eigen::Index> first(order_.size() + 1, 0);
    const Eigen::Index lowest = hidden && context_dim_ == 0 && dim() > 1 ? 1 : 0, degrees = dim() - lowest;
    for (Eigen::Index d = 0; d < degrees; ++d) {
      // The first few degrees get one more; where there are fewer units than degrees, spread out, the last
      // degree among them, so that no feature goes unseen.
      const Eigen::Index until = units >= degrees
                                     ? (d + 1) * (units / degrees) + std::min(d + 1, units % degrees)
                                     : (d + 1) * units / degrees;
      first[static_cast<std::size_t>(lowest + d) + 1] = until;
    }
    return first;
  }

  static Eigen::Index at(const std::vector<Eigen::Index>& list, Eigen::Index i) {
    return list[static_cast<std::size_t>(i)];
  }
  Eigen::Index feature(Eigen::Index s) const { return at(order_, s); }

  template <class Run>
  void take_context(Run& run, const ConstMatrixMap<Scalar>& input) const {
    run.take(input.data() + dim() * input.rows(), 0, context_dim_);
  }
  template <class Run>
  void take_feature(Run& run, const ConstMatrixMap<Scalar>& input, Eigen::Index s) const {
    run.take(input.data() + feature(s) * input.rows(), context_dim_ + s, context_dim_ + s + 1);
  }
  template <class Run>
  void give_results(const Run& run, MatrixMap<Scalar>& result, Eigen::Index s) const {
    run.give(result.data() + feature(s) * count_ * result.rows(), s * count_, (s + 1) * count_);
  }
  void take_grad_results(detail::BatchVjp<Scalar>& run, const ConstMatrixMap<Scalar>& grad_result,
                         Eigen::Index s) const {
    run.take(grad_result.data() + feature(s) * count_ * grad_result.rows(), s * count_, (s + 1) * count_);
  }
  void add_grad_feature(const detail::BatchVjp<Scalar>& run, MatrixMap<Scalar>& grad_input,
                        Eigen::Index s) const {
    run.add_to(grad_input.data() + feature(s) * grad_input.rows(), context_dim_ + s, context_dim_ + s + 1);
  }
  void add_grad_context(const detail::BatchVjp<Scalar>& run, MatrixMap<Scalar>& grad_input) const {
    run.add_to(grad_input.data() + dim() * grad_input.rows(), 0, context_dim_);
  }

  std::vector<Eigen::Index> order_;
  Eigen::Index count_;
  Eigen::Index context_dim_;
  Options options_;
};

/// MADE: a masked multi-layer perceptron.
template <class Scalar>
using MaskedMlp = Masked<Mlp<Scalar>>;

/// MADE with residual blocks.
template <class Scalar>
using MaskedResidualNet = Masked<ResidualNet<Scalar>>;

}  // namespace eigenflow
