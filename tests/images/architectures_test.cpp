#include <cstddef>
#include <string>
#include <tuple>
#include <vector>

#include "eigenflow/eigenflow.hpp"
#include "eigenflow/images.hpp"
#include "support/catch.hpp"
#include "support/contract/random.hpp"
#include "support/engine.hpp"
#include "support/layer_contract.hpp"

namespace ef = eigenflow;
using Catch::Matchers::ContainsSubstring;
using Eigen::Index;
using Eigen::MatrixXd;

// Every layer in these compositions has its own tests: here are the wholes.
const contract::Options whole{.extreme_exponent = 0.2, .theta_size = 0.2};

namespace {

template <int Dim>
void check_glow(ef::Image image, Index levels, Index classes) {
  contract::check_layer<Dim>(
      "Glow",
      [&]<class S, int D>(contract::Kind<S, D>) {
        ef::Rng rng(1);
        return ef::glow<S>(image,
                           {.levels = levels,
                            .steps = 1,
                            .hidden = {2},
                            .kernels = {3, 1},
                            .activation = ef::Activation::silu,
                            .context_dim = classes},
                           rng);
      },
      whole);
}

// Between its logit and its base.
template <int Dim>
void check_real_nvp(const ef::Image& image, const ef::ImageRealNvpOptions& options) {
  contract::check_layer<Dim>(
      "ImageRealNvp",
      [&]<class S, int D>(contract::Kind<S, D>) {
        const auto flow = ef::image_real_nvp<S>(image, options);
        return ef::Chain(std::get<1>(flow.layers()), std::get<2>(flow.layers()));
      },
      whole);
}

}  // namespace

TEST_CASE("Glow obeys the laws, given a class") {
  check_glow<8>({1, 2, 4}, 1, 2);
}
TEST_CASE("Glow of two levels obeys the laws", "[slow]") {
  check_glow<16>({1, 4, 4}, 2, 0);
  check_glow<16>({1, 4, 4}, 2, 2);
}

namespace {

template <class Flow>
std::size_t memory_of_a_step(const Flow& flow, Index rows, std::vector<float>& grad) {
  ef::Arena arena;
  {
    const ef::ArenaScope scope(arena);
    auto tile = ef::Tile<float>::allocate(arena, rows, flow.dim(), true);
    tile.values = contract::random_normal<float>(rows, flow.dim(), 3);
    tile.log_det.setZero();
    const auto tape = flow.density().evaluate(flow.theta(), tile);
    tile.attach_cotangents().setOnes();
    grad.assign(flow.theta().size(), 0);
    flow.density().evaluate_vjp(flow.theta(), grad, tape, tile);
  }
  return arena.peak();
}

}  // namespace

TEST_CASE("a training step of Glow takes a megabyte an image, and a third of that with Recompute") {
  const ef::GlowOptions options{.levels = 2, .steps = 4, .hidden = {64, 64}};
  ef::Rng rng(1), same(1);
  const ef::Flow flow{ef::glow<float>({1, 28, 28}, options, rng), rng};
  const ef::Flow less{ef::glow<float, ef::Recompute>({1, 28, 28}, options, same), same};
  std::vector<float> grad, other;
  CHECK(memory_of_a_step(flow, 4, grad) <= 4'000'000);
  CHECK(memory_of_a_step(less, 4, other) <= 1'400'000);
  CHECK(grad == other);
}

TEST_CASE("the levels of Glow share a type and leave half of the channels each") {
  ef::Rng rng(1);
  const auto layers =
      ef::glow<float>({3, 16, 8}, {.levels = 3, .steps = 2, .hidden = {4}, .kernels = {3, 3}}, rng);
  REQUIRE(layers.size() == 3);
  CHECK(layers.dim() == 384);
  CHECK(layers[0].layer().dim() == 384);
  CHECK(layers[1].layer().dim() == 192);
  CHECK(layers[2].layer().dim() == 96);
  CHECK_THROWS_WITH(ef::glow<float>({1, 28, 28}, {.levels = 3}, rng),
                    ContainsSubstring("sides that 8 divides, but got 28 × 28"));
  CHECK_THROWS_WITH(ef::glow<float>({1, 28, 28}, {.levels = 0}, rng), ContainsSubstring("but got 0 and 8"));
}

TEST_CASE("Real NVP of images obeys the laws") {
  check_real_nvp<8>({1, 2, 4}, {.scales = 2, .couplings = 1, .channels = 1, .blocks = 0});
}
TEST_CASE("Real NVP of images with residual blocks obeys the laws", "[slow]") {
  check_real_nvp<16>({1, 4, 4}, {.scales = 2, .couplings = 2, .channels = 2, .blocks = 1});
}

TEST_CASE("Real NVP takes pixels of [0, 1] and gives them") {
  ef::Rng rng(1);
  ef::Flow flow{ef::image_real_nvp<double>({3, 4, 6}, {.channels = 3, .blocks = 1}), rng};
  flow.parameters() += 0.05 * contract::random_normal<double>(flow.parameters().size(), 1, 2);
  const MatrixXd x = flow.sample(50, rng);
  const double margin = 0.05 / 0.9;
  CHECK(x.minCoeff() > -margin);
  CHECK(x.maxCoeff() < 1 + margin);
  CHECK((flow.inverse(flow.forward(x).z).x - x).cwiseAbs().maxCoeff() < 1e-9);
  CHECK_THROWS_WITH(ef::image_real_nvp<float>({1, 6, 6}, {.scales = 3}),
                    ContainsSubstring("sides that 4 divides"));
  CHECK_THROWS_WITH(ef::image_real_nvp<float>({1, 6, 6}, {.margin = 0.5}), ContainsSubstring("but is 0.5"));
}

TEST_CASE("FastFlow obeys the laws") {
  contract::check_layer<12>(
      "FastFlow",
      []<class S, int D>(contract::Kind<S, D>) {
        ef::Rng rng(1);
        return ef::fast_flow<S>({3, 2, 2}, {.steps = 2}, rng);
      },
      whole);
}

TEST_CASE("the scores of pixels are the mean energies of their channels") {
  const ef::Image image{2, 1, 3};
  MatrixXd z(1, 6);
  z << 1, 2, 3, 5, 0, 1;
  const MatrixXd scores = ef::pixel_scores(z, image);
  CHECK(scores == (Eigen::RowVector3d(26, 4, 10) / 4).eval());
  CHECK_THROWS_WITH(ef::pixel_scores(z, {2, 2, 2}), ContainsSubstring("needs the 8 columns"));
  ef::Rng rng(1);
  CHECK_THROWS_WITH(ef::fast_flow<float>({1, 4, 4}, {}, rng), ContainsSubstring("two channels"));
}
