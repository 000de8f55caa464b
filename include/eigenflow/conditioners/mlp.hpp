#pragma once

#include <Eigen/Core>
#include <cmath>
#include <memory>
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
/// Hidden weights and biases start uniform in ±2/√in, between the scales of LeCun et al. (1998, "Efficient
/// backprop", eq. 16) and He et al. (arXiv:1502.01852, eq. 10): the signal keeps its size from layer to
/// layer, and the kinks of relu spread over the inputs. The last layer starts at zero, and so do the results.
/// (PyTorch's ±1/√in lets the signal shrink, and the same work ends twice as far from `rings`.)
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
  /// As "64 × 64, relu".
  std::string describe() const {
    std::string text;
    for (const Eigen::Index width : options_.hidden)
      text += (text.empty() ? "" : " × ") + std::to_string(width);
    return (text.empty() ? "linear" : text + ", " + std::string(to_string(options_.activation)));
  }

  template <class Self, class Visitor>
  static Parameters<Visitor> layout(Self& self, Visitor& visit) {
    Parameters<Visitor> parameters;
    for (std::size_t i = 0; i < self.dense_.size(); ++i) parameters.push_back(visit.part(i, self.dense_[i]));
    return parameters;
  }

  void initialise(std::span<Scalar> theta, Rng& rng) const {
    for (const Dense& dense : dense_) {
      const bool last = &dense == &dense_.back();
      const Scalar reach = last ? 0 : 2 / std::sqrt(static_cast<Scalar>(std::max<Eigen::Index>(dense.in, 1)));
      for (Scalar& value : segment(dense, theta)) value = last ? 0 : reach * (2 * rng.uniform<Scalar>() - 1);
    }
  }

  struct Tape {
    detail::Panels<Scalar> input;
    const detail::Panels<Scalar>*
        derivative_from;  // a hidden layer's values, or its pre-activations where needed
    const detail::Panels<Scalar>* values;
  };

  Tape forward(std::span<const Scalar> theta, const ConstMatrixMap<Scalar>& input, MatrixMap<Scalar>& result,
               const Pass& pass) const {
    using Panels = detail::Panels<Scalar>;
    if (input.rows() == 1 && !pass.record) {
      forward_one_row(theta, input.data(), result.data(), *pass.arena);
      return {};
    }
    Arena& arena = *pass.arena;
    const std::size_t hidden = dense_.size() - 1;
    Panels* const derivative_from = arena.allocate<Panels>(hidden);
    Panels* const values = arena.allocate<Panels>(hidden);
    const Panels first = Panels::allocate(arena, input.rows(), in_dim());
    first.take(input);
    Panels from = first;
    for (std::size_t i = 0; i < dense_.size(); ++i) {
      const Dense& layer = dense_[i];
      const auto p = view_parameters(layer, segment(layer, theta));
      const Panels z = Panels::allocate(arena, input.rows(), layer.out);
      if (i == hidden) {
        detail::dense(from, p.weight.data(), p.bias.data(), z, false, [](Eigen::Index) {});
        z.give(result);
      } else {
        // In place, unless the derivative needs the pre-activations and a vjp follows.
        const bool apart = pass.record && !detail::derivative_from_value(options_.activation);
        const Panels h = apart ? Panels::allocate(arena, input.rows(), layer.out) : z;
        detail::dense(from, p.weight.data(), p.bias.data(), z, relu(), [&](Eigen::Index panel) {
          if (!relu()) activate(z, h, panel);
        });
        std::construct_at(derivative_from + i, z);
        std::construct_at(values + i, h);
        from = h;
      }
    }
    return {first, derivative_from, values};
  }

  void vjp(std::span<const Scalar> theta, std::span<Scalar> grad, const Tape& tape,
           const ConstMatrixMap<Scalar>& grad_result, MatrixMap<Scalar>& grad_input, const Pass& pass) const {
    using Panels = detail::Panels<Scalar>;
    Arena& arena = *pass.arena;
    Panels grad_z = Panels::allocate(arena, grad_result.rows(), out_dim());
    detail::ColumnSums<Scalar> bias_sums(out_dim(), arena);
    Scalar* const no_gate = nullptr;
    grad_z.take(grad_result);
    for (Eigen::Index p = 0; p < grad_z.count(); ++p)
      bias_sums.add(grad_z, p, [](Eigen::Index, Lanes<Scalar> numbers) { return numbers; });
    for (std::size_t i = dense_.size(); i-- > 0;) {
      const Dense& layer = dense_[i];
      if (!grad.empty()) {
        auto g = view_parameters(layer, segment(layer, grad));
        detail::dense_grad_w(i == 0 ? tape.input : tape.values[i - 1], grad_z, g.weight.data(), arena);
        bias_sums.give(g.bias.data());
      }
      const Panels grad_from = Panels::allocate(arena, grad_z.rows, layer.in);
      const Scalar* const weight = view_parameters(layer, segment(layer, theta)).weight.data();
      if (i == 0) {
        detail::dense_grad_x(grad_z, weight, grad_from, no_gate, no_gate, arena, [](Eigen::Index) {});
      } else {
        bias_sums = detail::ColumnSums<Scalar>(layer.in, arena);
        const Panels& from = tape.derivative_from[i - 1];
        detail::dense_grad_x(grad_z, weight, grad_from, relu() ? from.data : no_gate,
                             relu() ? bias_sums.data() : no_gate, arena, [&](Eigen::Index panel) {
                               if (!relu()) scale_by_derivative(grad_from, from, panel, bias_sums);
                             });
      }
      grad_z = grad_from;
    }
    grad_z.add_to(grad_input);
  }

 private:
  template <class S>
  static std::span<S> segment(const Dense& dense, std::span<S> theta) {
    return theta.subspan(static_cast<std::size_t>(dense.offset), static_cast<std::size_t>(dense.size()));
  }

  // The product applies it, and its derivative, while the sums are in registers.
  bool relu() const { return options_.activation == Activation::relu; }

  void activate(const detail::Panels<Scalar>& z, const detail::Panels<Scalar>& h, Eigen::Index panel) const {
    detail::with_activation(options_.activation, [&](auto function) {
      z.for_each_vector_of(
          panel, [&](Eigen::Index i) { function.value(Lanes<Scalar>::load(z.data + i)).store(h.data + i); });
    });
  }

  void scale_by_derivative(const detail::Panels<Scalar>& grad, const detail::Panels<Scalar>& derivative_from,
                           Eigen::Index panel, const detail::ColumnSums<Scalar>& bias_sums) const {
    using Number = Lanes<Scalar>;
    detail::with_activation(options_.activation, [&](auto function) {
      bias_sums.add(grad, panel, [&](Eigen::Index i, Number g) {
        return function.scale(g, Number::load(derivative_from.data + i));
      });
    });
  }

  // One sample needs no panels: every layer is a row of sums.
  void forward_one_row(std::span<const Scalar> theta, const Scalar* input, Scalar* result,
                       Arena& arena) const {
    const Scalar* from = input;
    for (const Dense& layer : dense_) {
      const auto p = view_parameters(layer, segment(layer, theta));
      const bool last = &layer == &dense_.back();
      Scalar* const to = last ? result : arena.allocate<Scalar>(static_cast<std::size_t>(layer.out));
      detail::dense_one_row(from, p.weight.data(), p.bias.data(), to, layer.in, layer.out);
      if (!last)
        detail::with_activation(options_.activation, [&](auto function) {
          for (const RowStep<Scalar> step : RowSteps<Scalar>(layer.out)) {
            step.store(to, function.value(step.load(to)));
          }
        });
      from = to;
    }
  }

  Options options_;
  std::vector<Dense> dense_;
};

}  // namespace eigenflow
