#pragma once

#include <Eigen/Core>
#include <string>

#include "support/contract/subject.hpp"

namespace contract {

/// Fails the running test, naming the worst entry, unless
/// |got - expected| ≤ tolerance entry by entry, all finite.
void expect_close(const MatrixX<Wide>& got, const MatrixX<Wide>& expected, const MatrixX<Wide>& tolerance,
                  const std::string& law);

/// Bit-identical, entry by entry (NaN equals NaN).
template <class S>
void expect_same_bits(const MatrixX<S>& got, const MatrixX<S>& expected, const std::string& law);

/// No entry is NaN or, with `finite`, infinite.
template <class S>
void expect_no_nan(const MatrixX<S>& got, bool finite, const std::string& law);

}  // namespace contract
