// Glow on digits of 8 × 8 pixels: how well it fits, samples at three temperatures, the way from one digit to another
// through latent space, and the digits that it finds most and least likely.
//
//     digits [folder] [data]   writes folder/digits.png (out/ unless given). `data` is the folder of optdigits.tra and
//                              optdigits.tes, https://archive.ics.uci.edu/dataset/80; without it the digits are drawn.

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <eigenflow/eigenflow.hpp>
#include <eigenflow/images.hpp>
#include <exception>
#include <filesystem>
#include <numbers>
#include <numeric>
#include <vector>

#include "helpers/digits.hpp"
#include "helpers/output.hpp"
#include "helpers/sheet.hpp"
#include "picture/picture.hpp"

namespace ef = eigenflow;
using Eigen::Index;
using Eigen::MatrixXf;

namespace {

constexpr double bins = 16;  // of a unit: pixels are k/16, k from 0 to 16
const ef::Image image{1, 8, 8};

/// Rows of images in latent space between the first rows of x and those behind them.
template <class Flow>
MatrixXf between(const Flow& flow, const MatrixXf& x, Index rows, Index steps) {
  const MatrixXf z = flow.forward(x.topRows(2 * rows)).z;
  MatrixXf path(rows * steps, z.cols());
  for (Index i = 0; i < rows; ++i)
    for (Index k = 0; k < steps; ++k) {
      const float t = static_cast<float>(k) / static_cast<float>(steps - 1);
      // A mean of two normal vectors is too short: this one has the length of a sample.
      path.row(i * steps + k) = ((1 - t) * z.row(i) + t * z.row(rows + i)) / std::hypot(1 - t, t);
    }
  return flow.inverse(path).x;
}

/// The rows of x with the highest and the lowest log p, 16 each.
MatrixXf extremes(const MatrixXf& x, const Eigen::VectorXf& log_p, bool likely) {
  std::vector<Index> order(static_cast<std::size_t>(x.rows()));
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(),
            [&](Index a, Index b) { return likely ? log_p[a] > log_p[b] : log_p[a] < log_p[b]; });
  order.resize(16);
  return x(order, Eigen::all);
}

}  // namespace

int main(int argc, char** argv) try {
  ef::Rng rng(1);
  const std::filesystem::path folder = helpers::output_folder(argc, argv);
  const helpers::Digits train = argc > 2
                                    ? helpers::read_digits(std::filesystem::path(argv[2]) / "optdigits.tra")
                                    : helpers::drawn_digits(4'000, rng);
  const helpers::Digits test = argc > 2
                                   ? helpers::read_digits(std::filesystem::path(argv[2]) / "optdigits.tes")
                                   : helpers::drawn_digits(2'000, rng);
  const MatrixXf x = train.pixels / bins, fresh = test.pixels / bins;

  ef::Flow flow{ef::glow<float>(image, {.levels = 2, .steps = 8, .hidden = {64, 64}, .dropout = 0.1}, rng),
                ef::DiagonalNormal<float>(image.dim()), rng};
  ef::fit(flow, x,
          {.epochs = 100,
           .batch_size = 64,
           .learning_rate = 2e-3,
           .schedule = ef::cosine_schedule(),
           .clip_norm = 50,
           .validation_fraction = 0,
           .dequantize = 1 / bins},
          ef::AdamW{.weight_decay = 1});

  ef::Flow gaussian{ef::Whiten<float>(image.dim()), rng};
  ef::fit(gaussian, x, {.steps = 1, .validation_fraction = 0, .dequantize = 1 / bins});

  const auto nats = [&](const auto& model, const MatrixXf& rows, Index draws) {
    const ef::BitsPerDim bits = ef::bits_per_dim(model, rows, bins, draws);
    return static_cast<double>(image.dim()) * std::numbers::ln2 * bits.tighter;
  };
  std::printf("nats a digit (lower is better)    train     test    test, 8 draws\n");
  std::printf("Gaussian                       %8.2f %8.2f %8.2f\n", nats(gaussian, x, 1),
              nats(gaussian, fresh, 1), nats(gaussian, fresh, 8));
  std::printf("Glow, %6td parameters         %8.2f %8.2f %8.2f\n", flow.parameters().size(), nats(flow, x, 1),
              nats(flow, fresh, 1), nats(flow, fresh, 8));

  const MatrixXf noisy = ef::dequantized(fresh, 1 / bins);
  const Eigen::VectorXf log_p = flow.log_prob(noisy);
  picture::Gallery gallery(
      {.title = "Glow on digits of 8 × 8 pixels",
       .columns = {"test digits", "samples, temperature 1", "samples, temperature 0.8",
                   "samples, temperature 0.6", "between two digits", "most likely", "least likely"},
       .panel_width = 150,
       .panel_height = 150});
  const auto draw = [&](int column, const MatrixXf& images, Index across) {
    helpers::draw_sheet(gallery.panel(0, column), images, image, across, 1);
  };
  draw(0, fresh.topRows(64), 8);
  int column = 1;
  for (const float temperature : {1.0F, 0.8F, 0.6F}) draw(column++, flow.sample(64, rng, temperature), 8);
  draw(4, between(flow, noisy, 8, 8), 8);
  draw(5, extremes(fresh, log_p, true), 4);
  draw(6, extremes(fresh, log_p, false), 4);
  helpers::write(gallery, folder / "digits.png");
} catch (const std::exception& error) {
  std::fprintf(stderr, "digits: %s\n", error.what());
  return 1;
}
