#pragma once

#include <Eigen/Core>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "eigenflow/base.hpp"
#include "eigenflow/bases/standard_normal.hpp"
#include "eigenflow/chain.hpp"
#include "eigenflow/detail/flow_parts.hpp"
#include "eigenflow/detail/parallel.hpp"
#include "eigenflow/detail/rows.hpp"
#include "eigenflow/layer.hpp"

namespace eigenflow {

/// z and log|det ∂z/∂x| of a batch x.
template <class Matrix, class Vector>
struct Forward {
  Matrix z;        ///< N × D
  Vector log_det;  ///< N, nats
};
/// x and log|det ∂x/∂z| of a batch z.
template <class Matrix, class Vector>
struct Generated {
  Matrix x;        ///< N × D
  Vector log_det;  ///< N, nats
};
/// log p(x) and its gradient in x.
template <class Matrix, class Vector>
struct LogProbAndGrad {
  Vector log_prob;  ///< N, nats
  Matrix grad;      ///< N × D: ∇ₓ log p(x)
};
/// Samples and the exact log-density of each.
template <class Matrix, class Vector>
struct SampleAndLogProb {
  Matrix x;         ///< N × D
  Vector log_prob;  ///< N, nats
};

/// A normalizing flow: layers from data to latent space and the density there,
///
///   log p(x) = log p_Z(f(x)) + log|det ∂f/∂x|,   f = layer_K ∘ ... ∘ layer_1,
///
/// exact for every theta. `Flow<Layers...>` has a StandardNormal base; `Flow<Layers..., Base>` another one.
/// All trainable numbers are one contiguous vector, `parameters()`. Rows are samples (N × D) and densities
/// are in nats; any Eigen expression, map, block or row-major matrix goes in. A wrong number of columns
/// throws std::invalid_argument; a row with NaN or ±∞ gives NaN or -∞ for that row alone. A const flow may be
/// used from many threads at once. Each call with the suffix `_into` writes to the caller's storage, and
/// takes nothing from the heap after the first.
template <class... Parts>
class Flow {
  using Split = detail::FlowParts<Parts...>;

 public:
  using Layers = typename Split::Layers;  // Chain<...>
  using BaseType = typename Split::BaseType;
  using Scalar = typename Layers::Scalar;
  static constexpr int static_dim = Layers::static_dim;
  using Samples = Eigen::Matrix<Scalar, Eigen::Dynamic, static_dim>;
  using Vector = VectorX<Scalar>;
  static_assert(std::is_same_v<Scalar, typename BaseType::Scalar>,
                "a flow's layers and its base must have the same scalar type");
  static_assert(detail::dimensions_agree({static_dim, BaseType::static_dim}),
                "a flow's layers and its base must have the same number of features");

  /// Layers of static dimension, default-made, with parameters drawn from `rng`.
  explicit Flow(Rng& rng) requires detail::AllDefaultMade<Parts...> : Flow(Parts()..., rng) {}
  /// Given layers (and base), with parameters drawn from `rng`.
  Flow(Parts... parts, Rng& rng) : Flow(Split::split(std::move(parts)...)) { initialise(rng); }

  /// Draws all parameters anew: the layers start at or near the identity.
  void initialise(Rng& rng) {
    layers_.initialise(layer_segment().of(theta()), rng);
    base_.initialise(base_segment().of(theta()), rng);
  }
  /// Hands the data to the layers that start from data (Standardize), unless they have started.
  void initialise_from(const TileSource<Scalar>& tiles) {
    layers_.initialise_from(layer_segment().of(theta()), tiles);
  }

  Eigen::Index dim() const { return layers_.dim(); }
  const Layers& layers() const { return layers_; }
  const BaseType& base() const { return base_; }

  // ---- density

  /// x (N × D) → latent z (N × D) and log|det ∂z/∂x| (N).
  template <class X>
  Forward<Samples, Vector> forward(const Eigen::DenseBase<X>& x) const {
    Forward<Samples, Vector> result{Samples(x.rows(), dim()), Vector(x.rows())};
    forward_into(x, result.z, result.log_det);
    return result;
  }
  template <class X, class Z, class V>
  void forward_into(const Eigen::DenseBase<X>& x, Z&& z, V&& log_det) const {
    const detail::Input<Scalar, X> input(x);
    transform(input.rows(), out("forward_into", z, x.rows(), dim()),
              out("forward_into", log_det, x.rows(), 1), false);
  }

