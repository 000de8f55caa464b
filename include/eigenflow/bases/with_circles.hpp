#pragma once

#include <Eigen/Core>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <numbers>
#include <span>
#include <string>
#include <tuple>
#include <utility>

#include "eigenflow/authoring/circles.hpp"
#include "eigenflow/authoring/dependent.hpp"
#include "eigenflow/authoring/dimension.hpp"
#include "eigenflow/authoring/example.hpp"
#include "eigenflow/authoring/list.hpp"
#include "eigenflow/authoring/structure.hpp"
#include "eigenflow/concepts/base.hpp"
#include "eigenflow/concepts/layer.hpp"
#include "eigenflow/text/counted.hpp"
#include "eigenflow/text/error.hpp"
#include "eigenflow/text/name_of.hpp"

namespace eigenflow {

/// A base for the real features, and features that are uniform on the circle [-π, π):
///
///   log p(z) = log p_B(z_R) - C log 2π,   z_R the real features in their order, C the number of circles
///
/// If all features are circles, use Uniform. Any finite number is an angle, modulo 2π.
template <class B, int Dim_ = Eigen::Dynamic>
class WithCircles {
  static_assert(Base<B>,
                "a WithCircles is made of a base for the real features: this part lacks something that the "
                "concept Base (concepts/base.hpp) asks for");

 public:
  using Scalar = typename B::Scalar;
  using Indices = Dependent<List<Eigen::Index>, B>;
  static constexpr int static_dim = Dim_;
  template <class Visitor>
  using Parameters = typename B::template Parameters<Visitor>;

  /// `circles` lists the features (of `dim`) that are circles; `base` has the others. Throws std::invalid_argument
  /// unless each circle is a feature and listed once, and the base has the number of the others.
  constexpr WithCircles(Dimension<Dim_> dim, Indices circles, B base)
      : dim_(dim), circles_(checked(dim, std::move(circles), base.dim())), base_(std::move(base)) {}

  static std::string tag() { return "WithCircles"; }
  /// As "StandardNormal, 1 circle".
  std::string describe() const { return of_base() + ", " + detail::counted(circle_count(), "circle"); }
  constexpr Eigen::Index dim() const { return dim_; }
  constexpr Eigen::Index context_dim() const { return eigenflow::context_dim(base_); }
  constexpr Eigen::Index rows_together() const { return eigenflow::rows_together(base_); }
  const Indices& circles() const { return circles_; }
  const B& base() const { return base_; }

  static WithCircles example(Eigen::Index dim, Eigen::Index context_dim) {
    return {dim, {0}, example_of<B>(dim - 1, context_dim)};
  }
  static constexpr auto structure() requires Structured<B> {
    return std::tuple(Option{"dim", &WithCircles::dim}, Option{"circles", &WithCircles::circles},
                      Option{"base", &WithCircles::base});
  }
  template <class Self, class Visitor>
  static Parameters<Visitor> layout(Self& self, Visitor& visit) {
    return B::layout(self.base_, visit);
  }
  void initialise(std::span<Scalar> theta, Rng& rng) const { base_.initialise(theta, rng); }
  void initialise_from(std::span<Scalar> theta, const TileSource<Scalar>& tiles) requires StartsFromData<B> {
    base_.initialise_from(theta, [&](const std::function<void(Tile<Scalar>&)>& visit) {
      tiles([&](Tile<Scalar>& tile) {
        const ArenaScope scope(*tile.arena);
        Tile<Scalar> inner = real_features(tile);
        visit(inner);
      });
    });
  }

  /// The tape of the inner base.
  using Tape = decltype(add_log_prob(std::declval<const B&>(), {}, std::declval<eigenflow::Tile<Scalar>&>()));

  Tape log_prob(std::span<const Scalar> theta, Tile<Scalar>& tile) const {
    Tile<Scalar> inner = real_features(tile);
    const Tape tape = add_log_prob(base_, theta, inner);
    const Scalar of_circles = -static_cast<Scalar>(circle_count()) * std::log(2 * std::numbers::pi_v<Scalar>);
    tile.log_det.array() += of_circles;
    for (const Eigen::Index j : circles_)  // not finite: no density
      tile.log_det += tile.values.col(j) - tile.values.col(j);
    return tape;
  }

