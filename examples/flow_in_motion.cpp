// What a flow does layer by layer, from the Gaussian (left) to the data (right), with planar layers and with affine
// couplings. Each point keeps the colour of the direction in which it starts.
//
//     flow_in_motion [folder]      writes folder/flow_in_motion.png (out/ unless given)

#include <cstdio>
#include <eigenflow/data/two_d.hpp>
#include <eigenflow/eigenflow.hpp>
#include <filesystem>
#include <string>
#include <vector>

#include "helpers/motion.hpp"
#include "helpers/output.hpp"
#include "picture/picture.hpp"

namespace ef = eigenflow;

constexpr int panels = 8;

// Fits a stack of `count` layers to the set, then draws the Gaussian after 0, 1/7, 2/7, ... of them.
template <class Layer, class Set>
void draw_motion(picture::Gallery& gallery, int row, int count, const Set& set,
                 const ef::FitOptions<double>& options) {
  ef::Rng rng(1);
  ef::Flow flow{ef::Stack<Layer>(count), rng};
  ef::fit(flow, set(20'000, rng), options);
  const auto fresh = set(100'000, rng);
  std::printf("%d times %s: KL %.3f nats\n", count, Layer::tag().c_str(),
              (set.log_density(fresh) - flow.log_prob(fresh)).mean());

  Eigen::MatrixX2d z(8'000, 2);
  rng.fill_normal(z);
  const auto colours = helpers::colours_by_direction(z);

  for (int column = 0; column < panels; ++column) {
    const int layers = count * column / (panels - 1);
    const Eigen::MatrixX2d x = helpers::after_layers(flow, layers, z);
    auto panel = gallery.panel(row, column, {.x = {-4, 4}, .y = {-4, 4}});
    panel.scatter(x, colours, {.radius = 0.7, .alpha = 0.7});
    panel.note(std::to_string(layers));
  }
}

int main(int argc, char** argv) {
  const std::filesystem::path folder = helpers::output_folder(argc, argv);
  picture::Gallery gallery(
      {.title = "From the Gaussian to the data",
       .subtitle = "points after so many layers, coloured by the direction in which they start",
       .rows = {"planar layers", "pairs of couplings"},
       .columns = std::vector<std::string>(panels),
       .panel_width = 150,
       .panel_height = 150});

  draw_motion<ef::Planar<double, 2>>(
      gallery, 0, 28, ef::two_moons<double>,
      {.steps = 6'000, .batch_size = 512, .learning_rate = 1e-2, .schedule = ef::cosine_schedule()});

  // Two couplings with a swap after each: a pair transforms both features and leaves them in order.
  using Coupling = ef::AffineCoupling<double, 2>;
  using Swap = ef::Permutation<double, 2>;
  draw_motion<ef::Chain<Coupling, Swap, Coupling, Swap>>(
      gallery, 1, 7, ef::pinwheel<double>,
      {.steps = 6'000, .batch_size = 256, .learning_rate = 2e-3, .schedule = ef::cosine_schedule()});

  helpers::write(gallery, folder / "flow_in_motion.png");
}
