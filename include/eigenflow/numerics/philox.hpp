#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

// Philox4x32-10: a keyed bijection of 128-bit counters whose results are random numbers.
// J. K. Salmon, M. A. Moraes, R. O. Dror, D. E. Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011.

namespace eigenflow::detail {

using PhiloxCounter = std::array<std::uint32_t, 4>;
using PhiloxKey = std::array<std::uint32_t, 2>;

inline constexpr PhiloxKey philox_key_step{0x9E3779B9U, 0xBB67AE85U};  // 2³² times (√5 − 1)/2 and √3 − 1

constexpr void philox_round(std::uint32_t& c0, std::uint32_t& c1, std::uint32_t& c2, std::uint32_t& c3,
                            PhiloxKey key) noexcept {
  const std::uint64_t product_0 = std::uint64_t{0xD2511F53U} * c0;
  const std::uint64_t product_1 = std::uint64_t{0xCD9E8D57U} * c2;
  c0 = static_cast<std::uint32_t>(product_1 >> 32) ^ c1 ^ key[0];
  c1 = static_cast<std::uint32_t>(product_1);
  c2 = static_cast<std::uint32_t>(product_0 >> 32) ^ c3 ^ key[1];
  c3 = static_cast<std::uint32_t>(product_0);
}

/// The ten rounds: 128 random bits for a counter under a key. Lowest 32 bits first in both.
[[nodiscard]] constexpr PhiloxCounter philox4x32(PhiloxCounter counter, PhiloxKey key) noexcept {
  for (int round = 0; round < 10; ++round) {
    philox_round(counter[0], counter[1], counter[2], counter[3], key);
    key = {key[0] + philox_key_step[0], key[1] + philox_key_step[1]};
  }
  return counter;
}

[[nodiscard]] constexpr std::uint32_t low_half(std::uint64_t word) noexcept {
  return static_cast<std::uint32_t>(word);
}
[[nodiscard]] constexpr std::uint32_t high_half(std::uint64_t word) noexcept {
  return static_cast<std::uint32_t>(word >> 32);
}
[[nodiscard]] constexpr std::uint64_t join_halves(std::uint32_t low, std::uint32_t high) noexcept {
  return low | (std::uint64_t{high} << 32);
}

/// The same with 64-bit halves, as Rng uses it: two words per block.
[[nodiscard]] constexpr std::array<std::uint64_t, 2> philox_words(std::uint64_t key, std::uint64_t low,
                                                                  std::uint64_t high) noexcept {
  const PhiloxCounter block = philox4x32({low_half(low), high_half(low), low_half(high), high_half(high)},
                                         {low_half(key), high_half(key)});
  return {join_halves(block[0], block[1]), join_halves(block[2], block[3])};
}

/// The words of Words / 2 counters from `low` on. Each round is computed for all counters, for SIMD: half
/// the time of one counter after the other.
template <std::size_t Words>
constexpr void philox_fill(std::uint64_t key, std::uint64_t low, std::uint64_t high,
                           std::span<std::uint64_t, Words> words) noexcept {
  constexpr std::size_t blocks = Words / 2;
  static_assert(Words != std::dynamic_extent && Words % 2 == 0, "a fill takes a fixed, even number of words");
  std::array<std::uint32_t, blocks> c0;
  std::array<std::uint32_t, blocks> c1;
  std::array<std::uint32_t, blocks> c2;
  std::array<std::uint32_t, blocks> c3;
  for (std::size_t i = 0; i < blocks; ++i) {
    c0[i] = low_half(low + i);
    c1[i] = high_half(low + i);
    c2[i] = low_half(high);
    c3[i] = high_half(high);
  }
  PhiloxKey round_key{low_half(key), high_half(key)};
  for (int round = 0; round < 10; ++round) {
    for (std::size_t i = 0; i < blocks; ++i) philox_round(c0[i], c1[i], c2[i], c3[i], round_key);
    round_key = {round_key[0] + philox_key_step[0], round_key[1] + philox_key_step[1]};
  }
  for (std::size_t i = 0; i < blocks; ++i) {
    words[2 * i] = join_halves(c0[i], c1[i]);
    words[2 * i + 1] = join_halves(c2[i], c3[i]);
  }
}

}  // namespace eigenflow::detail
