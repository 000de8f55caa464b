#pragma once

#include <Eigen/Core>
#include <span>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>

#include "eigenflow/authoring/dependent.hpp"
#include "eigenflow/authoring/dimension.hpp"
#include "eigenflow/authoring/example.hpp"
#include "eigenflow/authoring/list.hpp"
#include "eigenflow/authoring/order.hpp"
#include "eigenflow/authoring/structure.hpp"
#include "eigenflow/concepts/conditioner.hpp"
#include "eigenflow/concepts/layer.hpp"
#include "eigenflow/concepts/transformer.hpp"
#include "eigenflow/conditioners/masked_mlp.hpp"
#include "eigenflow/layers/detail/circles.hpp"
#include "eigenflow/text/counted.hpp"
#include "eigenflow/text/name_of.hpp"
#include "eigenflow/transformers/affine.hpp"
#include "eigenflow/transformers/line_or_circle.hpp"
#include "eigenflow/transformers/rational_quadratic_spline.hpp"

namespace eigenflow {

/// An autoregressive layer (masked autoregressive flow, Papamakarios et al., arXiv:1705.07057, section 3;
/// inverse autoregressive flow, Kingma et al., arXiv:1606.04934): every feature is transformed, with
/// parameters that a masked conditioner computes from the features before it in an order (and from the context).
///
///   map       z_j = g(x_j; m_j(x_<j))                        eq. 3 and 4 if g is affine
///   log-det   Σ_j log|g'(x_j)|: the Jacobian is triangular   eq. 5
///   inverse   x_j = g⁻¹(z_j; m_j(x_<j)), one feature after the other
///
/// The inverse is sequential, but costs one pass in all, not D: the conditioner computes what the next feature needs,
/// and nothing twice. The same holds for its gradient: by the implicit function theorem, x̄ = J⁻ᵀ ..., a triangular
/// system that is solved by substitution, last feature first,
///
///   (z̄_j, p̄_j) = the transformer's inverse vjp at x̄_j,   x̄_<j += p̄_jᵀ ∂m_j/∂x_<j,
///
/// in one backward pass through the conditioner. The layer starts as the identity. Reverse the order from layer to
/// layer (or put permutations between them). `Inverse` of a MaskedAutoregressive is an inverse autoregressive flow:
/// it samples in parallel, while the MaskedAutoregressive evaluates densities in parallel.
template <class Transformer_, class Conditioner_, int Dim_ = Eigen::Dynamic>
class Autoregressive {
  static_assert(
      Transformer<Transformer_>,
      "an autoregressive layer's first argument is its transformer (Affine, RationalQuadraticSpline, ...): "
      "this one lacks something that the concept Transformer (concepts/transformer.hpp) asks for");
  static_assert(
      MaskedConditioner<Conditioner_>,
      "an autoregressive layer's second argument is a masked conditioner (MaskedMlp, MaskedResidualNet): "
      "this one lacks something that the concept MaskedConditioner (concepts/conditioner.hpp) asks for");

 public:
  using Scalar = typename Conditioner_::Scalar;
  using Options = typename Conditioner_::Options;
  using Indices = Dependent<List<Eigen::Index>, Scalar>;
  static constexpr int static_dim = Dim_;
  static_assert(std::is_same_v<Scalar, typename Transformer_::Scalar>,
                "an autoregressive layer's transformer and conditioner must have the same scalar type");

  template <class Visitor>
  struct Parameters {
    typename Conditioner_::template Parameters<Visitor> conditioner;
  };

  Autoregressive() requires(Dim_ != Eigen::Dynamic) : Autoregressive(Dim_) {}

  /// The features in their order, with a conditioner made from its options.
  explicit Autoregressive(Dimension<Dim_> dim, const Options& options = {}, Eigen::Index context_dim = 0)
      : Autoregressive(dim, in_order(dim), options, {}, context_dim) {}
  /// Any order: a list of 0 .. D - 1, the feature that depends on no other first. Throws
  /// std::invalid_argument, naming the entry, if it is not an order.
  constexpr Autoregressive(Dimension<Dim_> dim, Indices order, const Options& options,
                           Transformer_ transformer = {}, Eigen::Index context_dim = 0)
      : dim_(dim),
        context_dim_(context_dim),
        transformer_(detail::with_circles_below(dim, std::move(transformer))),
        conditioner_(make_conditioner(checked(dim, std::move(order), context_dim), options)) {}

