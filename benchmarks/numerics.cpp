// Measures the errors of each part in float and in double, and prints the tables of docs/numerics.md.
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
#include <span>
#include <string>
#include <vector>

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

/// Two tables that grow row by row.
struct Tables {
  std::string floats, doubles;

  template <class Make, class Theta = Moved>
  void add(const char* name, const Make& make, const Theta& theta_of = {}) {
    add(floats, name, errors<float>(make, theta_of));
    add(doubles, name, errors<double>(make, theta_of));
  }
  static void add(std::string& table, const char* name, const Errors& e) {
    table += std::string("| ") + name;
    for (const Wide error : {e.round_trip, e.log_det, e.log_prob, e.grad_x, e.grad_theta})
      table += " | " + printed(error);
    table += " |\n";
  }
  void print() const {
    const char* head =
        "| part | round trip | log-det | log p | gradient in x | gradient in theta "
        "|\n|---|---|---|---|---|---|\n";
    std::printf(
        "**float** (a unit in the last place of 1 is 1.2e-7):\n\n%s%s\n"
        "**double** (a unit in the last place of 1 is 2.2e-16):\n\n%s%s",
        head, floats.c_str(), head, doubles.c_str());
  }
};

/// A flow of one layer.
template <template <class, int> class L>
struct Alone {
  template <class S>
  auto operator()(S, ef::Rng& rng) const {
    return ef::Flow{L<S, Eigen::Dynamic>(dim), rng};
  }
};
template <class S, int D>
using TanhPlanar = ef::Planar<S, D>;
template <class S, int D>
using TanhSylvester = ef::Sylvester<S, D>;

/// A flow of `base` and a layer that is the identity.
template <class Base, class S>
auto under_nothing(Base base, S, ef::Rng& rng) {
  return ef::Flow{ef::Permutation<S>(std::vector<Index>{0, 1, 2, 3, 4, 5}), std::move(base), rng};
}

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
  Tables tables;
  tables.add("Planar", Alone<TanhPlanar>());
  tables.add("Radial", Alone<ef::Radial>());
  tables.add("Sylvester", Alone<TanhSylvester>());
  tables.add("AdditiveCoupling", Alone<ef::AdditiveCoupling>());
  tables.add("AffineCoupling", Alone<ef::AffineCoupling>());
  tables.add("SplineCoupling", Alone<ef::SplineCoupling>());
  tables.add("MaskedAutoregressive", Alone<ef::MaskedAutoregressive>());
  tables.add("SplineAutoregressive", Alone<ef::SplineAutoregressive>());
  tables.add("Permutation", []<class S>(S, ef::Rng& rng) {
    return ef::Flow{ef::Permutation<S>::reverse(dim), rng};
  });
  tables.add("LuLinear", Alone<ef::LuLinear>());
  tables.add("Householder", Alone<ef::Householder>());
  tables.add("ActNorm", Alone<ef::ActNorm>());
  tables.add("Logit", Alone<ef::Logit>());
  tables.add("Log", Alone<ef::Log>());
  tables.add("SoftplusInverse", Alone<ef::SoftplusInverse>());
  tables.add("Standardize, mean 1000", []<class S>(S, ef::Rng& rng) {
    return ef::Flow{ef::Standardize<S>(ef::VectorX<S>::Constant(dim, 1000), ef::VectorX<S>::Constant(dim, 3)),
                    rng};
  });
  tables.add("StandardNormal",
             []<class S>(S s, ef::Rng& rng) { return under_nothing(ef::StandardNormal<S>(dim), s, rng); });
  tables.add("DiagonalNormal",
             []<class S>(S s, ef::Rng& rng) { return under_nothing(ef::DiagonalNormal<S>(dim), s, rng); });
  tables.add("MultivariateNormal", []<class S>(S s, ef::Rng& rng) {
    return under_nothing(ef::MultivariateNormal<S>(dim), s, rng);
  });
  tables.add("StudentT",
             []<class S>(S s, ef::Rng& rng) { return under_nothing(ef::StudentT<S>(dim), s, rng); });
  tables.add("GaussianMixture of 5", []<class S>(S s, ef::Rng& rng) {
    return under_nothing(ef::GaussianMixture<S>(dim, 5), s, rng);
  });
  tables.add("ConditionalNormal", []<class S>(S s, ef::Rng& rng) {
    return under_nothing(ef::ConditionalNormal<S>(dim, context_dim), s, rng);
  });
  tables.add(
      "8 AffineCoupling, trained",
      []<class S>(S, ef::Rng& rng) {
        return ef::Flow{ef::Stack(8, ef::Chain{ef::AffineCoupling<S, 2>(), ef::Permutation<S, 2>()}), rng};
      },
      Trained());
  tables.add(
      "4 SplineCoupling, trained",
      []<class S>(S, ef::Rng& rng) {
        const ef::Permutation<S, 2> swap;
        return ef::Flow{ef::Stack(4, ef::Chain{ef::SplineCoupling<S, 2>(), ef::LuLinear<S, 2>(swap)}), rng};
      },
      Trained());
  tables.print();
}
