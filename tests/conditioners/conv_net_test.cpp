#include "eigenflow/conditioners/conv_net.hpp"

#include <cmath>
#include <limits>

#include "eigenflow/layers/coupling.hpp"
#include "eigenflow/transformers/affine.hpp"
#include "support/catch.hpp"
#include "support/layer_contract.hpp"

namespace ef = eigenflow;
using Catch::Matchers::ContainsSubstring;
using Eigen::Index;

static_assert(ef::Conditioner<ef::ConvNet<float>>);

namespace {

// A coupling of 2 channels on 2 × 3 pixels.
template <class S>
auto coupling(ef::ConvNetOptions options, Index context_dim = 0) {
  options.height = 2;
  options.width = 3;
  return ef::Coupling<ef::Affine<S>, ef::ConvNet<S>>(12, 6, options, {}, context_dim);
}

}  // namespace

TEST_CASE("ConvNet obeys the laws inside a coupling") {
  contract::check_layer<12>("ConvNet", []<class S, int D>(contract::Kind<S, D>) {
    return coupling<S>({.hidden = {3, 2}, .activation = ef::Activation::silu});
  });
  contract::check_layer<12>("circular ConvNet", []<class S, int D>(contract::Kind<S, D>) {
    return coupling<S>({.hidden = {3},
                        .kernels = {3, 3},
                        .padding = ef::nets::Padding::circular,
                        .activation = ef::Activation::tanh});
  });
}

TEST_CASE("ConvNet with a context, as planes or spread over them, obeys the laws") {
  contract::check_layer<12>("ConvNet with planes of context", []<class S, int D>(contract::Kind<S, D>) {
    return coupling<S>({.hidden = {3}, .kernels = {3, 1}, .activation = ef::Activation::silu}, 6);
  });
  contract::check_layer<12>("ConvNet with a context", []<class S, int D>(contract::Kind<S, D>) {
    return coupling<S>({.hidden = {3}, .kernels = {1, 3}, .activation = ef::Activation::silu, .spread = 2},
                       2);
  });
}

TEST_CASE("ConvNet rejects what is no image") {
  CHECK_THROWS_WITH(ef::ConvNet<float>(5, 6, {.height = 2, .width = 3}),
                    ContainsSubstring("whole planes of 6 numbers, but got 5 inputs and 6 results"));
  CHECK_THROWS_WITH(ef::ConvNet<float>(6, 6, {.height = 0, .width = 3}), ContainsSubstring("0 x 3"));
  CHECK_THROWS_WITH(ef::ConvNet<float>(6, 6, {.height = 2, .width = 3, .kernels = {3}}),
                    ContainsSubstring("2 hidden layers and 1 kernels"));
  CHECK_THROWS_WITH(ef::ConvNet<float>(6, 6, {.height = 2, .width = 3, .kernels = {3, 2, 3}}),
                    ContainsSubstring("one has 2"));
  CHECK_THROWS_WITH(ef::ConvNet<float>(6, 6, {.height = 2, .width = 3, .hidden = {0}, .kernels = {3, 3}}),
                    ContainsSubstring("but got 0"));
  CHECK(ef::ConvNet<float>(6, 6, {.height = 2, .width = 3}).describe() ==
        "2 × 3 pixels, 64 × 64 channels, kernels 3, 1, 3, relu");
}
