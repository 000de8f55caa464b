#pragma once

#include <array>
#include <numbers>
#include <string>
#include <string_view>

#include "eigenflow/authoring/lane_math.hpp"
#include "eigenflow/text/decimal.hpp"
#include "eigenflow/text/error.hpp"

// The activations of conditioners: value and derivative. If possible, the derivative is computed from the value, so
// that the pre-activation need not be kept.

namespace eigenflow {

enum class Activation { relu, leaky_relu, tanh, sigmoid, softplus, elu, silu, gelu, identity };

namespace detail {

struct ReluFunction {
  static constexpr bool derivative_from_value = true;
  template <class Number>
  static Number value(Number z) {
    return max(z, Number(0));
  }
  template <class Number>
  static Number scale(Number grad, Number h) {  // grad · derivative
    return select(h > Number(0), grad, Number(0));
  }
};

struct LeakyReluFunction {
  static constexpr bool derivative_from_value = true;
  double negative_slope = 0.01;  // from 0 to 1; PyTorch's default

  template <class Number>
  Number value(Number z) const {
    return max(z, slope<Number>() * z);
  }
  template <class Number>
  Number scale(Number grad, Number h) const {
    return select(h > Number(0), grad, slope<Number>() * grad);
  }
  template <class Number>
  Number slope() const {
    return Number(static_cast<typename Number::Scalar>(negative_slope));
  }
};

struct TanhFunction {
  static constexpr bool derivative_from_value = true;
  template <class Number>
  static Number value(Number z) {
    return tanh(z);
  }
  template <class Number>
  static Number scale(Number grad, Number h) {
    return grad * (Number(1) - h) * (Number(1) + h);
  }
};

struct SigmoidFunction {
  static constexpr bool derivative_from_value = true;
  template <class Number>
  static Number value(Number z) {
    return sigmoid(z);
  }
  template <class Number>
  static Number scale(Number grad, Number h) {
    return grad * h * (Number(1) - h);
  }
};

struct SoftplusFunction {
  static constexpr bool derivative_from_value = false;
  template <class Number>
  static Number value(Number z) {
    return softplus(z);
  }
  template <class Number>
  static Number scale(Number grad, Number z) {
    return grad * sigmoid(z);
  }
};

struct EluFunction {
  static constexpr bool derivative_from_value = true;
  template <class Number>
  static Number value(Number z) {
    return select(z > Number(0), z, exp(min(z, Number(0))) - Number(1));
  }
  template <class Number>
  static Number scale(Number grad, Number h) {
    return select(h > Number(0), grad, grad * (h + Number(1)));
  }
};

struct SiluFunction {
  static constexpr bool derivative_from_value = false;
  template <class Number>
  static Number value(Number z) {
    return z * sigmoid(z);
  }
  template <class Number>
  static Number scale(Number grad, Number z) {
    const Number s = sigmoid(z);
    return grad * s * (Number(1) + z * (Number(1) - s));
  }
};

struct GeluFunction {  // the exact form, z Φ(z)
  static constexpr bool derivative_from_value = false;
  template <class Number>
  static Number value(Number z) {
    return z * normal_cdf(z);
  }
  template <class Number>
  static Number scale(Number grad, Number z) {
    using Scalar = typename Number::Scalar;
    const Number half(Scalar(0.5)), root(std::numbers::inv_sqrtpi_v<Scalar> / std::numbers::sqrt2_v<Scalar>);
    return grad * (normal_cdf(z) + z * root * exp(-(half * z * z)));
  }
  template <class Number>
  static Number normal_cdf(Number z) {
    using Scalar = typename Number::Scalar;
    return Number(Scalar(0.5)) * (Number(1) + erf(z * Number(1 / std::numbers::sqrt2_v<Scalar>)));
  }
};

struct IdentityFunction {
  static constexpr bool derivative_from_value = true;
  template <class Number>
  static Number value(Number z) {
    return z;
  }
  template <class Number>
  static Number scale(Number grad, Number) {
    return grad;
  }
};

/// Calls `with` with the functions of the activation: one choice per pass, none in the loops.
template <class With>
decltype(auto) with_activation(Activation activation, double negative_slope, With&& with) {
  switch (activation) {
    case Activation::relu:
      return with(ReluFunction{});
    case Activation::leaky_relu:
      return with(LeakyReluFunction{negative_slope});
    case Activation::tanh:
      return with(TanhFunction{});
    case Activation::sigmoid:
      return with(SigmoidFunction{});
    case Activation::softplus:
      return with(SoftplusFunction{});
    case Activation::elu:
      return with(EluFunction{});
    case Activation::silu:
      return with(SiluFunction{});
    case Activation::gelu:
      return with(GeluFunction{});
    case Activation::identity:
      break;
  }
  return with(IdentityFunction{});
}

/// True if the derivative follows from the value, so that the pre-activation need not be kept.
inline bool derivative_from_value(Activation activation) {
  return with_activation(activation, 0,
                         [](auto function) { return decltype(function)::derivative_from_value; });
}

inline double checked_negative_slope(double slope) {
  if (!(slope >= 0 && slope <= 1))
    reject("the negative slope of a leaky relu must be from 0 to 1, but is " + detail::decimal(slope));
  return slope;
}

}  // namespace detail

/// The names of the activations in files and printed architectures.
constexpr std::array<std::string_view, 9> names_of(Activation) {
  return {"relu", "leaky_relu", "tanh", "sigmoid", "softplus", "elu", "silu", "gelu", "identity"};
}
/// The name of an activation: "relu", "silu"...
constexpr std::string_view to_string(Activation activation) {
  return names_of(activation)[static_cast<std::size_t>(activation)];
}

namespace detail {

/// As "relu" or "relu, dropout 0.1".
inline std::string describe(Activation activation, double dropout) {
  std::string text(to_string(activation));
  if (dropout > 0) text += ", dropout " + decimal(dropout);
  return text;
}

}  // namespace detail
}  // namespace eigenflow
