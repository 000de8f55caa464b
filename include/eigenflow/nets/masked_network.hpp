#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <cstddef>
#include <span>
#include <utility>

#include "eigenflow/authoring/dependent.hpp"
#include "eigenflow/authoring/list.hpp"
#include "eigenflow/nets/dense_layer.hpp"
#include "eigenflow/nets/network_conditioner.hpp"
#include "eigenflow/nets/vjp.hpp"

namespace eigenflow::nets {

/// The functions of a masked conditioner. `Masked` makes the network with its masks.
template <class Scalar_>
class MaskedNetwork : public NetworkConditioner<Scalar_> {
  using Base = NetworkConditioner<Scalar_>;

 public:
  using typename Base::Scalar;
  using typename Base::Tape;
  using Indices = Dependent<List<Eigen::Index>, Scalar>;

  const List<Eigen::Index>& order() const { return order_; }
  Eigen::Index dim() const { return static_cast<Eigen::Index>(order_.size()); }

  Tape forward(std::span<const Scalar> theta, const ConstMatrixMap<Scalar>& input, MatrixMap<Scalar>& result,
               const Pass& pass) const;

  void vjp(std::span<const Scalar>, std::span<Scalar> grad, const Tape& tape,
           const ConstMatrixMap<Scalar>& grad_result, MatrixMap<Scalar>& grad_input, const Pass& pass) const;

  /// Each hidden unit is computed once, as soon as the features that it reads are known: all D steps
  /// together cost one pass.
  template <class Visit>
  Tape forward_in_order(std::span<const Scalar> theta, const ConstMatrixMap<Scalar>& input,
                        MatrixMap<Scalar>& result, const Pass& pass, const Visit& visit) const {
    return this->with_forward(theta, input.rows(), pass, [&](auto run) {
      take_context(run, input);
      for (Eigen::Index s = 0; s < dim(); ++s) {
        for (std::size_t i = 0; i < this->network_.layers.size(); ++i) {
          const Part part = this->network_.layers[i].columns_at(s);
          if (part.columns() > 0) run.advance(i, part);
        }
        give_results(run, result, s);
        visit(feature(s));
        take_feature(run, input, s);
      }
      return run.tape();
    });
  }

  /// The cotangent of each hidden unit is computed once, as soon as those of all units that read it are known.
  template <class Visit>
  void vjp_in_order(std::span<const Scalar>, std::span<Scalar> grad, const Tape& tape,
                    const ConstMatrixMap<Scalar>& grad_result, MatrixMap<Scalar>& grad_input,
                    const Pass& pass, const Visit& visit) const {
    const List<DenseLayer>& layers = this->network_.layers;
    BatchVjp<Scalar> run(this->network_, tape, pass);
    for (Eigen::Index s = dim(); s-- > 0;) {
      visit(feature(s));
      take_grad_results(run, grad_result, s);
      for (std::size_t i = layers.size(); i-- > 1;) {
        const Part units = layers[i - 1].columns_at(s);
        if (units.columns() > 0) run.retreat(i, layers[i].readers_of(units.first, units.last));
      }
      if (s == 0) continue;
      run.retreat(0, layers[0].readers_of(first_input(s - 1), first_input(s)));
      add_grad_feature(run, grad_input, s - 1);
    }
    if (context_dim_ > 0) run.retreat(0, layers[0].readers_of(0, context_dim_));
    add_grad_context(run, grad_input);
    for (std::size_t i = 0; i < layers.size(); ++i) run.add_weight_gradient(i, grad);
  }

 protected:
  /// `count` results for each feature of `order`. The i-th feature of `pairs` has a second input, column D + i.
  constexpr MaskedNetwork(Dependent<Network, Scalar> network, Indices order, Eigen::Index count,
                          Eigen::Index context_dim, Indices pairs)
      : Base(std::move(network)),
        order_(std::move(order)),
        pairs_(std::move(pairs)),
        count_(count),
        context_dim_(context_dim) {}