  static std::string tag() {
    return "Autoregressive<" + detail::tag_of<Transformer_>("transformer") + ", " +
           detail::tag_of<Conditioner_>("conditioner") + '>';
  }
  /// As "3 features, 64 × 64, relu".
  std::string describe() const {
    std::string text = detail::counted(dim(), "feature") + detail::circles_text(transformer_);
    if constexpr (requires { conditioner_.describe(); }) text += ", " + conditioner_.describe();
    return text;
  }
  constexpr Eigen::Index dim() const { return dim_; }
  constexpr Eigen::Index context_dim() const { return context_dim_; }
  constexpr Eigen::Index rows_together() const { return eigenflow::rows_together(conditioner_); }
  const Indices& order() const { return conditioner_.order(); }
  const Transformer_& transformer() const { return transformer_; }
  const Conditioner_& conditioner() const { return conditioner_; }
  const Options& options() const { return conditioner_.options(); }

  static Autoregressive example(Eigen::Index dim, Eigen::Index context_dim) {
    return {dim, in_a_cycle(dim), Options(), example_of<Transformer_>(dim), context_dim};
  }
  static constexpr auto structure() requires detail::HasStructuredOptions<Conditioner_> &&
      Structured<Transformer_> {
    return std::tuple(Option{"dim", &Autoregressive::dim}, Constant{"order", &Autoregressive::order},
                      Option{"options", &Autoregressive::options},
                      Option{"transformer", &Autoregressive::transformer},
                      Option{"context_dim", &Autoregressive::context_dim});
  }
  /// The size of a layer with these arguments, see authoring/layout.hpp.
  template <class Visitor>
  static void outline(Visitor& visit, Eigen::Index, const Indices& order, const Options& options,
                      const Transformer_& transformer, Eigen::Index context_dim) {
    const auto features = static_cast<Eigen::Index>(order.size());
    if constexpr (requires { Conditioner_::outline(visit, features, features, options, context_dim); })
      Conditioner_::outline(visit, features, transformer.parameters(), options, context_dim);
  }
  template <class Self, class Visitor>
  static Parameters<Visitor> layout(Self& self, Visitor& visit) {
    return {visit.part("conditioner", self.conditioner_)};
  }

  void initialise(std::span<Scalar> theta, Rng& rng) const { conditioner_.initialise(theta, rng); }

  struct Tape {
    detail::ConditionerTape<Conditioner_> conditioner;
    Scalar* parameters;  // N × (parameters × D), feature by feature
    Scalar* kept;
    const Scalar* input;  // of the conditioner
  };

  Tape forward(std::span<const Scalar> theta, Tile<Scalar>& tile) const {
    Batch batch(*this, tile);
    for (Eigen::Index j = 0; j < dim(); ++j) spread(j, batch.features);
    const auto tape = conditioner_.forward(theta, batch.input, batch.parameters, tile);
    for (Eigen::Index j = 0; j < dim(); ++j) transform<false>(j, batch, tile);
    return {tape, batch.parameters.data(), batch.kept.data(), batch.input.data()};
  }

  Tape inverse(std::span<const Scalar> theta, Tile<Scalar>& tile) const {
    Batch batch(*this, tile);
    const auto tape = conditioner_.forward_in_order(theta, batch.input, batch.parameters, tile,
                                                    [&](Eigen::Index j) { transform<true>(j, batch, tile); });
    return {tape, batch.parameters.data(), batch.kept.data(), batch.input.data()};
  }

  void forward_vjp(std::span<const Scalar> theta, std::span<Scalar> grad, const Tape& tape,
                   Tile<Scalar>& tile) const {
    const ConstMatrixMap<Scalar> grad_parameters(tape.parameters, tile.rows(), conditioner_.out_dim());
    MatrixMap<Scalar> grad_input = cotangents(tile);
    for (Eigen::Index j = 0; j < dim(); ++j) pull_back<false>(j, tape, grad_input, tile);
    conditioner_.vjp(theta, grad, tape.conditioner, grad_parameters, grad_input, tile);
    for (Eigen::Index j = 0; j < dim(); ++j) add_through_angle(j, tape, grad_input, tile);
    give_back(grad_input, tile);
  }

