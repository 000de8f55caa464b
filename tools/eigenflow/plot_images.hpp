#pragma once

#include <cstdint>
#include <string>

#include "model.hpp"

namespace command {

/// What plot draws of a model of images: samples, or with `data` the scores of maps beside their images.
struct ImagePlot {
  std::string output, title, data, images;
  std::uint64_t seed = 0;
  double temperature = 1;
};

void plot_images(const Model& model, const ImagePlot& options);

}  // namespace command
