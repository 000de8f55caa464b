// Fits flows by reverse KL, without data, to densities that can be evaluated but not sampled: the four energies of
// Rezende & Mohamed, "Variational inference with normalizing flows" (arXiv:1505.05770). Planar flows of 2, 8 and 32
// layers, as in their Fig. 3, and a flow of spline couplings.
//
//     reverse_kl [folder]      writes folder/reverse_kl.png (out/ unless given)

#include <chrono>
#include <cstdio>
#include <eigenflow/data/energies_2d.hpp>
#include <eigenflow/eigenflow.hpp>
#include <filesystem>
#include <string>

#include "helpers/output.hpp"
#include "picture/picture.hpp"

namespace ef = eigenflow;

// Fits a flow to an energy, prints how close it is, and draws it. `brightest` is the shade of the target.
template <class Flow, class Energy>
void fit_and_draw(const char* name, Flow flow, const Energy& energy, const ef::TargetFitOptions& options,
                  picture::Panel panel, double brightest) {
  const auto start = std::chrono::steady_clock::now();
  ef::fit(flow, energy, options, ef::Adam{.beta2 = 0.99}, ef::ReverseKl{.path_gradient = true});
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();

  // E_q[log q + U] ≥ -log Z, with equality if the flow is the target.
  ef::Rng rng(3);
  const double loss = ef::ReverseKl{}(flow, energy, 200'000, rng.fork(), {});
  const auto weighed = ef::importance_sample(flow, energy, 200'000, rng);
  std::printf("%-4s %-14s %10.4f %10.4f %10.4f %10.4f ± %.4f %6.1f %% %7.1f\n", energy.name(), name, loss,
              -energy.log_z(), loss + energy.log_z(), weighed.log_z, weighed.log_z_error,
              weighed.effective_sample_size / 2000, seconds);
  std::fflush(stdout);
  panel.heatmap(helpers::density_of(flow), {.brightest = brightest}, 2);
}

int main(int argc, char** argv) {
  const std::filesystem::path folder = helpers::output_folder(argc, argv);
  picture::Gallery gallery({.title = "Densities, learned from their energies",
                            .subtitle = "after Fig. 3 of Rezende & Mohamed (2015)",
                            .rows = {"U1", "U2", "U3", "U4"},
                            .columns = {"exp(-U) / Z", "K = 2", "K = 8", "K = 32", "K = 4"},
                            .groups = {{"target", 1}, {"planar flows", 3}, {"spline couplings", 1}}});
  std::printf("%-4s %-14s %10s %10s %10s %19s %8s %7s\n", "U", "flow", "E[log q+U]", "-log Z", "gap",
              "log Z by weights", "ESS", "seconds");

  int row = 0;
  ef::for_each_energy_2d([&](const auto& energy) {
    // U2 to U4 reach beyond |z| = 7; the ring is small.
    const double reach = row == 0 ? 4 : 8;
    const picture::View view{.x = {-reach, reach}, .y = {-reach, reach}};
    const double brightest = gallery.panel(row, 0, view)
                                 .heatmap(
                                     [&](const Eigen::MatrixX2d& at) -> Eigen::VectorXd {
                                       return energy.log_density(at).array().exp();
                                     },
                                     {}, 2);

    ef::Rng rng(1);
    int column = 1;
    for (const Eigen::Index layers : {2, 8, 32}) {
      // In the paper a planar layer maps latent space to data, which is the inverse of the library's direction.
      const ef::Flow flow{ef::inverse(ef::Stack<ef::Planar<float, 2>>(layers)),
                          ef::DiagonalNormal<float, 2>(), rng};
      fit_and_draw(("planar, " + std::to_string(layers)).c_str(), flow, energy,
                   {.steps = 8'000,
                    .batch_size = 256,
                    .learning_rate = 5e-3,
                    .schedule = ef::cosine_schedule(),
                    .clip_norm = 5,
                    .annealing = 4'000},
                   gallery.panel(row, column++, view), brightest);
    }

    // The first layer halves its input, so that the targets lie within the bound of the splines.
    const ef::Standardize<float, 2> halved(Eigen::Vector2f::Zero(), Eigen::Vector2f::Constant(2));
    const ef::Chain block{
        ef::SplineCoupling<float, 2>(2, 1, {.hidden = {64, 64}}, ef::SplineOptions{.bins = 16, .bound = 5}),
        ef::LuLinear<float, 2>(ef::Permutation<float, 2>())};
    // The same seeds as tests/acceptance/reverse_kl_test.cpp, which requires 0.03 nats.
    ef::Rng spline_rng(1);
    const ef::Flow flow{ef::Chain{halved, ef::Stack(4, block)}, ef::StandardNormal<float, 2>(), spline_rng};
    fit_and_draw("splines, 4", flow, energy,
                 {.steps = 8'000,
                  .batch_size = 512,
                  .learning_rate = 1e-3,
                  .schedule = ef::warm_up(100, ef::cosine_schedule()),
                  .clip_norm = 20,
                  .annealing = 2'000,
                  .epoch_steps = 500,
                  .validation_samples = 10'000,
                  .seed = 1},
                 gallery.panel(row, column++, view), brightest);
    ++row;
  });

  helpers::write(gallery, folder / "reverse_kl.png");
}
