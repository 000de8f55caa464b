#pragma once

#include "support/contract/evaluate.hpp"

// The tolerances. The best possible computation returns the exact result of inputs and parameters with a relative
// error of a unit roundoff, rounded once more. So the tolerance of a result is the change of the reference when its
// inputs and parameters change by that: the condition of the map, never a chosen number.

namespace contract {

/// How many roundings a direction may have: 32 ulp.
inline constexpr Wide roundings = 32;

/// The perturbation of the inputs: a rounding of the largest number in the row, of the input only, or also of the
/// output, together with which the input may have been computed.
enum class InputsOffBy { own_size, size_of_both };

/// The tolerance for each entry of an evaluation in a type of this epsilon: `roundings` times its rounding.
Evaluation<Wide> evaluation_allowance(const Subject<Wide>& reference, Direction direction,
                                      const Problem<Wide>& problem, Wide epsilon,
                                      InputsOffBy off = InputsOffBy::size_of_both);

/// The same for a vjp.
Pullback<Wide> pull_back_allowance(const Subject<Wide>& reference, Direction direction,
                                   const Problem<Wide>& problem, const Cotangent<Wide>& cotangent,
                                   Wide epsilon);

}  // namespace contract
