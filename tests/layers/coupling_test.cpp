#include "eigenflow/layers/coupling.hpp"

#include <cmath>
#include <string>
#include <vector>

#include "eigenflow/conditioners/residual_net.hpp"
#include "eigenflow/maps/any_scale.hpp"
#include "support/catch.hpp"
#include "support/engine.hpp"
#include "support/golden_points.hpp"
#include "support/layer_contract.hpp"

namespace ef = eigenflow;
using Catch::Matchers::ContainsSubstring;

namespace {

// Odd widths, so that no product has a shape of whole registers; smooth, so that derivatives have no kinks.
ef::MlpOptions small_network() {
  return {.hidden = {5, 3}, .activation = ef::Activation::tanh};
}

/// Points of a coupling of another library, whose weights are given in our order.
template <class L>
void check_golden(const L& layer, const std::vector<double>& theta, const golden::Points& points) {
  golden::check(layer,
                Eigen::Map<const Eigen::VectorXd>(theta.data(), static_cast<Eigen::Index>(theta.size())),
                points);
}

}  // namespace

TEST_CASE("AffineCoupling obeys the laws") {
  contract::check_layer<2, 3, 8>("AffineCoupling", []<class S, int D>(contract::Kind<S, D> kind) {
    return ef::AffineCoupling<S, D>(kind.dim, small_network());
  });
}

TEST_CASE("AdditiveCoupling obeys the laws") {
  contract::check_layer<2, 5>("AdditiveCoupling", []<class S, int D>(contract::Kind<S, D> kind) {
    return ef::AdditiveCoupling<S, D>(kind.dim, small_network());
  });
}

TEST_CASE("AffineCoupling with a context, and a split of its own, obeys the laws") {
  contract::check_layer<5>("AffineCoupling with context", []<class S, int D>(contract::Kind<S, D> kind) {
    return ef::AffineCoupling<S, D>(kind.dim, 4, small_network(), {}, 2);
  });
}

TEST_CASE("AffineCoupling of one feature, which the context alone conditions, obeys the laws") {
  contract::check_layer<1>("AffineCoupling of a context", []<class S, int D>(contract::Kind<S, D> kind) {
    return ef::AffineCoupling<S>(kind.dim, small_network(), 2);
  });
}

TEST_CASE("SplineCoupling obeys the laws") {
  contract::check_layer<2, 3>("SplineCoupling", []<class S, int D>(contract::Kind<S, D> kind) {
    return ef::SplineCoupling<S, D>(kind.dim, 1, small_network(), ef::SplineOptions{.bins = 4, .bound = 3});
  });
}

TEST_CASE("a coupling of periodic splines that rotate obeys the laws") {
  contract::check_layer<2>("periodic splines", []<class S, int D>(contract::Kind<S, D> kind) {
    using Spline = ef::RationalQuadraticSpline<S, ef::SplineTails::periodic>;
    return ef::Coupling<Spline, ef::Mlp<S>, D>(kind.dim, 1, small_network(),
                                               ef::SplineOptions{.bins = 3, .bound = 5, .rotate = true});
  });
}

TEST_CASE("a coupling of splines with bounded sizes obeys the laws") {
  contract::check_layer<2>("bounded splines", []<class S, int D>(contract::Kind<S, D> kind) {
    return ef::SplineCoupling<S, D>(
        kind.dim, 1, small_network(),
        ef::SplineOptions{.bins = 4, .bound = 5, .min_size = 0, .size_bound = 3.5});
  });
}

TEST_CASE("couplings of every scale map obey the laws") {
  const auto check = []<class Map>(const std::string& name, Map map) {
    contract::check_layer<2>(name, [map]<class S, int D>(contract::Kind<S, D> kind) {
      return ef::Coupling<ef::Affine<S, Map>, ef::Mlp<S>, D>(kind.dim, 1, {.hidden = {3}}, {map});
    });
  };
  check("tanh bound", ef::TanhBound(1.5));
  check("sigmoid scale", ef::SigmoidScale());
  check("softplus scale", ef::SoftplusScale());
  check("reciprocal sigmoid scale", ef::Reciprocal<ef::SigmoidScale>());
  check("a scale map chosen at run time", ef::AnyScale(ef::TanhBound(1.5)));
}

TEST_CASE("AffineCoupling of 50 features obeys the laws") {
  contract::check_layer<50>("AffineCoupling", []<class S, int D>(contract::Kind<S, D> kind) {
    return ef::AffineCoupling<S, D>(kind.dim, {.hidden = {2}, .activation = ef::Activation::silu});
  });
}

