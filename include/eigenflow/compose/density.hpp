#pragma once

#include <Eigen/Core>
#include <span>

#include "eigenflow/authoring/context_units.hpp"
#include "eigenflow/authoring/spoil.hpp"
#include "eigenflow/authoring/tile.hpp"
#include "eigenflow/concepts/base.hpp"

namespace eigenflow {

/// The tape of an evaluation.
template <class LayerTape, class BaseTape>
struct DensityTape {
  LayerTape layers;
  BaseTape base;
};
/// The tape of a draw.
template <class LayerTape, class BaseTape, class Scalar>
struct DrawTape {
  LayerTape layers;
  BaseTape base;
  const Scalar* latents;  // N × D
};

/// A layer f and a base p_Z with their parameters: the density
///
///   log p(x) = log p_Z(f(x)) + log|det ∂f/∂x|
///
/// and its samples, tile by tile and in place. All densities are computed here: by flows, objectives,
/// flows made at run time and embedded flows. It is a view and owns nothing. Layer and base get the context in `units`.
template <class L, class B>
struct Density {
  using Scalar = typename B::Scalar;

  const L& layers;
  const B& base;
  std::span<const Scalar> layer_theta;
  std::span<const Scalar> base_theta;
  const ContextUnits<Scalar>& units;

  /// z = f(x) and its log-det, and back.
  void forward(Tile<Scalar>& tile) const {
    const detail::InUnits<Scalar> inside(units, tile);
    layers.forward(layer_theta, tile);
  }
  void inverse(Tile<Scalar>& tile) const {
    const detail::InUnits<Scalar> inside(units, tile);
    layers.inverse(layer_theta, tile);
  }

  /// Replaces x by z = f(x) and adds log p(x) to tile.log_det. Returns a tape.
  auto evaluate(Tile<Scalar>& tile) const {
    const detail::InUnits<Scalar> inside(units, tile);
    auto of_layers = layers.forward(layer_theta, tile);
    auto of_base = add_log_prob(base, base_theta, tile);
    return DensityTape<decltype(of_layers), decltype(of_base)>{of_layers, of_base};
  }
  /// From ∂loss/∂log p(x) in tile.grad_log_det: writes ∂loss/∂x to tile.grad_values and adds the gradients of
  /// the parameters (unless empty).
  template <class Tape>
  void evaluate_vjp(std::span<Scalar> layer_grad, std::span<Scalar> base_grad, const Tape& tape,
                    Tile<Scalar>& tile) const {
    const detail::GradInUnits<Scalar> inside(units, tile);
    pull_back_log_prob(base, base_theta, base_grad, tape.base, tile);
    layers.forward_vjp(layer_theta, layer_grad, tape.layers, tile);
  }

  /// Draws rows first_row, first_row + 1, ... of the sample that `rng` stands for, x = f⁻¹(z). tile.log_det is
  /// unspecified afterwards.
  void draw(const Rng& rng, Eigen::Index first_row, Tile<Scalar>& tile, Scalar temperature = 1) const {
    const detail::InUnits<Scalar> inside(units, tile);
    sample_at(temperature, base, base_theta, rng, first_row, tile);
    detail::spoil_without_context(tile);
    layers.inverse(layer_theta, tile);
  }
  /// The same, with log p(x) in tile.log_det. Returns a tape.
  auto draw_with_log_prob(const Rng& rng, Eigen::Index first_row, Tile<Scalar>& tile) const {
    const detail::InUnits<Scalar> inside(units, tile);
    base.sample(base_theta, rng, first_row, tile);
    detail::spoil_without_context(tile);
    const Scalar* latents = nullptr;
    if (tile.record) {
      typename Tile<Scalar>::Matrix copy = tile.scratch(tile.cols());
      copy = tile.values;
      latents = copy.data();
    }
    tile.log_det.setZero();
    auto of_base = add_log_prob(base, base_theta, tile);
    // log p(x) = log p_Z(z) - log|det ∂x/∂z|, accumulated with the opposite sign
    tile.log_det = -tile.log_det;
    auto of_layers = layers.inverse(layer_theta, tile);
    tile.log_det = -tile.log_det;
    return DrawTape<decltype(of_layers), decltype(of_base), Scalar>{of_layers, of_base, latents};
  }
};

}  // namespace eigenflow
