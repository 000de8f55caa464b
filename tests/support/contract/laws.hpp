#pragma once

#include <string>

#include "support/contract/evaluate.hpp"

// The laws, by what they need. Each fails the running test with a sentence that begins with `where`.

namespace contract {

/// log_det = log|det J| and both gradients, against numeric derivatives in long double.
void check_derivatives(const Subject<Wide>& reference, Direction direction, const Problem<Wide>& problem,
                       bool bijection, const std::string& where);

/// The remainder of the first-order expansion in x and in theta quarters as the step halves.
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

/// The inverse of every row is finite, with its log_det, whatever theta.
template <class S>
void check_finite_inverse(const Subject<S>& subject, const Problem<S>& problem, const std::string& where);

/// f⁻¹(f(x)) = x as well as the map's condition lets it, and the two log-dets cancel.
template <class S>
void check_round_trip(const Subject<S>& subject, const Subject<Wide>& reference, const Problem<S>& problem,
                      const std::string& where);

/// log_det and gradients are added to what is there, once an
/// entry; without a gradient or a tape the rest has the same bits.
template <class S>
void check_accumulation(const Subject<S>& subject, Direction direction, const Problem<S>& problem,
                        const std::string& where);

/// A batch is its rows one by one, in any order; a batch of none does nothing.
template <class S>
void check_rows(const Subject<S>& subject, const Subject<Wide>& reference, Direction direction,
                const Problem<S>& problem, const std::string& where);

/// NaN or infinity in one row changes no bit of another.
template <class S>
void check_isolation(const Subject<S>& subject, Direction direction, const Problem<S>& problem,
                     const std::string& where);

/// Zeros of both signs, subnormals and numbers up to max^exponent give no NaN.
template <class S>
void check_extremes(const Subject<S>& subject, Direction direction, const VectorX<S>& theta, double exponent,
                    const std::string& where);

/// In a flow, log p of rows up to the largest number is finite or -∞, for a batch and for one row; where it is -∞ its
/// gradient is finite.
template <class S>
void check_overflow(const Subject<S>& subject, bool bijection, const VectorX<S>& theta,
                    const std::string& where);

/// After the first tile of a size nothing is taken from the heap.
template <class S>
void check_allocations(const Subject<S>& subject, Direction direction, const Problem<S>& problem,
                       const std::string& where);

}  // namespace contract
