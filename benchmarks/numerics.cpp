// Measures the errors of each part in float and in double, and prints the table of docs/numerics.md. The parts are the
// examples of the list in eigenflow/parts.hpp.
//
// Each part is built in the scalar type and, with the same parameters, in long double. The parameters are the initial
// ones plus normal noise of standard deviation 0.1, or those of a trained flow. The points are samples of the flow,
// drawn in long double. An error is the largest over all points, relative to 1 + |exact value|; the error of a gradient
// is relative to its largest entry.

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <eigenflow/data/two_d.hpp>
#include <eigenflow/eigenflow.hpp>
#include <eigenflow/io/standard_parts.hpp>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "support/standard_parts.hpp"

namespace ef = eigenflow;
using Eigen::Index;
using Wide = long double;

namespace {

constexpr Index rows = 4'096, dim = 6, context_dim = 2;

struct Errors {
  Wide round_trip, log_det, log_prob, grad_x, grad_theta;
};

template <class S>
ef::MatrixX<S> normals(Index n, Index columns, ef::Rng& rng) {
  ef::MatrixX<double> numbers(n, columns);
  rng.fill_normal(numbers);
  return numbers.cast<S>();
}

/// The largest error of `numbers`, each relative to 1 + |exact|.
template <class A, class B>
Wide largest_error(const A& numbers, const B& exact) {
  const auto difference = numbers.template cast<Wide>().array() - exact.array();
  return (difference.abs() / (1 + exact.array().abs())).maxCoeff();
}

/// The same of a gradient, relative to the largest entry of its row.
template <class A, class B>
Wide largest_row_error(const A& gradient, const B& exact) {
  Wide largest = 0;
  for (Index i = 0; i < exact.rows(); ++i) {
    const Wide size = exact.row(i).cwiseAbs().maxCoeff();
    if (size > 0)
      largest = std::max(largest,
                         (gradient.row(i).template cast<Wide>() - exact.row(i)).cwiseAbs().maxCoeff() / size);
  }
  return largest;
}

/// The results of a flow at x, given c.
template <class Flow>
struct Results {
  using S = typename Flow::Scalar;
  ef::MatrixX<S> back, grad_x;
  ef::VectorX<S> log_det, log_prob, grad_theta;

  Results(const Flow& flow, const ef::MatrixX<S>& x, const ef::MatrixX<S>& c) {
    const auto forward = flow.forward(x, c);
    log_det = forward.log_det;
    back = flow.inverse(forward.z, c).x;
    const auto density = flow.log_prob_and_grad(x, c);
    log_prob = density.log_prob;
    grad_x = density.grad;
    grad_theta.resize(flow.parameters().size());
    ef::MaximumLikelihood{}(flow, ef::Batch<S>::all(x, c),
                            std::span<S>(grad_theta.data(), flow.theta().size()));
  }
};

/// The initial parameters of a flow plus noise.
struct Moved {
  template <class Flow>
  Eigen::VectorXf operator()(const Flow& flow) const {
    ef::Rng rng(2);
    return flow.parameters().template cast<float>() + 0.1F * normals<float>(flow.parameters().size(), 1, rng);
  }
};

/// The errors in S of the flow make(S(), rng), with the parameters theta_of(flow of floats).
template <class S, class Make, class Theta>
Errors errors(const Make& make, const Theta& theta_of) {
  ef::Rng first(1), second(1), third(1), rng(3);
  const Eigen::VectorXf theta = theta_of(make(float(), first));
  auto flow = make(S(), second);
  auto exact = make(Wide(), third);
  flow.parameters() = theta.cast<S>();
  exact.parameters() = theta.cast<Wide>();

  const ef::MatrixX<S> c = normals<S>(rows, flow.context_dim(), rng);
  const ef::MatrixX<S> x = exact.sample(c.template cast<Wide>(), rng).template cast<S>();
  const ef::MatrixX<Wide> wide_x = x.template cast<Wide>();
  const Results here(flow, x, c);
  const Results there(exact, wide_x, c.template cast<Wide>());
  Wide theta_error = 0;
  if (theta.size() > 0 && there.grad_theta.cwiseAbs().maxCoeff() > 0)
    theta_error = (here.grad_theta.template cast<Wide>() - there.grad_theta).cwiseAbs().maxCoeff() /
                  there.grad_theta.cwiseAbs().maxCoeff();
  return {largest_error(here.back, wide_x), largest_error(here.log_det, there.log_det),
          largest_error(here.log_prob, there.log_prob), largest_row_error(here.grad_x, there.grad_x),
          theta_error};
}

std::string printed(Wide error) {
  if (error == 0) return "0";
  char text[32];
  std::snprintf(text, sizeof text, "%.0Le", error);
  return text;
}

/// A row of the table: errors in float, then in double.
template <class Make, class Theta = Moved>
void print_row(const std::string& name, const Make& make, const Theta& theta_of = {}) {
  const Errors f = errors<float>(make, theta_of), d = errors<double>(make, theta_of);
  std::printf("| %s", name.c_str());
  for (const auto& [in_float, in_double] :
       {std::pair{f.round_trip, d.round_trip}, std::pair{f.log_det, d.log_det},
        std::pair{f.log_prob, d.log_prob}, std::pair{f.grad_x, d.grad_x},
        std::pair{f.grad_theta, d.grad_theta}})
    std::printf(" | %s, %s", printed(in_float).c_str(), printed(in_double).c_str());
  std::printf(" |\n");
  std::fflush(stdout);
}

template <class S>
const ef::io::Registry<S>& parts() {
  static const auto all = ef::io::standard_parts<S>();
  return all;
}

/// A flow of one layer of the list.
struct Alone {
  std::string tag;

