#pragma once

#include <Eigen/Core>
#include <array>
#include <span>

namespace optimise {

template <class Scalar>
using Vector = Eigen::Matrix<Scalar, Eigen::Dynamic, 1>;

template <class Scalar>
std::span<Scalar> span(Vector<Scalar>& v) {
  return {v.data(), static_cast<std::size_t>(v.size())};
}
template <class Scalar>
std::span<const Scalar> span(const Vector<Scalar>& v) {
  return {v.data(), static_cast<std::size_t>(v.size())};
}

/// The gradient of ½ (a - 1)² + 5 b² + ¼ c⁴.
template <class Scalar>
Vector<Scalar> bowl_gradient(const Vector<Scalar>& theta) {
  return Vector<Scalar>{{theta[0] - 1, 10 * theta[1], theta[2] * theta[2] * theta[2]}};
}

/// The position of an optimizer after `steps` steps from (2, -1, ½) on that function.
template <class Scalar, class Optimizer>
Vector<Scalar> descend_bowl(const Optimizer& optimizer, int steps, double learning_rate) {
  Vector<Scalar> theta{{2, -1, Scalar(0.5)}};
  auto state = optimizer.template start<Scalar>(theta.size());
  for (int i = 0; i < steps; ++i) {
    const Vector<Scalar> grad = bowl_gradient(theta);
    optimizer.template step<Scalar>(state, span(theta), span(grad), learning_rate);
  }
  return theta;
}

/// A gradient that differs from entry to entry and step to step, of either sign.
template <class Scalar>
Vector<Scalar> changing_gradient(Eigen::Index size, int step) {
  Vector<Scalar> grad(size);
  for (Eigen::Index i = 0; i < size; ++i)
    grad[i] = static_cast<Scalar>(static_cast<double>((i * 7 + step * 13) % 31 - 15) / 8);
  return grad;
}

/// The largest difference between stepping all of theta at once and stepping it in three parts.
template <class Scalar, class Optimizer>
Scalar parts_against_whole(const Optimizer& optimizer) {
  constexpr Eigen::Index size = 57;
  constexpr std::array<Eigen::Index, 4> cuts = {0, 5, 38, size};
  Vector<Scalar> whole = Vector<Scalar>::LinSpaced(size, -2, 2), parts = whole;
  auto whole_state = optimizer.template start<Scalar>(size);
  auto parts_state = whole_state;
  for (int step = 0; step < 20; ++step) {
    const Vector<Scalar> grad = changing_gradient<Scalar>(size, step);
    optimizer.template step<Scalar>(whole_state, span(whole), span(grad), 0.01);
    optimizer.advance(parts_state);
    for (std::size_t i = 0; i + 1 < cuts.size(); ++i) {
      const auto first = static_cast<std::size_t>(cuts[i]),
                 count = static_cast<std::size_t>(cuts[i + 1] - cuts[i]);
      optimizer.template update<Scalar>(parts_state, cuts[i], span(parts).subspan(first, count),
                                        span(grad).subspan(first, count), 0.01);
    }
  }
  return (whole - parts).cwiseAbs().maxCoeff();
}

}  // namespace optimise
