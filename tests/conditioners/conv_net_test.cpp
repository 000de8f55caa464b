#include "eigenflow/conditioners/conv_net.hpp"

#include <cmath>
#include <limits>

#include "eigenflow/conditioners/conv_residual_net.hpp"
#include "eigenflow/layers/coupling.hpp"
#include "eigenflow/transformers/affine.hpp"
#include "support/catch.hpp"
#include "support/contract/evaluate.hpp"
#include "support/contract/random.hpp"
#include "support/engine.hpp"
#include "support/layer_contract.hpp"

namespace ef = eigenflow;
using Catch::Matchers::ContainsSubstring;
using contract::MatrixX;
using contract::VectorX;
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
                        .padding = ef::Padding::circular,
                        .activation = ef::Activation::tanh});
  });
}

TEST_CASE("ConvNet with a context, as planes or broadcast over them, obeys the laws") {
  contract::check_layer<12>("ConvNet with planes of context", []<class S, int D>(contract::Kind<S, D>) {
    return coupling<S>({.hidden = {3}, .kernels = {3, 1}, .activation = ef::Activation::silu}, 6);
  });
  contract::check_layer<12>("ConvNet with a context", []<class S, int D>(contract::Kind<S, D>) {
    return coupling<S>({.hidden = {3}, .kernels = {1, 3}, .activation = ef::Activation::silu, .broadcast = 2},
                       2);
  });
}

TEST_CASE("ConvNet on a checkerboard obeys the laws") {
  contract::check_layer<12>("ConvNet on a checkerboard", []<class S, int D>(contract::Kind<S, D>) {
    return coupling<S>({.hidden = {3},
                        .kernels = {3, 3},
                        .activation = ef::Activation::silu,
                        .broadcast = 1,
                        .checkerboard = ef::Colour::odd},
                       1);
  });
}

// A single channel leaves most of a vector empty on every machine: see Planes.
TEST_CASE("narrow ConvNet and ConvResidualNet obey the laws") {
  contract::check_layer<12>("narrow ConvNet", []<class S, int D>(contract::Kind<S, D>) {
    return coupling<S>({.hidden = {1, 1}, .activation = ef::Activation::silu});
  });
  contract::check_layer<12>("narrow ConvNet on a checkerboard", []<class S, int D>(contract::Kind<S, D>) {
    return coupling<S>({.hidden = {1},
                        .kernels = {3, 3},
                        .padding = ef::Padding::circular,
                        .activation = ef::Activation::silu,
                        .broadcast = 1,
                        .checkerboard = ef::Colour::even},
                       1);
  });
  contract::check_layer<12>("narrow ConvResidualNet", []<class S, int D>(contract::Kind<S, D>) {
    const ef::ConvResidualNetOptions options{
        .height = 3, .width = 2, .channels = 1, .blocks = 1, .activation = ef::Activation::silu};
    return ef::Coupling<ef::Shift<S>, ef::ConvResidualNet<S>>(12, 6, options);
  });
}

TEST_CASE("ConvResidualNet obeys the laws inside a coupling") {
  contract::check_layer<12>("ConvResidualNet", []<class S, int D>(contract::Kind<S, D>) {
    const ef::ConvResidualNetOptions options{
        .height = 3, .width = 2, .channels = 3, .blocks = 2, .activation = ef::Activation::silu};
    return ef::Coupling<ef::Shift<S>, ef::ConvResidualNet<S>>(12, 6, options);
  });
}

TEST_CASE("a checkerboard is the whole plane with zeros between") {
  const Index h = 4, w = 5, n = 3;
  ef::ConvNetOptions options{.height = h, .width = w, .hidden = {4}, .kernels = {3, 3}};
  const ef::ConvNet<double> whole(2 * h * w, 3 * h * w, options);
  const VectorX<double> theta = contract::random_normal<double>(ef::parameter_count(whole), 1, 1);
  const MatrixX<double> x = contract::random_normal<double>(n, 2 * h * w, 2);
  const auto evaluate = [&](const ef::ConvNet<double>& net, const MatrixX<double>& input) {
    MatrixX<double> result(n, net.out_dim());
    ef::Arena& arena = contract::poisoned_arena<double>();
    const ef::ArenaScope scope(arena);
    ef::MatrixMap<double> map(result.data(), n, net.out_dim());
    net.forward({theta.data(), static_cast<std::size_t>(theta.size())}, {input.data(), n, input.cols()}, map,
                ef::Pass{&arena, false});
    return result;
  };
  for (const auto colour : {ef::Colour::even, ef::Colour::odd}) {
    options.checkerboard = colour;
    const ef::ConvNet<double> half(h * w, 3 * h * w / 2, options);
    const Index odd = colour == ef::Colour::odd;
    MatrixX<double> masked = x, packed(n, h * w);
    Index next = 0;
    for (Index c = 0; c < 2; ++c)
      for (Index y = 0; y < h; ++y)
        for (Index k = 0; k < w; ++k)
          if (const Index j = (c * h + y) * w + k; (y + k) % 2 == odd)
            packed.col(next++) = x.col(j);
          else
            masked.col(j).setZero();
    const MatrixX<double> all = evaluate(whole, masked), found = evaluate(half, packed);
    next = 0;
    for (Index c = 0; c < 3; ++c)
      for (Index y = 0; y < h; ++y)
        for (Index k = 0; k < w; ++k)
          if ((y + k) % 2 != odd) CHECK(found.col(next++) == all.col((c * h + y) * w + k));
    CHECK(next == found.cols());
  }
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
