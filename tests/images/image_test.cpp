#include "eigenflow/images/image.hpp"

#include <vector>

#include "support/catch.hpp"
#include "support/engine.hpp"

namespace ef = eigenflow;
using Catch::Matchers::ContainsSubstring;
using Eigen::Index;
using Order = std::vector<Index>;

TEST_CASE("squeeze makes four channels of the pixels of each square, as in fig. 3 of Real NVP") {
  //  0  1  2  3
  //  4  5  6  7
  //  8  9 10 11
  // 12 13 14 15
  CHECK(ef::squeeze<float>({1, 4, 4}).indices() ==
        Order{0, 2, 8, 10, 1, 3, 9, 11, 4, 6, 12, 14, 5, 7, 13, 15});
  // Two channels of 2 × 4: 0..7 and 8..15.
  CHECK(ef::squeeze<double>({2, 2, 4}).indices() ==
        Order{0, 2, 1, 3, 4, 6, 5, 7, 8, 10, 9, 11, 12, 14, 13, 15});
  const ef::Image half = ef::squeezed({3, 32, 16});
  CHECK(half.channels == 12);
  CHECK(half.height == 16);
  CHECK(half.width == 8);
}

TEST_CASE("squeeze takes channel 4c + 2i + j from the pixels (2y + i, 2x + j) of channel c") {
  const ef::Image image{3, 6, 4}, half = ef::squeezed(image);
  const auto indices = ef::squeeze<double>(image).indices();
  REQUIRE(half.dim() == image.dim());
  for (Index k = 0; k < half.channels; ++k)
    for (Index y = 0; y < half.height; ++y)
      for (Index x = 0; x < half.width; ++x)
        CHECK(indices[static_cast<std::size_t>(half.feature(k, y, x))] ==
              image.feature(k / 4, 2 * y + k % 4 / 2, 2 * x + k % 2));
}

TEST_CASE("checkerboard_order brings the white pixels of all channels to the front") {
  CHECK(ef::checkerboard_order<float>({1, 3, 4}).indices() == Order{0, 2, 5, 7, 8, 10, 1, 3, 4, 6, 9, 11});
  CHECK(ef::checkerboard_order<float>({2, 2, 2}).indices() == Order{0, 3, 4, 7, 1, 2, 5, 6});
  CHECK(ef::checkerboard_order<float>({1, 1, 2}).indices() == Order{0, 1});
}

TEST_CASE("sides that do not fit are rejected with what to do") {
  CHECK_THROWS_WITH(
      ef::squeeze<float>({3, 7, 8}),
      ContainsSubstring("one side of 3 × 7 × 8 (channels × height × width) is odd: pad or crop"));
  CHECK_THROWS_WITH(ef::squeeze<float>({3, 8, 7}), ContainsSubstring("3 × 8 × 7"));
  CHECK_THROWS_WITH(ef::checkerboard_order<float>({1, 7, 7}), ContainsSubstring("both sides of 1 × 7 × 7"));
  CHECK_THROWS_WITH(ef::checkerboard_order<float>({1, 7, 7}), ContainsSubstring("pad or crop"));
  CHECK_THROWS_WITH(ef::squeeze<float>({0, 2, 2}),
                    ContainsSubstring("one channel and one pixel or more, but got 0"));
  CHECK_THROWS_WITH(ef::checkerboard_order<float>({1, 0, 2}), ContainsSubstring("but got 1 × 0 × 2"));
}