  Eigen::Index context_dim() const { return context_dim_; }
  /// The first input of the network for the s-th feature: after the context and the earlier features.
  Eigen::Index first_input(Eigen::Index s) const {
    Eigen::Index place = context_dim_ + s;
    for (const Eigen::Index pair : pairs_)
      if (std::find(order_.begin(), order_.begin() + s, pair) != order_.begin() + s) ++place;
    return place;
  }
  static Eigen::Index at(const List<Eigen::Index>& list, Eigen::Index i) {
    return list[static_cast<std::size_t>(i)];
  }

 private:
  Eigen::Index feature(Eigen::Index s) const { return at(order_, s); }

  Eigen::Index context_column() const { return dim() + static_cast<Eigen::Index>(pairs_.size()); }

  // Calls body(column of the input, input of the network) for each input of the s-th feature.
  template <class Body>
  void for_each_input(Eigen::Index s, const Body& body) const {
    const Eigen::Index place = first_input(s);
    body(feature(s), place);
    for (std::size_t i = 0; i < pairs_.size(); ++i)
      if (pairs_[i] == feature(s)) body(dim() + static_cast<Eigen::Index>(i), place + 1);
  }

  template <class Run>
  void take_context(Run& run, const ConstMatrixMap<Scalar>& input) const {
    run.take(input.data() + context_column() * input.rows(), 0, context_dim_);
  }
  template <class Run>
  void take_feature(Run& run, const ConstMatrixMap<Scalar>& input, Eigen::Index s) const {
    for_each_input(s, [&](Eigen::Index column, Eigen::Index place) {
      run.take(input.data() + column * input.rows(), place, place + 1);
    });
  }
  template <class Run>
  void give_results(const Run& run, MatrixMap<Scalar>& result, Eigen::Index s) const {
    run.give(result.data() + feature(s) * count_ * result.rows(), s * count_, (s + 1) * count_);
  }
  void take_grad_results(BatchVjp<Scalar>& run, const ConstMatrixMap<Scalar>& grad_result,
                         Eigen::Index s) const {
    run.take(grad_result.data() + feature(s) * count_ * grad_result.rows(), s * count_, (s + 1) * count_);
  }
  void add_grad_feature(const BatchVjp<Scalar>& run, MatrixMap<Scalar>& grad_input, Eigen::Index s) const {
    for_each_input(s, [&](Eigen::Index column, Eigen::Index place) {
      run.add_to(grad_input.data() + column * grad_input.rows(), place, place + 1);
    });
  }
  void add_grad_context(const BatchVjp<Scalar>& run, MatrixMap<Scalar>& grad_input) const {
    run.add_to(grad_input.data() + context_column() * grad_input.rows(), 0, context_dim_);
  }

  List<Eigen::Index> order_, pairs_;
  Eigen::Index count_;
  Eigen::Index context_dim_;
};

// Defined outside of the class, so that eigenflow::compiled can hold them.

template <class Scalar_>
auto MaskedNetwork<Scalar_>::forward(std::span<const Scalar> theta, const ConstMatrixMap<Scalar>& input,
                                     MatrixMap<Scalar>& result, const Pass& pass) const -> Tape {
  return this->with_forward(theta, input.rows(), pass, [&](auto run) {
    take_context(run, input);
    for (Eigen::Index s = 0; s < dim(); ++s) take_feature(run, input, s);
    this->advance_all(run);
    for (Eigen::Index s = 0; s < dim(); ++s) give_results(run, result, s);
    return run.tape();
  });
}

template <class Scalar_>
void MaskedNetwork<Scalar_>::vjp(std::span<const Scalar>, std::span<Scalar> grad, const Tape& tape,
                                 const ConstMatrixMap<Scalar>& grad_result, MatrixMap<Scalar>& grad_input,
                                 const Pass& pass) const {
  BatchVjp<Scalar> run(this->network_, tape, pass);
  for (Eigen::Index s = 0; s < dim(); ++s) take_grad_results(run, grad_result, s);
  this->retreat_all(run, grad);
  for (Eigen::Index s = 0; s < dim(); ++s) add_grad_feature(run, grad_input, s);
  add_grad_context(run, grad_input);
}

}  // namespace eigenflow::nets
