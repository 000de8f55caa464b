#pragma once

// The names that blocks of the documents may use, unless they are programs.

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <eigenflow/data/energies_2d.hpp>
#include <eigenflow/data/two_d.hpp>
#include <eigenflow/eigenflow.hpp>
#include <eigenflow/images.hpp>
#include <eigenflow/io.hpp>
#include <numbers>
#include <span>
#include <string>
#include <vector>

namespace ef = eigenflow;

struct Preamble {
  using Block = ef::Chain<ef::AffineCoupling<float, 2>, ef::Permutation<float, 2>>;

  ef::Rng rng{1};
  Eigen::Matrix<float, Eigen::Dynamic, 2> x = ef::two_moons<float>(300, rng);
  ef::Flow<ef::Stack<Block>> flow{ef::Stack<Block>(2), rng};
};

// Names the block that runs, so that a failure can be told from the output.
inline void report(const char* place) {
  std::printf("%s\n", place);
  std::fflush(stdout);
}
