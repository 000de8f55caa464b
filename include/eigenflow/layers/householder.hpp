#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <limits>
#include <span>
#include <string>
#include <tuple>

#include "eigenflow/authoring/dimension.hpp"
#include "eigenflow/authoring/lanes.hpp"
#include "eigenflow/authoring/per_feature.hpp"
#include "eigenflow/authoring/structure.hpp"
#include "eigenflow/concepts/layer.hpp"
#include "eigenflow/text/counted.hpp"

namespace eigenflow {

/// A rotation as a product of Householder reflections (Tomczak & Welling, arXiv:1611.09630, eq. 9),
/// orthogonal for every theta:
///
///   map         y = H_K ... H_2 H_1 x,   H_i = I - 2 v_i v_iᵀ/‖v_i‖²
///               v_i = e_{⌊i/2⌋ mod D} + column i of `vectors`, counted from zero
///   log-det     0
///   inverse     x = H_1 H_2 ... H_K y: a reflection is its own inverse
///
/// The unit vectors come in pairs, whose reflections cancel: theta = 0 is the identity, with smooth gradients, and so
/// is any theta with equal pairs. With an odd count, one reflection has no partner. D reflections reach every
/// orthogonal map of that determinant. v = 0 is the identity.
template <class Scalar_, int Dim_ = Eigen::Dynamic>
class Householder {
 public:
  using Scalar = Scalar_;
  static constexpr int static_dim = Dim_;

  template <class Visitor>
  struct Parameters {
    typename Visitor::Matrix vectors;  ///< D × K: v_i less its unit vector, in column i
  };

  Householder() requires(Dim_ != Eigen::Dynamic) : Householder(Dim_) {}
  /// As many reflections as features, rounded up to an even number.
  explicit Householder(Dimension<Dim_> dim) : Householder(dim, dim + dim % 2) {}
  /// Throws std::invalid_argument for fewer than one reflection.
  constexpr Householder(Dimension<Dim_> dim, Eigen::Index count) : dim_(dim), count_(count) {
    if (count < 1)
      detail::reject("a Householder layer needs one reflection or more, but got " + std::to_string(count) +
                     ": give an even number, which can start as the identity");
  }

  static constexpr const char* tag() { return "Householder"; }
  std::string describe() const { return detail::counted(count_, "reflection"); }
  constexpr Eigen::Index dim() const { return dim_; }
  Eigen::Index count() const { return count_; }

  static constexpr auto structure() {
    return std::tuple(Option{"dim", &Householder::dim}, Option{"count", &Householder::count});
  }
  template <class Self, class Visitor>
  static Parameters<Visitor> layout(Self& self, Visitor& visit) {
    return {visit.matrix("vectors", self.dim(), self.count())};
  }

  /// Random reflections in equal pairs, which are the identity (except for the last one of an odd count).
  void initialise(std::span<Scalar> theta, Rng& rng) const {
    auto vectors = view_parameters(*this, theta).vectors;
    rng.fill_normal(vectors);
    for (Eigen::Index i = 1; i < count_; i += 2) vectors.col(i) = vectors.col(i - 1);
  }

  struct Tape {
    const Scalar* output;  // N × D
  };

  Tape forward(std::span<const Scalar> theta, Tile<Scalar>& tile) const {
    return evaluate<false>(theta, tile);
  }
  Tape inverse(std::span<const Scalar> theta, Tile<Scalar>& tile) const {
    return evaluate<true>(theta, tile);
  }
  void forward_vjp(std::span<const Scalar> theta, std::span<Scalar> grad, Tape tape,
                   Tile<Scalar>& tile) const {
    vjp<false>(theta, grad, tape, tile);
  }
  void inverse_vjp(std::span<const Scalar> theta, std::span<Scalar> grad, Tape tape,
                   Tile<Scalar>& tile) const {
    vjp<true>(theta, grad, tape, tile);
  }

 private:
  using Number = Lanes<Scalar>;
  using Row = PerFeature<Number, Dim_>;

  /// w_i = v_i/‖v_i‖ and 1/‖v_i‖. v is scaled by its largest entry, so that its square neither overflows nor
  /// underflows.
  struct Units {
    const Scalar* w;               // D × K
    const Scalar* inverse_length;  // K

