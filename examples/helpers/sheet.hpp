#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <eigenflow/images/image.hpp>

#include "picture/picture.hpp"

namespace helpers {

/// Draws images of one channel (N × H W, values from 0 to `white`) in a panel, `across` of them side by side.
template <class Derived>
void draw_sheet(picture::Panel panel, const Eigen::MatrixBase<Derived>& images, const eigenflow::Image& image,
                Eigen::Index across, double white) {
  const Eigen::Index down = (images.rows() + across - 1) / across, gap = 1;
  Eigen::MatrixXd grid = Eigen::MatrixXd::Constant(down * (image.height + gap) + gap,
                                                   across * (image.width + gap) + gap, 0.12 * white);
  for (Eigen::Index i = 0; i < images.rows(); ++i)
    for (Eigen::Index y = 0; y < image.height; ++y)
      for (Eigen::Index x = 0; x < image.width; ++x)
        grid(gap + i / across * (image.height + gap) + y, gap + i % across * (image.width + gap) + x) =
            std::clamp(static_cast<double>(images(i, image.feature(0, y, x))), 0.0, white);
  panel.heatmap(grid, {.brightest = white, .gamma = 1});
}

}  // namespace helpers
