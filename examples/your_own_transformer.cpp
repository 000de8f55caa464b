// Your own transformer, written outside of the library and used like its own: an invertible function of one
// feature, whose parameters a conditioner computes. The program compares it with numeric derivatives, then fits the
// two moons with it and with the library's Affine.
//
//     your_own_transformer      returns 1 if a derivative is wrong

#include <cmath>
#include <cstdio>
#include <eigenflow/eigenflow.hpp>
#include <numbers>

#include "helpers/check_layer.hpp"
#include "helpers/fit_two_moons.hpp"

namespace ef = eigenflow;

/// y = σ x + t with σ = 0.01 + 0.99 softplus(a + ln(e - 1)), which grows linearly where exp would explode.
/// a = t = 0 is the identity.
template <class Scalar_>
struct Softscale {
  using Scalar = Scalar_;

  static constexpr const char* name() { return "softscale"; }
  static constexpr Eigen::Index parameters() { return 2; }  // slots 0 and 1: a and t
  static constexpr Eigen::Index kept() { return 1; }        // slot 2, for the gradients

  // Slots are the memory of one feature: they hold the parameters, and what the gradient will need.
  template <class Number, class Slots>
  ef::Transformed<Number> forward(Number x, const Slots& slots) const {
    const Number t = slots[1], scale = rescale(slots);
    slots.set(1, x);
    return {scale * x + t, log(scale)};
  }
  template <class Number, class Slots>
  ef::Transformed<Number> inverse(Number y, const Slots& slots) const {
    const Number t = slots[1], scale = rescale(slots), x = (y - t) / scale;
    slots.set(1, x);
    return {x, -log(scale)};
  }

  // On entry the slots hold ∂σ/∂a, x and σ. On return they hold ∂loss/∂a and ∂loss/∂t.
  template <class Number, class Slots>
  Number forward_vjp(Number grad, Number grad_log_det, const Slots& slots) const {
    slots.set(0, (grad * slots[1] + grad_log_det / slots[2]) * slots[0]);
    slots.set(1, grad);
    return grad * slots[2];
  }
  template <class Number, class Slots>
  Number inverse_vjp(Number grad, Number grad_log_det, const Slots& slots) const {
    const Number grad_y = grad / slots[2];
    slots.set(0, -(grad_y * slots[1] + grad_log_det / slots[2]) * slots[0]);
    slots.set(1, -grad_y);
    return grad_y;
  }

 private:
  // Computes σ from a, and keeps σ and ∂σ/∂a.
  template <class Slots>
  static ef::Lanes<Scalar> rescale(const Slots& slots) {
    using Number = ef::Lanes<Scalar>;
    const Number a = slots[0] + Number(static_cast<Scalar>(std::log(std::numbers::e - 1)));
    const Number least(Scalar(0.01)), rest(Scalar(0.99)), scale = least + rest * softplus(a);
    slots.set(0, rest * sigmoid(a));
    slots.set(2, scale);
    return scale;
  }
};

static_assert(ef::Transformer<Softscale<float>>);

int main() {
  using Own = ef::Coupling<Softscale<double>, ef::Mlp<double>, 2>;
  const bool right = helpers::check_layer("A coupling of Softscale",
                                          Own(2, {.hidden = {8}, .activation = ef::Activation::tanh}));

  using Swap = ef::Permutation<double, 2>;
  std::printf("\n");
  helpers::fit_two_moons<ef::Chain<Own, Swap>>("Softscale of an Mlp");
  helpers::fit_two_moons<ef::Chain<ef::AffineCoupling<double, 2>, Swap>>("Affine of an Mlp");
  return right ? 0 : 1;
}
