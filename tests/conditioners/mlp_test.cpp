#include "eigenflow/conditioners/mlp.hpp"

#include <cmath>
#include <limits>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "eigenflow/layers/coupling.hpp"
#include "support/catch.hpp"
#include "support/contract/evaluate.hpp"
#include "support/contract/expect.hpp"
#include "support/contract/random.hpp"
#include "support/engine.hpp"
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

// The laws ask for small networks: their numeric derivatives would take hours here. Wide products go in
// blocks and over several groups of rows, and the largest transposes its weights first.
TEMPLATE_TEST_CASE("Mlp's gradients are the products of the formula, for wide layers and many rows", "",
                   float, double) {
  using Matrix = MatrixX<Wide>;
  const Index rows = 301, in = 7;
  for (const auto& shape : {std::pair<Index, Index>{151, 131}, {131, 3}, {64, 256}, {403, 331}}) {
    const Index width = shape.first, out = shape.second;
    const ef::Mlp<TestType> mlp(in, out, {.hidden = {width}, .activation = Activation::identity});
    const auto theta = contract::random_normal<TestType>(ef::parameter_count(mlp), 1, 1);
    const auto input = contract::random_normal<TestType>(rows, in, 2);
    const auto cotangent = contract::random_normal<TestType>(rows, out, 3);
    MatrixX<TestType> result(rows, out), grad_input = MatrixX<TestType>::Zero(rows, in);
    VectorX<TestType> grad = VectorX<TestType>::Zero(theta.size());
    const auto span = [](auto& v) { return std::span(v.data(), static_cast<std::size_t>(v.size())); };
    const auto map = [](const auto& m) { return ef::ConstMatrixMap<TestType>(m.data(), m.rows(), m.cols()); };
    ef::MatrixMap<TestType> result_map(result.data(), rows, out), input_map(grad_input.data(), rows, in);
    ef::Arena& arena = contract::poisoned_arena<TestType>();
    const ef::ArenaScope scope(arena);
    const ef::Pass pass{&arena, true};
    const auto tape = mlp.forward(span(theta), map(input), result_map, pass);
    mlp.vjp(span(theta), span(grad), tape, map(cotangent), input_map, pass);

    // Each product is the same product of sizes, times a rounding for each of the numbers that it adds up.
    const VectorX<Wide> wide = theta.template cast<Wide>();
    const Matrix x = input.template cast<Wide>(), g = cotangent.template cast<Wide>(),
                 w0 = ef::ConstMatrixMap<Wide>(wide.data(), in, width),
                 b0 = wide.segment(in * width, width).transpose(),
                 w1 = ef::ConstMatrixMap<Wide>(wide.data() + (in + 1) * width, width, out),
                 b1 = wide.tail(out).transpose(), ones = Matrix::Ones(1, rows);
    const auto expect = [&](const auto& got, const Matrix& expected, const Matrix& size, const char* what) {
      const Wide terms = static_cast<Wide>(rows + in + width + out);
      contract::expect_close(got.template cast<Wide>(), expected,
                             terms * std::numeric_limits<TestType>::epsilon() * size, what);
    };
    const Matrix h = x * w0 + b0.replicate(rows, 1), back = g * w1.transpose();
    const Matrix h_size = x.cwiseAbs() * w0.cwiseAbs() + b0.cwiseAbs().replicate(rows, 1),
                 back_size = g.cwiseAbs() * w1.cwiseAbs().transpose();
    expect(result, h * w1 + b1.replicate(rows, 1), h_size * w1.cwiseAbs() + b1.cwiseAbs().replicate(rows, 1),
           "result");
    expect(grad_input, back * w0.transpose(), back_size * w0.cwiseAbs().transpose(), "gradient of the input");
    const auto views = ef::view_parameters(mlp, span(grad));
    expect(views[0].weight, x.transpose() * back, x.cwiseAbs().transpose() * back_size, "first weight");
    expect(views[0].bias.transpose(), ones * back, ones * back_size, "first bias");
    expect(views[1].weight, h.transpose() * g, h_size.transpose() * g.cwiseAbs(), "second weight");
    expect(views[1].bias.transpose(), ones * g, ones * g.cwiseAbs(), "second bias");
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

TEST_CASE("a leaky relu has the slope that it is given") {
  const ef::Mlp<double> mlp(
      1, 1, {.hidden = {1}, .activation = ef::Activation::leaky_relu, .negative_slope = 0.25});
  VectorX<double> theta(4);
  theta << 2, 0, 1, 0;  // 2x, then the activation itself
  MatrixX<double> x(2, 1);
  x << -3, 3;
  MatrixX<double> expected(2, 1);
  expected << -1.5, 6;
  CHECK(evaluate<double>(mlp, theta, x) == expected);
  CHECK_THROWS_AS(ef::Mlp<float>(1, 1, {.negative_slope = 1.5}), std::invalid_argument);
  CHECK_THROWS_AS(ef::Mlp<float>(1, 1, {.negative_slope = -0.1}), std::invalid_argument);
}

TEST_CASE("Mlp rejects a width below one") {
  CHECK_THROWS_AS(ef::Mlp<float>(2, 2, {.hidden = {4, -1}}), std::invalid_argument);
}
