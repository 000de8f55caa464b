#pragma once

#include <Eigen/Core>
#include <concepts>
#include <span>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>

#include "eigenflow/authoring/dimension.hpp"
#include "eigenflow/authoring/example.hpp"
#include "eigenflow/authoring/many_columns.hpp"
#include "eigenflow/authoring/structure.hpp"
#include "eigenflow/concepts/conditioner.hpp"
#include "eigenflow/concepts/layer.hpp"
#include "eigenflow/concepts/transformer.hpp"
#include "eigenflow/conditioners/mlp.hpp"
#include "eigenflow/layers/detail/circles.hpp"
#include "eigenflow/numerics/saturating.hpp"
#include "eigenflow/text/name_of.hpp"
#include "eigenflow/transformers/affine.hpp"
#include "eigenflow/transformers/line_or_circle.hpp"
#include "eigenflow/transformers/rational_quadratic_spline.hpp"
#include "eigenflow/transformers/shift.hpp"

namespace eigenflow {

/// A coupling layer (arXiv:1410.8516, section 3; arXiv:1605.08803, section 3.2): the first `split` features stay
/// unchanged. A conditioner computes from them (and the context) the parameters of the transformer of the others.
///
///   map       y_a = x_a,   y_b = g(x_b; m(x_a))         a = the first `split` features, b = the rest
///   log-det   Σ_b log|g'(x_b)|: the Jacobian is triangular
///   inverse   x_b = g⁻¹(y_b; m(y_a)): as cheap as the map, for any conditioner
///
/// Stack couplings with permutations between them, so that every feature is transformed. A coupling starts as the
/// identity.
template <class Transformer_, class Conditioner_, int Dim_ = Eigen::Dynamic>
class Coupling {
  static_assert(
      Transformer<Transformer_>,
      "a coupling's first argument is its transformer (Affine, RationalQuadraticSpline, ...): this one lacks "
      "something that the concept Transformer (concepts/transformer.hpp) asks for");
  static_assert(
      Conditioner<Conditioner_>,
      "a coupling's second argument is its conditioner (Mlp, ResidualNet, ...): this one lacks something "
      "that the concept Conditioner (concepts/conditioner.hpp) asks for");

 public:
  using Scalar = typename Conditioner_::Scalar;
  using Options = typename Conditioner_::Options;
  static constexpr int static_dim = Dim_;
  static_assert(std::is_same_v<Scalar, typename Transformer_::Scalar>,
                "a coupling's transformer and conditioner must have the same scalar type");
  static_assert(Dim_ != 1,
                "a coupling needs two features or more: one to condition on and one to transform (with a "
                "context, give the dimension 1 at run time)");

  template <class Visitor>
  struct Parameters {
    typename Conditioner_::template Parameters<Visitor> conditioner;
  };

  Coupling() requires(Dim_ != Eigen::Dynamic) : Coupling(Dim_) {}

  /// A coupling of `dim` features with a conditioner made from its options, which also reads a context of `context_dim`
  /// columns. By default half of the features condition. Throws std::invalid_argument for fewer than two features or a
  /// split outside of 1 .. dim - 1. With a context, one feature and a split of 0 are allowed.
  explicit Coupling(Dimension<Dim_> dim, const Options& options = {}, Eigen::Index context_dim = 0)
      : Coupling(dim, dim / 2, options, {}, context_dim) {}
  constexpr Coupling(Dimension<Dim_> dim, Eigen::Index split, const Options& options,
                     Transformer_ transformer = {}, Eigen::Index context_dim = 0)
      : dim_(dim),
        split_(checked(dim, split, context_dim)),
        context_dim_(context_dim),
        transformer_(detail::with_circles_below(dim, std::move(transformer))),
        conditioner_(detail::saturating_sum(conditions(), context_dim),
                     detail::saturating_product(transformer_.parameters(), dim - split), options) {}

  /// A single second number could be a split or a context, so the compiler rejects it.
  template <std::integral Number>
  Coupling(Dimension<Dim_> dim, Number) : Coupling(dim) {
    static_assert(std::same_as<Number, void>,
                  "a coupling's second number is ambiguous: give Coupling(dim, split, options), as in "
                  "Coupling(6, 2, {}), or Coupling(dim, options, context_dim)");
  }

