#include "eigenflow/layers/coupling.hpp"

#include <string>

#include "support/catch.hpp"
#include "support/layer_contract.hpp"

namespace ef = eigenflow;
using Catch::Matchers::ContainsSubstring;

namespace {

// Odd widths, so that no product has a shape of whole registers; smooth, so that derivatives have no kinks.
ef::MlpOptions small_network() {
  return {.hidden = {5, 3}, .activation = ef::Activation::tanh};
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

TEST_CASE("a coupling refuses what cannot be split") {
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
