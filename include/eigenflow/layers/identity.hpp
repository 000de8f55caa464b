#pragma once

#include <Eigen/Core>
#include <span>
#include <tuple>

#include "eigenflow/authoring/dimension.hpp"
#include "eigenflow/authoring/structure.hpp"
#include "eigenflow/concepts/layer.hpp"

namespace eigenflow {

/// Leaves the features as they are: y = x, log-det 0. It is the only layer of a flow that is a base alone.
template <class Scalar_, int Dim_ = Eigen::Dynamic>
class Identity {
 public:
  using Scalar = Scalar_;
  static constexpr int static_dim = Dim_;
  template <class Visitor>
  using Parameters = NoParameters<Visitor>;

  Identity() requires(Dim_ != Eigen::Dynamic) = default;
  constexpr explicit Identity(Dimension<Dim_> dim) : dim_(dim) {}

  static constexpr const char* tag() { return "Identity"; }
  constexpr Eigen::Index dim() const { return dim_; }

  static constexpr auto structure() { return std::tuple(Option{"dim", &Identity::dim}); }
  template <class Self, class Visitor>
  static NoParameters<Visitor> layout(Self&, Visitor&) {
    return {};
  }
  void initialise(std::span<Scalar>, Rng&) const {}

  struct Tape {};

  Tape forward(std::span<const Scalar>, Tile<Scalar>&) const { return {}; }
  Tape inverse(std::span<const Scalar>, Tile<Scalar>&) const { return {}; }
  void forward_vjp(std::span<const Scalar>, std::span<Scalar>, Tape, Tile<Scalar>&) const {}
  void inverse_vjp(std::span<const Scalar>, std::span<Scalar>, Tape, Tile<Scalar>&) const {}

 private:
  [[no_unique_address]] Dimension<Dim_> dim_;
};

}  // namespace eigenflow
