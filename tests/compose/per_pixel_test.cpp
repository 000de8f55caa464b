#include "eigenflow/compose/per_pixel.hpp"

#include <Eigen/LU>
#include <cmath>
#include <span>
#include <vector>

#include "eigenflow/authoring/lanes.hpp"
#include "eigenflow/compose/chain.hpp"
#include "eigenflow/compose/recompute.hpp"
#include "eigenflow/fit.hpp"
#include "eigenflow/layers/act_norm.hpp"
#include "eigenflow/layers/coupling.hpp"
#include "eigenflow/layers/lu_linear.hpp"
#include "eigenflow/layers/planar.hpp"
#include "eigenflow/layers/radial.hpp"
#include "eigenflow/layers/standardize_context.hpp"
#include "support/catch.hpp"
#include "support/contract/evaluate.hpp"
#include "support/contract/random.hpp"
#include "support/engine.hpp"
#include "support/layer_contract.hpp"
#include "support/threads.hpp"
#include "support/tiles.hpp"

namespace ef = eigenflow;
using Catch::Matchers::ContainsSubstring;
using contract::Direction;
using Eigen::Index;
using Eigen::MatrixXd;

TEST_CASE("PerPixel obeys the laws") {
  contract::check_layer<6>("PerPixel of Radial", []<class S, int D>(contract::Kind<S, D> kind) {
    return ef::PerPixel(kind.dim / 2, ef::Radial<S, 2>());
  });
}

TEST_CASE("the invertible 1 × 1 convolution obeys the laws") {
  contract::check_layer<6>("PerPixel of LuLinear", []<class S, int D>(contract::Kind<S, D> kind) {
    return ef::PerPixel(kind.dim / 3, ef::LuLinear<S>(3));
  });
}

TEST_CASE("PerPixel of a layer with a context obeys the laws") {
  contract::check_layer<4>("PerPixel of a coupling", []<class S, int D>(contract::Kind<S, D> kind) {
    const ef::MlpOptions options{.hidden = {3}, .activation = ef::Activation::tanh};
    return ef::PerPixel(kind.dim / 2, ef::AffineCoupling<S>(2, 1, options, {}, 2));
  });
}

TEST_CASE("PerPixel is its layer at every pixel, bit by bit") {
  constexpr Index rows = 9, pixels = 5, channels = 3;
  const MatrixXd x = contract::random_normal<double>(rows, pixels * channels, 1),
                 c = contract::random_normal<double>(rows, 2, 2);
  const ef::AffineCoupling<double> layer(channels, {.hidden = {4}}, 2);
  const auto theta = contract::random_normal<double>(ef::parameter_count(layer), 1, 3);
  // Row p N + n: pixel p of row n.
  MatrixXd of_pixels(rows * pixels, channels), contexts(rows * pixels, 2);
  for (Index p = 0; p < pixels; ++p) {
    contexts.middleRows(p * rows, rows) = c;
    for (Index k = 0; k < channels; ++k) of_pixels.col(k).segment(p * rows, rows) = x.col(k * pixels + p);
  }
  for (const Direction direction : {Direction::forward, Direction::inverse}) {
    const auto got = contract::evaluate(contract::LayerSubject(ef::PerPixel(pixels, layer)), direction,
                                        contract::Problem<double>{theta, x, c});
    const auto wanted = contract::evaluate(contract::LayerSubject(layer), direction,
                                           contract::Problem<double>{theta, of_pixels, contexts});
    // The order of the sum: one partial sum for each place in a vector, then these in order.
    constexpr Index width = ef::Lanes<double>::width;
    MatrixXd partial = MatrixXd::Zero(rows, width);
    for (Index p = 0; p < pixels; ++p) {
      for (Index k = 0; k < channels; ++k)
        CHECK(got.values.col(k * pixels + p) == wanted.values.col(k).segment(p * rows, rows));
      partial.col(p % width) += wanted.log_det.segment(p * rows, rows);
    }
    Eigen::VectorXd log_det = Eigen::VectorXd::Zero(rows);
    for (Index k = 0; k < width; ++k) log_det += partial.col(k);
    CHECK(got.log_det == log_det);
  }
}

TEST_CASE("PerPixel<LuLinear> is Glow's 1 × 1 convolution: y = W x at each pixel, log-det h w log|det W|") {
  constexpr Index pixels = 6, channels = 4;
  const ef::LuLinear<double> linear(channels);
  const ef::PerPixel convolution(pixels, linear);
  const Eigen::VectorXd theta = 0.5 * contract::random_normal<double>(ef::parameter_count(linear), 1, 1);
  const auto run = [&](const auto& layer, const MatrixXd& x) {
    return contract::evaluate(contract::LayerSubject(layer), Direction::forward,
                              contract::Problem<double>{theta, x, MatrixXd(x.rows(), 0)});
  };
  // W from the images of zero and of the unit vectors.
  const MatrixXd zero = run(linear, MatrixXd::Zero(1, channels)).values;
  const MatrixXd w =
      (run(linear, MatrixXd::Identity(channels, channels)).values.rowwise() - zero.row(0)).transpose();
  const MatrixXd x = contract::random_normal<double>(7, channels * pixels, 2);
  const auto result = run(convolution, x);
  for (Index n = 0; n < 7; ++n) {
    // channels × pixels
    const MatrixXd image = x.row(n).reshaped(pixels, channels).transpose();
    const MatrixXd got = result.values.row(n).reshaped(pixels, channels).transpose();
    const MatrixXd wanted = (w * image).colwise() + Eigen::VectorXd(zero.transpose());
    CHECK((got - wanted).cwiseAbs().maxCoeff() < 1e-12);
    CHECK(result.log_det[n] == Approx(pixels * std::log(std::abs(w.determinant()))).epsilon(1e-12));
  }
}

