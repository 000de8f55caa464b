// eigenflow plot of a model of images: a sheet of samples, or heat maps beside images.

#include "plot_images.hpp"

#include <algorithm>
#include <eigenflow/images/fast_flow.hpp>
#include <eigenflow/images/resize.hpp>
#include <filesystem>
#include <stdexcept>
#include <vector>

#include "image_files.hpp"
#include "picture/gallery.hpp"
#include "table/array.hpp"
#include "table/text.hpp"

namespace command {
namespace {

using Eigen::Index;

constexpr int most = 8;  // images in a picture of heat maps

// An image with its channels averaged.
Eigen::MatrixXd grid_of(const Eigen::MatrixXd& x, Index row, const ef::Image& image) {
  Eigen::MatrixXd grid = Eigen::MatrixXd::Zero(image.height, image.width);
  for (Index c = 0; c < image.channels; ++c)
    for (Index v = 0; v < image.height; ++v)
      for (Index u = 0; u < image.width; ++u)
        grid(v, u) += x(row, image.feature(c, v, u)) / static_cast<double>(image.channels);
  return grid;
}

void draw_grid(picture::Panel panel, const Eigen::MatrixXd& grid, double low, double high) {
  panel.heatmap(Eigen::MatrixXd((grid.array() - low).cwiseMax(0)),
                {.brightest = std::max(high - low, 1e-300), .gamma = 1});
}

void draw_samples(const Model& model, const ImagePlot& options, const std::string& title) {
  const ef::Image image = image_of(model);
  ef::Rng rng(options.seed);
  const Eigen::MatrixXd x = model.flow.sample(64, rng, options.temperature);
  const Index gap = 1;
  Eigen::MatrixXd sheet =
      Eigen::MatrixXd::Constant(8 * (image.height + gap) + gap, 8 * (image.width + gap) + gap, 0);
  std::vector<double> values(x.data(), x.data() + x.size());
  std::sort(values.begin(), values.end());
  const double low = values[values.size() / 200], high = values[values.size() - 1 - values.size() / 200];
  sheet.setConstant(low + 0.12 * (high - low));
  for (Index i = 0; i < 64; ++i)
    sheet.block(gap + i / 8 * (image.height + gap), gap + i % 8 * (image.width + gap), image.height,
                image.width) = grid_of(x, i, image);
  picture::Gallery gallery({.title = title, .columns = {"samples"}, .panel_width = 480, .panel_height = 480});
  draw_grid(gallery.panel(0, 0), sheet, low, high);
  gallery.write_png(options.output);
}

void draw_heat_maps(const Model& model, const ImagePlot& options, const std::string& title) {
  const ef::Image image = image_of(model);
  check_fast_flow(model, "a picture of DATA");
  const Eigen::MatrixXd maps = read_images(options.data, image);
  ef::Image size{1, image.height, image.width};
  Eigen::MatrixXd pictures;
  if (!options.images.empty()) {
    table::Array array = table::read_array(options.images);
    const std::vector<Index>& shape = array.shape;
    if (shape.size() < 3 || shape.size() > 4 || shape[0] != maps.rows())
      throw std::runtime_error(table::escaped(options.images) + ": should have an image for each of the " +
                               std::to_string(maps.rows()) + " maps, as N × H × W or N × C × H × W");
    size = {shape.size() == 4 ? shape[1] : 1, shape[shape.size() - 2], shape.back()};
    pictures = std::move(array.rows);
  }
  const int shown = static_cast<int>(std::min<Index>(maps.rows(), most));
  const ef::Image flat{1, size.height, size.width};
  const Eigen::MatrixXd scores =
      ef::resize(ef::pixel_scores(model.flow.forward(maps.topRows(shown)).z, image),
                 {1, image.height, image.width}, size.height, size.width);
  const bool beside = pictures.size() > 0;
  picture::Gallery gallery(
      {.title = title,
       .rows = beside ? std::vector<std::string>{"image", "score"} : std::vector<std::string>{"score"},
       .columns = std::vector<std::string>(static_cast<std::size_t>(shown), ""),
       .panel_width = 150,
       .panel_height = 150});
  for (int i = 0; i < shown; ++i) {
    if (beside) {
      const Eigen::MatrixXd grid = grid_of(pictures, i, size);
      draw_grid(gallery.panel(0, i), grid, grid.minCoeff(), grid.maxCoeff());
    }
    draw_grid(gallery.panel(beside ? 1 : 0, i), grid_of(scores, i, flat), 0,
              scores.topRows(shown).maxCoeff());
  }
  gallery.write_png(options.output);
}

}  // namespace

void plot_images(const Model& model, const ImagePlot& options) {
  const std::string title =
      options.title.empty() ? std::filesystem::path(model.path).stem().string() : options.title;
  if (options.data.empty())
    draw_samples(model, options, title);
  else
    draw_heat_maps(model, options, title);
}

}  // namespace command