  /// Latent z (N × D) → x (N × D) and log|det ∂x/∂z| (N).
  template <class Z>
  Generated<Samples, Vector> inverse(const Eigen::DenseBase<Z>& z) const {
    Generated<Samples, Vector> result{Samples(z.rows(), dim()), Vector(z.rows())};
    inverse_into(z, result.x, result.log_det);
    return result;
  }
  template <class Z, class X, class V>
  void inverse_into(const Eigen::DenseBase<Z>& z, X&& x, V&& log_det) const {
    const detail::Input<Scalar, Z> input(z);
    transform(input.rows(), out("inverse_into", x, z.rows(), dim()),
              out("inverse_into", log_det, z.rows(), 1), true);
  }

  /// The exact log-density of each row, nats.
  template <class X>
  Vector log_prob(const Eigen::DenseBase<X>& x) const {
    Vector result(x.rows());
    log_prob_into(x, result);
    return result;
  }
  template <class X, class V>
  void log_prob_into(const Eigen::DenseBase<X>& x, V&& log_prob) const {
    const detail::Input<Scalar, X> input(x);
    evaluate(input.rows(), out("log_prob_into", log_prob, x.rows(), 1));
  }

  /// The log-density of each row and its gradient in x.
  template <class X>
  LogProbAndGrad<Samples, Vector> log_prob_and_grad(const Eigen::DenseBase<X>& x) const {
    LogProbAndGrad<Samples, Vector> result{Vector(x.rows()), Samples(x.rows(), dim())};
    log_prob_and_grad_into(x, result.log_prob, result.grad);
    return result;
  }
  template <class X, class V, class G>
  void log_prob_and_grad_into(const Eigen::DenseBase<X>& x, V&& log_prob, G&& grad) const {
    const detail::Input<Scalar, X> input(x);
    evaluate_with_grad(input.rows(), out("log_prob_and_grad_into", log_prob, x.rows(), 1),
                       out("log_prob_and_grad_into", grad, x.rows(), dim()));
  }

  // ---- samples

  /// n samples, N × D; `rng` moves on by one number, whatever n.
  Samples sample(Eigen::Index n, Rng& rng) const {
    Samples x(checked_count(n), dim());
    sample_into(x, rng);
    return x;
  }
  /// As many samples as `x` has rows.
  template <class X>
  void sample_into(X&& x, Rng& rng) const {
    generate(out("sample_into", x, x.rows(), dim()), {}, rng);
  }

  /// n samples and the exact log-density of each, in one pass.
  SampleAndLogProb<Samples, Vector> sample_and_log_prob(Eigen::Index n, Rng& rng) const {
    SampleAndLogProb<Samples, Vector> result{Samples(checked_count(n), dim()), Vector(n)};
    sample_and_log_prob_into(result.x, result.log_prob, rng);
    return result;
  }
  template <class X, class V>
  void sample_and_log_prob_into(X&& x, V&& log_prob, Rng& rng) const {
    generate(out("sample_and_log_prob_into", x, x.rows(), dim()),
             out("sample_and_log_prob_into", log_prob, x.rows(), 1), rng);
  }

  // ---- parameters

  /// theta: all trainable numbers, layer by layer, the base's last; a view that may be written through.
  VectorMap<Scalar> parameters() { return {theta_.data(), theta_.size()}; }
  ConstVectorMap<Scalar> parameters() const { return {theta_.data(), theta_.size()}; }
  std::span<Scalar> theta() { return {theta_.data(), static_cast<std::size_t>(theta_.size())}; }
  std::span<const Scalar> theta() const { return {theta_.data(), static_cast<std::size_t>(theta_.size())}; }

  /// Replaces theta. Throws std::invalid_argument when the size is not that of parameters().
  template <class Theta>
  void set_parameters(const Eigen::DenseBase<Theta>& theta) {
    if (theta.size() != theta_.size() || theta.cols() != 1)
      detail::refuse("this flow has " + std::to_string(theta_.size()) +
                     " parameters in one column, but got " + detail::shape(theta.rows(), theta.cols()) +
                     ": give the theta of a flow of the same architecture");
    theta_ = theta.derived();
  }