  void inverse_vjp(std::span<const Scalar> theta, std::span<Scalar> grad, const Tape& tape,
                   Tile<Scalar>& tile) const {
    const ConstMatrixMap<Scalar> grad_parameters(tape.parameters, tile.rows(), conditioner_.out_dim());
    MatrixMap<Scalar> grad_input = cotangents(tile);
    conditioner_.vjp_in_order(theta, grad, tape.conditioner, grad_parameters, grad_input, tile,
                              [&](Eigen::Index j) {
                                add_through_angle(j, tape, grad_input, tile);
                                pull_back<true>(j, tape, grad_input, tile);
                              });
    give_back(grad_input, tile);
  }

 private:
  // Input and output of a pass of the conditioner.
  struct Batch {
    MatrixMap<Scalar> features;  // N × (D + circles + context): the data x, as far as known
    ConstMatrixMap<Scalar> input;
    MatrixMap<Scalar> parameters;
    MatrixMap<Scalar> kept;

    // The features themselves; a copy if a tape must outlive them or more columns follow.
    Batch(const Autoregressive& layer, const Tile<Scalar>& tile)
        : features(layer.stays(tile)
                       ? MatrixMap<Scalar>(const_cast<Scalar*>(tile.values.data()), tile.rows(), layer.dim())
                       : tile.scratch(layer.inputs())),
          input(features.data(), features.rows(), features.cols()),
          parameters(tile.scratch(layer.conditioner_.out_dim())),
          kept(tile.scratch(layer.transformer_.kept() * layer.dim())) {
      if (layer.stays(tile)) return;
      features.leftCols(layer.dim()) = tile.values;
      detail::wrap(layer.transformer_, features.leftCols(layer.dim()));
      if (layer.context_dim_ > 0) features.rightCols(layer.context_dim_) = tile.context;
    }
  };

  constexpr Conditioner_ make_conditioner(Indices order, const Options& options) const {
    if constexpr (HasCircles<Transformer_>)
      return {std::move(order), transformer_.parameters(), options, context_dim_, transformer_.circles()};
    else
      return {std::move(order), transformer_.parameters(), options, context_dim_};
  }

  // How many numbers the conditioner reads: two for a circle.
  Eigen::Index inputs() const { return dim() + detail::circle_count(transformer_, dim()) + context_dim_; }
  bool stays(const Tile<Scalar>& tile) const {
    return !Wraps<Transformer_> && !tile.record && inputs() == dim();
  }

  bool is_circle(Eigen::Index j) const {
    bool found = false;
    detail::for_each_circle(transformer_, dim(),
                            [&](Eigen::Index circle, Eigen::Index) { found = found || circle == j; });
    return found;
  }

  // Replaces the angle in column j by its cosine, and writes the sine to its column. Does nothing for a real feature.
  void spread(Eigen::Index j, MatrixMap<Scalar>& features) const {
    detail::for_each_circle(transformer_, dim(), [&](Eigen::Index circle, Eigen::Index i) {
      if (circle != j) return;
      Scalar* const cosine = features.col(j).data();
      detail::angle_to_point(cosine, cosine, features.col(dim() + i).data(), features.rows());
    });
  }

  static constexpr Indices checked(Eigen::Index dim, Indices order, Eigen::Index context_dim) {
    if (context_dim < 0)
      detail::reject("an autoregressive layer reads a context of 0 columns or more, but got " +
                     std::to_string(context_dim));
    if (static_cast<Eigen::Index>(order.size()) != dim)
      detail::reject("an autoregressive layer of " + std::to_string(dim) +
                     " features needs an order of as many, but got one of " + std::to_string(order.size()));
    return order;
  }

  Slots<Scalar> slots(const RowStep<Scalar>& step, Eigen::Index j, Scalar* parameters, Scalar* kept,
                      Eigen::Index rows) const {
    const Eigen::Index count = transformer_.parameters(), more = transformer_.kept();
    return {step, parameters + j * count * rows, count, kept + j * more * rows, rows, j};
  }