  static std::string tag() {
    return "Coupling<" + detail::tag_of<Transformer_>("transformer") + ", " +
           detail::tag_of<Conditioner_>("conditioner") + '>';
  }
  /// As "1 of 2 features, 64 × 64, relu".
  std::string describe() const {
    std::string text = std::to_string(transformed()) + " of " + std::to_string(dim()) + " features" +
                       detail::circles_text(transformer_);
    if (context_dim_ > 0) text += ", " + std::to_string(context_dim_) + " of context";
    if constexpr (requires { conditioner_.describe(); }) text += ", " + conditioner_.describe();
    return text;
  }
  constexpr Eigen::Index dim() const { return dim_; }
  Eigen::Index split() const { return split_; }
  constexpr Eigen::Index context_dim() const { return context_dim_; }
  constexpr Eigen::Index rows_together() const { return eigenflow::rows_together(conditioner_); }
  const Transformer_& transformer() const { return transformer_; }
  const Conditioner_& conditioner() const { return conditioner_; }
  const Options& options() const { return conditioner_.options(); }

  static Coupling example(Eigen::Index dim, Eigen::Index context_dim) {
    return {dim, dim / 2, Options(), example_of<Transformer_>(dim), context_dim};
  }
  static constexpr auto structure() requires detail::HasStructuredOptions<Conditioner_> &&
      Structured<Transformer_> {
    return std::tuple(Option{"dim", &Coupling::dim}, Option{"split", &Coupling::split},
                      Option{"options", &Coupling::options}, Option{"transformer", &Coupling::transformer},
                      Option{"context_dim", &Coupling::context_dim});
  }
  template <class Self, class Visitor>
  static Parameters<Visitor> layout(Self& self, Visitor& visit) {
    return {visit.part("conditioner", self.conditioner_)};
  }

  void initialise(std::span<Scalar> theta, Rng& rng) const { conditioner_.initialise(theta, rng); }

  struct Tape {
    detail::ConditionerTape<Conditioner_> conditioner;
    Scalar* parameters;  // N × (parameters × transformed features), feature by feature
    Scalar* kept;
    const Scalar* input;  // of the conditioner
  };

  Tape forward(std::span<const Scalar> theta, Tile<Scalar>& tile) const {
    return evaluate<false>(theta, tile);
  }
  Tape inverse(std::span<const Scalar> theta, Tile<Scalar>& tile) const {
    return evaluate<true>(theta, tile);
  }

  void forward_vjp(std::span<const Scalar> theta, std::span<Scalar> grad, const Tape& tape,
                   Tile<Scalar>& tile) const {
    vjp<false>(theta, grad, tape, tile);
  }
  void inverse_vjp(std::span<const Scalar> theta, std::span<Scalar> grad, const Tape& tape,
                   Tile<Scalar>& tile) const {
    vjp<true>(theta, grad, tape, tile);
  }

 private:
  static constexpr Eigen::Index checked(Eigen::Index dim, Eigen::Index split, Eigen::Index context_dim) {
    if (context_dim < 0)
      detail::reject("a coupling reads a context of 0 columns or more, but got " +
                     std::to_string(context_dim));
    if (dim < 2 && context_dim == 0)
      detail::reject(
          "a coupling needs two features or more, one to condition on and one to transform, but has " +
          std::to_string(dim) + ": use SplineAutoregressive, or without a context Planar or Radial");
    const Eigen::Index least = context_dim > 0 ? 0 : 1;
    if (split < least || split >= dim)
      detail::reject("a coupling of " + std::to_string(dim) + " features needs a split from " +
                     std::to_string(least) + " to " + std::to_string(dim - 1) + ", but got " +
                     std::to_string(split));
    return split;
  }

  Eigen::Index transformed() const { return dim_ - split_; }

