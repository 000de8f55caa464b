#pragma once

#include <cstddef>

#include "flows.hpp"

namespace command {

/// Bytes of arena that one row takes, with the vectors of this machine.
struct Scratch {
  std::size_t evaluate;    ///< log_prob, forward, inverse, sample
  std::size_t with_grad;   ///< log_prob_and_grad
  std::size_t lanes;       ///< doubles in a vector
  std::size_t panel_rows;  ///< doubles in a panel's column
};

/// Measured: which layer takes how much is known to the layer alone. A flow of floats takes no more.
Scratch measure_scratch(const Flow& flow);

}  // namespace command
