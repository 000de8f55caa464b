#pragma once

#include <Eigen/Core>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "eigenflow/authoring/context.hpp"
#include "eigenflow/authoring/context_units.hpp"
#include "eigenflow/authoring/moved_from.hpp"
#include "eigenflow/compose/transformed_base.hpp"
#include "eigenflow/concepts/layer.hpp"
#include "eigenflow/flow/parts.hpp"
#include "eigenflow/text/messages.hpp"

namespace eigenflow {

/// The state of a flow: its layers, its base, and all their trainable numbers as one contiguous vector, theta. `Flow`
/// adds the computations.
template <class... Parts>
class FlowParameters {
  using Split = detail::FlowParts<Parts...>;

 public:
  using Layers = typename Split::Layers;  // Chain<...>
  using BaseType = typename Split::BaseType;
  using Density = TransformedBase<Layers, BaseType>;
  using Scalar = typename Layers::Scalar;
  static constexpr int static_dim = Layers::static_dim;

  FlowParameters(const FlowParameters&) = default;
  FlowParameters(FlowParameters&&) noexcept(std::is_nothrow_move_constructible_v<Density>) = default;
  FlowParameters& operator=(const FlowParameters&) = default;
  /// Moving a flow to itself does not change it.
  FlowParameters& operator=(FlowParameters&& other) noexcept(std::is_nothrow_move_assignable_v<Density>) {
    if (this == &other) return *this;
    density_ = std::move(other.density_);
    theta_ = std::move(other.theta_);
    frozen_ = std::move(other.frozen_);
    moved_from_ = std::move(other.moved_from_);
    return *this;
  }
  ~FlowParameters() = default;

  /// Draws new parameters: the layers start at or near the identity.
  void initialise(Rng& rng) { density().initialise(theta(), rng); }
  /// Gives the data to the layers and the base that start from data (Standardize, MultivariateNormal), unless they have
  /// started. Frozen parameters stay.
  void initialise_from(const TileSource<Scalar>& tiles) {
    if (moved_from_) detail::reject_moved_from("flow");
    const VectorX<Scalar> before = frozen_.empty() ? VectorX<Scalar>() : theta_;
    density_.initialise_from(theta(), tiles);
    for (const Segment& frozen : frozen_)
      theta_.segment(frozen.offset, frozen.size) = before.segment(frozen.offset, frozen.size);
  }

  Eigen::Index dim() const { return density().dim(); }
  /// Columns of the context that the density is conditioned on; 0: none.
  Eigen::Index context_dim() const { return density().context_dim(); }
  /// The flow without its numbers: a density that gets theta with every call, and a base for another flow.
  const Density& density() const {
    if (moved_from_) detail::reject_moved_from("flow");
    return density_;
  }
  const Layers& layers() const { return density().layers(); }
  const BaseType& base() const { return density().base(); }
  /// The units in which the parts get the context: those of the training rows after a `fit`. Raw without a context, for
  /// parts that have their own (StandardizeContext), and for a flow made of given parameters.
  const ContextUnits<Scalar>& context_units() const { return density().context_units(); }
  /// Sets them: ContextUnits<Scalar>() for raw ones, from_data() for those of the next fit, or mean and scale. Throws
  /// std::invalid_argument unless there is one for each column of context.
  void set_context_units(ContextUnits<Scalar> units) {
    density_ = Density(layers(), base(), std::move(units));
  }
  std::size_t layer_count() const {
    if constexpr (requires { layers().size(); })
      return static_cast<std::size_t>(layers().size());  // chosen at run time
    else
      return Layers::size;
  }

  // ---- parameters

  /// theta: all trainable numbers, layer by layer, then the base. A view that you may write to.
  VectorMap<Scalar> parameters() { return {theta_.data(), theta_.size()}; }
  ConstVectorMap<Scalar> parameters() const { return {theta_.data(), theta_.size()}; }
  std::span<Scalar> theta() { return {theta_.data(), static_cast<std::size_t>(theta_.size())}; }
  std::span<const Scalar> theta() const { return {theta_.data(), static_cast<std::size_t>(theta_.size())}; }

  /// Replaces theta. Throws std::invalid_argument if its size differs from that of parameters().
  template <class Theta>
  void set_parameters(const Eigen::DenseBase<Theta>& theta) {
    static_assert(
        std::is_same_v<typename Theta::Scalar, Scalar>,
        "these parameters have another scalar type than the flow: convert them, as in theta.cast<float>()");
    if (theta.size() != theta_.size() || theta.cols() != 1)
      detail::reject("this flow has " + std::to_string(theta_.size()) +
                     " parameters in one column, but got " + detail::shape(theta.rows(), theta.cols()) +
                     ": give parameters of this flow, or copy the Flow with its constants");
    theta_ = theta.derived();
  }

  /// Replaces the constants and theta by those of another flow of the same architecture, such as that of a file. Throws
  /// std::invalid_argument if the sizes of the parts or of theta differ.
  void restore(Layers layers, BaseType base, VectorX<Scalar> theta, ContextUnits<Scalar> units = {}) {
    if (parameter_count(layers) != layer_segment().size || parameter_count(base) != base_segment().size ||
        theta.size() != theta_.size() || layers.dim() != dim() || base.dim() != dim() ||
        detail::common_context("restore", layers.context_dim(), eigenflow::context_dim(base)) !=
            context_dim())
      detail::reject("a flow of " + std::to_string(dim()) + " features and " + std::to_string(theta_.size()) +
                     " parameters cannot become one whose layers have " + std::to_string(layers.dim()) +
                     " features, whose base has " + std::to_string(base.dim()) +
                     " and whose parameters are " + std::to_string(theta.size()) +
                     ": make a flow of that architecture");
    density_ = Density(std::move(layers), std::move(base), std::move(units));
    theta_ = std::move(theta);
  }