TEST_CASE("a coupling rejects what cannot be split") {
  CHECK_THROWS_WITH(ef::AffineCoupling<float>(1), ContainsSubstring("two features or more"));
  const ef::MlpOptions options;
  for (const Eigen::Index split : {-1, 0, 4, 5})
    CHECK_THROWS_WITH(ef::AffineCoupling<float>(4, split, options),
                      ContainsSubstring("split from 1 to 3, but got " + std::to_string(split)));
  CHECK_NOTHROW(ef::AffineCoupling<float>(4, 3, options));
  CHECK_NOTHROW(ef::AffineCoupling<float>(4, 0, options, {}, 2));
  CHECK_THROWS_WITH(ef::AffineCoupling<float>(4, -1, options, {}, 2), ContainsSubstring("split from 0 to 3"));
  CHECK_THROWS_WITH(ef::AffineCoupling<float>(4, options, -2), ContainsSubstring("but got -2"));
  CHECK_THROWS_WITH(ef::AffineCoupling<float>(2, {.hidden = {8, 0}}),
                    ContainsSubstring("width of 1 or more, but got 0"));
}

TEST_CASE("an odd dimension leaves the larger part to transform") {
  const ef::AffineCoupling<double> coupling(7);
  CHECK(coupling.split() == 3);
  CHECK(coupling.conditioner().in_dim() == 3);
  CHECK(coupling.conditioner().out_dim() == 8);
}

TEST_CASE("a context is further inputs of the conditioner") {
  const ef::AffineCoupling<double> coupling(4, {.hidden = {8}}, 3);
  CHECK(coupling.context_dim() == 3);
  CHECK(coupling.split() == 2);
  CHECK(coupling.conditioner().in_dim() == 5);
  CHECK(coupling.describe() == "2 of 4 features, 3 of context, 8, relu");
}

// normflows 1.7.3: AffineCouplingBlock(MLP([2, 3, 4])), float64, weights drawn at random. Its scale is e to what the
// network gives, and of a feature's two columns the shift comes first there, the scale here.
TEST_CASE("an affine coupling with the scale exp is normflows's") {
  check_golden(
      ef::Coupling<ef::Affine<double, ef::ExpScale>, ef::Mlp<double>>(4, {.hidden = {3}}),
      {0.242, 0.575, 0.231,  -0.912, 0.634, 0.312, -0.376, 0.407,  0.255, -0.516, -0.114, -0.337, 0.206,
       0.02,  0.383, -0.547, -0.18,  0.006, 0.419, 0.028,  -0.205, 0.906, -0.193, -1.898, 0.705},
      {{0.3, -1.2, 0.7, -2.5, 0.4, 1.9, -0.8, 1.1, 0, 0, 0, 0, 3, -2, 14, -9},
       {0.3, -1.2, 1.2795064874640554, 0.45194688085362134, 0.4, 1.9, -0.5012712086279958, 0.9263424233553753,
        0, 0, -0.08719500000000001, 0.664121, 3, -2, 15.25962325980685, -0.331600930943045},
       {-1.4772205999999997, -2.2211013, -1.196063, -2.359079}});
}

// nflows 0.14: AffineCouplingTransform(mask=[-1, 1, 1]) with ResidualNet(hidden_features=3, num_blocks=1), float64,
// weights drawn at random. Its scale is sigmoid(a + 2) + 1e-3; ours has a constant of its own in place of the 2, which
// goes into the bias. All shifts come before all scales there.
TEST_CASE("an affine coupling with the scale sigmoid, and residual blocks, is nflows's") {
  const double shift = 2 - std::log(0.999 / 0.001);
  check_golden(ef::Coupling<ef::Affine<double, ef::SigmoidScale>, ef::ResidualNet<double>>(
                   3, 1, {.width = 3, .blocks = 1}, {ef::SigmoidScale(1.001, 0.001)}),
               {-1.322, -0.122, -0.296,        0.15,  0.152,         1.482,  -0.778, -0.264, 1.43,   0.453,
                0.464,  -0.36,  -1.154,        0.117, 0.076,         -0.859, -0.478, -0.05,  -0.661, -0.069,
                0.067,  0.025,  -0.354,        0.416, 0.624,         0.225,  -0.573, 0.512,  -0.351, 0.615,
                0.191,  -0.688, -0.775,        -0.75, 0.64,          -0.014, 0.14,   -0.327, 0.165,  -0.874,
                -0.22,  0.038,  0.178 + shift, 0.532, 0.857 + shift, -1.154},
               {{1, -2, 0.5, 0.25, 0.75, -1.5, 0, 0, 0, 14, -9, 21},
                {1, 0.040845534286787055, 0.5285855057310656, 0.25, 1.0906057713065815, -2.107853609634793, 0,
                 0.4338237440479999, -0.9515581819680001, 14, 5.144071353440318, 28.57682512902813},
                {-0.5662317271283591, -0.6590553084360242, -0.6640626289673875, -0.5920892075263162}});
}
