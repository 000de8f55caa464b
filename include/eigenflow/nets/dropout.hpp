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

/// The factors of inverted dropout (Srivastava et al., JMLR 15, 2014, section 10) at one site of a network: 0 with
/// probability `rate`, else 1/(1 - rate), so that the mean is unchanged and evaluation is the network itself. One block of
/// Philox is used for four units of a row.
template <class Scalar>
class DropoutDraws {
 public:
  DropoutDraws(DropoutSource& source, double rate)
      : key_(Rng(source.training.seed, stream).fork(source.training.step).fork(source.next_site++).seed()),
        source_(source),
        dropped_below_(static_cast<std::uint32_t>(rate * 0x1p32)),
        kept_(static_cast<Scalar>(1 / (1 - rate))) {}

  /// Calls write(k, factor) for units first + k of a row, k below 4 and `count`; `first` is a multiple of 4.
  template <class Write>
  void draw(Eigen::Index row, Eigen::Index first, Eigen::Index count, const Write& write) const {
    const std::uint64_t place = source_.row(row);
    const detail::PhiloxCounter words = detail::philox4x32(
        {detail::low_half(place), detail::high_half(place), static_cast<std::uint32_t>(first / 4), 0},
        {detail::low_half(key_), detail::high_half(key_)});
    for (Eigen::Index k = 0; k < std::min<Eigen::Index>(4, count); ++k)
      write(k, words[static_cast<std::size_t>(k)] < dropped_below_ ? Scalar(0) : kept_);
  }

 private:
  static constexpr std::uint64_t stream = 0x64726f70;  // distinct from all other draws of the seed

  std::uint64_t key_;
  DropoutSource source_;
  std::uint32_t dropped_below_;
  Scalar kept_;
};

/// The factors for a batch, N × units.
template <class Scalar>
Panels<Scalar> draw_dropout(DropoutSource& source, double rate, Eigen::Index rows, Eigen::Index units,
                            Arena& arena) {
  const DropoutDraws<Scalar> draws(source, rate);
  const Panels<Scalar> mask = Panels<Scalar>::allocate(arena, rows, units);
  for (Eigen::Index p = 0; p < mask.count(); ++p)
    for (Eigen::Index j = 0; j < units; j += 4)
      for (Eigen::Index n = 0; n < mask.filled_rows(p); ++n)
        draws.draw(p * mask.height + n, j, units - j,
                   [&](Eigen::Index k, Scalar factor) { mask.column(p, j + k)[n] = factor; });
  return mask;
}

}  // namespace eigenflow::nets
