#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <span>

#include "eigenflow/authoring/layout.hpp"
#include "eigenflow/authoring/list.hpp"
#include "eigenflow/nets/kernel/dense.hpp"
#include "eigenflow/nets/kernel/dense_row.hpp"
#include "eigenflow/numerics/rng.hpp"
#include "eigenflow/numerics/saturating.hpp"

namespace eigenflow::nets {

/// One dense layer of a network: result = x W + b, W in × out and column-major; x is the input after the activation.
struct DenseLayer {
  Eigen::Index in, out;
  bool activates;           // x is the activation of the input
  bool drops = false;       // ... with dropout in training
  bool adds = false;        // add the input of the layer before: the end of a residual block
  double start = 2;         // W and b start uniform in ±start/√in; see `initialise`
  Eigen::Index offset = 0;  // in the network's theta

  // A mask (empty: none): column k reads inputs 0 .. reach[k] - 1, at least as many as column k - 1. Columns steps[s]
  // .. steps[s + 1] - 1 can be computed in step s, when their inputs are known.
  List<Eigen::Index> reach = {}, steps = {};
  // The parts of the products y = x W and grad_x = grad_y Wᵀ.
  List<Part> forward_parts = {}, backward_parts = {};

  template <class Visitor>
  struct Parameters {
    typename Visitor::Matrix weight;
    typename Visitor::Vector bias;
  };
  template <class Self, class Visitor>
  static Parameters<Visitor> layout(Self& self, Visitor& visit) {
    return {visit.matrix("weight", self.in, self.out), visit.vector("bias", self.out)};
  }

  Eigen::Index size() const { return detail::saturating_product(detail::saturating_sum(in, 1), out); }
  template <class S>
  std::span<S> segment(std::span<S> theta) const {
    return theta.subspan(static_cast<std::size_t>(offset), static_cast<std::size_t>(size()));
  }
  Eigen::Index reach_of(Eigen::Index column) const {
    return reach.empty() ? in : reach[static_cast<std::size_t>(column)];
  }
  /// The end of the columns that read the same inputs as this one.
  Eigen::Index same_reach_until(Eigen::Index column) const {
    if (reach.empty()) return out;
    return std::upper_bound(reach.begin() + column, reach.end(), reach_of(column)) - reach.begin();
  }
  /// The first column that reads an input; `out` if there is none.
  Eigen::Index first_reader(Eigen::Index input) const {
    if (reach.empty()) return 0;
    return std::upper_bound(reach.begin(), reach.end(), input) - reach.begin();
  }

  /// The columns of a step, which read the same inputs.
  Part columns_at(Eigen::Index step) const {
    const auto s = static_cast<std::size_t>(step);
    return {steps[s], steps[s + 1], 0, steps[s] < steps[s + 1] ? reach_of(steps[s]) : 0};
  }
  /// Inputs first .. last - 1, with the columns that read any of them.
  Part readers_of(Eigen::Index first, Eigen::Index last) const {
    return {first, last, first < last ? first_reader(first) : out, out};
  }

  /// One sample: entries part.first .. part.last - 1 of x W + b, to y.
  template <class Scalar>
  void one_row(const Scalar* x, const Scalar* weight, const Scalar* bias, const Part& part, Scalar* y) const {
    for (Eigen::Index first = part.first; first < part.last;) {  // columns that read the same inputs
      const Eigen::Index last = std::min(same_reach_until(first), part.last);
      dense_one_row(x, weight + first * in, in, bias + first, y + (first - part.first), reach_of(first),
                    last - first);
      first = last;
    }
  }

  /// Uniform in ±start/√(number of inputs that a column reads); masked entries are zero.
  template <class Scalar>
  void initialise(std::span<Scalar> theta, Rng& rng) const {
    auto p = view_parameters(*this, segment(theta));
    const auto draw = [&](Eigen::Index column) {
      const auto inputs = static_cast<Scalar>(std::max<Eigen::Index>(reach_of(column), 1));
      return start == 0 ? Scalar(0)
                        : static_cast<Scalar>(start) / std::sqrt(inputs) * (2 * rng.uniform<Scalar>() - 1);
    };
    for (Eigen::Index k = 0; k < out; ++k)
      for (Eigen::Index i = 0; i < in; ++i) p.weight(i, k) = i < reach_of(k) ? draw(k) : Scalar(0);
    for (Eigen::Index k = 0; k < out; ++k) p.bias[k] = draw(k);
  }
};

}  // namespace eigenflow::nets
