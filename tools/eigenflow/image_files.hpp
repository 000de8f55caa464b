#pragma once

#include <Eigen/Core>
#include <eigenflow/images/image.hpp>
#include <string>

#include "model.hpp"

// Images and feature maps, which fit --image and score --maps read.

namespace command {

/// Of "64x16x16": channels, height, width. Throws UsageError.
ef::Image image_of(const std::string& text, const std::string& option);
std::string text_of(const ef::Image& image);

/// The shape of the images that a model was fitted to. Throws UsageError where it was fitted to a table.
ef::Image image_of(const Model& model);
bool is_of_images(const Model& model);
/// Throws UsageError for a glow, which has no scores of pixels.
void check_fast_flow(const Model& model, const std::string& what);

/// The images of a file, N × C H W: an array of N × C × H × W, N × H × W or N × C H W. Throws std::runtime_error for
/// another shape.
Eigen::MatrixXd read_images(const std::string& path, const ef::Image& image);

inline constexpr const char* image_note = "image";      ///< as "64x16x16"
inline constexpr const char* flow_note = "image_flow";  ///< "fast_flow" or "glow"

}  // namespace command
