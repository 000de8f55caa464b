#pragma once

#include <Eigen/Core>

#include "eigenflow/any/any_layer.hpp"
#include "eigenflow/bases/conditional_normal.hpp"
#include "eigenflow/bases/diagonal_normal.hpp"
#include "eigenflow/bases/gaussian_mixture.hpp"
#include "eigenflow/bases/multivariate_normal.hpp"
#include "eigenflow/bases/standard_normal.hpp"
#include "eigenflow/bases/student_t.hpp"
#include "eigenflow/bases/uniform.hpp"
#include "eigenflow/bases/with_circles.hpp"
#include "eigenflow/compose/columns.hpp"
#include "eigenflow/compose/inverse.hpp"
#include "eigenflow/compose/stack.hpp"
#include "eigenflow/conditioners/masked_mlp.hpp"
#include "eigenflow/conditioners/mlp.hpp"
#include "eigenflow/conditioners/residual_net.hpp"
#include "eigenflow/io/build.hpp"
#include "eigenflow/layers/act_norm.hpp"
#include "eigenflow/layers/autoregressive.hpp"
#include "eigenflow/layers/coupling.hpp"
#include "eigenflow/layers/elementwise.hpp"
#include "eigenflow/layers/householder.hpp"
#include "eigenflow/layers/lu_linear.hpp"
#include "eigenflow/layers/permutation.hpp"
#include "eigenflow/layers/planar.hpp"
#include "eigenflow/layers/radial.hpp"
#include "eigenflow/layers/standardize.hpp"
#include "eigenflow/layers/standardize_context.hpp"
#include "eigenflow/layers/support.hpp"
#include "eigenflow/layers/sylvester.hpp"
#include "eigenflow/maps/any_scale.hpp"
#include "eigenflow/transformers/line_or_circle.hpp"

namespace eigenflow::io {

namespace detail {

template <class Scalar, class Transformer>
void add_transformer(Registry<Scalar>& registry) {
  registry.template add<Coupling<Transformer, Mlp<Scalar>>>()
      .template add<Coupling<Transformer, ResidualNet<Scalar>>>()
      .template add<Autoregressive<Transformer, MaskedMlp<Scalar>>>()
      .template add<Autoregressive<Transformer, MaskedResidualNet<Scalar>>>()
      .template add<Elementwise<Transformer>>();
}

}  // namespace detail

/// All layers and bases of the library. Compiling them all takes its time: where that matters, make a Registry of
/// the few that your files have.
template <class Scalar>
Registry<Scalar> standard_parts() {
  Registry<Scalar> parts;
  parts.template add<AnyChain<Scalar>>()
      .template add<Stack<AnyLayer<Scalar>>>()
      .template add<Inverse<AnyLayer<Scalar>>>()
      .template add<Columns<AnyLayer<Scalar>>>()
      .template add<StandardizeContext<AnyLayer<Scalar>>>()
      .template add<ActNorm<Scalar>>()
      .template add<Householder<Scalar>>()
      .template add<LuLinear<Scalar>>()
      .template add<Permutation<Scalar>>()
      .template add<Planar<Scalar>>()
      .template add<Planar<Scalar, Eigen::Dynamic, Softsign>>()
      .template add<Planar<Scalar, Eigen::Dynamic, LeakyRelu>>()
      .template add<Radial<Scalar>>()
      .template add<Standardize<Scalar>>()
      .template add<Support<Scalar>>()
      .template add<Sylvester<Scalar>>()
      .template add<Sylvester<Scalar, Eigen::Dynamic, Softsign>>()
      .template add<Sylvester<Scalar, Eigen::Dynamic, LeakyRelu>>();
  detail::add_transformer<Scalar, Shift<Scalar>>(parts);
  detail::add_transformer<Scalar, Affine<Scalar, AnyScale>>(parts);
  using Spline = RationalQuadraticSpline<Scalar, SplineTails::linear, AnyScale>;
  using PeriodicSpline = RationalQuadraticSpline<Scalar, SplineTails::periodic, AnyScale>;
  detail::add_transformer<Scalar, Spline>(parts);
  detail::add_transformer<Scalar, PeriodicSpline>(parts);
  detail::add_transformer<Scalar, LineOrCircle<Spline, PeriodicSpline>>(parts);
  detail::add_transformer<Scalar, LineOrCircle<Affine<Scalar, AnyScale>, PeriodicSpline>>(parts);
  parts.template add<StandardNormal<Scalar>>()
      .template add<DiagonalNormal<Scalar>>()
      .template add<MultivariateNormal<Scalar>>()
      .template add<StudentT<Scalar>>()
      .template add<GaussianMixture<Scalar>>()
      .template add<Uniform<Scalar>>()
      .template add<WithCircles<AnyBase<Scalar>>>()
      .template add<ConditionalNormal<Scalar>>()
      .template add<ConditionalNormal<Scalar, Eigen::Dynamic, ResidualNet<Scalar>>>();
  return parts;
}

}  // namespace eigenflow::io