  /// The i-th layer's parameters by name, as views into theta: flow.layer_parameters<0>().w.
  template <std::size_t I>
  auto layer_parameters() {
    return view_parameters(layers_.template layer<I>(), layers_.segment(I).of(theta()));
  }
  template <std::size_t I>
  auto layer_parameters() const {
    return view_parameters(layers_.template layer<I>(), layers_.segment(I).of(theta()));
  }
  auto base_parameters() { return view_parameters(base_, base_segment().of(theta())); }
  auto base_parameters() const { return view_parameters(base_, base_segment().of(theta())); }

  /// Name, shape and place of every parameter: "0.3.0.conditioner.1.weight", ..., "base.mean".
  std::vector<NamedParameter> named_parameters() const {
    NameParameters names;
    Layers::layout(layers_, names);
    names.part("base", base_);
    return names.entries;
  }

  // ---- freezing

  /// Keeps the parameters of layer i out of training: `fit` leaves them untouched, bit for bit. Throws
  /// std::invalid_argument when there is no such layer or it has none.
  void freeze(std::size_t i) {
    if (i >= Layers::size)
      detail::refuse("this flow has " + std::to_string(Layers::size) + " layers, 0 to " +
                     std::to_string(Layers::size - 1) + ", but layer " + std::to_string(i) +
                     " was to be frozen");
    if (layers_.segment(i).size == 0)
      detail::refuse("layer " + std::to_string(i) +
                     " of this flow has no parameters to freeze: what is fixed in a layer is never trained");
    frozen_.push_back(layers_.segment(i));
  }
  /// Keeps all parameters whose name begins with `path` out of training: freeze("0.3"), freeze("base").
  /// Throws std::invalid_argument when no parameter's does.
  void freeze(std::string_view path) {
    bool found = false;
    for (const NamedParameter& parameter : named_parameters()) {
      const std::string_view name = parameter.path;
      if (!name.starts_with(path) || (name.size() > path.size() && name[path.size()] != '.')) continue;
      frozen_.push_back({parameter.offset, parameter.rows * parameter.cols});
      found = true;
    }
    if (!found)
      detail::refuse("no parameter of this flow is called '" + std::string(path) +
                     "' or begins with it: named_parameters() lists them");
  }
  void unfreeze() { frozen_.clear(); }
  /// The parts of theta that are trained, in order.
  std::vector<detail::Segment> trainable() const { return detail::complement(frozen_, theta_.size()); }

  // ---- for objectives

