#pragma once

#include <variant>

#include "eigenflow/authoring/structure.hpp"
#include "eigenflow/maps/scale_maps.hpp"
#include "eigenflow/maps/soft_bound.hpp"

namespace eigenflow {

/// A scale map chosen at run time, for parts from a file.
class AnyScale {
 public:
  using Alternatives =
      std::variant<SoftClip, TanhBound, SigmoidScale, SoftplusScale, ExpScale, Reciprocal<SigmoidScale>>;

  explicit AnyScale(Alternatives map = SoftClip()) : map_(map) {}

  const Alternatives& map() const { return map_; }
  Value to_value() const {
    return std::visit([](const auto& map) { return detail::to_value(map); }, map_);
  }
  template <class Number>
  LogScaleAt<Number> operator()(Number a) const {
    return std::visit([a](const auto& map) -> LogScaleAt<Number> { return map(a); }, map_);
  }

 private:
  Alternatives map_;
};

}  // namespace eigenflow
