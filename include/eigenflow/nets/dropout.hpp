#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <cstdint>

#include "eigenflow/authoring/tile.hpp"
#include "eigenflow/nets/kernel/panels.hpp"
#include "eigenflow/numerics/philox.hpp"
#include "eigenflow/numerics/rng.hpp"
#include "eigenflow/text/decimal.hpp"
#include "eigenflow/text/error.hpp"

namespace eigenflow::nets {

/// A checked dropout rate: the share of the hidden values that a training step drops.
inline double checked_dropout(double rate) {
  if (!(rate >= 0 && rate < 1))
    detail::reject(
        "a dropout rate must be at least 0 and below 1, so that something is left to train, but is " +
        detail::decimal(rate));
  return rate;
}

/// The factors of inverted dropout (Srivastava et al., JMLR 15, 2014, section 10), N × units: 0 with
/// probability `rate`, else 1/(1 - rate), so that the mean is unchanged and evaluation is the network
/// itself. One block of Philox is used for four units of a row.
template <class Scalar>
Panels<Scalar> draw_dropout(DropoutSource& source, double rate, Eigen::Index rows, Eigen::Index units,
                            Arena& arena) {
  constexpr std::uint64_t stream = 0x64726f70;  // distinct from all other draws of the seed
  const std::uint64_t key =
      Rng(source.training.seed, stream).fork(source.training.step).fork(source.next_site++).seed();
  const auto dropped_below = static_cast<std::uint32_t>(rate * 0x1p32);
  const Scalar kept = static_cast<Scalar>(1 / (1 - rate));
  const Panels<Scalar> mask = Panels<Scalar>::allocate(arena, rows, units);
  for (Eigen::Index p = 0; p < mask.count(); ++p)
    for (Eigen::Index j = 0; j < units; j += 4)
      for (Eigen::Index n = 0; n < mask.filled_rows(p); ++n) {
        const std::uint64_t row = source.row(p * mask.height + n);
        const detail::PhiloxCounter words = detail::philox4x32(
            {detail::low_half(row), detail::high_half(row), static_cast<std::uint32_t>(j / 4), 0},
            {detail::low_half(key), detail::high_half(key)});
        for (Eigen::Index k = 0; k < std::min<Eigen::Index>(4, units - j); ++k)
          mask.column(p, j + k)[n] = words[static_cast<std::size_t>(k)] < dropped_below ? Scalar(0) : kept;
      }
  return mask;
}

}  // namespace eigenflow::nets
