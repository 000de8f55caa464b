// Compiled as usual and with -ffast-math, each time with namespaces of its own: RUN is the function's name.

#include "eigenflow/eigenflow.hpp"

#include <limits>
#include <stdexcept>

#include "run.hpp"

namespace ef = eigenflow;

namespace {

template <class S>
using Matrix = Eigen::Matrix<S, Eigen::Dynamic, Eigen::Dynamic>;

/// tanh, sigmoid, exp, log and a root in each row.
template <class S>
auto make_flow() {
  ef::Rng rng(1);
  ef::Flow flow{ef::Chain{ef::Planar<S, 2>(),
                          ef::AffineCoupling<S, 2>(2, {.hidden = {8}, .activation = ef::Activation::silu}),
                          ef::inverse(ef::Planar<S, 2>())},
                rng};
  rng.fill_normal(flow.parameters());
  return flow;
}

template <class S>
void append(std::vector<double>& to, const Matrix<S>& values) {
  for (const S value : values.reshaped()) to.push_back(static_cast<double>(value));
}

template <class S>
std::vector<double> densities_and_samples() {
  const auto flow = make_flow<S>();
  ef::Rng rng(2);
  Matrix<S> x(101, 2);
  rng.fill_normal(x.reshaped());
  const auto [log_p, grad] = flow.log_prob_and_grad(3 * x);
  std::vector<double> all;
  append<S>(all, log_p);
  append<S>(all, grad);
  append<S>(all, flow.sample(101, rng));
  return all;
}

std::vector<double> far_out() {
  const float far = std::numeric_limits<float>::max() / 1e22f;  // whose square is a number
  Matrix<float> x(4, 2);
  x << far, far, -far, far, far, -far, -far, -far;
  std::vector<double> all;
  append<float>(all, make_flow<float>().log_prob(x));
  return all;
}

std::string refusal() {
  auto flow = make_flow<double>();
  Matrix<double> x = Matrix<double>::Ones(20, 2);
  x(3, 1) = std::numeric_limits<double>::quiet_NaN();
  try {
    ef::fit(flow, x, {.epochs = 1});
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "accepted";
}

}  // namespace

Run RUN() {
  return {densities_and_samples<double>(), densities_and_samples<float>(), far_out(), refusal()};
}