  // A conditioner on images gives its results by planes: parameter k of the transformed feature j is in column
  // k (D - split) + j, not j P + k. So the transformed features of all rows are processed as one long feature.
  static constexpr bool by_plane = requires { requires Conditioner_::by_plane; };
  static_assert(!by_plane || !HasCircles<Transformer_>,
                "a coupling whose conditioner works on images has no features that are circles");

  // How many numbers the conditioner reads of the first features: two for a circle.
  constexpr Eigen::Index conditions() const { return split_ + detail::circle_count(transformer_, split_); }

  // The conditioner's input: the first features themselves, or a copy if a tape must outlive them or more columns
  // follow.
  ConstMatrixMap<Scalar> conditions(const Tile<Scalar>& tile) const {
    const Eigen::Index all = conditions() + context_dim_;
    if (!Wraps<Transformer_> && !tile.record && all == split_)
      return {tile.values.data(), tile.rows(), split_};
    typename Tile<Scalar>::Matrix input = tile.scratch(all);
    input.leftCols(split_) = tile.values.leftCols(split_);
    detail::wrap(transformer_, input.leftCols(split_));
    detail::for_each_circle(transformer_, split_, [&](Eigen::Index j, Eigen::Index i) {
      Scalar* const cosine = input.col(j).data();
      detail::angle_to_point(cosine, cosine, input.col(split_ + i).data(), tile.rows());
    });
    if (context_dim_ > 0) input.rightCols(context_dim_) = tile.context;
    return {input.data(), tile.rows(), all};
  }

  // Calls body(feature, slots) for all transformed features of one step of rows.
  template <class Body>
  void for_each_feature(const RowStep<Scalar>& step, Scalar* parameters, Scalar* kept, Eigen::Index rows,
                        Body&& body) const {
    const Eigen::Index count = transformer_.parameters(), more = transformer_.kept();
    for (Eigen::Index j = 0; j < transformed(); ++j)
      body(split_ + j,
           Slots(step, parameters + j * count * rows, count, kept + j * more * rows, rows, split_ + j));
  }

  // Calls body(step, slots) for the transformed features of all rows, column by column.
  template <class Body>
  void for_each_plane_step(const Tape& tape, Eigen::Index rows, const Body& body) const {
    const Eigen::Index all = transformed() * rows;
    for (const RowStep<Scalar> step : RowSteps<Scalar>(all))
      body(step, Slots(step, tape.parameters, transformer_.parameters(), tape.kept, all, split_));
  }

  template <bool generating>
  Tape evaluate(std::span<const Scalar> theta, Tile<Scalar>& tile) const {
    typename Tile<Scalar>::Matrix parameters = tile.scratch(conditioner_.out_dim());
    typename Tile<Scalar>::Matrix kept = tile.scratch(transformer_.kept() * transformed());
    const ConstMatrixMap<Scalar> input = conditions(tile);
    const Tape tape{conditioner_.forward(theta, input, parameters, tile), parameters.data(), kept.data(),
                    input.data()};
    if constexpr (by_plane) {
      Scalar* const x = tile.values.col(split_).data();
      typename Tile<Scalar>::Matrix log_det = tile.scratch(transformed());
      for_each_plane_step(tape, tile.rows(), [&](const RowStep<Scalar>& step, const auto& slots) {
        const Transformed<Lanes<Scalar>> result = generating ? transformer_.inverse(step.load(x), slots)
                                                             : transformer_.forward(step.load(x), slots);
        step.store(x, result.value);
        step.store(log_det.data(), result.log_det);
      });
      detail::add_columns(log_det.data(), tile.rows(), transformed(), tile.log_det.data(), *tile.arena);
      return tape;
    }
    for (const RowStep<Scalar> step : RowSteps<Scalar>(tile.rows())) {
      Lanes<Scalar> log_det = step.load(tile.log_det.data());
      for_each_feature(step, tape.parameters, tape.kept, tile.rows(), [&](Eigen::Index j, const auto& slots) {
        Scalar* const x = tile.values.col(j).data();
        const Transformed<Lanes<Scalar>> result = generating ? transformer_.inverse(step.load(x), slots)
                                                             : transformer_.forward(step.load(x), slots);
        step.store(x, result.value);
        log_det += result.log_det;
      });
      step.store(tile.log_det.data(), log_det);
    }
    return tape;
  }

