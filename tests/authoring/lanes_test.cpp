#include "eigenflow/authoring/lanes.hpp"

#include <cmath>
#include <vector>

#include "support/catch.hpp"

namespace ef = eigenflow;

namespace {

template <class S, class Function>
std::vector<S> each(const std::vector<S>& from, const Function& function) {
  std::vector<S> to(from.size(), S(99));
  for (const ef::RowStep<S> step : ef::RowSteps<S>(static_cast<Eigen::Index>(from.size())))
    step.store(to.data(), function(step.load(from.data())));
  return to;
}

}  // namespace

TEMPLATE_TEST_CASE("lanes compute what scalars do, for any number of rows", "", float, double, long double) {
  using S = TestType;
  using N = ef::Lanes<S>;
  for (std::size_t rows = 0; rows <= 33; ++rows) {
    std::vector<S> x(rows);
    for (std::size_t i = 0; i < rows; ++i) x[i] = S(i) * S(0.75) - S(7);
    const auto arithmetic = each(x, [](N a) { return (a + N(2)) * a - a / N(4) + -a; });
    const auto chosen = each(x, [](N a) { return select((a > N(-3)) & (a <= N(2)), abs(a), N(5)); });
    const auto either =
        each(x, [](N a) { return select((a < N(-3)) | (a >= N(2)), min(a, N(3)), max(a, N(1))); });
    const auto mapped = each(x, [](N a) { return N::map([](S v) { return v * v; }, a); });
    for (std::size_t i = 0; i < rows; ++i) {
      CHECK(arithmetic[i] == (x[i] + 2) * x[i] - x[i] / 4 - x[i]);
      CHECK(chosen[i] == (x[i] > -3 && x[i] <= 2 ? std::abs(x[i]) : S(5)));
      CHECK(either[i] == (x[i] < -3 || x[i] >= 2 ? std::min(x[i], S(3)) : std::max(x[i], S(1))));
      CHECK(mapped[i] == x[i] * x[i]);
    }
  }
}

TEMPLATE_TEST_CASE("a partial step neither reads nor writes beyond its rows", "", float, double) {
  using S = TestType;
  using N = ef::Lanes<S>;
  for (Eigen::Index rows = 1; rows < 2 * N::width; ++rows) {
    std::vector<S> x(static_cast<std::size_t>(rows),
                     S(2));  // exactly as long: a sanitizer sees a read beyond
    std::vector<S> y(static_cast<std::size_t>(rows + N::width), S(-1));
    N sum(0);
    for (const ef::RowStep<S> step : ef::RowSteps<S>(rows)) {
      const N numbers = step.load(x.data());
      sum += numbers;  // the lanes beyond read as zero
      step.store(y.data(), numbers + N(1));
    }
    for (Eigen::Index i = 0; i < rows + N::width; ++i)
      CHECK(y[static_cast<std::size_t>(i)] == (i < rows ? S(3) : S(-1)));
    CHECK(reduce_add(sum) == static_cast<S>(2 * rows));
  }
}

TEMPLATE_TEST_CASE("any and reductions see every lane", "", float, double) {
  using S = TestType;
  using N = ef::Lanes<S>;
  CHECK_FALSE(any(N(1) < N(1)));
  for (Eigen::Index lane = 0; lane < N::width; ++lane) {
    S buffer[N::width] = {};
    buffer[lane] = 4;
    const N one = N::load(buffer);
    CHECK(any(one > N(3)));
    CHECK(reduce_add(one) == 4);
    CHECK(reduce_max(one) == 4);
  }
}
