#pragma once

#include <array>
#include <cstdint>

// Philox4x32-10: a keyed bijection of 128-bit counters that passes for random.
// J. K. Salmon, M. A. Moraes, R. O. Dror, D. E. Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011.

namespace eigenflow::detail {

using PhiloxCounter = std::array<std::uint32_t, 4>;
using PhiloxKey = std::array<std::uint32_t, 2>;

/// The ten rounds: 128 random bits for a counter under a key. Lowest 32 bits first in both.
[[nodiscard]] constexpr PhiloxCounter philox4x32(PhiloxCounter counter, PhiloxKey key) noexcept {
  constexpr std::uint64_t multiplier_0 = 0xD2511F53U;
  constexpr std::uint64_t multiplier_1 = 0xCD9E8D57U;
  constexpr std::uint32_t golden_ratio = 0x9E3779B9U;   // 2^32 (√5 − 1)/2
  constexpr std::uint32_t root_of_three = 0xBB67AE85U;  // 2^32 (√3 − 1)
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t product_0 = multiplier_0 * counter[0];
    const std::uint64_t product_1 = multiplier_1 * counter[2];
    counter = {static_cast<std::uint32_t>(product_1 >> 32) ^ counter[1] ^ key[0],
               static_cast<std::uint32_t>(product_1),
               static_cast<std::uint32_t>(product_0 >> 32) ^ counter[3] ^ key[1],
               static_cast<std::uint32_t>(product_0)};
    key = {key[0] + golden_ratio, key[1] + root_of_three};
  }
  return counter;
}

/// The same with 64-bit halves, as Rng uses it: two words a block.
[[nodiscard]] constexpr std::array<std::uint64_t, 2> philox_words(std::uint64_t key, std::uint64_t low,
                                                                  std::uint64_t high) noexcept {
  const auto lower = [](std::uint64_t word) { return static_cast<std::uint32_t>(word); };
  const auto upper = [](std::uint64_t word) { return static_cast<std::uint32_t>(word >> 32); };
  const PhiloxCounter block =
      philox4x32({lower(low), upper(low), lower(high), upper(high)}, {lower(key), upper(key)});
  return {block[0] | (std::uint64_t{block[1]} << 32), block[2] | (std::uint64_t{block[3]} << 32)};
}

}  // namespace eigenflow::detail