  template <bool generating>
  void transform(Eigen::Index j, Batch& batch, Tile<Scalar>& tile) const {
    Scalar* const value = tile.values.col(j).data();
    Scalar* const known = batch.features.col(j).data();
    for (const RowStep<Scalar> step : RowSteps<Scalar>(tile.rows())) {
      const auto at = slots(step, j, batch.parameters.data(), batch.kept.data(), tile.rows());
      const Transformed<Lanes<Scalar>> result = generating ? transformer_.inverse(step.load(value), at)
                                                           : transformer_.forward(step.load(value), at);
      step.store(value, result.value);
      if (generating) step.store(known, result.value);
      step.store(tile.log_det.data(), step.load(tile.log_det.data()) + result.log_det);
    }
    if (generating) spread(j, batch.features);
  }

  // Replaces ∂loss/∂output_j by ∂loss/∂input_j, and the parameters by their gradients.
  template <bool generating>
  void pull_back(Eigen::Index j, const Tape& tape, MatrixMap<Scalar>& grad_input, Tile<Scalar>& tile) const {
    Scalar* const g = is_circle(j) ? tile.grad_values.col(j).data() : grad_input.col(j).data();
    for (const RowStep<Scalar> step : RowSteps<Scalar>(tile.rows())) {
      const Lanes<Scalar> grad_log_det = step.load(tile.grad_log_det.data());
      const auto at = slots(step, j, tape.parameters, tape.kept, tile.rows());
      step.store(g, generating ? transformer_.inverse_vjp(step.load(g), grad_log_det, at)
                               : transformer_.forward_vjp(step.load(g), grad_log_det, at));
    }
  }

  // The cotangents of the conditioner's input. The column of a feature starts with the cotangent of its output. The
  // column of a circle has the cotangent of its cosine; that of the angle stays in the tile.
  MatrixMap<Scalar> cotangents(Tile<Scalar>& tile) const {
    if (inputs() == dim()) return {tile.grad_values.data(), tile.rows(), dim()};
    typename Tile<Scalar>::Matrix grad = tile.scratch(inputs());
    grad.leftCols(dim()) = tile.grad_values;
    grad.rightCols(inputs() - dim()).setZero();
    detail::for_each_circle(transformer_, dim(),
                            [&](Eigen::Index j, Eigen::Index) { grad.col(j).setZero(); });
    return grad;
  }
  // Adds the gradients through the cosine and the sine of a circle to the cotangent of its angle.
  void add_through_angle(Eigen::Index j, const Tape& tape, MatrixMap<Scalar>& grad,
                         Tile<Scalar>& tile) const {
    detail::for_each_circle(transformer_, dim(), [&](Eigen::Index circle, Eigen::Index i) {
      if (circle != j) return;
      const Eigen::Index rows = tile.rows(), k = dim() + i;
      detail::point_to_angle_gradient(tape.input + j * rows, tape.input + k * rows, grad.col(j).data(),
                                      grad.col(k).data(), rows);
      tile.grad_values.col(j) += grad.col(j);
    });
  }
  void give_back(const MatrixMap<Scalar>& grad, Tile<Scalar>& tile) const {
    if (inputs() == dim()) return;
    for (Eigen::Index j = 0; j < dim(); ++j)
      if (!is_circle(j)) tile.grad_values.col(j) = grad.col(j);
    if (context_dim_ > 0) tile.grad_context += grad.rightCols(context_dim_);
  }

  [[no_unique_address]] Dimension<Dim_> dim_;
  Eigen::Index context_dim_;
  [[no_unique_address]] Transformer_ transformer_;
  Conditioner_ conditioner_;
};

/// MAF: scale and shift (arXiv:1705.07057). Its `Inverse` is IAF (arXiv:1606.04934).
template <class Scalar, int Dim = Eigen::Dynamic>
using MaskedAutoregressive = Autoregressive<Affine<Scalar>, MaskedMlp<Scalar>, Dim>;

/// An autoregressive neural spline flow (arXiv:1906.04032).
template <class Scalar, int Dim = Eigen::Dynamic>
using SplineAutoregressive = Autoregressive<RationalQuadraticSpline<Scalar>, MaskedMlp<Scalar>, Dim>;

/// The same if some features are circles: make its transformer by circular_spline.
template <class Scalar, int Dim = Eigen::Dynamic>
using CircularSplineAutoregressive = Autoregressive<CircularSpline<Scalar>, MaskedMlp<Scalar>, Dim>;

}  // namespace eigenflow