  template <bool generating>
  void vjp(std::span<const Scalar> theta, std::span<Scalar> grad, const Tape& tape,
           Tile<Scalar>& tile) const {
    if constexpr (by_plane) {
      Scalar* const g = tile.grad_values.col(split_).data();
      typename Tile<Scalar>::Matrix grad_log_det = tile.scratch(transformed());
      detail::repeat_column(tile.grad_log_det.data(), tile.rows(), transformed(), grad_log_det.data());
      for_each_plane_step(tape, tile.rows(), [&](const RowStep<Scalar>& step, const auto& slots) {
        const Lanes<Scalar> of_log_det = step.load(grad_log_det.data());
        step.store(g, generating ? transformer_.inverse_vjp(step.load(g), of_log_det, slots)
                                 : transformer_.forward_vjp(step.load(g), of_log_det, slots));
      });
    } else {
      for (const RowStep<Scalar> step : RowSteps<Scalar>(tile.rows())) {
        const Lanes<Scalar> grad_log_det = step.load(tile.grad_log_det.data());
        for_each_feature(
            step, tape.parameters, tape.kept, tile.rows(), [&](Eigen::Index j, const auto& slots) {
              Scalar* const g = tile.grad_values.col(j).data();
              step.store(g, generating ? transformer_.inverse_vjp(step.load(g), grad_log_det, slots)
                                       : transformer_.forward_vjp(step.load(g), grad_log_det, slots));
            });
      }
    }
    const ConstMatrixMap<Scalar> grad_parameters(tape.parameters, tile.rows(), conditioner_.out_dim());
    const Eigen::Index all = conditions() + context_dim_;
    if (all == split_) {
      MatrixMap<Scalar> grad_input(tile.grad_values.data(), tile.rows(), split_);
      conditioner_.vjp(theta, grad, tape.conditioner, grad_parameters, grad_input, tile);
      return;
    }
    typename Tile<Scalar>::Matrix grad_input = tile.scratch(all);
    grad_input.setZero();
    conditioner_.vjp(theta, grad, tape.conditioner, grad_parameters, grad_input, tile);
    detail::for_each_circle(transformer_, split_, [&](Eigen::Index j, Eigen::Index i) {
      const Eigen::Index rows = tile.rows(), k = split_ + i;
      detail::point_to_angle_gradient(tape.input + j * rows, tape.input + k * rows, grad_input.col(j).data(),
                                      grad_input.col(k).data(), rows);
    });
    tile.grad_values.leftCols(split_) += grad_input.leftCols(split_);
    if (context_dim_ > 0) tile.grad_context += grad_input.rightCols(context_dim_);
  }

  [[no_unique_address]] Dimension<Dim_> dim_;
  Eigen::Index split_;
  Eigen::Index context_dim_;
  [[no_unique_address]] Transformer_ transformer_;
  Conditioner_ conditioner_;
};

/// Real NVP: scale and shift (arXiv:1605.08803).
template <class Scalar, int Dim = Eigen::Dynamic>
using AffineCoupling = Coupling<Affine<Scalar>, Mlp<Scalar>, Dim>;

/// Neural spline flows: monotone rational-quadratic splines (arXiv:1906.04032).
template <class Scalar, int Dim = Eigen::Dynamic>
using SplineCoupling = Coupling<RationalQuadraticSpline<Scalar>, Mlp<Scalar>, Dim>;

/// The same if some features are circles: make its transformer by circular_spline.
template <class Scalar, int Dim = Eigen::Dynamic>
using CircularSplineCoupling = Coupling<CircularSpline<Scalar>, Mlp<Scalar>, Dim>;

/// NICE: only a shift (arXiv:1410.8516).
template <class Scalar, int Dim = Eigen::Dynamic>
using AdditiveCoupling = Coupling<Shift<Scalar>, Mlp<Scalar>, Dim>;

}  // namespace eigenflow
