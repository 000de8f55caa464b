// eigenflow fit --image: from images or feature maps to a model file.

#include "fit_images.hpp"

#include <cstdio>
#include <eigenflow/bases/diagonal_normal.hpp>
#include <eigenflow/compose/chain.hpp>
#include <eigenflow/compose/per_pixel.hpp>
#include <eigenflow/fit.hpp>
#include <eigenflow/images.hpp>
#include <eigenflow/io/model_file.hpp>
#include <eigenflow/layers/standardize.hpp>
#include <iostream>
#include <stdexcept>
#include <string>
#include <vector>

#include "fit_data.hpp"
#include "image_files.hpp"
#include "memory.hpp"
#include "table/mean.hpp"
#include "table/text.hpp"
#include "whole.hpp"

namespace command {
namespace {

using Eigen::Index;
using Rows = Eigen::MatrixXf;

bool is_whole(const Eigen::MatrixXd& x) {
  return (x.array() == x.array().round()).all();
}

// What held-out images say: in bits for each whole number, or in nats.
template <class Flow>
std::string judgement(const Flow& flow, const Rows& test, bool whole) {
  if (test.rows() == 0) return "no images were held out";
  const std::string images = " over " + std::to_string(test.rows()) + " held-out images";
  if (!whole)
    return "negative log-likelihood: " + table::Mean(-flow.log_prob(test).template cast<double>()).text() +
           " nats" + images;
  const ef::BitsPerDim bits = ef::bits_per_dim(flow, test, 1, 8);
  char text[96];
  std::snprintf(text, sizeof text, "%.3f bits a number with one draw of the noise, %.3f with eight",
                bits.bound, bits.tighter);
  return text + images;
}

template <class Layers>
void train_and_save(const ImageFit& fit, const ef::Image& image, Layers layers, const Rows& x,
                    const Rows& test, bool whole, ef::Rng& rng, ef::Notes notes) {
  const ef::PerPixel units(image.pixels(), ef::Standardize<float>(image.channels));
  ef::Flow flow{ef::Chain{units, std::move(layers)}, ef::DiagonalNormal<float>(image.dim()), rng};
  if (!fit.quiet)
    std::cout << flow.parameters().size() << " parameters"
              << (whole ? "; whole numbers, spread over 1 each" : "") << '\n'
              << std::flush;
  const Training& training = fit.training;
  const Index batch = training.batch_size.value_or(x.rows() < 2'000 ? 32 : 64);
  const Index few = fit.flow == ImageFlow::glow ? 100 : 60;
  const ef::FitOptions<float> options{
      .epochs = training.epochs.value_or(x.rows() < 5'000 ? few : 20),
      .steps = training.steps.value_or(0),
      .batch_size = batch,
      .learning_rate = training.learning_rate,
      .schedule = training.patience == 0 ? ef::warm_up(20, ef::cosine_schedule()) : ef::constant_schedule(),
      .clip_norm = 100,
      .validation_fraction = training.validation,
      .patience = training.patience,
      .dequantize = whole ? 1.0 : 0.0,
      .seed = training.seed,
      .progress = !fit.quiet};
  const ef::History history =
      ef::fit(flow, x, options, ef::AdamW{.weight_decay = training.weight_decay.value_or(0.1)});
  if (history.stopped == ef::Stopped::non_finite) {
    if (history.best_epoch < 0)
      throw std::runtime_error("the training came to nothing: " + history.message +
                               ": lower --learning-rate, or look for numbers of extreme size");
    std::fprintf(stderr, "eigenflow: %s\n", history.message.c_str());
  }
  const std::string held_out = judgement(flow, test, whole);
  notes["held_out"] = held_out;
  ef::save(flow, fit.output, notes);
  if (!fit.quiet) std::cout << history.message << '\n' << held_out << '\n';
}

}  // namespace

void fit_images(const ImageFit& fit) {
  const ef::Image image = image_of(fit.image, "--image");
  Sample images{read_images(fit.path, image), {}};
  images.c.resize(images.x.rows(), 0);
  const bool whole = is_whole(images.x) && images.x.minCoeff() < images.x.maxCoeff();
  ef::Notes notes{{image_note, text_of(image)},
                  {flow_note, fit.flow == ImageFlow::glow ? "glow" : "fast_flow"},
                  {"data", table::escaped(fit.path)},
                  {"rows", std::to_string(images.x.rows())},
                  {"command", table::escaped(fit.command_line)}};
  if (whole) {  // spread over k - 1/2 to k + 1/2, as those of tables
    std::vector<std::string> names;
    for (Index j = 1; j <= image.dim(); ++j) names.push_back("x" + std::to_string(j));
    const Whole pixel{1, images.x.minCoeff(), images.x.maxCoeff()};
    note_whole(names, std::vector<Whole>(names.size(), pixel), notes);
    images.x.array() -= 0.5;
  }
  if (!fit.quiet) std::cout << images.x.rows() << " images of " << text_of(image) << '\n';
  const Sample test = hold_out(images, fit.test, fit.training.seed);
  const Rows x = images.x.cast<float>(), held_out = test.x.cast<float>();
  ef::Rng rng(fit.training.seed);
  within_memory(fit.path, "fit fewer images, or a smaller flow by --layers, --hidden and --batch", [&] {
    if (fit.flow == ImageFlow::glow)
      train_and_save(
          fit, image,
          ef::glow<float>(
              image, {.levels = fit.levels, .steps = fit.steps, .hidden = {fit.hidden, fit.hidden}}, rng),
          x, held_out, whole, rng, notes);
    else
      train_and_save(fit, image, ef::fast_flow<float>(image, {.steps = fit.steps}, rng), x, held_out, whole,
                     rng, notes);
  });
}

}  // namespace command
