#pragma once

#include <Eigen/Core>
#include <cstdio>
#include <eigenflow/data/two_moons.hpp>
#include <eigenflow/eigenflow.hpp>

namespace helpers {

/// Fits eight blocks to the two moons. Prints KL(p‖q) over fresh rows: 0 is a perfect fit.
template <class Block>
void fit_two_moons(const char* name) {
  namespace ef = eigenflow;
  ef::Rng rng(1);
  ef::Flow flow{ef::Chain{ef::Standardize<double, 2>(), ef::Stack<Block>(8)}, rng};
  ef::fit(flow, ef::two_moons<double>(20'000, rng),
          {.epochs = 50, .learning_rate = 5e-3, .schedule = ef::cosine_schedule(), .progress = false});

  const Eigen::MatrixX2d fresh = ef::two_moons<double>(100'000, rng);
  const double kl = (ef::two_moons<double>.log_density(fresh) - flow.log_prob(fresh)).mean();
  std::printf("%-30s %6d parameters   KL %.4f nats\n", name, static_cast<int>(flow.parameters().size()), kl);
  std::fflush(stdout);
}

}  // namespace helpers
