// A scalar field on a periodic lattice, the φ⁴ theory: a flow of checkerboard couplings learns exp(-S(φ))/Z from the action
// alone, by reverse KL (Albergo, Kanwar & Shanahan, arXiv:1904.12072). Its networks are circular convolutions, so the flow
// has the symmetry of the lattice under even shifts.
//
//     lattice [folder] [steps]   writes folder/lattice.png (out/ unless given)
//
//   S(φ) = Σ_x [ m² φ² + λ φ⁴ + Σ_μ (2 φ² - φ(x) φ(x + μ) - φ(x) φ(x - μ)) ]

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <eigenflow/eigenflow.hpp>
#include <eigenflow/images.hpp>
#include <filesystem>
#include <vector>

#include "helpers/output.hpp"
#include "helpers/sheet.hpp"
#include "picture/picture.hpp"

namespace ef = eigenflow;
using Eigen::Index;

namespace {

constexpr Index side = 8, sites = side * side;

/// The target -S(φ) and its gradient for a batch of fields, as ef::fit asks. Site (y, x) is column y · side + x.
struct Action {
  double mass_squared, coupling;

  template <class Fields, class LogP, class Gradients>
  void operator()(const Fields& phi, LogP& log_p, Gradients& grad) const {
    using Scalar = typename Fields::Scalar;
    const auto m = static_cast<Scalar>(mass_squared + 4), l = static_cast<Scalar>(coupling);
    log_p.setZero();
    for (Index y = 0; y < side; ++y)
      for (Index x = 0; x < side; ++x) {
        const auto at = [&](Index row, Index column) {
          return phi.col((row + side) % side * side + (column + side) % side).array();
        };
        const auto here = at(y, x);
        const auto near = at(y + 1, x) + at(y - 1, x) + at(y, x + 1) + at(y, x - 1);
        log_p.array() -= here * (m * here + l * here.cube() - near);
        grad.col(y * side + x) = (2 * near - 2 * m * here - 4 * l * here.cube()).matrix();
      }
  }
};

/// Couplings of the two colours in turn: each scales and shifts one by a network that reads the other.
using Coupling = ef::Coupling<ef::Affine<float>, ef::ConvNet<float>>;
auto couplings(Index count) {
  using Step = ef::Chain<ef::Permutation<float>, Coupling, ef::Inverse<ef::Permutation<float>>>;
  const ef::Permutation<float> even_first = ef::checkerboard_order<float>({1, side, side});
  return ef::Stack<Step>(count, [&](Index i) {
    std::vector<Index> order = even_first.indices();
    if (i % 2 == 1) std::rotate(order.begin(), order.begin() + sites / 2, order.end());
    const ef::ConvNetOptions network{.height = side,
                                     .width = side,
                                     .hidden = {8, 8},
                                     .kernels = {3, 3, 3},
                                     .padding = ef::Padding::circular,
                                     .activation = ef::Activation::silu,
                                     .checkerboard = i % 2 == 1 ? ef::Colour::odd : ef::Colour::even};
    const ef::Permutation<float> halves(order);
    return Step{halves, Coupling(sites, sites / 2, network), ef::Inverse(halves)};
  });
}

}  // namespace

int main(int argc, char** argv) {
  const std::filesystem::path folder = helpers::output_folder(argc, argv);
  const Index steps = argc > 2 ? std::atoi(argv[2]) : 10'000;
  const Action action{.mass_squared = -4, .coupling = 8};
  ef::Rng rng(1);
  ef::Flow flow{couplings(16), rng};
  std::printf("%td parameters\n%8s %10s %8s %12s\n", flow.parameters().size(), "step", "-log Z <=", "ESS",
              "log Z");

  const auto measure = [&](Index samples) {
    ef::Rng draws(3);
    return ef::importance_sample(flow, action, samples, draws);
  };
  // Near the end the path gradient has little variance (Roeder, Wu & Duvenaud, arXiv:1703.09194).
  std::vector<double> at, effective;
  ef::fit(flow, action,
          {.steps = steps,
           .batch_size = 64,
           .learning_rate = 3e-3,
           .schedule = ef::cosine_schedule(),
           .clip_norm = 10,
           .epoch_steps = 500,
           .callback =
               [&](const ef::Epoch& epoch) {
                 const auto weighed = measure(4'000);
                 at.push_back(static_cast<double>(epoch.steps));
                 effective.push_back(weighed.effective_sample_size / 4'000);
                 if (at.size() % 4 == 0)
                   std::printf("%8td %10.3f %8.3f %12.4f\n", epoch.steps, epoch.validation_loss,
                               effective.back(), weighed.log_z);
                 std::fflush(stdout);
                 return true;
               }},
          ef::Adam{}, ef::ReverseKl{.path_gradient = true});

  const auto weighed = measure(100'000);
  const Eigen::VectorXd magnetisation = weighed.x.cast<double>().rowwise().mean();
  const double size = weighed.weights().dot(magnetisation.cwiseAbs());
  std::printf("ESS %.3f, log Z %.4f ± %.4f, <|magnetisation|> %.4f\n",
              weighed.effective_sample_size / 100'000, weighed.log_z, weighed.log_z_error, size);

  picture::Gallery gallery({.title = "The φ⁴ theory on 8 × 8 sites",
                            .columns = {"effective sample size", "fields drawn", "magnetisation"},
                            .panel_width = 240,
                            .panel_height = 240,
                            .room_for_axes = true,
                            .theme = picture::light_panels()});
  auto curve =
      gallery.panel(0, 0, {.x = {0, static_cast<double>(steps)}, .y = {0, 1}, .equal_aspect = false});
  curve.line(Eigen::Map<Eigen::VectorXd>(at.data(), static_cast<Index>(at.size())),
             Eigen::Map<Eigen::VectorXd>(effective.data(), static_cast<Index>(effective.size())));
  curve.axes({.x = "steps"});
  const Eigen::MatrixXf fields = flow.sample(36, rng);
  helpers::draw_sheet(gallery.panel(0, 1), (fields.array() + 1.2F).matrix(), {1, side, side}, 6, 2.4);
  auto histogram = gallery.panel(0, 2, {.x = {-0.5, 0.5}, .y = {0, 5}, .equal_aspect = false});
  constexpr Index cells = 50;
  Eigen::VectorXd centre(cells), drawn = Eigen::VectorXd::Zero(cells);
  for (Index i = 0; i < cells; ++i) centre[i] = (static_cast<double>(i) + 0.5) / cells - 0.5;
  for (const double m : magnetisation)
    if (std::abs(m) < 0.5) drawn[static_cast<Index>((m + 0.5) * cells)] += 1;
  histogram.line(centre, drawn * cells / drawn.sum());
  histogram.axes({.x = "mean of a field"});
  helpers::write(gallery, folder / "lattice.png");
}
