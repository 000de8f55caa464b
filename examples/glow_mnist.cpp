// Glow on MNIST, given the class: bits per dimension while it trains, samples of every class, and the class of test images
// by Bayes' rule.
//
//     glow_mnist DATA [folder] [epochs]
//
// DATA is the folder of the public files, unpacked: train-images-idx3-ubyte and so on. If it has only the 10,000 test
// images (t10k-...), the first 8,000 are for training and the last 2,000 for testing. Writes folder/glow_mnist.png (out/
// unless given). It trains for 40 epochs unless given: ten minutes on two cores for 8,000 images.

#include <cstdio>
#include <cstdlib>
#include <eigenflow/eigenflow.hpp>
#include <eigenflow/images.hpp>
#include <exception>
#include <filesystem>
#include <string>

#include "helpers/idx.hpp"
#include "helpers/sheet.hpp"
#include "picture/picture.hpp"

namespace ef = eigenflow;
using Eigen::Index;
using Eigen::MatrixXf;

namespace {

constexpr double bins = 256;
constexpr Index classes = 10;
const ef::Image image{1, 28, 28};

struct Images {
  MatrixXf x;  // k/256 - 1/2
  Eigen::VectorXi labels;

  Images middle(Index first, Index count) const {
    return {x.middleRows(first, count), labels.segment(first, count)};
  }
};

Images read(const std::filesystem::path& folder, const std::string& part) {
  const auto pixels = helpers::read_idx(folder / (part + "-images-idx3-ubyte"));
  const auto labels = helpers::read_idx(folder / (part + "-labels-idx1-ubyte"));
  return {(pixels.cast<float>().array() / static_cast<float>(bins) - 0.5F).matrix(),
          labels.col(0).cast<int>()};
}

/// The share of images whose likeliest class is theirs.
template <class Flow>
double accuracy(const Flow& flow, const Images& images) {
  const MatrixXf log_prob = ef::class_log_prob(flow, ef::dequantized(images.x, 1 / bins));
  Index right = 0;
  for (Index i = 0, best = 0; i < log_prob.rows(); ++i) {
    log_prob.row(i).maxCoeff(&best);
    right += best == images.labels[i];
  }
  return static_cast<double>(right) / static_cast<double>(log_prob.rows());
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc < 2) {
    std::fprintf(stderr, "usage: glow_mnist DATA [folder] [epochs]\n");
    return 2;
  }
  const std::filesystem::path data = argv[1], folder = argc > 2 ? argv[2] : "out";
  const Index epochs = argc > 3 ? std::atoi(argv[3]) : 40;
  const bool whole = std::filesystem::exists(data / "train-images-idx3-ubyte");
  const Images t10k = read(data, "t10k");
  const Images train = whole ? read(data, "train") : t10k.middle(0, 8'000);
  const Images test = whole ? t10k : t10k.middle(8'000, 2'000);
  const MatrixXf c = ef::one_hot<float>(train.labels, classes),
                 c_test = ef::one_hot<float>(test.labels, classes);

  ef::Rng rng(1);
  ef::Flow flow{
      ef::glow<float>(image, {.levels = 2, .steps = 8, .hidden = {96, 96}, .context_dim = classes}, rng),
      ef::DiagonalNormal<float>(image.dim()), rng};
  std::printf("%td parameters, %td images\n", flow.parameters().size(), train.x.rows());

  ef::fit(flow, train.x, c,
          {.epochs = epochs,
           .batch_size = 64,
           .learning_rate = 2e-3,
           .schedule = ef::warm_up(50, ef::cosine_schedule()),
           .clip_norm = 50,
           .validation_fraction = 0,
           .dequantize = 1 / bins,
           .callback =
               [&](const ef::Epoch& epoch) {
                 const ef::BitsPerDim bits = ef::bits_per_dim(flow, test.x, c_test, bins);
                 std::printf("epoch %3td   test %.3f bits/dim   %4.0f s\n", epoch.epoch + 1, bits.bound,
                             epoch.seconds);
                 std::fflush(stdout);
                 return true;
               }},
          ef::AdamW{.weight_decay = 0.01});

  const ef::BitsPerDim bits = ef::bits_per_dim(flow, test.x, c_test, bins, 8);
  std::printf("test: %.3f bits/dim with one draw of the noise, %.3f with eight\n", bits.bound, bits.tighter);
  std::printf("class by Bayes' rule: %.2f %% right\n", 100 * accuracy(flow, test));

  picture::Gallery gallery({.title = "Glow on MNIST, given the class",
                            .columns = {"test images", "temperature 1", "temperature 0.8", "temperature 0.6"},
                            .panel_width = 300,
                            .panel_height = 300});
  const auto draw = [&](int column, const MatrixXf& x) {
    helpers::draw_sheet(gallery.panel(0, column), (x.array() + 0.5F).matrix(), image, 10, 1);
  };
  Eigen::VectorXi digits(100);
  for (Index i = 0; i < 100; ++i) digits[i] = static_cast<int>(i / 10);
  draw(0, test.x.topRows(100));
  int column = 1;
  for (const float temperature : {1.0F, 0.8F, 0.6F})
    draw(column++, flow.sample(ef::one_hot<float>(digits, classes), rng, temperature));
  gallery.write_png(folder / "glow_mnist.png");
  std::printf("%s\n", (folder / "glow_mnist.png").c_str());
} catch (const std::exception& error) {
  std::fprintf(stderr, "glow_mnist: %s\n", error.what());
  return 1;
}
