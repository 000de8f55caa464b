#include "eigenflow/layers/autoregressive.hpp"

#include <cmath>
#include <string>
#include <vector>

#include "eigenflow/compose/inverse.hpp"
#include "eigenflow/transformers/shift.hpp"
#include "support/catch.hpp"
#include "support/contract/evaluate.hpp"
#include "support/contract/random.hpp"
#include "support/engine.hpp"
#include "support/layer_contract.hpp"

namespace ef = eigenflow;
using Catch::Matchers::ContainsSubstring;
using Eigen::Index;

namespace {

// Odd widths, so that no product has a shape of whole registers; smooth, so that derivatives have no kinks.
ef::MlpOptions small_network() {
  return {.hidden = {4, 3}, .activation = ef::Activation::tanh};
}

// Two libraries' log-scales.
struct NflowsLogScale {
  template <class Number>
  struct At {
    Number value, slope;
  };
  template <class Number>
  At<Number> operator()(Number a) const {
    const Number scale = softplus(a) + Number(1e-3);
    return {log(scale), sigmoid(a) / scale};
  }
};
struct ZukoLogScale {
  template <class Number>
  NflowsLogScale::At<Number> operator()(Number a) const {
    const Number one(1), ratio = one / (one + abs(a) * Number(1 / std::log(1e3)));
    return {a * ratio, ratio * ratio};
  }
};

struct Golden {
  std::vector<double> theta, context, z, log_det;
};

template <class L>
void check_golden(const L& layer, const Golden& golden) {
  const std::vector<double> x{0.3, -1.2, 0.7, -2.5, 0.4, 1.9, 0, 0, 0, 14, -9, 21};
  using RowMajor = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  const auto matrix = [](const std::vector<double>& rows) {
    return RowMajor(Eigen::Map<const RowMajor>(rows.data(), 4, static_cast<Index>(rows.size() / 4)));
  };
  const contract::LayerSubject<L> subject(layer);
  REQUIRE(subject.parameter_count() == static_cast<Index>(golden.theta.size()));
  const contract::VectorX<double> theta =
      Eigen::Map<const Eigen::VectorXd>(golden.theta.data(), subject.parameter_count());
  const auto agree = [](const auto& got, const auto& expected) {
    return ((got - expected).array().abs() <= 1e-10 * (1 + expected.array().abs())).all();
  };
  const auto forward = contract::evaluate<double>(subject, contract::Direction::forward,
                                                  {theta, matrix(x), matrix(golden.context)});
  CHECK(agree(forward.values, matrix(golden.z)));
  CHECK(agree(forward.log_det, matrix(golden.log_det)));
  const auto inverse = contract::evaluate<double>(subject, contract::Direction::inverse,
                                                  {theta, matrix(golden.z), matrix(golden.context)});
  CHECK(agree(inverse.values, matrix(x)));
  CHECK(agree(inverse.log_det, -matrix(golden.log_det)));
}

}  // namespace

TEST_CASE("MaskedAutoregressive obeys the laws") {
  contract::check_layer("MaskedAutoregressive", []<class S, int D>(contract::Kind<S, D> kind) {
    return ef::MaskedAutoregressive<S, D>(kind.dim, small_network());
  });
}

TEST_CASE("SplineAutoregressive obeys the laws") {
  contract::check_layer<2>("SplineAutoregressive", []<class S, int D>(contract::Kind<S, D> kind) {
    return ef::SplineAutoregressive<S, D>(kind.dim, {1, 0}, small_network(),
                                          ef::SplineOptions{.bins = 3, .bound = 3});
  });
}

TEST_CASE("MaskedAutoregressive with a context and a given order obeys the laws") {
  contract::check_layer<1, 3>(
      "MaskedAutoregressive with context", []<class S, int D>(contract::Kind<S, D> kind) {
        const std::vector<Index> order = kind.dim == 3 ? std::vector<Index>{2, 0, 1} : std::vector<Index>{0};
        return ef::MaskedAutoregressive<S, D>(kind.dim, order, small_network(), {}, 2);
      });
}

TEST_CASE("Autoregressive with residual blocks obeys the laws") {
  contract::check_layer<3>("Autoregressive<residual>", []<class S, int D>(contract::Kind<S, D> kind) {
    return ef::Autoregressive<ef::Shift<S>, ef::MaskedResidualNet<S>, Eigen::Dynamic>(
        kind.dim, {1, 2, 0}, {.width = 3, .blocks = 2, .activation = ef::Activation::silu}, {}, 1);
  });
}

TEST_CASE("Autoregressive without hidden layers, or with fewer units than features, obeys the laws") {
  for (const std::vector<Index>& hidden : std::vector<std::vector<Index>>{{}, {2}, {3, 1}})
    contract::check_layer<4>("Autoregressive", [&]<class S, int D>(contract::Kind<S, D> kind) {
      return ef::MaskedAutoregressive<S, Eigen::Dynamic>(
          kind.dim, {.hidden = hidden, .activation = ef::Activation::tanh});
    });
}