  detail::Segment layer_segment() const { return {0, theta_.size() - base_size_}; }
  detail::Segment base_segment() const { return {theta_.size() - base_size_, base_size_}; }
  /// Multiplications that one row costs, roughly.
  double work_per_row() const { return static_cast<double>(theta_.size() + 16 * dim()); }
  /// Rows that are trained on together: a constant of the architecture, never of the machine.
  Eigen::Index shard_rows() const { return theta_.size() > 200'000 ? 256 : 128; }

  template <class X>
  void check_columns(const char* call, const X& x) const {
    if (x.cols != dim()) detail::refuse_columns(call, x.rows, x.cols, dim());
  }

 private:
  static constexpr Eigen::Index tile_rows = 256;

  explicit Flow(Split parts)
      : layers_(std::move(parts.layers)), base_(std::move(parts.base)), base_size_(parameter_count(base_)) {
    if (base_.dim() != layers_.dim())
      detail::refuse("the base has " + std::to_string(base_.dim()) + " features but the layers have " +
                     std::to_string(layers_.dim()) + ": give both one dimension");
    theta_.setZero(parameter_count(layers_) + base_size_);
  }

  static Eigen::Index checked_count(Eigen::Index n) {
    if (n < 0)
      detail::refuse("a number of samples cannot be negative, but " + std::to_string(n) + " were asked for");
    return n;
  }

  // The caller's storage, whose shape must fit.
  template <class Out>
  static detail::Rows<Scalar> out(const char* call, Out& x, Eigen::Index rows, Eigen::Index cols) {
    static_assert(detail::has_memory<std::remove_cvref_t<Out>>,
                  "the result must be written to a matrix, map or block");
    static_assert(std::is_same_v<typename std::remove_cvref_t<Out>::Scalar, Scalar>,
                  "the storage for the result has another scalar type than the flow");
    static_assert(!std::is_const_v<std::remove_pointer_t<decltype(x.data())>>,
                  "the storage for the result is const: it cannot be written to");
    if (x.rows() != rows || x.cols() != cols) detail::refuse_storage(call, x.rows(), x.cols(), rows, cols);
    return detail::rows_of<Scalar>(x);
  }

  // Calls work(tile, first) on tiles of `rows`, uninitialised but for their log_det, which is zero.
  template <class Work>
  void for_each_tile(Eigen::Index rows, bool record, const Work& work) const {
    detail::for_each_piece(rows, tile_rows, work_per_row(), [&](Eigen::Index first, Eigen::Index count) {
      Arena& arena = detail::thread_arena();
      const ArenaScope scope(arena);
      Tile<Scalar> tile = Tile<Scalar>::allocate(arena, count, dim(), record);
      tile.log_det.setZero();
      work(tile, first);
    });
  }

  void transform(const detail::Rows<const Scalar>& from, const detail::Rows<Scalar>& to,
                 const detail::Rows<Scalar>& log_det, bool generating) const {
    check_columns(generating ? "inverse" : "forward", from);
    for_each_tile(from.rows, false, [&](Tile<Scalar>& tile, Eigen::Index first) {
      tile.values = from.middle(first, tile.rows());
      if (generating)
        layers_.inverse(layer_segment().of(theta()), tile);
      else
        layers_.forward(layer_segment().of(theta()), tile);
      to.middle(first, tile.rows()) = tile.values;
      log_det.middle(first, tile.rows()) = tile.log_det;
    });
  }

  void evaluate(const detail::Rows<const Scalar>& x, const detail::Rows<Scalar>& log_prob) const {
    check_columns("log_prob", x);
    for_each_tile(x.rows, false, [&](Tile<Scalar>& tile, Eigen::Index first) {
      tile.values = x.middle(first, tile.rows());
      layers_.forward(layer_segment().of(theta()), tile);
      base_.log_prob(base_segment().of(theta()), tile);
      log_prob.middle(first, tile.rows()) = tile.log_det;
    });
  }

  void evaluate_with_grad(const detail::Rows<const Scalar>& x, const detail::Rows<Scalar>& log_prob,
                          const detail::Rows<Scalar>& grad) const {
    check_columns("log_prob_and_grad", x);
    for_each_tile(x.rows, true, [&](Tile<Scalar>& tile, Eigen::Index first) {
      tile.values = x.middle(first, tile.rows());
      const auto tape = layers_.forward(layer_segment().of(theta()), tile);
      base_.log_prob(base_segment().of(theta()), tile);
      log_prob.middle(first, tile.rows()) = tile.log_det;
      tile.attach_cotangents().setOnes();
      base_.log_prob_vjp(base_segment().of(theta()), {}, tile);
      layers_.forward_vjp(layer_segment().of(theta()), {}, tape, tile);
      grad.middle(first, tile.rows()) = tile.grad_values;
    });
  }

  void generate(const detail::Rows<Scalar>& x, const detail::Rows<Scalar>& log_prob, Rng& rng) const {
    const Rng stream = rng.fork();
    for_each_tile(x.rows, false, [&](Tile<Scalar>& tile, Eigen::Index first) {
      base_.sample(base_segment().of(theta()), stream, first, tile);
      // log p(x) = log p_Z(z) - log|det ∂x/∂z|, accumulated with the sign turned
      if (log_prob.data) {
        base_.log_prob(base_segment().of(theta()), tile);
        tile.log_det = -tile.log_det;
      }
      layers_.inverse(layer_segment().of(theta()), tile);
      x.middle(first, tile.rows()) = tile.values;
      if (log_prob.data) log_prob.middle(first, tile.rows()) = -tile.log_det;
    });
  }

  Layers layers_;
  BaseType base_;
  Eigen::Index base_size_;
  Vector theta_;
  std::vector<detail::Segment> frozen_;
};

// CTAD for one layer, and one layer and a base; several layers go through Chain{...}.
template <Layer L>
Flow(L, Rng&) -> Flow<L>;
template <Layer L, Base B>
Flow(L, B, Rng&) -> Flow<L, B>;

}  // namespace eigenflow
