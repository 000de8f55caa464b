#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <cstddef>

#include "eigenflow/authoring/arena.hpp"
#include "eigenflow/authoring/lanes.hpp"

// A matrix of few rows and many columns, such as the pixels of a few images: column by column, a vector would be half empty
// and each sum would wait for the one before. Columns are adjacent, so both functions see one long row of numbers.

namespace eigenflow::detail {

/// sum[n] += Σ_j columns[j · rows + n]. One partial sum for every place in a vector: the columns j with the same remainder,
/// in order, then the partial sums in order. The result for a row does not depend on the other rows.
template <class Scalar>
void add_columns(const Scalar* columns, Eigen::Index rows, Eigen::Index count, Scalar* sum, Arena& arena) {
  using Number = Lanes<Scalar>;
  constexpr Eigen::Index width = Number::width;
  const ArenaScope scope(arena);
  const Eigen::Index block = width * rows, whole = count / width * width;
  Scalar* const partial = arena.allocate<Scalar>(static_cast<std::size_t>(block));
  std::fill_n(partial, block, Scalar(0));
  for (const Scalar* from = columns; from < columns + whole * rows; from += block)
    for (Eigen::Index i = 0; i < block; i += width)
      (Number::load(partial + i) + Number::load(from + i)).store(partial + i);
  for (Eigen::Index i = 0; i < (count - whole) * rows; ++i) partial[i] += columns[whole * rows + i];
  for (Eigen::Index i = 0; i < block; i += rows)
    for (Eigen::Index n = 0; n < rows; ++n) sum[n] += partial[i + n];
}

/// Writes `column` to each of `count` columns.
template <class Scalar>
void repeat_column(const Scalar* column, Eigen::Index rows, Eigen::Index count, Scalar* columns) {
  if (count == 0) return;
  std::copy_n(column, rows, columns);
  for (Eigen::Index done = 1; done < count; done *= 2)
    std::copy_n(columns, std::min(done, count - done) * rows, columns + done * rows);
}

}  // namespace eigenflow::detail