  void log_prob_vjp(std::span<const Scalar> theta, std::span<Scalar> grad, const Tape& tape,
                    Tile<Scalar>& tile) const {
    Tile<Scalar> inner = real_features(tile);
    pull_back_log_prob(base_, theta, grad, tape, inner);
    tile.grad_values.setZero();
    for_each_real(
        [&](Eigen::Index j, Eigen::Index k) { tile.grad_values.col(j) = inner.grad_values.col(k); });
  }

  constexpr bool has_temperature() const { return eigenflow::has_temperature(base_); }
  /// The circles are drawn from their own substream. They are uniform at every temperature.
  void sample(std::span<const Scalar> theta, Rng rng, Eigen::Index first_row, Tile<Scalar>& tile,
              Scalar temperature = 1) const {
    Tile<Scalar> inner = real_features(tile);
    sample_at(temperature, base_, theta, rng, first_row, inner);
    for_each_real([&](Eigen::Index j, Eigen::Index k) { tile.values.col(j) = inner.values.col(k); });

    typename Tile<Scalar>::Matrix part = tile.scratch(circle_count());
    Rng of_circles = rng.fork(0);
    of_circles.discard(static_cast<std::uint64_t>(first_row * circle_count()));
    of_circles.fill_uniform(part);
    constexpr Scalar pi = std::numbers::pi_v<Scalar>;
    for (Eigen::Index i = 0; i < circle_count(); ++i)
      tile.values.col(circles_[static_cast<std::size_t>(i)]) = part.col(i).array() * (2 * pi) - pi;
  }

  /// The circles do not depend on theta.
  void sample_vjp(std::span<const Scalar> theta, std::span<Scalar> grad, Rng rng, Eigen::Index first_row,
                  const Tile<Scalar>& tile) const requires Reparametrised<B> {
    if constexpr (!Parameterless<B>) {
      Tile<Scalar> inner = real_features(tile);
      base_.sample_vjp(theta, grad, rng, first_row, inner);
    }
  }

 private:
  static constexpr Indices checked(Eigen::Index dim, Indices circles, Eigen::Index inner) {
    detail::check_circles(circles, dim);
    const Eigen::Index real = dim - static_cast<Eigen::Index>(circles.size());
    if (inner != real)
      detail::reject(std::to_string(dim) + " features with " + std::to_string(circles.size()) +
                     " circles need a base of " + std::to_string(real) + " features, but got one of " +
                     std::to_string(inner));
    return circles;
  }

  std::string of_base() const {
    if constexpr (requires { base_.description(); }) {
      return base_.description();  // a type-erased base
    } else {
      std::string text = detail::name_of<B>("Base");
      if constexpr (requires { base_.describe(); }) text += " (" + base_.describe() + ')';
      return text;
    }
  }

  Eigen::Index circle_count() const { return static_cast<Eigen::Index>(circles_.size()); }

  // Calls body(feature, its index among the real features).
  template <class Body>
  void for_each_real(const Body& body) const {
    Eigen::Index k = 0;
    for (Eigen::Index j = 0; j < dim(); ++j) {
      bool real = true;
      for (const Eigen::Index circle : circles_) real = real && circle != j;
      if (real) body(j, k++);
    }
  }

  // A copy of the real features and their cotangents. It shares the log_det of the tile.
  Tile<Scalar> real_features(const Tile<Scalar>& tile) const {
    const bool with_grad = tile.grad_values.cols() > 0;
    typename Tile<Scalar>::Matrix values = tile.scratch(base_.dim()),
                                  grad = tile.scratch(with_grad ? base_.dim() : 0);
    for_each_real([&](Eigen::Index j, Eigen::Index k) {
      values.col(k) = tile.values.col(j);
      if (with_grad) grad.col(k) = tile.grad_values.col(j);
    });
    return tile.with_values(values, grad);
  }

  [[no_unique_address]] Dimension<Dim_> dim_;
  Indices circles_;
  B base_;
};

/// CTAD for WithCircles(3, {2}, base).
template <Base B>
WithCircles(Eigen::Index, List<Eigen::Index>, B) -> WithCircles<B>;

}  // namespace eigenflow