TEST_CASE("the layer of a PerPixel starts from all pixels of all rows") {
  constexpr Index rows = 40, pixels = 3;
  const MatrixXd x = contract::random_normal<double>(rows, 2 * pixels, 1).array() * 2 + 5;
  ef::PerPixel layer(pixels, ef::Chain(ef::ActNorm<double>(2), ef::ActNorm<double>(2)));
  std::vector<double> theta(8, 0.0);
  layer.initialise_from(std::span<double>(theta), support::tiles_of<double>(x, 16));
  const auto& first = layer.layer().layer<0>();
  for (Index c = 0; c < 2; ++c) {
    const auto channel = x.middleCols(c * pixels, pixels);
    CHECK(first.mean()[c] == Approx(channel.mean()));
    CHECK(first.scale()[c] == Approx(std::sqrt((channel.array() - channel.mean()).square().mean())));
    CHECK(layer.layer().layer<1>().mean()[c] == Approx(0).margin(1e-12));
    CHECK(layer.layer().layer<1>().scale()[c] == Approx(1));
  }
}

TEST_CASE("a context that a layer of a PerPixel standardises is that of the rows") {
  const MatrixXd c = contract::random_normal<double>(30, 1, 1).array() * 3 + 4;
  ef::PerPixel layer(2, ef::StandardizeContext(ef::AffineCoupling<double>(2, {.hidden = {3}}, 1)));
  std::vector<double> theta(static_cast<std::size_t>(ef::parameter_count(layer)), 0.1);
  layer.initialise_from(std::span<double>(theta), [&](const auto& visit) {
    support::tiles_of<double>(MatrixXd::Zero(30, 4).eval(), 30)([&](ef::Tile<double>& tile) {
      tile.attach_context(1) = c;
      visit(tile);
    });
  });
  CHECK(layer.layer().mean()[0] == Approx(c.mean()));
}

TEST_CASE("dropout masks of pixels are a function of the row and the pixel, not of the tiles") {
  const ef::DropoutSource rows{{1, 2}, 100};
  CHECK(rows.row(7) == 107);
  const ef::DropoutSource pixels = rows.of_pixels(8, 6);
  CHECK(pixels.row(0) == 600);
  CHECK(pixels.row(3) == 618);          // pixel 0 of row 103
  CHECK(pixels.row(3 + 2 * 8) == 620);  // pixel 2
  // In tiles of other heights, the same pixel has the same number.
  const ef::DropoutSource lower = ef::DropoutSource{{1, 2}, 103}.of_pixels(1, 6);
  CHECK(lower.row(2) == 620);
  // 2 × 3 pixels in pixels of pixels: every pixel of every row has its own number.
  const ef::DropoutSource nested = rows.of_pixels(8, 2).of_pixels(16, 3);
  std::vector<std::uint64_t> numbers;
  for (Index i = 0; i < 48; ++i) numbers.push_back(nested.row(i));
  std::sort(numbers.begin(), numbers.end());
  for (std::size_t i = 0; i < 48; ++i) CHECK(numbers[i] == 600 + i);
}

TEST_CASE("PerPixel trains with dropout, with the bits of its Recompute and of any number of threads") {
  const MatrixXd x = contract::random_normal<double>(150, 6, 2);
  const auto loss_and_grad = [&](const auto& layer, bool training) {
    ef::Rng rng(1);
    ef::Flow flow{layer, rng};
    rng.fill_normal(flow.parameters());
    ef::Batch<double> batch = ef::Batch<double>::all(x);
    if (training) batch.training = ef::TrainingStep{5, 7};
    Eigen::VectorXd grad(flow.parameters().size() + 1);
    grad[0] = ef::MaximumLikelihood{}(
        flow, batch, std::span<double>(grad.data() + 1, static_cast<std::size_t>(grad.size() - 1)));
    return grad;
  };
  const ef::AffineCoupling<double> coupling(2, {.hidden = {8}, .dropout = 0.3});
  const ef::PerPixel plain(3, ef::Chain(coupling, coupling));
  const Eigen::VectorXd wanted = loss_and_grad(plain, true);
  CHECK(wanted != loss_and_grad(plain, false));
  CHECK(wanted ==
        loss_and_grad(ef::PerPixel(3, ef::Chain(ef::Recompute(coupling), ef::Recompute(coupling))), true));
  CHECK(wanted == loss_and_grad(ef::Recompute(plain), true));
}

TEST_CASE("PerPixel passes on the rows that its layer wants, as pixels") {
  struct Few : ef::Planar<float, 2> {
    static constexpr Index rows_together() { return 64; }
  };
  CHECK(ef::rows_together(ef::PerPixel(100, ef::Planar<float>(2))) == 256);
  CHECK(ef::rows_together(ef::PerPixel(4, Few())) == 16);
  CHECK(ef::rows_together(ef::PerPixel(100, Few())) == 1);
}

TEST_CASE("a PerPixel rejects an image without pixels") {
  CHECK_THROWS_WITH(ef::PerPixel(0, ef::Planar<double>(2)),
                    ContainsSubstring("one pixel or more, but has 0: give height × width"));
}
