#pragma once

#include <Eigen/Core>
#include <type_traits>

#include "eigenflow/any/any_base.hpp"
#include "eigenflow/any/any_layer.hpp"
#include "eigenflow/authoring/example.hpp"
#include "eigenflow/bases/conditional_normal.hpp"
#include "eigenflow/bases/diagonal_normal.hpp"
#include "eigenflow/bases/gaussian_mixture.hpp"
#include "eigenflow/bases/mixture.hpp"
#include "eigenflow/bases/multivariate_normal.hpp"
#include "eigenflow/bases/standard_normal.hpp"
#include "eigenflow/bases/student_t.hpp"
#include "eigenflow/bases/uniform.hpp"
#include "eigenflow/bases/with_circles.hpp"
#include "eigenflow/compose/columns.hpp"
#include "eigenflow/compose/front.hpp"
#include "eigenflow/compose/inverse.hpp"
#include "eigenflow/compose/per_pixel.hpp"
#include "eigenflow/compose/recompute.hpp"
#include "eigenflow/compose/stack.hpp"
#include "eigenflow/compose/transformed_base.hpp"
#include "eigenflow/conditioners/conv_net.hpp"
#include "eigenflow/conditioners/conv_residual_net.hpp"
#include "eigenflow/conditioners/masked_mlp.hpp"
#include "eigenflow/conditioners/mlp.hpp"
#include "eigenflow/conditioners/residual_net.hpp"
#include "eigenflow/layers/act_norm.hpp"
#include "eigenflow/layers/autoregressive.hpp"
#include "eigenflow/layers/coupling.hpp"
#include "eigenflow/layers/elementwise.hpp"
#include "eigenflow/layers/householder.hpp"
#include "eigenflow/layers/identity.hpp"
#include "eigenflow/layers/lu_linear.hpp"
#include "eigenflow/layers/permutation.hpp"
#include "eigenflow/layers/planar.hpp"
#include "eigenflow/layers/radial.hpp"
#include "eigenflow/layers/standardize.hpp"
#include "eigenflow/layers/standardize_context.hpp"
#include "eigenflow/layers/support.hpp"
#include "eigenflow/layers/sylvester.hpp"
#include "eigenflow/layers/whiten.hpp"
#include "eigenflow/maps/any_scale.hpp"
#include "eigenflow/maps/monotone.hpp"
#include "eigenflow/transformers/affine.hpp"
#include "eigenflow/transformers/line_or_circle.hpp"
#include "eigenflow/transformers/rational_quadratic_spline.hpp"
#include "eigenflow/transformers/shift.hpp"

// The list of parts. A new one is its #include above and its line below. Model files, `eigenflow embed`, the tables of
// docs/numerics.md, the benchmarks, the mutants and the random flows of the tests go through this list.

namespace eigenflow {

template <class Scalar>
struct StandardParts {
  template <class...>
  struct List {};

  using Spline = RationalQuadraticSpline<Scalar, SplineTails::linear, AnyScale>;
  using PeriodicSpline = RationalQuadraticSpline<Scalar, SplineTails::periodic, AnyScale>;

  // clang-format off
  using Layers = List<
      AnyChain<Scalar>,
      Stack<AnyLayer<Scalar>>,
      Inverse<AnyLayer<Scalar>>,
      Columns<AnyLayer<Scalar>>,
      Front<AnyLayer<Scalar>>,
      PerPixel<AnyLayer<Scalar>>,
      Recompute<AnyLayer<Scalar>>,
      StandardizeContext<AnyLayer<Scalar>>,
      ActNorm<Scalar>,
      Householder<Scalar>,
      Identity<Scalar>,
      LuLinear<Scalar>,
      Permutation<Scalar>,
      Planar<Scalar>,
      Planar<Scalar, Eigen::Dynamic, Softsign>,
      Planar<Scalar, Eigen::Dynamic, LeakyRelu>,
      Radial<Scalar>,
      Standardize<Scalar>,
      Support<Scalar>,
      Sylvester<Scalar>,
      Sylvester<Scalar, Eigen::Dynamic, Softsign>,
      Sylvester<Scalar, Eigen::Dynamic, LeakyRelu>,
      Whiten<Scalar>>;

