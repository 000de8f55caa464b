#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <initializer_list>
#include <string>
#include <utility>

#include "eigenflow/authoring/rows.hpp"
#include "eigenflow/text/error.hpp"

// A result may overwrite its own input, row by row. It must not overwrite another row that is still to be read.

namespace eigenflow::detail {

/// The memory of N × D numbers, in bytes.
struct Footprint {
  std::intptr_t begin, row_stride, col_stride, rows, cols, size;

  template <class S>
  explicit Footprint(const Rows<S>& x)
      : begin(reinterpret_cast<std::intptr_t>(x.data)),
        row_stride(x.row_stride * static_cast<std::intptr_t>(sizeof(S))),
        col_stride(x.col_stride * static_cast<std::intptr_t>(sizeof(S))),
        rows(x.rows),
        cols(x.cols),
        size(sizeof(S)) {}

  std::intptr_t low() const {
    return begin + std::min<std::intptr_t>(down(), 0) + std::min<std::intptr_t>(across(), 0);
  }
  std::intptr_t high() const {
    return begin + std::max<std::intptr_t>(down(), 0) + std::max<std::intptr_t>(across(), 0) + size;
  }

 private:
  std::intptr_t down() const { return (rows - 1) * row_stride; }
  std::intptr_t across() const { return (cols - 1) * col_stride; }
};

/// True if a row of `a` shares memory with another row of `b`. Both have the same number of rows.
inline bool rows_collide(Footprint a, Footprint b) {
  const std::intptr_t rows = a.rows;
  if (rows < 2 || a.cols == 0 || b.cols == 0 || a.high() <= b.low() || b.high() <= a.low()) return false;
  if (a.row_stride == 0) std::swap(a, b);
  if (a.row_stride == 0) return true;  // all rows share their memory
  for (std::intptr_t ja = 0; ja < a.cols; ++ja)
    for (std::intptr_t jb = 0; jb < b.cols; ++jb) {
      const std::intptr_t gap = b.begin + jb * b.col_stride - (a.begin + ja * a.col_stride);
      if (a.row_stride == b.row_stride) {  // a(i, ja) lies `apart` rows behind b(k, jb) for all i and k
        const std::intptr_t nearest = gap / a.row_stride;
        for (std::intptr_t apart = nearest - 1; apart <= nearest + 1; ++apart)
          if (apart != 0 && std::abs(apart) < rows && std::abs(apart * a.row_stride - gap) < a.size)
            return true;
        continue;
      }
      for (std::intptr_t k = 0; k < rows; ++k) {
        const std::intptr_t place = gap + k * b.row_stride, nearest = place / a.row_stride;
        for (std::intptr_t i = nearest - 1; i <= nearest + 1; ++i)
          if (i != k && i >= 0 && i < rows && std::abs(i * a.row_stride - place) < a.size) return true;
      }
    }
  return false;
}

/// Throws if a row of a result shares memory with another row of an input or of another result.
template <class Scalar>
void reject_collisions(const char* call, std::initializer_list<Rows<const Scalar>> inputs,
                       std::initializer_list<Rows<Scalar>> results) {
  const auto check = [&](const Rows<Scalar>& result, const auto& other, const char* what) {
    if (rows_collide(Footprint(result), Footprint(other)))
      reject(std::string(call) + " would write rows of its result over other rows of " + what +
             ": give it storage that does not overlap, or exactly the input's own");
  };
  for (const Rows<Scalar>* result = results.begin(); result != results.end(); ++result) {
    for (const Rows<const Scalar>& input : inputs) check(*result, input, "its input");
    for (const Rows<Scalar>* other = results.begin(); other != result; ++other)
      check(*result, *other, "another result");
  }
}

}  // namespace eigenflow::detail
