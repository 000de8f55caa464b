#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>

#include "support/hostile.hpp"

// libFuzzer's entry: any bytes are a flow or a std::invalid_argument.

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    hostile::read(std::as_bytes(std::span(data, size)));
  } catch (const std::invalid_argument&) {
  }
  return 0;
}