TEST_CASE("an order of the wrong length, or that is none, is rejected") {
  const ef::MlpOptions options;
  CHECK_THROWS_WITH(ef::MaskedAutoregressive<float>(3, {0, 1}, options),
                    ContainsSubstring("3 features needs an order of as many, but got one of 2"));
  CHECK_THROWS_WITH(ef::MaskedAutoregressive<float>(3, {0, 1, 3}, options),
                    ContainsSubstring("entry 2 of the order of the features is 3"));
  CHECK_THROWS_WITH(ef::MaskedAutoregressive<float>(3, {0, 1, 0}, options),
                    ContainsSubstring("entry 2 of the order of the features is 0, as entry 0 already is"));
  CHECK_THROWS_WITH(ef::MaskedAutoregressive<float>(3, options, -1),
                    ContainsSubstring("a context of 0 columns or more, but got -1"));
}

// nflows 0.14: MaskedAffineAutoregressiveTransform(features=3, hidden_features=4, num_blocks=1), float64,
// weights drawn at random, hidden units (of degrees 1, 2, 1, 2 there) sorted by degree. Entries of masked
// weights are kept.
TEST_CASE("a residual MAF is nflows's") {
  using Layer = ef::Autoregressive<ef::Affine<double, NflowsLogScale>, ef::MaskedResidualNet<double>>;
  check_golden(Layer(3, {.width = 4, .blocks = 1}),
               {{-0.66,  0.468,  0.814,  0.281,  -0.081, 0.222,  -0.226, 1.315,  -0.397, 0.394,  0.606,
                 -0.247, 0.244,  -0.234, 0.796,  -1.031, -1.236, 0.634,  -0.058, 0.317,  -1.402, -0.04,
                 -0.516, 0.795,  -0.147, 0.572,  0.543,  -0.632, -0.415, -0.18,  0.587,  1.016,  -0.323,
                 0.331,  -0.069, 0.703,  -0.906, -0.512, 0.832,  -0.222, 0.63,   0.099,  -0.095, 0.328,
                 0.044,  0.039,  -0.289, -0.793, -0.533, 0.59,   0.37,   -0.774, -0.481, 0.135,  -0.354,
                 0.501,  1.006,  -0.14,  -0.459, -0.207, -0.39,  -1.007, -0.175, -0.082, 0.108,  -0.766,
                 -0.419, 0.08,   0.267,  0.703,  -0.259, 0.722,  0.389,  -0.377, -0.873, -0.013, 0.433,
                 -0.177, -0.154, 0.118,  0.844,  1.364,  -0.054, -0.599, -0.551, -0.571},
                {},
                {1.7247996333573479, -1.503869843393046, 0.0684488146700466, -1.6426636113112323,
                 -0.3401469984634471, 1.0838378486650289, 1.364, -0.731876, -0.7249297145599999,
                 18.2013162233429, -0.09694056550367776, 127.25480927876487},
                {-0.13806931568636868, -0.17152642699534276, -0.6603736936464012, -3.028367308534195}});
}

// zuko 1.6.0: MaskedAutoregressiveTransform(3, context=1, order=[1, 2, 0], hidden_features=(3, 6)), float64,
// weights drawn at random. zuko's order gives each feature its place and puts the context last and the shift
// before the scale.
TEST_CASE("a MAF with a context and an order is zuko's") {
  using Layer = ef::Autoregressive<ef::Affine<double, ZukoLogScale>, ef::MaskedMlp<double>>;
  check_golden(
      Layer(3, {2, 0, 1}, {.hidden = {3, 6}}, {}, 1),
      {{-0.144, 0.018,  -1.622, 0.247,  -1.962, -0.738, 0.196,  -1.296, -0.373, 0.999,  1.139,  0.573,
        1.246,  -0.67,  -0.47,  0.337,  0.589,  0.907,  0.167,  0.953,  -0.794, 0.033,  -0.301, -0.236,
        -0.331, 1.018,  -0.772, -0.084, -0.103, -0.033, 0.359,  -1.047, -0.037, 0.929,  0.235,  -0.19,
        0.767,  -1.269, 0.068,  -0.244, 0.529,  -0.262, 1.338,  -0.374, 0.845,  -1.573, -0.404, -0.383,
        0.097,  0.577,  0.06,   -0.919, -0.335, 1.17,   1.054,  0.196,  0.498,  -1.404, -0.825, 1.216,
        -0.333, 0.586,  0.69,   -0.115, 0.088,  -0.552, -0.916, -0.25,  0.603,  -1.215, -0.757, 0.329,
        -0.886, 0.08,   -1.433, -0.463, -1.156, -0.323, 0.497,  1.076,  -1.251},
       {0.5, -1, 2, 0.25},
       {-1.7429617493187242, -6.866931388826033, -2.996158685307707, -2.7117872103781564, -3.416173999186833,
        -2.40798915264776, -1.7362726, -4.05989469, -3.284728102, 2.7869334354527906, -19.495637358295628,
        9.096375618754724},
       {-0.8030783732778154, -0.8204605035749016, -0.7704416106192524, -1.0454173029694758}});
}
