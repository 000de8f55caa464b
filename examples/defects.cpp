// Finds defects in textures: FastFlow on the features of a small fixed filter bank, beside a Gaussian for each position
// (PaDiM, arXiv:2011.08785) and the nearest neighbours (PatchCore, arXiv:2106.08265) on the same features.
//
//     defects [folder]      writes folder/defects.png (out/ unless given): pictures, their damage, and the scores

#include <cstdio>
#include <eigenflow/eigenflow.hpp>
#include <eigenflow/images.hpp>
#include <string>
#include <vector>

#include "helpers/map_baselines.hpp"
#include "helpers/output.hpp"
#include "helpers/textures.hpp"
#include "picture/picture.hpp"
#include "table/roc.hpp"

namespace ef = eigenflow;
using Eigen::Index;
using Eigen::MatrixXf;
using helpers::FilterBank;
using helpers::Texture;

namespace {

const ef::Image image{FilterBank::channels, FilterBank::cells, FilterBank::cells};
constexpr Index trained = 200, whole = 60, damaged = 60;

struct Pictures {
  std::vector<Texture> textures;
  MatrixXf features;

  Pictures(std::size_t kind, Index good, Index bad, ef::Rng& rng) : features(good + bad, image.dim()) {
    for (Index i = 0; i < good + bad; ++i) {
      textures.push_back(helpers::draw_texture(kind, rng));
      if (i >= good) helpers::damage(textures.back(), kind, rng);
      features.row(i) = FilterBank::features(textures.back().grey).cast<float>();
    }
  }
};

/// The scores of every pixel by a flow.
MatrixXf by_fast_flow(const MatrixXf& train, const MatrixXf& test, std::uint64_t seed) {
  ef::Rng rng(seed);
  ef::Flow flow{ef::Chain{ef::PerPixel(image.pixels(), ef::ActNorm<float>(image.channels)),
                          ef::fast_flow<float>(image, {.steps = 8, .hidden_ratio = 2}, rng)},
                rng};
  ef::fit(flow, train,
          {.epochs = 60,
           .batch_size = 32,
           .learning_rate = 1e-3,
           .schedule = ef::cosine_schedule(),
           .clip_norm = 100,
           .validation_fraction = 0},
          ef::AdamW{.weight_decay = 1e-2});
  return ef::pixel_scores(flow.forward(test).z, image);
}

Eigen::MatrixXd picture_of(const MatrixXf& maps, Index row) {
  Eigen::MatrixXd grid(Texture::side, Texture::side);
  for (Index p = 0; p < maps.cols(); ++p) grid(p / Texture::side, p % Texture::side) = maps(row, p);
  return grid;
}

/// AUROC of pictures (the largest score of a picture) and of pixels.
struct Quality {
  double pictures, pixels;

  Quality(const MatrixXf& maps, const std::vector<Texture>& textures) {
    Eigen::VectorXd label = Eigen::VectorXd::Zero(maps.rows()), truth(maps.size());
    label.tail(damaged).setOnes();
    for (Index i = 0; i < maps.rows(); ++i)
      for (Index p = 0; p < maps.cols(); ++p)
        truth[p * maps.rows() + i] =
            textures[static_cast<std::size_t>(i)].damage(p / Texture::side, p % Texture::side);
    pictures = table::Roc(maps.rowwise().maxCoeff().cast<double>(), label).area();
    pixels = table::Roc(maps.reshaped().cast<double>(), truth).area();
  }
};

}  // namespace

int main(int argc, char** argv) {
  picture::Gallery gallery({.title = "Defects in textures",
                            .rows = {helpers::texture_names().begin(), helpers::texture_names().end()},
                            .columns = {"picture", "damage", "FastFlow", "Gaussians", "neighbours", "picture",
                                        "damage", "FastFlow", "Gaussians", "neighbours"},
                            .groups = {{"", 5}, {"", 5}}});
  std::printf("%-10s %21s %21s %21s\n%-10s %10s %10s %10s %10s %10s %10s\n", "AUROC, %", "FastFlow",
              "Gaussians", "neighbours", "texture", "pictures", "pixels", "pictures", "pixels", "pictures",
              "pixels");
  for (std::size_t kind = 0; kind < helpers::texture_names().size(); ++kind) {
    ef::Rng rng(kind + 1);
    const Pictures train(kind, trained, 0, rng), test(kind, whole, damaged, rng);
    std::vector<MatrixXf> maps{by_fast_flow(train.features, test.features, 1),
                               helpers::by_gaussian(image, train.features, test.features),
                               helpers::by_neighbours(image, train.features, test.features, rng)};
    std::printf("%-10s", helpers::texture_names()[kind].c_str());
    for (MatrixXf& map : maps) {
      map = ef::resize(map, {1, image.height, image.width}, Texture::side, Texture::side);
      const Quality quality(map, test.textures);
      std::printf(" %10.2f %10.2f", 100 * quality.pictures, 100 * quality.pixels);
    }
    std::printf("\n");
    std::fflush(stdout);
    for (const int shown : {0, 1}) {
      const Index i = whole + shown;
      const Texture& texture = test.textures[static_cast<std::size_t>(i)];
      const int row = static_cast<int>(kind), column = 5 * shown;
      gallery.panel(row, column).heatmap(Eigen::MatrixXd(texture.grey), {.brightest = 1, .gamma = 1});
      gallery.panel(row, column + 1).heatmap(Eigen::MatrixXd(texture.damage), {.brightest = 1, .gamma = 1});
      for (std::size_t m = 0; m < maps.size(); ++m)
        gallery.panel(row, column + 2 + static_cast<int>(m)).heatmap(picture_of(maps[m], i), {.gamma = 1});
    }
  }
  helpers::write(gallery, helpers::output_folder(argc, argv) / "defects.png");
}
