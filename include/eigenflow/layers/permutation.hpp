#pragma once

#include <Eigen/Core>
#include <concepts>
#include <span>
#include <tuple>
#include <utility>

#include "eigenflow/authoring/dependent.hpp"
#include "eigenflow/authoring/dimension.hpp"
#include "eigenflow/authoring/list.hpp"
#include "eigenflow/authoring/order.hpp"
#include "eigenflow/authoring/structure.hpp"
#include "eigenflow/concepts/layer.hpp"

namespace eigenflow {

/// Reorders the features: output feature j is input feature indices()[j]. It preserves volume and has
/// no parameters. The order is structure, saved with the model. Between couplings it makes every feature transformed.
template <class Scalar_, int Dim_ = Eigen::Dynamic>
class Permutation {
 public:
  using Scalar = Scalar_;
  using Indices = Dependent<List<Eigen::Index>, Scalar_>;
  static constexpr int static_dim = Dim_;
  template <class Visitor>
  using Parameters = NoParameters<Visitor>;

  Permutation() requires(Dim_ != Eigen::Dynamic) : Permutation(reverse(Dim_)) {}

  /// A given order. Throws std::invalid_argument, naming the entry, unless it has each of 0 .. D - 1 once.
  constexpr explicit Permutation(Indices indices)
      : dim_(static_cast<Eigen::Index>(indices.size())),
        indices_(checked_order(std::move(indices), "the permutation")) {}

  /// D features in reverse order, the default for a static D.
  template <std::integral Count>
  constexpr explicit Permutation(Count dim) : Permutation(in_reverse(Dimension<Dim_>(dim))) {}

  /// The features in reverse order.
  static Permutation reverse(Dimension<Dim_> dim) { return Permutation(in_reverse(dim)); }

  /// A random order.
  static Permutation random(Dimension<Dim_> dim, Rng& rng) { return Permutation(in_random_order(dim, rng)); }

  static constexpr const char* tag() { return "Permutation"; }
  constexpr Eigen::Index dim() const { return dim_; }
  const Indices& indices() const { return indices_; }

  static Permutation example(Eigen::Index dim, Eigen::Index) { return Permutation(in_a_cycle(dim)); }
  static constexpr auto structure() { return std::tuple(Constant{"indices", &Permutation::indices}); }
  template <class Self, class Visitor>
  static NoParameters<Visitor> layout(Self&, Visitor&) {
    return {};
  }

  void initialise(std::span<Scalar>, Rng&) const {}

  struct Tape {};

  Tape forward(std::span<const Scalar>, Tile<Scalar>& tile) const { return gather(tile.values, tile); }
  Tape inverse(std::span<const Scalar>, Tile<Scalar>& tile) const { return scatter(tile.values, tile); }
  void forward_vjp(std::span<const Scalar>, std::span<Scalar>, Tape, Tile<Scalar>& tile) const {
    scatter(tile.grad_values, tile);
  }
  void inverse_vjp(std::span<const Scalar>, std::span<Scalar>, Tape, Tile<Scalar>& tile) const {
    gather(tile.grad_values, tile);
  }

 private:
  Tape gather(typename Tile<Scalar>::Matrix& values, const Tile<Scalar>& tile) const {
    const ArenaScope scope(*tile.arena);
    typename Tile<Scalar>::Matrix copy = tile.scratch(dim());
    copy = values;
    for (Eigen::Index j = 0; j < dim(); ++j) values.col(j) = copy.col(indices_[static_cast<std::size_t>(j)]);
    return {};
  }
  Tape scatter(typename Tile<Scalar>::Matrix& values, const Tile<Scalar>& tile) const {
    const ArenaScope scope(*tile.arena);
    typename Tile<Scalar>::Matrix copy = tile.scratch(dim());
    copy = values;
    for (Eigen::Index j = 0; j < dim(); ++j) values.col(indices_[static_cast<std::size_t>(j)]) = copy.col(j);
    return {};
  }

  [[no_unique_address]] Dimension<Dim_> dim_;
  Indices indices_;
};

}  // namespace eigenflow
