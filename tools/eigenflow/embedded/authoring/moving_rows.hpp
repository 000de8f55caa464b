#pragma once

namespace eigenflow {

// The layers of an embedded flow do not start from data.

template <class Scalar>
class MovingRows;
template <class Scalar>
class KeptRows;
template <class Scalar>
class InnerRows;

}  // namespace eigenflow
