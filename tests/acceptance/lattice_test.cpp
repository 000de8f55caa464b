#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "eigenflow/eigenflow.hpp"
#include "eigenflow/images.hpp"
#include "support/catch.hpp"
#include "support/contract/random.hpp"
#include "support/engine.hpp"

// Fields on periodic lattices, whose partition functions are known.

namespace ef = eigenflow;
using Eigen::Index;
using Eigen::MatrixXd;

namespace {

/// exp(-S(φ)) with S = Σ m² φ² + λ φ⁴ + Σ_μ (2 φ² - φ φ₊ - φ φ₋); a lattice of one line has one direction μ.
struct Action {
  Index height, width;
  double mass_squared, coupling;

  template <class Fields, class LogP, class Gradients>
  void operator()(const Fields& phi, LogP& log_p, Gradients& grad) const {
    using Scalar = typename Fields::Scalar;
    const Index directions = height > 1 ? 2 : 1;
    const auto m = static_cast<Scalar>(mass_squared + 2.0 * static_cast<double>(directions)),
               l = static_cast<Scalar>(coupling);
    log_p.setZero();
    for (Index y = 0; y < height; ++y)
      for (Index x = 0; x < width; ++x) {
        const auto at = [&](Index row, Index column) {
          return phi.col((row + height) % height * width + (column + width) % width).array();
        };
        const auto here = at(y, x);
        ef::VectorX<Scalar> near = at(y, x + 1) + at(y, x - 1);
        if (directions == 2) near.array() += at(y + 1, x) + at(y - 1, x);
        log_p.array() -= here * (m * here + l * here.cube() - near.array());
        grad.col(y * width + x) = (2 * near.array() - 2 * m * here - 4 * l * here.cube()).matrix();
      }
  }
};

/// Couplings of the two colours of a checkerboard in turn, by circular convolutions.
template <class S>
auto couplings(Index height, Index width, Index count, std::vector<Index> hidden) {
  using Coupling = ef::Coupling<ef::Affine<S>, ef::ConvNet<S>>;
  using Step = ef::Chain<ef::Permutation<S>, Coupling, ef::Inverse<ef::Permutation<S>>>;
  const ef::Permutation<S> even_first = ef::checkerboard_order<S>({1, height, width});
  const Index sites = height * width;
  return ef::Stack<Step>(count, [&](Index i) {
    std::vector<Index> order = even_first.indices();
    if (i % 2 == 1) std::rotate(order.begin(), order.begin() + sites / 2, order.end());
    const ef::ConvNetOptions network{.height = height,
                                     .width = width,
                                     .hidden = hidden,
                                     .kernels = std::vector<Index>(hidden.size() + 1, 3),
                                     .padding = ef::Padding::circular,
                                     .activation = ef::Activation::silu,
                                     .checkerboard = i % 2 == 1 ? ef::Colour::odd : ef::Colour::even};
    const ef::Permutation<S> halves(order);
    return Step{halves, Coupling(sites, sites / 2, network), ef::Inverse(halves)};
  });
}

auto fitted(const Action& action, Index count, const std::vector<Index>& hidden, Index steps) {
  ef::Rng rng(1);
  ef::Flow flow{couplings<float>(action.height, action.width, count, hidden), rng};
  ef::fit(flow, action,
          {.steps = steps,
           .batch_size = 64,
           .learning_rate = 3e-3,
           .schedule = ef::cosine_schedule(),
           .clip_norm = 10,
           .progress = false},
          ef::Adam{}, ef::ReverseKl{.path_gradient = true});
  return ef::importance_sample(flow, action, 800'000, rng);
}

}  // namespace

TEST_CASE("circular couplings of a checkerboard commute with even shifts of the lattice") {
  const Index height = 4, width = 6;
  ef::Rng rng(1);
  ef::Flow flow{couplings<double>(height, width, 4, {3}), rng};
  flow.parameters() += 0.3 * contract::random_normal<double>(flow.parameters().size(), 1, 2);
  const MatrixXd x = contract::random_normal<double>(5, height * width, 3);
  const auto shifted = [&](const MatrixXd& field, Index by_y, Index by_x) {
    MatrixXd moved(field.rows(), field.cols());
    for (Index y = 0; y < height; ++y)
      for (Index k = 0; k < width; ++k)
        moved.col((y + by_y) % height * width + (k + by_x) % width) = field.col(y * width + k);
    return moved;
  };
  const auto plain = flow.forward(x);
  for (const auto& [by_y, by_x] : std::vector<std::pair<Index, Index>>{{0, 2}, {2, 0}, {1, 1}, {3, 5}}) {
    const auto moved = flow.forward(shifted(x, by_y, by_x));
    CHECK(moved.z == shifted(plain.z, by_y, by_x));  // bit for bit: every pixel is computed alike
    CHECK(moved.log_det.isApprox(plain.log_det, 1e-14));
  }
  CHECK(flow.forward(shifted(x, 0, 1)).z != shifted(plain.z, 0, 1));
}

TEST_CASE("a free field: log Z and the variance of a site", "[slow]") {
  const Action action{8, 8, 1.25, 0};
  const auto weighed = fitted(action, 16, {8}, 5'000);
  INFO("ESS " << weighed.effective_sample_size / 800'000);
  CHECK(std::abs(weighed.log_z + 13.572376) < 1e-3);
  const Eigen::VectorXd square = weighed.x.cast<double>().array().square().rowwise().mean();
  CHECK(std::abs(weighed.weights().dot(square) - 0.116984) < 2e-4);
}

TEST_CASE("the chain of the φ⁴ theory: log Z", "[slow]") {
  const Action action{1, 8, -4, 8};
  const auto weighed = fitted(action, 12, {8, 8}, 4'000);
  INFO("ESS " << weighed.effective_sample_size / 800'000);
  CHECK(std::abs(weighed.log_z - 3.26620178693) < 2e-3);
}
