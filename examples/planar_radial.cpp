// What 1, 2 and 10 planar or radial maps do to a Gaussian and to a uniform density: Fig. 1 of Rezende & Mohamed,
// "Variational inference with normalizing flows" (arXiv:1505.05770). Nothing is trained: the parameters are chosen
// or drawn.
//
//     planar_radial [folder]      writes folder/planar_radial.png (out/ unless given)

#include <cmath>
#include <cstdio>
#include <eigenflow/eigenflow.hpp>
#include <filesystem>
#include <numbers>
#include <string>

#include "helpers/output.hpp"
#include "picture/picture.hpp"

namespace ef = eigenflow;
using Planars = ef::Stack<ef::Planar<double, 2>>;
using Radials = ef::Stack<ef::Radial<double, 2>>;

constexpr int most = 10;

// Sets the first `count` maps. The others stay at theta = 0, which is the identity. `layer_parameters<0>()` gives
// theta by name.
template <class Flow>
void set_planar(Flow& flow, int count) {
  flow.parameters().setZero();
  auto maps = flow.template layer_parameters<0>().inverse;
  ef::Rng rng(10);
  for (int k = 0; k < count; ++k) {
    const bool chosen = k < 2;  // two expansions at right angles, then weaker maps in random directions
    const double angle = std::numbers::pi * (chosen ? 0.3 + 0.5 * k : 2 * rng.uniform());
    auto& map = maps[static_cast<std::size_t>(k)];
    map.w = (chosen ? 2.5 : 2.0) * Eigen::Vector2d(std::cos(angle), std::sin(angle));
    map.u = (chosen ? 0.4 : 0.2 * rng.normal()) * map.w;
    if (!chosen) map.b = 1.5 * rng.normal();
  }
}

template <class Flow>
void set_radial(Flow& flow, int count) {
  flow.parameters().setZero();
  auto maps = flow.template layer_parameters<0>().inverse;
  ef::Rng rng(6);
  for (int k = 0; k < count; ++k) {
    auto& map = maps[static_cast<std::size_t>(k)];
    const bool outwards = k % 2 == 0;  // alternates with inwards
    rng.fill_normal(map.x0);
    map.x0 *= 1.5;
    map.alpha = outwards ? -0.5 : 1.0;
    map.beta = outwards ? 1.0 : 0.0;
  }
}

// Four panels from column `column` on: the base density, and the density after 1, 2 and 10 maps.
template <class Maps, class Base, class Set>
void draw_row(picture::Gallery& gallery, int row, int column, const Base& base, const Set& set) {
  ef::Rng rng(1);
  // In the paper a planar layer maps latent space to data, which is the inverse of the library's direction.
  ef::Flow flow{ef::inverse(Maps(most)), base, rng};
  for (const int count : {0, 1, 2, most}) {
    set(flow, count);
    gallery.panel(row, column++, {.x = {-4, 4}, .y = {-4, 4}}).heatmap(helpers::density_of(flow), {}, 2);
  }
}

int main(int argc, char** argv) {
  const std::filesystem::path folder = helpers::output_folder(argc, argv);
  const ef::StandardNormal<double, 2> gaussian;
  const ef::Uniform<double, 2> uniform(Eigen::Vector2d(-2, -2), Eigen::Vector2d(2, 2));

  picture::Gallery gallery(
      {.title = "Planar and radial maps of two simple densities",
       .subtitle = "after Fig. 1 of Rezende & Mohamed (2015)",
       .rows = {"unit Gaussian", "uniform"},
       .columns = {"K = 0", "K = 1", "K = 2", "K = 10", "K = 0", "K = 1", "K = 2", "K = 10"},
       .groups = {{"planar", 4}, {"radial", 4}}});
  const auto planar = [](auto& flow, int count) { set_planar(flow, count); };
  const auto radial = [](auto& flow, int count) { set_radial(flow, count); };
  draw_row<Planars>(gallery, 0, 0, gaussian, planar);
  draw_row<Planars>(gallery, 1, 0, uniform, planar);
  draw_row<Radials>(gallery, 0, 4, gaussian, radial);
  draw_row<Radials>(gallery, 1, 4, uniform, radial);

  helpers::write(gallery, folder / "planar_radial.png");
}
