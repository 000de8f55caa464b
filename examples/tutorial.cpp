// The pictures of docs/tutorial.md: one map of a line, a plane that the layers bend, and a fit.
//
//     tutorial [folder]      writes folder/tutorial_line.png, tutorial_layers.png, tutorial_fit.png (out/ unless given)

#include <cmath>
#include <cstdio>
#include <eigenflow/data/two_d.hpp>
#include <eigenflow/eigenflow.hpp>
#include <filesystem>
#include <numbers>
#include <string>
#include <vector>

#include "helpers/motion.hpp"
#include "helpers/output.hpp"
#include "picture/picture.hpp"

namespace ef = eigenflow;

// Step 1: the density of a line that one planar layer bends.
void draw_line(const std::filesystem::path& path) {
  ef::Rng rng(1);
  ef::Flow<ef::Planar<double, 1>> flow{rng};
  flow.layer_parameters<0>().u << -1.9;
  flow.layer_parameters<0>().w << 1.5;
  flow.layer_parameters<0>().b = 0.3;

  const Eigen::VectorXd x = Eigen::VectorXd::LinSpaced(400, -4, 4);
  const auto [z, log_det] = flow.forward(x);
  const Eigen::VectorXd base = (-0.5 * x.array().square()).exp() / std::sqrt(2 * std::numbers::pi);

  picture::Gallery gallery({.columns = {"density of z", "z = f(x)", "density of x"},
                            .panel_width = 190,
                            .panel_height = 150,
                            .gap = 48,
                            .room_for_axes = true,
                            .theme = picture::light_panels()});
  const picture::Stroke stroke{.colour = picture::hex(0x2b6cb0), .width = 1.8};
  const picture::View density{.x = {-4, 4}, .y = {0, 0.6}, .equal_aspect = false};
  auto left = gallery.panel(0, 0, density);
  left.line(x, base, stroke);
  left.axes({.x = "z"});
  auto middle = gallery.panel(0, 1, {.x = {-4, 4}, .y = {-3.5, 3.5}, .equal_aspect = false});
  middle.line(x, z, stroke);
  middle.axes({.x = "x"});
  auto right = gallery.panel(0, 2, density);
  right.line(x, flow.log_prob(x).array().exp(), stroke);
  right.axes({.x = "x"});
  helpers::write(gallery, path);
}

using Block = ef::Chain<ef::AffineCoupling<float, 2>, ef::Permutation<float, 2>>;
constexpr int blocks = 8;

// Steps 2 and 3: samples of the base after 0 to 8 blocks of a trained flow.
void draw_layers(const ef::Flow<ef::Stack<Block>>& flow, const std::filesystem::path& path) {
  ef::Rng rng(3);
  Eigen::MatrixX2f z(4'000, 2);
  rng.fill_normal(z);
  const auto colours = helpers::colours_by_direction(z);

  const std::vector<int> counts{0, 2, 4, 6, 8};
  std::vector<std::string> names;
  for (const int count : counts) names.push_back(count == 0 ? "base" : std::to_string(count) + " blocks");
  picture::Gallery gallery({.columns = names, .panel_width = 130, .panel_height = 130, .scale = 1});
  for (int column = 0; column < int(counts.size()); ++column) {
    const int count = counts[std::size_t(column)];
    const Eigen::MatrixX2f x = helpers::after_layers(flow, count, z);
    gallery.panel(0, column, {.x = {-3.6, 3.6}, .y = {-3.6, 3.6}})
        .scatter(x.cast<double>(), colours, {.radius = 0.8, .alpha = 0.8});
  }
  helpers::write(gallery, path);
}

// Steps 4 and 5: the data, the densities that two kinds of couplings learned, samples of the second.
template <class Affine, class Spline>
void draw_fit(const Affine& affine, const Spline& spline, const Eigen::MatrixX2f& x,
              const std::filesystem::path& path) {
  ef::Rng rng(4);
  picture::Gallery gallery({.columns = {"data", "8 affine couplings", "4 spline couplings", "samples of it"},
                            .panel_width = 165,
                            .panel_height = 165,
                            .scale = 1});
  const picture::View view{.x = {-3.6, 3.6}, .y = {-3.6, 3.6}};
  gallery.panel(0, 0, view).scatter(x.topRows(4'000).cast<double>(), {.radius = 0.7});
  gallery.panel(0, 1, view).heatmap(helpers::density_of(affine));
  gallery.panel(0, 2, view).heatmap(helpers::density_of(spline));
  gallery.panel(0, 3, view).scatter(spline.sample(4'000, rng).template cast<double>(), {.radius = 0.7});
  helpers::write(gallery, path);
}

int main(int argc, char** argv) {
  const std::filesystem::path folder = helpers::output_folder(argc, argv);
  draw_line(folder / "tutorial_line.png");

  ef::Rng rng(42);
  const Eigen::MatrixX2f x = ef::two_moons<float>(20'000, rng);
  const ef::FitOptions<float> options{.epochs = 20, .learning_rate = 2e-3, .schedule = ef::cosine_schedule()};
  const auto report = [](const char* name, const ef::History& history) {
    std::printf("%s: held-out loss %.3f nats; the entropy of the data is %.3f\n", name, history.best_loss,
                ef::two_moons<float>.entropy());
  };

  ef::Flow flow{ef::Stack<Block>(blocks), rng};
  report("8 affine couplings", ef::fit(flow, x, options));
  const ef::Chain spline_block{ef::SplineCoupling<float, 2>(),
                               ef::LuLinear<float, 2>(ef::Permutation<float, 2>())};
  ef::Flow splines{ef::Chain{ef::Standardize<float, 2>(), ef::Stack(4, spline_block)}, rng};
  report("4 spline couplings", ef::fit(splines, x, options));
  draw_layers(flow, folder / "tutorial_layers.png");
  draw_fit(flow, splines, x, folder / "tutorial_fit.png");
}
