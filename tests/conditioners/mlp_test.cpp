#include "eigenflow/conditioners/mlp.hpp"

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "eigenflow/layers/coupling.hpp"
#include "support/catch.hpp"
#include "support/contract/evaluate.hpp"
#include "support/contract/expect.hpp"
#include "support/contract/random.hpp"
#include "support/layer_contract.hpp"

namespace ef = eigenflow;
using contract::MatrixX;
using contract::VectorX;
using contract::Wide;
using ef::Activation;
using Eigen::Index;

static_assert(ef::Conditioner<ef::Mlp<float>>);

namespace {

constexpr std::array all_activations{Activation::relu,    Activation::leaky_relu, Activation::tanh,
                                     Activation::sigmoid, Activation::softplus,   Activation::elu,
                                     Activation::silu,    Activation::gelu,       Activation::identity};

// The definitions, by the standard library in long double.
Wide activate(Activation activation, Wide z) {
  switch (activation) {
    case Activation::relu:
      return z > 0 ? z : 0;
    case Activation::leaky_relu:
      return z > 0 ? z : 0.01L * z;
    case Activation::tanh:
      return std::tanh(z);
    case Activation::sigmoid:
      return 1 / (1 + std::exp(-z));
    case Activation::softplus:
      return std::log1p(std::exp(z));
    case Activation::elu:
      return z > 0 ? z : std::expm1(z);
    case Activation::silu:
      return z / (1 + std::exp(-z));
    case Activation::gelu:
      return z * 0.5L * std::erfc(-z / std::sqrt(2.0L));
    case Activation::identity:
      break;
  }
  return z;
}

// The network as its formula, sums in long double; `size` gains the largest number added on the way.
MatrixX<Wide> by_the_formula(const ef::MlpOptions& options, Index out, const VectorX<Wide>& theta,
                             MatrixX<Wide> h, Wide& size) {
  std::vector<Index> widths = options.hidden;
  widths.push_back(out);
  Index offset = 0;
  for (std::size_t i = 0; i < widths.size(); ++i) {
    MatrixX<Wide> next(h.rows(), widths[i]);
    for (Index n = 0; n < h.rows(); ++n) {
      for (Index m = 0; m < widths[i]; ++m) {
        Wide sum = theta[offset + h.cols() * widths[i] + m];
        for (Index k = 0; k < h.cols(); ++k) {
          const Wide term = h(n, k) * theta[offset + m * h.cols() + k];
          sum += term;
          size = std::max(size, std::abs(term));
        }
        next(n, m) = i + 1 == widths.size() ? sum : activate(options.activation, sum);
      }
    }
    offset += (h.cols() + 1) * widths[i];
    h = next;
  }
  return h;
}

template <class S>
MatrixX<S> evaluate(const ef::Mlp<S>& mlp, const VectorX<S>& theta, const MatrixX<S>& input) {
  MatrixX<S> result(input.rows(), mlp.out_dim());
  ef::Arena& arena = contract::poisoned_arena<S>();
  const ef::ArenaScope scope(arena);
  ef::MatrixMap<S> map(result.data(), result.rows(), result.cols());
  mlp.forward({theta.data(), static_cast<std::size_t>(theta.size())},
              ef::ConstMatrixMap<S>(input.data(), input.rows(), input.cols()), map, ef::Pass{&arena, false});
  return result;
}

}  // namespace

TEMPLATE_TEST_CASE("Mlp is its formula, for every activation, depth and shape of product", "", float,
                   double) {
  const std::vector<std::vector<Index>> shapes{{}, {1}, {2}, {7}, {5, 3}, {2, 1, 9}, {64, 33}};
  for (const Activation activation : all_activations) {
    for (const std::vector<Index>& hidden : shapes) {
      for (const Index in : {1, 2, 5}) {
        for (const Index out : {1, 2, 6}) {
          const ef::MlpOptions options{hidden, activation};
          const ef::Mlp<TestType> mlp(in, out, options);
          const Index count = ef::parameter_count(mlp);
          for (const Index rows : {1, 13}) {
            const auto theta = contract::random_normal<TestType>(count, 1, 1);
            const auto input = contract::random_normal<TestType>(rows, in, 2);
            INFO(to_string(activation)
                 << ", hidden layers " << hidden.size() << ", " << in << " in, " << out << " out");
            Wide size = 1;
            const MatrixX<Wide> expected =
                by_the_formula(options, out, theta.template cast<Wide>(), input.template cast<Wide>(), size);
            // Each layer adds up to `terms` rounded numbers, and passes on what it was given.
            Wide terms = static_cast<Wide>(in + 1);
            for (const Index width : hidden) terms *= static_cast<Wide>(width + 1);
            const Wide tolerance = 2 * terms * std::numeric_limits<TestType>::epsilon() * size;
            contract::expect_close(evaluate<TestType>(mlp, theta, input).template cast<Wide>(), expected,
                                   MatrixX<Wide>::Constant(rows, out, tolerance), "Mlp");
          }
        }
      }
    }
  }
}

TEST_CASE("Mlp with every activation obeys the laws inside a coupling") {
  for (const Activation activation : all_activations) {
    const auto make = [&]<class S, int D>(contract::Kind<S, D> kind) {
      return ef::AdditiveCoupling<S, Eigen::Dynamic>(kind.dim, {.hidden = {3, 5}, .activation = activation});
    };
    contract::check_layer<4>("Mlp with " + std::string(to_string(activation)), make);
  }
}

TEST_CASE("Mlp with 0, 1, 2 and 3 hidden layers obeys the laws inside a coupling") {
  for (const std::vector<Index>& hidden : std::vector<std::vector<Index>>{{}, {1}, {2, 7}, {4, 3, 2}}) {
    const auto make = [&]<class S, int D>(contract::Kind<S, D> kind) {
      return ef::AdditiveCoupling<S, Eigen::Dynamic>(kind.dim,
                                                     {.hidden = hidden, .activation = Activation::silu});
    };
    contract::check_layer<3>("Mlp with " + std::to_string(hidden.size()) + " hidden layers", make);
  }
}

TEST_CASE("Mlp starts within ±2/√in and at zero output") {
  const ef::Mlp<double> mlp(4, 3, {.hidden = {50, 20}});
  VectorX<double> theta = VectorX<double>::Constant(ef::parameter_count(mlp), 99);
  ef::Rng rng(1);
  mlp.initialise({theta.data(), static_cast<std::size_t>(theta.size())}, rng);
  const Index first = 5 * 50, second = 51 * 20;
  CHECK(theta.head(first).cwiseAbs().maxCoeff() <= 1);
  CHECK(theta.head(first).cwiseAbs().maxCoeff() > 0.98);
  CHECK(theta.segment(first, second).cwiseAbs().maxCoeff() <= 2 / std::sqrt(50.0));
  CHECK(theta.segment(first, second).cwiseAbs().maxCoeff() > 1.96 / std::sqrt(50.0));
  CHECK(theta.tail(21 * 3).isZero(0));
  CHECK(evaluate<double>(mlp, theta, contract::random_normal<double>(5, 4, 1)).isZero(0));
}

TEST_CASE("Mlp refuses a width below one") {
  CHECK_THROWS_AS(ef::Mlp<float>(2, 2, {.hidden = {4, -1}}), std::invalid_argument);
}
