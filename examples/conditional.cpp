// A conditional density: one flow learns the Boltzmann densities p(x | T) ∝ exp(-U(x) / kT) of a particle in the
// Müller-Brown potential (J. Chem. Phys. 17, 1979) at all temperatures. A cold particle stays in the deepest valley,
// a hot one crosses the passes. The true density is known by quadrature, so the program can print KL(p‖q).
//
//     conditional [folder]      writes folder/conditional.png (out/ unless given): truth, flow and samples

#include <array>
#include <cmath>
#include <cstdio>
#include <eigenflow/eigenflow.hpp>
#include <filesystem>
#include <string>
#include <vector>

#include "helpers/output.hpp"
#include "picture/picture.hpp"

namespace ef = eigenflow;
using Points = Eigen::MatrixX2d;

// U(x, y): three valleys and the passes between them.
Eigen::ArrayXd potential(const Points& at) {
  struct Term {
    double height, a, b, c, x, y;
  };
  constexpr std::array<Term, 4> terms{{{-200, -1, 0, -10, 1, 0},
                                       {-100, -1, 0, -10, 0, 0.5},
                                       {-170, -6.5, 11, -6.5, -0.5, 1.5},
                                       {15, 0.7, 0.6, 0.7, -1, 1}}};
  Eigen::ArrayXd u = Eigen::ArrayXd::Zero(at.rows());
  for (const Term& t : terms) {
    const Eigen::ArrayXd dx = at.col(0).array() - t.x, dy = at.col(1).array() - t.y;
    u += t.height * (t.a * dx.square() + t.b * dx * dy + t.c * dy.square()).exp();
  }
  return u;
}
constexpr double lowest = -146.7;  // at (-0.558, 1.442)

// A box that holds practically all of the density at the temperatures below.
constexpr picture::Range box_x{-3, 1.6}, box_y{-1.2, 3.2};

// Exact samples of p(x | kT) by rejection, one for each temperature.
Points draw(const Eigen::VectorXd& temperature, ef::Rng& rng) {
  Points x(temperature.size(), 2);
  std::vector<Eigen::Index> open(static_cast<std::size_t>(temperature.size()));
  for (std::size_t i = 0; i < open.size(); ++i) open[i] = static_cast<Eigen::Index>(i);
  while (!open.empty()) {
    Eigen::MatrixX3d tries(static_cast<Eigen::Index>(open.size()), 3);
    rng.fill_uniform(tries);
    Points at(tries.rows(), 2);
    at.col(0) = box_x.low + (box_x.high - box_x.low) * tries.col(0).array();
    at.col(1) = box_y.low + (box_y.high - box_y.low) * tries.col(1).array();
    const Eigen::ArrayXd u = potential(at);
    std::vector<Eigen::Index> left;
    for (std::size_t i = 0; i < open.size(); ++i) {
      const auto row = static_cast<Eigen::Index>(i);
      if (std::log(tries(row, 2)) < (lowest - u[row]) / temperature[open[i]])
        x.row(open[i]) = at.row(row);
      else
        left.push_back(open[i]);
    }
    open = left;
  }
  return x;
}

// The context of the flow: ln(kT / 20), a number around zero.
float context(double temperature) {
  return static_cast<float>(std::log(temperature / 20));
}

int main(int argc, char** argv) {
  const std::filesystem::path folder = helpers::output_folder(argc, argv);
  constexpr Eigen::Index rows = 200'000;
  constexpr double coldest = 7, hottest = 45;
  ef::Rng rng(1);
  Eigen::VectorXd temperature(rows);
  rng.fill_uniform(temperature);
  temperature = coldest * (std::log(hottest / coldest) * temperature.array()).exp();
  const Eigen::MatrixX2f x = draw(temperature, rng).cast<float>();
  const Eigen::VectorXf c = temperature.unaryExpr(&context);

  const ef::MlpOptions network{.hidden = {48, 48}, .activation = ef::Activation::silu};
  const ef::Chain block{ef::AffineCoupling<float, 2>(2, network, 1), ef::Permutation<float, 2>()};
  ef::Flow flow{ef::Chain{ef::Standardize<float, 2>(), ef::Stack(12, block)}, rng};
  const ef::History history = ef::fit(flow, x, c,
                                      {.steps = 10'000,
                                       .batch_size = 256,
                                       .learning_rate = 2e-3,
                                       .schedule = ef::warm_up(200, ef::cosine_schedule()),
                                       .clip_norm = 1});
  std::printf("fitted in %.0f s to %.4f nats\n", history.epochs.back().seconds, history.best_loss);

  const std::array<double, 5> shown{8, 12, 20, 30, 40};
  std::vector<std::string> columns;
  for (const double t : shown) columns.push_back("kT = " + std::to_string(static_cast<int>(t)));
  picture::Gallery gallery({.title = "One flow, every temperature",
                            .subtitle = "p(x | T) of a particle in the Müller-Brown potential",
                            .rows = {"truth", "flow", "samples"},
                            .columns = columns,
                            .panel_width = 150,
                            .panel_height = 150});
  std::printf("%6s %18s\n", "kT", "KL(p||q) [nats]");
  for (std::size_t column = 0; column < shown.size(); ++column) {
    const double t = shown[column];
    const auto panel = [&](int row) {
      return gallery.panel(row, static_cast<int>(column), {.x = {-1.9, 1.4}, .y = {-0.8, 2.5}});
    };
    const picture::Density model = [&](const Points& at) -> Eigen::VectorXd {
      const Eigen::VectorXf log_p = flow.log_prob(at.cast<float>(), {context(t)});
      return log_p.cast<double>().array().exp();
    };

    // The normalisation and the divergence by quadrature on a grid over the box.
    constexpr Eigen::Index cells = 600;
    const Points grid = picture::cell_centres(box_x, box_y, cells, cells);
    const double area = (box_x.high - box_x.low) * (box_y.high - box_y.low) / (cells * cells);
    const Eigen::ArrayXd energy = (lowest - potential(grid)) / t;
    const double log_z = std::log(energy.exp().sum() * area);
    const Eigen::VectorXf log_q = flow.log_prob(grid.cast<float>(), {context(t)});
    const Eigen::ArrayXd log_p = energy - log_z;
    const double kl = (log_p.exp() * (log_p - log_q.cast<double>().array())).sum() * area;
    std::printf("%6.0f %18.4f\n", t, kl);

    const picture::Density truth = [&](const Points& at) -> Eigen::VectorXd {
      return ((lowest - potential(at)) / t - log_z).exp();
    };
    const double brightest = panel(0).heatmap(truth);
    panel(1).heatmap(model, {.brightest = brightest});
    const Eigen::MatrixX2f samples = flow.sample(100'000, {context(t)}, rng);
    panel(2).histogram(samples.cast<double>(), {.brightest = brightest});
  }
  helpers::write(gallery, folder / "conditional.png");
}