    Units(const Householder& layer, std::span<const Scalar> theta, Arena& arena) {
      const Eigen::Index dim = layer.dim(), count = layer.count();
      const auto vectors = view_parameters(layer, theta).vectors;
      MatrixMap<Scalar> unit(arena.allocate<Scalar>(static_cast<std::size_t>(dim * count)), dim, count);
      VectorMap<Scalar> inverse(arena.allocate<Scalar>(static_cast<std::size_t>(count)), count);
      unit = vectors;
      for (Eigen::Index i = 0; i < count; ++i) {
        unit(i / 2 % dim, i) += Scalar(1);
        const Scalar size = unit.col(i).cwiseAbs().maxCoeff();
        inverse[i] = 0;
        if (size < std::numeric_limits<Scalar>::min()) {
          unit.col(i).setZero();
          continue;
        }
        unit.col(i) /= size;
        const Scalar norm = unit.col(i).norm();
        unit.col(i) /= norm;
        inverse[i] = 1 / norm / size;
      }
      w = unit.data();
      inverse_length = inverse.data();
    }
  };

  Number along(const Scalar* w, const Row& x) const {
    Number sum(0);
    for (Eigen::Index j = 0; j < dim(); ++j) sum = fma(Number(w[j]), x[j], sum);
    return sum;
  }
  void push(const Scalar* w, Number by, Row& x) const {
    for (Eigen::Index j = 0; j < dim(); ++j) x[j] = fma(Number(w[j]), by, x[j]);
  }
  void load(const RowStep<Scalar>& step, const Scalar* from, Eigen::Index rows, Row& x) const {
    for (Eigen::Index j = 0; j < dim(); ++j) x[j] = step.load(from + j * rows);
  }
  void store(const RowStep<Scalar>& step, const Row& x, Scalar* to, Eigen::Index rows) const {
    for (Eigen::Index j = 0; j < dim(); ++j) step.store(to + j * rows, x[j]);
  }

  template <bool generating>
  Tape evaluate(std::span<const Scalar> theta, Tile<Scalar>& tile) const {
    const Units units(*this, theta, *tile.arena);
    Row x(*tile.arena, dim());
    for (const RowStep<Scalar> step : RowSteps<Scalar>(tile.rows())) {
      load(step, tile.values.data(), tile.rows(), x);
      for (Eigen::Index k = 0; k < count_; ++k) {
        const Scalar* const w = units.w + (generating ? count_ - 1 - k : k) * dim();
        push(w, Number(-2) * along(w, x), x);
      }
      store(step, x, tile.values.data(), tile.rows());
    }
    typename Tile<Scalar>::Matrix kept = tile.scratch(tile.record ? dim() : 0);
    if (tile.record) kept = tile.values;
    return {kept.data()};
  }

  // Reflects output and cotangent back, one by one. With a = wᵀy and b = wᵀg of one reflection's output y and
  // its cotangent g, ∂loss/∂w = 2 (a g - b y), which is orthogonal to w.
  template <bool generating>
  void vjp(std::span<const Scalar> theta, std::span<Scalar> grad, Tape tape, Tile<Scalar>& tile) const {
    Arena& arena = *tile.arena;
    const ArenaScope scope(arena);
    const Units units(*this, theta, arena);
    Number* const sums = arena.allocate<Number>(static_cast<std::size_t>(grad.empty() ? 0 : dim() * count_));
    if (!grad.empty()) std::fill_n(sums, dim() * count_, Number(0));
    Row y(arena, dim()), g(arena, dim());
    for (const RowStep<Scalar> step : RowSteps<Scalar>(tile.rows())) {
      load(step, tape.output, tile.rows(), y);
      load(step, tile.grad_values.data(), tile.rows(), g);
      for (Eigen::Index k = 0; k < count_; ++k) {
        const Eigen::Index i = generating ? k : count_ - 1 - k;
        const Scalar* const w = units.w + i * dim();
        const Number a = along(w, y), b = along(w, g);
        if (!grad.empty())
          for (Eigen::Index j = 0; j < dim(); ++j) {
            Number& sum = sums[i * dim() + j];
            sum = fma(a, g[j], fma(-b, y[j], sum));
          }
        push(w, Number(-2) * a, y);
        push(w, Number(-2) * b, g);
      }
      store(step, g, tile.grad_values.data(), tile.rows());
    }
    if (grad.empty()) return;
    MatrixMap<Scalar> total(arena.allocate<Scalar>(static_cast<std::size_t>(dim() * count_)), dim(), count_);
    for (Eigen::Index i = 0; i < count_; ++i) {
      for (Eigen::Index j = 0; j < dim(); ++j) total(j, i) = 2 * reduce_add(sums[i * dim() + j]);
      total.col(i) *= units.inverse_length[i];
    }
    view_parameters(*this, grad).vectors += total;
  }

  [[no_unique_address]] Dimension<Dim_> dim_;
  Eigen::Index count_;
};

}  // namespace eigenflow
