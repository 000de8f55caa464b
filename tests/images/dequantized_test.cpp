#include "eigenflow/images/dequantized.hpp"

#include <limits>

#include "support/catch.hpp"
#include "support/engine.hpp"

namespace ef = eigenflow;
using Catch::Matchers::ContainsSubstring;

TEST_CASE("dequantised pixels stay inside of [0, 1], and of their bins") {
  Eigen::MatrixXf x(200'000, 4);
  x.leftCols(2).setZero();
  x.rightCols(2).setConstant(255.0F / 256);
  const Eigen::MatrixXf noisy = ef::dequantized(x, 1.0 / 256, 3, 5);
  CHECK(noisy.minCoeff() > 0);
  CHECK(noisy.maxCoeff() < 1);
  CHECK(noisy.leftCols(2).maxCoeff() < 1.0F / 256);
  CHECK(noisy.rightCols(2).minCoeff() > 255.0F / 256);
}

TEST_CASE("the noise of dequantized is a function of seed, draw and row") {
  const Eigen::MatrixXd x = Eigen::MatrixXd::Constant(20, 5, 2);
  const Eigen::MatrixXd noisy = ef::dequantized(x, 0.5, 1, 2);
  CHECK(ef::dequantized(x, 0.5, 1, 2) == noisy);
  CHECK(ef::dequantized(x, 0.5, 2, 2) != noisy);
  CHECK(ef::dequantized(x, 0.5, 1, 3) != noisy);
  CHECK(ef::dequantized(x.topRows(7), 0.5, 1, 2) == noisy.topRows(7));
  CHECK(ef::dequantized(x.array() + 0, 0) == x);
}

TEST_CASE("dequantized rejects a width that is negative or not finite") {
  const Eigen::MatrixXd x = Eigen::MatrixXd::Zero(1, 1);
  for (const double width : {-0.5, std::numeric_limits<double>::infinity()})
    CHECK_THROWS_WITH(ef::dequantized(x, width), ContainsSubstring("the width of the noise of dequantized"));
}
