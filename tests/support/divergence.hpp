#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>

#include "eigenflow/compose/stack.hpp"
#include "eigenflow/fit.hpp"
#include "eigenflow/layers/standardize.hpp"
#include "support/catch.hpp"

// Fits flows to the 2-D sets, whose densities are known, and measures the divergence of the fits from them.

namespace divergence {

struct Divergence {
  double kl;     // mean of log p* - log q over fresh rows, nats
  double error;  // its standard error
};

struct Work {
  Eigen::Index layers, steps, training_rows, fresh_rows;
  double held_out = 0;  // share of the training rows for choosing the best parameters
};

/// `layers` blocks after a standardising layer; batches of 512, Adam at 2e-3, cosine.
template <class Set, class Block>
Divergence fitted(const Set& set, const Block& block, std::uint64_t seed, const Work& work) {
  namespace ef = eigenflow;
  ef::Rng rng(seed);
  const auto x = set(work.training_rows, rng);
  ef::Flow<ef::Standardize<float, 2>, ef::Stack<Block>> flow{ef::Standardize<float, 2>(),
                                                             ef::Stack(work.layers, block), rng};
  ef::fit(flow, x,
          {.steps = work.steps,
           .batch_size = 512,
           .learning_rate = 2e-3,
           .schedule = ef::cosine_schedule(),
           .validation_fraction = work.held_out,
           .seed = seed});
  const auto fresh = set(work.fresh_rows, rng);
  const Eigen::ArrayXd difference =
      set.log_density(fresh).template cast<double>() - flow.log_prob(fresh).template cast<double>();
  const double mean = difference.mean();
  const double variance = (difference - mean).square().mean();
  return {mean, std::sqrt(variance / static_cast<double>(difference.size()))};
}

/// The median over the seeds 1, 2 and 3; a failing CHECK after it prints all three.
template <class Set, class Block>
double median_kl(const Set& set, const Block& block, const Work& work) {
  std::array<double, 3> kl{};
  for (std::size_t i = 0; i < kl.size(); ++i) {
    const Divergence d = fitted(set, block, i + 1, work);
    UNSCOPED_INFO("seed " << i + 1 << ": KL " << d.kl << " ± " << d.error);
    kl[i] = d.kl;
  }
  std::sort(kl.begin(), kl.end());
  return kl[1];
}

}  // namespace divergence
