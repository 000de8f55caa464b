#pragma once

#include <Eigen/Core>
#include <span>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>

#include "eigenflow/authoring/example.hpp"
#include "eigenflow/authoring/many_columns.hpp"
#include "eigenflow/authoring/moving_rows.hpp"
#include "eigenflow/authoring/structure.hpp"
#include "eigenflow/concepts/layer.hpp"
#include "eigenflow/numerics/saturating.hpp"
#include "eigenflow/text/error.hpp"

namespace eigenflow {

/// A layer of C features on every pixel of an image of C channels and P pixels. A row has the image channel by channel:
/// feature c P + p is channel c of pixel p.
///
///   map       z_p = f(x_p) for each pixel p,   x_p = (x_p, x_{P + p}, ..., x_{(C - 1) P + p})
///   log-det   Σ_p log|det ∂f/∂x_p|
///   inverse   x_p = f⁻¹(z_p)
///
/// The N × C P tile of a batch is a P N × C tile of its pixels, without a copy. Every pixel has the same parameters and
/// the context of its row. PerPixel<LuLinear> is the invertible 1 × 1 convolution of Glow (Kingma & Dhariwal,
/// arXiv:1807.03039, section 3.2). PerPixel<ActNorm> is its activation normalization, with a scale and a shift for each
/// channel (section 3.1), which starts from the statistics of all pixels of all rows.
template <class L>
class PerPixel {
  static_assert(Layer<L>,
                "a PerPixel is made of a layer: this part lacks something that the concept Layer "
                "(concepts/layer.hpp) asks for");

 public:
  using Scalar = typename L::Scalar;
  static constexpr int static_dim = Eigen::Dynamic;
  template <class Visitor>
  struct Parameters {
    typename L::template Parameters<Visitor> layer;
  };

  /// Images of `pixels` pixels (height × width) and as many channels as the layer has features. Throws
  /// std::invalid_argument if there are no pixels.
  constexpr PerPixel(Eigen::Index pixels, L layer) : pixels_(checked(pixels)), layer_(std::move(layer)) {}

  static std::string tag() { return "PerPixel"; }
  /// As "196 pixels".
  std::string describe() const { return std::to_string(pixels_) + " pixels"; }
  constexpr Eigen::Index dim() const { return detail::saturating_product(pixels_, layer_.dim()); }
  constexpr Eigen::Index context_dim() const { return eigenflow::context_dim(layer_); }
  /// The rows of the layer are pixels: where it asks for fewer than the default, its limit holds for rows × pixels.
  constexpr Eigen::Index rows_together() const {
    const Eigen::Index rows = eigenflow::rows_together(layer_);
    return rows < tile_rows ? rows / pixels_ : tile_rows;
  }
  Eigen::Index pixels() const { return pixels_; }
  const L& layer() const { return layer_; }

  static PerPixel example(Eigen::Index dim, Eigen::Index context_dim) {
    const Eigen::Index pixels = dim % 2 == 0 ? 2 : dim % 3 == 0 ? 3 : 1;
    return {pixels, example_of<L>(dim / pixels, context_dim)};
  }
  static constexpr auto structure() requires Structured<L> {
    return std::tuple(Option{"pixels", &PerPixel::pixels}, Option{"layer", &PerPixel::layer});
  }
  template <class Self, class Visitor>
  static Parameters<Visitor> layout(Self& self, Visitor& visit) {
    return {visit.part("layer", self.layer_)};
  }

  void initialise(std::span<Scalar> theta, Rng& rng) const { layer_.initialise(theta, rng); }

  /// Gives the layer the pixels of the data.
  void initialise_from(std::span<Scalar> theta, const TileSource<Scalar>& tiles,
                       Direction direction = Direction::forward) {
    KeptRows<Scalar> rows(tiles);
    start_and_move(theta, rows, direction);
  }
  void start_and_move(std::span<Scalar> theta, MovingRows<Scalar>& rows, Direction direction) {
    InnerRows<Scalar> pixels(rows, [this](Tile<Scalar>& tile, const auto& use) {
      const ArenaScope scope(*tile.arena);
      Tile<Scalar> inner = pixels_of(tile, log_dets(tile).data(), context_of_pixels(tile));
      use(inner);
      add_up(inner.log_det.data(), tile);
    });
    start_from_data(layer_, theta, pixels, direction);
  }

  template <class Inner>
  struct Tape {
    Inner inner;
    Scalar* per_pixel;      // P N: the log-dets, then their cotangents
    const Scalar* context;  // P N × columns of context
  };

