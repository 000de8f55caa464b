#pragma once

#include <Eigen/Core>
#include <cmath>
#include <span>
#include <string>
#include <vector>

#include "eigenflow/activation.hpp"
#include "eigenflow/conditioner.hpp"
#include "eigenflow/detail/dense.hpp"
#include "eigenflow/error.hpp"

namespace eigenflow {

/// The shape of a multi-layer perceptron.
struct MlpOptions {
  std::vector<Eigen::Index> hidden = {64, 64};  ///< widths of the hidden layers, any number of them
  Activation activation = Activation::relu;
};

/// A multi-layer perceptron: h₀ = input, hᵢ = activation(hᵢ₋₁ Wᵢ + bᵢ), result = h_last W + b, rows are
/// samples.
///
/// Hidden weights start uniform in ±√(1/in) as in PyTorch, the last layer at zero: the results start at zero.
template <class Scalar_>
class Mlp {
 public:
  using Scalar = Scalar_;
  using Options = MlpOptions;

  /// One dense layer: `weight` is in × out.
  struct Dense {
    Eigen::Index in, out, offset;

    template <class Visitor>
    struct Parameters {
      typename Visitor::Matrix weight;
      typename Visitor::Vector bias;
    };
    template <class Self, class Visitor>
    static Parameters<Visitor> layout(Self& self, Visitor& visit) {
      return {visit.matrix("weight", self.in, self.out), visit.vector("bias", self.out)};
    }
    Eigen::Index size() const { return (in + 1) * out; }
  };

  template <class Visitor>
  using Parameters = std::vector<typename Dense::template Parameters<Visitor>>;

  Mlp(Eigen::Index in, Eigen::Index out, const Options& options = {}) : options_(options) {
    Eigen::Index from = in, offset = 0;
    for (const Eigen::Index width : options.hidden) {
      if (width < 1)
        detail::refuse("a hidden layer of an Mlp needs a width of 1 or more, but got " +
                       std::to_string(width) + ": give every entry of .hidden a positive width");
      dense_.push_back({from, width, offset});
      offset += dense_.back().size();
      from = width;
    }
    dense_.push_back({from, out, offset});
  }

  static constexpr const char* name() { return "mlp"; }
  Eigen::Index in_dim() const { return dense_.front().in; }
  Eigen::Index out_dim() const { return dense_.back().out; }
  const Options& options() const { return options_; }

  template <class Self, class Visitor>
  static Parameters<Visitor> layout(Self& self, Visitor& visit) {
    Parameters<Visitor> parameters;
    for (std::size_t i = 0; i < self.dense_.size(); ++i) parameters.push_back(visit.part(i, self.dense_[i]));
    return parameters;
  }

  void initialise(std::span<Scalar> theta, Rng& rng) const {
    for (const Dense& dense : dense_) {
      const bool last = &dense == &dense_.back();
      const Scalar reach =
          last ? Scalar(0) : 1 / std::sqrt(static_cast<Scalar>(std::max<Eigen::Index>(dense.in, 1)));
      for (Scalar& value : segment(dense, theta)) value = last ? 0 : reach * (2 * rng.uniform<Scalar>() - 1);
    }
  }

  struct Tape {
    const Scalar* input;
    Scalar* const*
        derivative_from;  // of each hidden layer: its values, or its pre-activations where those are needed
    Scalar* const* values;
  };

  Tape forward(std::span<const Scalar> theta, const ConstMatrixMap<Scalar>& input, MatrixMap<Scalar>& result,
               const Pass& pass) const {
    const Eigen::Index rows = input.rows();
    const std::size_t count = dense_.size();
    Scalar** const pre = pass.arena->allocate<Scalar*>(count);
    Scalar** const post = pass.arena->allocate<Scalar*>(count);
    const Scalar* from = input.data();
    for (std::size_t i = 0; i < count; ++i) {
      const Dense& layer = dense_[i];
      const auto p = view_parameters(layer, segment(layer, theta));
      const bool last = i + 1 == count;
      pre[i] =
          last ? result.data() : pass.arena->allocate<Scalar>(static_cast<std::size_t>(rows * layer.out));
      MatrixMap<Scalar> z(pre[i], rows, layer.out);
      detail::dense<Scalar>(ConstMatrixMap<Scalar>(from, rows, layer.in), p.weight, p.bias, z, *pass.arena);
      if (!last) post[i] = activate(z, pass);
      from = last ? nullptr : post[i];
    }
    return {input.data(), pre, post};
  }

  void vjp(std::span<const Scalar> theta, std::span<Scalar> grad, const Tape& tape,
           const ConstMatrixMap<Scalar>& grad_result, MatrixMap<Scalar>& grad_input, const Pass& pass) const {
    const Eigen::Index rows = grad_result.rows();
    const Scalar* grad_out = grad_result.data();
    for (std::size_t i = dense_.size(); i-- > 0;) {
      const Dense& layer = dense_[i];
      const ConstMatrixMap<Scalar> weight = view_parameters(layer, segment(layer, theta)).weight;
      const ConstMatrixMap<Scalar> from(i == 0 ? tape.input : tape.values[i - 1], rows, layer.in);
      const ConstMatrixMap<Scalar> grad_z(grad_out, rows, layer.out);
      if (!grad.empty()) {
        auto g = view_parameters(layer, segment(layer, grad));
        detail::dense_grad_w<Scalar>(from, grad_z, g.weight, *pass.arena);
        detail::dense_grad_bias<Scalar>(grad_z, g.bias);
      }
      if (i == 0) {
        detail::dense_grad_x<Scalar>(grad_z, weight, grad_input, *pass.arena);
      } else {
        Scalar* const data = pass.arena->allocate<Scalar>(static_cast<std::size_t>(rows * layer.in));
        MatrixMap<Scalar> grad_hidden(data, rows, layer.in);
        grad_hidden.setZero();
        detail::dense_grad_x<Scalar>(grad_z, weight, grad_hidden, *pass.arena);
        scale_by_derivative(grad_hidden, tape.derivative_from[i - 1]);
        grad_out = data;
      }
    }
  }

 private:
  template <class S>
  static std::span<S> segment(const Dense& dense, std::span<S> theta) {
    return theta.subspan(static_cast<std::size_t>(dense.offset), static_cast<std::size_t>(dense.size()));
  }

  // In place, unless the derivative needs the pre-activations and a vjp follows.
  Scalar* activate(MatrixMap<Scalar>& z, const Pass& pass) const {
    return detail::with_activation(options_.activation, [&](auto function) {
      const bool apart = pass.record && !decltype(function)::derivative_from_value;
      Scalar* const to = apart ? pass.arena->allocate<Scalar>(static_cast<std::size_t>(z.size())) : z.data();
      for_each_step<Scalar>(z.size(),
                            [&](const auto step) { step.store(to, function.value(step.load(z.data()))); });
      return to;
    });
  }

  void scale_by_derivative(MatrixMap<Scalar>& grad, const Scalar* derivative_from) const {
    detail::with_activation(options_.activation, [&](auto function) {
      for_each_step<Scalar>(grad.size(), [&](const auto step) {
        step.store(grad.data(), function.scale(step.load(grad.data()), step.load(derivative_from)));
      });
    });
  }

  Options options_;
  std::vector<Dense> dense_;
};

}  // namespace eigenflow
