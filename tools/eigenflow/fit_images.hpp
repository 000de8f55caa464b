#pragma once

#include <string>

#include "train.hpp"

namespace command {

enum class ImageFlow { fast_flow, glow };

/// What fit --image does.
struct ImageFit {
  std::string path, output, command_line, image;
  ImageFlow flow = ImageFlow::fast_flow;
  Eigen::Index steps = 8, levels = 2, hidden = 64;
  double test = 0.1;
  bool quiet = false;
  Training training = {};
};

void fit_images(const ImageFit& fit);

}  // namespace command