  auto forward(std::span<const Scalar> theta, Tile<Scalar>& tile) const {
    return evaluate(tile, [&](Tile<Scalar>& inner) { return layer_.forward(theta, inner); });
  }
  auto inverse(std::span<const Scalar> theta, Tile<Scalar>& tile) const {
    return evaluate(tile, [&](Tile<Scalar>& inner) { return layer_.inverse(theta, inner); });
  }
  template <class Inner>
  void forward_vjp(std::span<const Scalar> theta, std::span<Scalar> grad, const Tape<Inner>& tape,
                   Tile<Scalar>& tile) const {
    pull_back(tape, tile, [&](Tile<Scalar>& inner) { layer_.forward_vjp(theta, grad, tape.inner, inner); });
  }
  template <class Inner>
  void inverse_vjp(std::span<const Scalar> theta, std::span<Scalar> grad, const Tape<Inner>& tape,
                   Tile<Scalar>& tile) const {
    pull_back(tape, tile, [&](Tile<Scalar>& inner) { layer_.inverse_vjp(theta, grad, tape.inner, inner); });
  }

 private:
  using Matrix = typename Tile<Scalar>::Matrix;
  using Vector = typename Tile<Scalar>::Vector;

  static constexpr Eigen::Index checked(Eigen::Index pixels) {
    if (pixels < 1)
      detail::reject("a PerPixel needs an image of one pixel or more, but has " + std::to_string(pixels) +
                     ": give height × width");
    return pixels;
  }

  // Row p N + n of the pixels is pixel p of row n.
  Tile<Scalar> pixels_of(Tile<Scalar>& tile, Scalar* log_det, const Scalar* context) const {
    const Eigen::Index rows = tile.rows() * pixels_;
    return {tile,
            Matrix(tile.values.data(), rows, layer_.dim()),
            Vector(log_det, rows),
            {context, rows, context_dim()},
            {nullptr, rows, 0},
            {nullptr, 0},
            {nullptr, rows, 0}};
  }

  Matrix log_dets(const Tile<Scalar>& tile) const {
    Matrix zero = tile.scratch(pixels_);
    zero.setZero();
    return zero;
  }
  // The log-det of a row is the sum of those of its pixels.
  void add_up(const Scalar* per_pixel, Tile<Scalar>& tile) const {
    detail::add_columns(per_pixel, tile.rows(), pixels_, tile.log_det.data(), *tile.arena);
  }
  const Scalar* context_of_pixels(const Tile<Scalar>& tile) const {
    if (context_dim() == 0) return nullptr;
    Matrix replicated = tile.scratch(context_dim() * pixels_);
    for (Eigen::Index k = 0; k < replicated.cols(); ++k) replicated.col(k) = tile.context.col(k / pixels_);
    return replicated.data();
  }

  // Calls run(inner) with dropout masks that are a function of the row of the batch and its pixel.
  template <class Run>
  auto with_dropout(const Tile<Scalar>& tile, Tile<Scalar>& inner, const Run& run) const {
    if (!tile.dropout) return run(inner);
    DropoutSource of_pixels = tile.dropout->of_pixels(tile.rows(), pixels_);
    inner.dropout = &of_pixels;
    const auto tape = run(inner);
    tile.dropout->next_site = of_pixels.next_site;
    return tape;
  }

  template <class Run>
  auto evaluate(Tile<Scalar>& tile, const Run& run) const {
    Scalar* const per_pixel = log_dets(tile).data();
    Tile<Scalar> inner = pixels_of(tile, per_pixel, context_of_pixels(tile));
    const auto tape = with_dropout(tile, inner, run);
    add_up(per_pixel, tile);
    return Tape<std::remove_const_t<decltype(tape)>>{tape, per_pixel, inner.context.data()};
  }

  template <class Inner, class Run>
  void pull_back(const Tape<Inner>& tape, Tile<Scalar>& tile, const Run& run) const {
    const Eigen::Index rows = tile.rows() * pixels_;
    detail::repeat_column(tile.grad_log_det.data(), tile.rows(), pixels_, tape.per_pixel);
    Matrix grad_context = tile.scratch(context_dim() * pixels_);
    grad_context.setZero();
    Tile<Scalar> inner = pixels_of(tile, nullptr, tape.context);  // a vjp reads no log_det
    detail::point_at(inner.grad_values, tile.grad_values.data(), rows, layer_.dim());
    detail::point_at(inner.grad_log_det, tape.per_pixel, rows);
    detail::point_at(inner.grad_context, grad_context.data(), rows, context_dim());
    with_dropout(tile, inner, [&](Tile<Scalar>& pixels) { return run(pixels), 0; });
    for (Eigen::Index k = 0; k < grad_context.cols(); ++k)
      tile.grad_context.col(k / pixels_) += grad_context.col(k);
  }

  Eigen::Index pixels_;
  L layer_;
};

}  // namespace eigenflow