  /// Each makes couplings, autoregressive layers and an Elementwise.
  using Transformers = List<
      Shift<Scalar>,
      Affine<Scalar, AnyScale>,
      Spline,
      PeriodicSpline,
      LineOrCircle<Spline, PeriodicSpline>,
      LineOrCircle<Affine<Scalar, AnyScale>, PeriodicSpline>>;

  /// Each makes a coupling of each transformer and a ConditionalNormal.
  using Conditioners = List<
      Mlp<Scalar>,
      ResidualNet<Scalar>>;

  /// Each makes a coupling of each of these transformers: images have no circles.
  using ImageConditioners = List<
      ConvNet<Scalar>,
      ConvResidualNet<Scalar>>;
  using ImageTransformers = List<Shift<Scalar>, Affine<Scalar, AnyScale>, Spline>;

  /// Each makes an autoregressive layer of each transformer.
  using MaskedConditioners = List<
      MaskedMlp<Scalar>,
      MaskedResidualNet<Scalar>>;

  using Bases = List<
      StandardNormal<Scalar>,
      DiagonalNormal<Scalar>,
      MultivariateNormal<Scalar>,
      StudentT<Scalar>,
      GaussianMixture<Scalar>,
      Uniform<Scalar>,
      Mixture<AnyBase<Scalar>>,
      WithCircles<AnyBase<Scalar>>,
      TransformedBase<AnyLayer<Scalar>, AnyBase<Scalar>>>;
  // clang-format on

  /// Calls visit(std::type_identity<Part>()) for every line of one of these lists.
  template <class... Part, class Visit>
  static void each(List<Part...>, const Visit& visit) {
    (visit(std::type_identity<Part>()), ...);
  }
  /// The same for every layer and base that they make.
  template <class Visit>
  static void for_each(const Visit& visit) {
    each(Layers(), visit);
    each(Transformers(), [&]<class Transformer>(std::type_identity<Transformer>) {
      each(Conditioners(), [&]<class Conditioner>(std::type_identity<Conditioner>) {
        visit(std::type_identity<Coupling<Transformer, Conditioner>>());
      });
      each(MaskedConditioners(), [&]<class Conditioner>(std::type_identity<Conditioner>) {
        visit(std::type_identity<Autoregressive<Transformer, Conditioner>>());
      });
      visit(std::type_identity<Elementwise<Transformer>>());
    });
    each(ImageTransformers(), [&]<class Transformer>(std::type_identity<Transformer>) {
      each(ImageConditioners(), [&]<class Conditioner>(std::type_identity<Conditioner>) {
        visit(std::type_identity<Coupling<Transformer, Conditioner>>());
      });
    });
    each(Bases(), visit);
    each(Conditioners(), [&]<class Conditioner>(std::type_identity<Conditioner>) {
      visit(std::type_identity<ConditionalNormal<Scalar, Eigen::Dynamic, Conditioner>>());
    });
  }
};

/// What compositions hold in their examples: a layer that reads a context where there is one, and a base.
template <class Scalar>
struct ExampleOf<AnyLayer<Scalar>> {
  static AnyLayer<Scalar> make(Eigen::Index dim, Eigen::Index context_dim) {
    return AnyLayer<Scalar>(
        example_of<Autoregressive<Affine<Scalar, AnyScale>, MaskedMlp<Scalar>>>(dim, context_dim));
  }
};
template <class Scalar>
struct ExampleOf<AnyBase<Scalar>> {
  static AnyBase<Scalar> make(Eigen::Index dim, Eigen::Index) {
    return AnyBase<Scalar>(DiagonalNormal<Scalar>(dim));
  }
};

}  // namespace eigenflow