  /// The i-th layer's parameters by name, as views into theta: flow.layer_parameters<0>().w.
  template <std::size_t I>
  auto layer_parameters() {
    return view_parameters(layers().template layer<I>(), layers().segment(I).of(theta()));
  }
  template <std::size_t I>
  auto layer_parameters() const {
    return view_parameters(layers().template layer<I>(), layers().segment(I).of(theta()));
  }
  auto base_parameters() { return view_parameters(base(), base_segment().of(theta())); }
  auto base_parameters() const { return view_parameters(base(), base_segment().of(theta())); }

  /// Name, shape and place of every parameter: "0.3.0.conditioner.1.weight", ..., "base.mean".
  std::vector<NamedParameter> named_parameters() const { return named_parameters(layers(), base()); }
  /// The same for a flow of these layers and this base.
  static std::vector<NamedParameter> named_parameters(const Layers& layers, const BaseType& base) {
    std::vector<NamedParameter> all;
    name_parameters(layers, base, [&](NamedParameter parameter) { all.push_back(std::move(parameter)); });
    return all;
  }
  /// Calls take(parameter) for each of them, in the order of theta.
  template <class Take>
  static void name_parameters(const Layers& layers, const BaseType& base, const Take& take) {
    NameParameters names{take};
    Layers::layout(layers, names);
    names.part("base", base);
  }

  // ---- freezing

  /// Excludes the parameters of layer i from training: they stay bit-identical. Throws std::invalid_argument if there
  /// is no such layer, or if it has no parameters.
  void freeze(std::size_t i) {
    const std::size_t count = layer_count();
    if (i >= count)
      detail::reject("this flow has " + std::to_string(count) + " layers, 0 to " + std::to_string(count - 1) +
                     ", but layer " + std::to_string(i) + " was given to freeze");
    const Segment& segment = layers().segment(i);
    if (segment.size == 0)
      detail::reject("layer " + std::to_string(i) +
                     " of this flow has no parameters to freeze: the constants of a layer are never trained");
    frozen_.push_back(segment);
  }
  /// Excludes all parameters whose name begins with `path` from training: freeze("0.3"), freeze("base"). Throws
  /// std::invalid_argument if there are none.
  void freeze(std::string_view path) {
    bool found = false;
    for (const NamedParameter& parameter : named_parameters()) {
      const std::string_view name = parameter.path;
      if (!name.starts_with(path) || (name.size() > path.size() && name[path.size()] != '.')) continue;
      frozen_.push_back({parameter.offset, parameter.rows * parameter.cols});
      found = true;
    }
    if (!found)
      detail::reject("no parameter of this flow is called '" + std::string(path) +
                     "' or begins with it: named_parameters() lists them");
  }
  void unfreeze() { frozen_.clear(); }
  /// The parts of theta that are trained, in order.
  std::vector<Segment> trainable() const { return detail::complement(frozen_, theta_.size()); }

  // ---- for objectives

  Segment layer_segment() const { return density().layer_segment(); }
  Segment base_segment() const { return density().base_segment(); }
  std::span<const Scalar> layer_theta() const { return layer_segment().of(theta()); }
  /// Roughly how many multiplications one row costs.
  double work_per_row() const { return static_cast<double>(theta_.size() + 16 * dim()); }
  /// Rows of one tile, and rows of one shard of a training batch, which is one tile too. Both depend on the architecture and
  /// the width of vectors, never on the number of threads.
  Eigen::Index tile_rows() const { return density().rows_together(); }
  Eigen::Index shard_rows() const {
    if (tile_rows() < eigenflow::tile_rows) return tile_rows();
    return theta_.size() > 1'000'000 ? 256 : 128;
  }

 protected:
  explicit FlowParameters(Parts... parts) : FlowParameters(Split::split(std::move(parts)...)) {
    theta_.setZero(checked_count());
    density_.await_context_units();
  }
  FlowParameters(VectorX<Scalar> theta, Parts... parts) : FlowParameters(Split::split(std::move(parts)...)) {
    const Eigen::Index size = checked_count();
    if (theta.size() != size)
      detail::reject("a flow of these layers and this base has " + std::to_string(size) +
                     " parameters, but got " + std::to_string(theta.size()));
    theta_ = std::move(theta);
  }

 private:
  explicit FlowParameters(Split parts) : density_(std::move(parts.layers), std::move(parts.base)) {}

  // Throws std::invalid_argument if there are more parameters than any memory can hold.
  Eigen::Index checked_count() const {
    const Eigen::Index count = parameter_count(density_);
    if (count > detail::largest_count / static_cast<Eigen::Index>(sizeof(Scalar)))
      detail::reject(
          "the layers and the base of this flow have more parameters than any memory holds: make it smaller");
    return count;
  }

  Density density_;
  VectorX<Scalar> theta_;
  std::vector<Segment> frozen_;
  detail::MovedFrom moved_from_;
};

}  // namespace eigenflow
