#pragma once

#include <string>

#include "support/contract/evaluate.hpp"

// The laws (single contract tests), by their arguments. On failure each fails the running test with a message that
// begins with `where`.

namespace contract {

/// log_det = log|det J| and both gradients, against numeric derivatives in long double.
void check_derivatives(const Subject<Wide>& reference, Direction direction, const Problem<Wide>& problem,
                       bool bijection, const std::string& where);

/// The remainder of the first-order expansion in x and in theta falls to a quarter when the step is halved.
template <class S>
void check_taylor(const Subject<S>& subject, Direction direction, const Problem<S>& problem,
                  const std::string& where);

/// Values, log_det and gradients are those of the reference, to the rounding of S.
template <class S>
void check_precision(const Subject<S>& subject, const Subject<Wide>& reference, Direction direction,
                     const Problem<S>& problem, const std::string& where);

/// f(f⁻¹(z)) = z for every theta, and log_det is finite.
template <class S>
void check_residual(const Subject<S>& subject, const Subject<Wide>& reference, const Problem<S>& problem,
                    const std::string& where);

/// The inverse of every row is finite, with its log_det, for every theta.
template <class S>
void check_finite_inverse(const Subject<S>& subject, const Problem<S>& problem, const std::string& where);

/// f⁻¹(f(x)) = x to the accuracy that the condition of the map allows, and the two log-dets cancel.
template <class S>
void check_round_trip(const Subject<S>& subject, const Subject<Wide>& reference, const Problem<S>& problem,
                      const std::string& where);

/// log_det and gradients are added to the old values, once per entry. Without a gradient or a tape the other results
/// are bit-identical, in a batch and in one row.
template <class S>
void check_accumulation(const Subject<S>& subject, Direction direction, const Problem<S>& problem,
                        const std::string& where);

/// A batch gives the results of its rows one by one, in any order. An empty batch does nothing.
template <class S>
void check_rows(const Subject<S>& subject, const Subject<Wide>& reference, Direction direction,
                const Problem<S>& problem, const std::string& where);

/// With NaN or infinity in one row, the other rows stay bit-identical.
template <class S>
void check_isolation(const Subject<S>& subject, Direction direction, const Problem<S>& problem,
                     const std::string& where);

/// Zeros of both signs, subnormals and numbers up to max^exponent give no NaN.
template <class S>
void check_extremes(const Subject<S>& subject, Direction direction, const VectorX<S>& theta, double exponent,
                    const std::string& where);

/// In a flow, log p of rows up to the largest number is finite or -∞, for a batch and for one row; if it is -∞ its
/// gradient is finite.
template <class S>
void check_overflow(const Subject<S>& subject, bool bijection, const VectorX<S>& theta,
                    const std::string& where);

/// No allocation after the first tile of a size.
template <class S>
void check_allocations(const Subject<S>& subject, Direction direction, const Problem<S>& problem,
                       const std::string& where);

}  // namespace contract
