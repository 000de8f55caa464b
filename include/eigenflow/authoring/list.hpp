#pragma once

#include <vector>

#include "eigenflow/authoring/tile.hpp"

// What structure is kept in: the places of a permutation, the layers of a network, statistics of data. A flow that
// `eigenflow embed` writes as a header has constants in their place, by another file of this name.

namespace eigenflow {

template <class T>
using List = std::vector<T>;

template <class Scalar>
using Numbers = VectorX<Scalar>;

}  // namespace eigenflow
