#pragma once

#include <vector>

#include "eigenflow/authoring/tile.hpp"

// The containers of structure: the entries of a permutation, the layers of a network, statistics of data. A header of
// `eigenflow embed` has constants instead, from another file of this name.

namespace eigenflow {

template <class T>
using List = std::vector<T>;

template <class Scalar>
using Numbers = VectorX<Scalar>;

}  // namespace eigenflow
