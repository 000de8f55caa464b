#include "eigenflow/numerics/philox.hpp"

#include <array>
#include <cstdint>
#include <span>

#include "support/catch.hpp"

using eigenflow::detail::philox4x32;
using eigenflow::detail::PhiloxCounter;

// The lines "philox4x32 10" of kat_vectors, which the authors of Random123 publish with their code.
TEST_CASE("Philox4x32-10: the published known answers") {
  CHECK(philox4x32({0, 0, 0, 0}, {0, 0}) == PhiloxCounter{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
  CHECK(philox4x32({0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff}, {0xffffffff, 0xffffffff}) ==
        PhiloxCounter{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd});
  CHECK(philox4x32({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}) ==
        PhiloxCounter{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});
}

TEST_CASE("Philox4x32-10: 64-bit words hold the lower 32 bits first") {
  const auto words =
      eigenflow::detail::philox_words(0x299f31d0'a4093822U, 0x85a308d3'243f6a88U, 0x03707344'13198a2eU);
  CHECK(words[0] == 0x94fdcceb'd16cfe09U);
  CHECK(words[1] == 0x24126ea1'5001e420U);
}

TEST_CASE("Philox4x32-10: a batch holds the blocks one by one, across the counter's 32-bit carry") {
  std::array<std::uint64_t, 16> words;
  const std::uint64_t low = 0xFFFFFFFDU;
  eigenflow::detail::philox_fill(11, low, 13, std::span(words));
  for (std::size_t i = 0; i < 8; ++i) {
    const auto pair = eigenflow::detail::philox_words(11, low + i, 13);
    CHECK(words[2 * i] == pair[0]);
    CHECK(words[2 * i + 1] == pair[1]);
  }
}
