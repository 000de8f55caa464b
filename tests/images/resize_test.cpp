#include "eigenflow/images/resize.hpp"

#include "support/catch.hpp"
#include "support/contract/random.hpp"
#include "support/engine.hpp"

namespace ef = eigenflow;
using Catch::Matchers::ContainsSubstring;
using Eigen::Index;
using Eigen::MatrixXd;

TEST_CASE("resize: the numbers of PyTorch's interpolate") {
  // torch.nn.functional.interpolate(x, size=(5, 2), mode="bilinear", align_corners=False), in double
  MatrixXd x(1, 6);
  x << 1, 2, 4, 8, 16, 32;
  MatrixXd expected(1, 10);
  expected << 1.25, 3.5, 2.125, 5.95, 5.625, 15.75, 9.125, 25.55, 10, 28;
  CHECK(ef::resize(x, {1, 2, 3}, 5, 2).isApprox(expected, 1e-12));
}

TEST_CASE("resize keeps constants, lines inside, each channel, and the same size") {
  const ef::Image image{2, 3, 4};
  const MatrixXd x = contract::random_normal<double>(5, image.dim(), 1);
  CHECK(ef::resize(x, image, 3, 4) == x);
  CHECK(ef::resize(MatrixXd::Constant(2, 24, 7), image, 9, 5).isApproxToConstant(7, 1e-14));
  const MatrixXd channels = ef::resize(x, image, 6, 7);
  CHECK(channels.rightCols(42) == ef::resize(x.rightCols(12).eval(), {1, 3, 4}, 6, 7));
  MatrixXd line(1, 4);
  line << 0, 1, 2, 3;
  const MatrixXd finer = ef::resize(line, {1, 1, 4}, 1, 8);
  for (Index u = 1; u < 7; ++u) CHECK(finer(0, u) == Approx((static_cast<double>(u) + 0.5) / 2 - 0.5));
  CHECK(finer(0, 0) == 0);
  CHECK(finer(0, 7) == 3);
  CHECK_THROWS_WITH(ef::resize(line, image, 2, 2), ContainsSubstring("24 columns"));
  CHECK_THROWS_WITH(ef::resize(line, {1, 1, 4}, 0, 2), ContainsSubstring("0 × 2"));
}
