// Fits a flow to eight two-dimensional sets and prints how far it is from the truth. The densities of the sets are
// known, so KL(p‖q) = mean(log p - log q) over fresh rows is exact up to its standard error.
//
//     density_2d [folder]      writes folder/density_2d.png (out/ unless given): data, density, samples

#include <chrono>
#include <cstdio>
#include <eigenflow/data/two_d.hpp>
#include <eigenflow/eigenflow.hpp>
#include <filesystem>
#include <string>
#include <vector>

#include "helpers/output.hpp"
#include "picture/picture.hpp"
#include "table/mean.hpp"

namespace ef = eigenflow;

int main(int argc, char** argv) {
  const std::filesystem::path folder = helpers::output_folder(argc, argv);
  std::vector<std::string> names;
  ef::for_each_set_2d<float>([&](const auto& set) { names.emplace_back(set.name()); });
  picture::Gallery gallery({.title = "Eight densities, learned from samples",
                            .rows = {"data", "density", "samples"},
                            .columns = names});
  std::printf("%-16s %9s %9s %18s %8s\n", "set", "test NLL", "entropy", "KL(p||q) [nats]", "seconds");

  int column = 0;
  ef::for_each_set_2d<float>([&](const auto& set) {
    const auto start = std::chrono::steady_clock::now();
    ef::Rng rng(2);
    const Eigen::MatrixX2f x = set(400'000, rng);

    // Splines fit the sharp edges of rings and checkerboards. The linear maps between them rotate the plane.
    const ef::Chain block{ef::SplineCoupling<float, 2>(2, {.hidden = {64, 64}}),
                          ef::LuLinear<float, 2>(ef::Permutation<float, 2>())};
    ef::Flow flow{ef::Chain{ef::Standardize<float, 2>(), ef::Stack(6, block)}, rng};
    ef::fit(flow, x,
            {.steps = 6'000,
             .batch_size = 512,
             .learning_rate = 2e-3,
             .schedule = ef::cosine_schedule(),
             .validation_fraction = 0});
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();

    const Eigen::MatrixX2f fresh = set(100'000, rng);
    const Eigen::VectorXf log_p = set.log_density(fresh), log_q = flow.log_prob(fresh);
    const table::Mean kl(log_p.cast<double>() - log_q.cast<double>());
    std::printf("%-16s %9.4f %9.4f %9.4f ± %.4f %8.1f\n", set.name(), -log_q.cast<double>().mean(),
                set.entropy(), kl.value, kl.error, seconds);
    std::fflush(stdout);

    const Eigen::MatrixX2f samples = flow.sample(x.rows(), rng);
    const double brightest = gallery.panel(0, column).histogram(x.cast<double>());
    gallery.panel(1, column).heatmap(helpers::density_of(flow), {.brightest = brightest}, 2);
    gallery.panel(2, column).histogram(samples.cast<double>(), {.brightest = brightest});
    ++column;
  });

  helpers::write(gallery, folder / "density_2d.png");
}
