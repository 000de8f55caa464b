#pragma once

#include <Eigen/Core>
#include <cmath>
#include <cstdio>
#include <limits>

// What a flow says, in a text that has every bit: the flow in the file and the one in the header must write the same.

/// Coordinate j of point i: numbers of a lattice, a few that are none, and a few that overflow.
template <class Scalar>
Scalar coordinate(int i, int j) {
  if (i == 1) return std::numeric_limits<Scalar>::quiet_NaN();
  if (i == 2) return std::numeric_limits<Scalar>::infinity();
  if (i == 3) return Scalar(-1e6);
  if (i == 4) return Scalar(0);
  const Scalar max = std::numeric_limits<Scalar>::max();
  if (i == 5) return j % 2 == 0 ? max : -max;
  if (i == 6) return std::sqrt(max);
  const int step = (i * 37 + j * 101) % 61 - 30;
  return static_cast<Scalar>(step) / Scalar(11);
}

template <class Scalar>
void write(std::FILE* out, Scalar number) {
  if (std::isnan(number))
    std::fprintf(out, " nan");  // of either sign
  else
    std::fprintf(out, " %a", static_cast<double>(number));
}

/// Calls of `flow` (see the two that there are) at some points, with what each gives.
template <class Scalar, class Flow>
void report(std::FILE* out, int dim, int context_dim, const Flow& flow) {
  using Vector = Eigen::Matrix<Scalar, Eigen::Dynamic, 1>;
  for (int i = 0; i < 40; ++i) {
    Vector x(dim), c(context_dim), result;
    for (int j = 0; j < dim; ++j) x[j] = coordinate<Scalar>(i, j);
    for (int j = 0; j < context_dim; ++j) c[j] = coordinate<Scalar>(i == 0 ? 1 : i + 7, j + 3);
    const auto line = [&](const char* what, const Vector& numbers) {
      std::fprintf(out, "%d %s", i, what);
      for (const Scalar number : numbers) write(out, number);
      std::fprintf(out, "\n");
    };
    line("log_prob", flow.log_prob(x, c));
    line("gradient", flow.log_prob_and_grad(x, c));
    line("forward", flow.forward(x, c));
    line("inverse", flow.inverse(x, c));
    line("sample", flow.sample(static_cast<unsigned>(i), c));
    line("sample and log_prob", flow.sample_and_log_prob(static_cast<unsigned>(i), c));
  }
}
