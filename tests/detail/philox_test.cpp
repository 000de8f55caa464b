#include "eigenflow/detail/philox.hpp"

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