  template <class S>
  ef::AnyFlow<S> operator()(S, ef::Rng& rng) const {
    return {ef::AnyChain<S>({parts<S>().template example<ef::AnyLayer<S>>(tag, dim, context_dim)}),
            ef::AnyBase<S>(ef::StandardNormal<S>(dim)), rng};
  }
};

/// A flow of a base of the list and a layer that is the identity.
struct UnderNothing {
  std::string tag;

  template <class S>
  ef::AnyFlow<S> operator()(S, ef::Rng& rng) const {
    return {ef::AnyChain<S>({ef::AnyLayer<S>(ef::Permutation<S>(ef::in_order(dim)))}),
            parts<S>().template example<ef::AnyBase<S>>(tag, dim, context_dim), rng};
  }
};

/// Trains a flow of two features on two moons.
struct Trained {
  template <class Flow>
  Eigen::VectorXf operator()(Flow flow) const {
    ef::Rng rng(4);
    ef::fit(flow, ef::two_moons<float>(20'000, rng),
            {.steps = 1'000, .learning_rate = 2e-3, .schedule = ef::cosine_schedule(), .progress = false});
    return flow.parameters();
  }
};

}  // namespace

int main() {
  std::printf(
      "| part | round trip | log-det | log p | gradient in x | gradient in theta "
      "|\n|---|---|---|---|---|---|\n");
  for (const std::string& tag : parts<double>().tags<ef::AnyLayer<double>>())
    print_row('`' + tag + '`', Alone{tag});
  for (const std::string& tag : parts<double>().tags<ef::AnyBase<double>>())
    print_row('`' + tag + '`', UnderNothing{tag});
  print_row("`Standardize`, mean 1000", []<class S>(S, ef::Rng& rng) {
    return ef::Flow{ef::Standardize<S>(ef::VectorX<S>::Constant(dim, 1000), ef::VectorX<S>::Constant(dim, 3)),
                    rng};
  });
  print_row(
      "8 AffineCoupling, trained",
      []<class S>(S, ef::Rng& rng) {
        return ef::Flow{ef::Stack(8, ef::Chain{ef::AffineCoupling<S, 2>(), ef::Permutation<S, 2>()}), rng};
      },
      Trained());
  print_row(
      "4 SplineCoupling, trained",
      []<class S>(S, ef::Rng& rng) {
        const ef::Permutation<S, 2> swap;
        return ef::Flow{ef::Stack(4, ef::Chain{ef::SplineCoupling<S, 2>(), ef::LuLinear<S, 2>(swap)}), rng};
      },
      Trained());
}
