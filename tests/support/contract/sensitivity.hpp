#pragma once

#include "support/contract/evaluate.hpp"

// Where tolerances come from. A computation that rounds as well as any can returns the
// exact result of inputs and parameters that are off by a unit roundoff, rounded once
// more. So the allowance for a result is how far the reference moves when its inputs
// and parameters do that: the condition of the map itself, never a number chosen.

namespace contract {

/// How many roundings a verb may be worth: the design's 32 ulp.
inline constexpr Wide roundings = 32;

/// How the inputs are off: each by a rounding of the largest number in its row, of the input alone, or of the
/// output as well, next to which the input may have been computed.
enum class InputsOffBy { own_size, size_of_both };

/// The allowance for each entry of an evaluation in a type of this epsilon: `roundings` times its rounding.
Evaluation<Wide> evaluation_allowance(const Subject<Wide>& reference, Direction direction,
                                      const Problem<Wide>& problem, Wide epsilon,
                                      InputsOffBy off = InputsOffBy::size_of_both);

/// The same for a vjp.
Pullback<Wide> pull_back_allowance(const Subject<Wide>& reference, Direction direction,
                                   const Problem<Wide>& problem, const Cotangent<Wide>& cotangent,
                                   Wide epsilon);

}  // namespace contract
