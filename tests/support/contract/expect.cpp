#include "support/contract/expect.hpp"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <sstream>
#include <type_traits>

#include "eigenflow/numerics/finite.hpp"
#include "support/catch.hpp"

namespace contract {
namespace {

// By the bits of a double: with -ffast-math, comparisons with NaN are undefined.
bool is_finite(Wide value) {
  return eigenflow::detail::is_finite(static_cast<double>(value));
}
template <class S>
bool is_nan(S value) {
  const double wide = static_cast<double>(value);
  return !is_finite(value) && (std::bit_cast<std::uint64_t>(wide) & 0xFFFFFFFFFFFFFU) != 0;
}

void fail(const std::string& law, Index i, Index j, Wide got, Wide expected, const std::string& more) {
  std::ostringstream text;
  text.precision(20);
  text << law << ": entry (" << i << ", " << j << ") is " << got << ", expected " << expected << more;
  FAIL_CHECK(text.str());
}

}  // namespace

void expect_close(const MatrixX<Wide>& got, const MatrixX<Wide>& expected, const MatrixX<Wide>& tolerance,
                  const std::string& law) {
  REQUIRE(got.rows() == expected.rows());
  REQUIRE(got.cols() == expected.cols());
  Wide worst = 0;
  Index row = 0, col = 0;
  for (Index j = 0; j < got.cols(); ++j) {
    for (Index i = 0; i < got.rows(); ++i) {
      const Wide difference =
          got(i, j) > expected(i, j) ? got(i, j) - expected(i, j) : expected(i, j) - got(i, j);
      const bool comparable = is_finite(got(i, j)) && is_finite(expected(i, j)) && is_finite(tolerance(i, j));
      const Wide excess = !comparable             ? Wide(1e300)
                          : difference == Wide(0) ? Wide(0)
                                                  : difference / std::max(tolerance(i, j), Wide(1e-300));
      if (excess > worst) {
        worst = excess;
        row = i;
        col = j;
      }
    }
  }
  if (worst <= 1) {
    SUCCEED();
    return;
  }
  std::ostringstream more;
  more << " ± " << tolerance(row, col) << " (" << worst << " times the tolerance)";
  fail(law, row, col, got(row, col), expected(row, col), more.str());
}

template <class S>
void expect_same_bits(const MatrixX<S>& got, const MatrixX<S>& expected, const std::string& law) {
  REQUIRE(got.rows() == expected.rows());
  REQUIRE(got.cols() == expected.cols());
  for (Index j = 0; j < got.cols(); ++j) {
    for (Index i = 0; i < got.rows(); ++i) {
      // Ten bytes of a long double are its value, the rest is padding.
      constexpr std::size_t size = std::is_same_v<S, Wide> ? std::min<std::size_t>(sizeof(S), 10) : sizeof(S);
      const S a = got(i, j), b = expected(i, j);
      if ((is_nan(a) && is_nan(b)) || std::memcmp(&a, &b, size) == 0) continue;
      fail(law, i, j, a, b, " bit for bit");
      return;
    }
  }
  SUCCEED();
}

template <class S>
void expect_no_nan(const MatrixX<S>& got, bool finite, const std::string& law) {
  for (Index j = 0; j < got.cols(); ++j) {
    for (Index i = 0; i < got.rows(); ++i) {
      if (!is_nan(got(i, j)) && (!finite || is_finite(got(i, j)))) continue;
      fail(law, i, j, got(i, j), 0, finite ? " or any finite number" : " or any number, but no NaN");
      return;
    }
  }
  SUCCEED();
}

#define EIGENFLOW_INSTANTIATE(S)                                                            \
  template void expect_same_bits(const MatrixX<S>&, const MatrixX<S>&, const std::string&); \
  template void expect_no_nan(const MatrixX<S>&, bool, const std::string&);
EIGENFLOW_INSTANTIATE(float)
EIGENFLOW_INSTANTIATE(double)
EIGENFLOW_INSTANTIATE(Wide)
#undef EIGENFLOW_INSTANTIATE

}  // namespace contract
