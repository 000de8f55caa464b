#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <span>
#include <tuple>
#include <utility>

#include "eigenflow/authoring/dimension.hpp"
#include "eigenflow/authoring/order.hpp"
#include "eigenflow/authoring/structure.hpp"
#include "eigenflow/concepts/layer.hpp"
#include "eigenflow/layers/permutation.hpp"
#include "eigenflow/maps/soft_bound.hpp"
#include "eigenflow/nets/kernel/dense.hpp"
#include "eigenflow/nets/kernel/triangular.hpp"
#include "eigenflow/numerics/finite.hpp"
#include "eigenflow/text/decimal.hpp"

namespace eigenflow {

/// A linear map by its LU factors, the 1×1 convolution of Glow (Kingma & Dhariwal, arXiv:1807.03039, eq. 11)
/// and nflows' LULinear: it mixes all features at the cost of one matrix product.
///
///   map         y = W x + bias,   W = P L (U + diag(d))
///               P a fixed permutation, L unit lower triangular, U strictly upper triangular
///   constraint  d = eˢ > 0 with s = a/(1 + |a|/20): every theta is invertible, zero is only the permutation
///   log-det     Σ log d = Σ s, exactly, without a logarithm
///   inverse     x = (U + diag(d))⁻¹ L⁻¹ Pᵀ (y - bias), by substitution, with a residual at rounding level even
///               if W is ill-conditioned
///
/// L and U have their entries below and above the diagonal in theta, row by row.
template <class Scalar_, int Dim_ = Eigen::Dynamic>
class LuLinear {
 public:
  using Scalar = Scalar_;
  using LogScale = SoftBound<20>;
  static constexpr int static_dim = Dim_;

  template <class Visitor>
  struct Parameters {
    typename Visitor::Vector lower;         ///< D(D - 1)/2: L(1,0), L(2,0), L(2,1), L(3,0)...
    typename Visitor::Vector upper;         ///< D(D - 1)/2: U(0,1), U(0,2) ... U(1,2), U(1,3)...
    typename Visitor::Vector log_diagonal;  ///< D: a
    typename Visitor::Vector bias;          ///< D
  };

  LuLinear() requires(Dim_ != Eigen::Dynamic) : LuLinear(Dim_) {}
  /// Without a permutation: P = I.
  explicit LuLinear(Dimension<Dim_> dim) : LuLinear(Permutation<Scalar, Dim_>(in_order(dim))) {}
  /// With output feature j from row indices()[j] of L (U + diag(d)). The entries of L and U start normal, with
  /// deviation `spread`, so that each coupling between such layers gets different combinations of the features.
  /// Throws std::invalid_argument for a negative spread.
  constexpr explicit LuLinear(Permutation<Scalar, Dim_> permutation, double spread = 0)
      : dim_(permutation.dim()), permutation_(std::move(permutation)), spread_(spread) {
    if (!(spread >= 0) || !detail::is_finite(spread))
      detail::reject("the spread of a LuLinear's start must be 0 or a positive number, but is " +
                     detail::decimal(spread));
  }

  static constexpr const char* tag() { return "LuLinear"; }
  constexpr Eigen::Index dim() const { return dim_; }
  const Permutation<Scalar, Dim_>& permutation() const { return permutation_; }
  double spread() const { return spread_; }

  /// W, D × D, for this theta.
  MatrixX<Scalar> matrix(std::span<const Scalar> theta) const {
    Arena arena;
    const Factors f(*this, theta, Scalar(1), arena);
    MatrixX<Scalar> lower = MatrixX<Scalar>::Identity(dim(), dim()), upper(dim(), dim()),
                    result(dim(), dim());
    const ConstMatrixMap<Scalar> entries(f.entries, dim(), dim());
    lower.template triangularView<Eigen::StrictlyLower>() = entries;
    upper.setZero();
    upper.template triangularView<Eigen::StrictlyUpper>() = entries;
    upper.diagonal() = ConstVectorMap<Scalar>(f.diagonal, dim());
    const MatrixX<Scalar> product = lower * upper;
    for (Eigen::Index j = 0; j < dim(); ++j)
      result.row(j) = product.row(permutation_.indices()[static_cast<std::size_t>(j)]);
    return result;
  }

  static LuLinear example(Eigen::Index dim, Eigen::Index context_dim) {
    return LuLinear(Permutation<Scalar, Dim_>::example(dim, context_dim));
  }
  static constexpr auto structure() {
    return std::tuple(Option{"permutation", &LuLinear::permutation}, Option{"spread", &LuLinear::spread});
  }
  template <class Self, class Visitor>
  static Parameters<Visitor> layout(Self& self, Visitor& visit) {
    const Eigen::Index dim = self.dim(), off_diagonal = detail::saturating_triangle(dim - 1);
    return {visit.vector("lower", off_diagonal), visit.vector("upper", off_diagonal),
            visit.vector("log_diagonal", dim), visit.vector("bias", dim)};
  }

  /// Only the permutation.
  void initialise(std::span<Scalar> theta, Rng& rng) const {
    const auto entries = static_cast<std::size_t>(dim() * (dim() - 1));  // of both triangles
    std::fill(theta.begin(), theta.end(), Scalar(0));
    if (spread_ > 0)
      for (Scalar& entry : theta.first(entries)) entry = static_cast<Scalar>(spread_ * rng.normal());
  }

  struct Tape {
    nets::Panels<Scalar> x;       // the input of the linear map
    nets::Panels<Scalar> middle;  // (U + diag(d)) x
  };

  Tape forward(std::span<const Scalar> theta, Tile<Scalar>& tile) const {
    Arena& arena = *tile.arena;
    const Factors f(*this, theta, Scalar(1), arena);
    const Panels y = panels_of(tile.values, arena);
    const Panels x = kept(y, tile);
    nets::triangular_multiply(f.upper(), y);
    const Panels middle = kept(y, tile);
    nets::triangular_multiply(f.lower(), y);
    const auto bias = view_parameters(*this, theta).bias;
    for_each_feature(y, tile.values,
                     [&](Eigen::Index j, const RowStep<Scalar>& step, Scalar* inner, Scalar* out) {
                       step.store(out, step.load(inner) + Number(bias[j]));
                     });
    tile.log_det.array() += f.log_det;
    return {x, middle};
  }

  Tape inverse(std::span<const Scalar> theta, Tile<Scalar>& tile) const {
    Arena& arena = *tile.arena;
    const Factors f(*this, theta, Scalar(-1), arena);
    const Panels x = panels_of(tile.values, arena);
    const auto bias = view_parameters(*this, theta).bias;
    for_each_feature(x, tile.values,
                     [&](Eigen::Index j, const RowStep<Scalar>& step, Scalar* inner, Scalar* out) {
                       step.store(inner, step.load(out) - Number(bias[j]));
                     });
    nets::triangular_solve(f.lower(), x);
    const Panels middle = kept(x, tile);
    nets::triangular_solve(f.upper(), x);
    x.give(tile.values.data(), 0, dim());
    tile.log_det.array() -= f.log_det;
    return {x, middle};
  }

  // With c = Pᵀ ∂loss/∂y: ∂L = c middleᵀ, ∂(U + diag) = (Lᵀc) xᵀ, ∂x = (U + diag)ᵀ Lᵀ c.
  void forward_vjp(std::span<const Scalar> theta, std::span<Scalar> grad, const Tape& tape,
                   Tile<Scalar>& tile) const {
    Arena& arena = *tile.arena;
    const ArenaScope scope(arena);
    const Factors f(*this, theta, Scalar(1), arena);
    if (!grad.empty()) view_parameters(*this, grad).bias += column_sums(tile);
    const Panels g = panels_of(tile.grad_values, arena);
    for_each_feature(g, tile.grad_values,
                     [](Eigen::Index, const RowStep<Scalar>& step, Scalar* inner, Scalar* out) {
                       step.store(inner, step.load(out));
                     });
    const MatrixMap<Scalar> by_lower = grad.empty() ? nothing() : outer_product(g, tape.middle, arena);
    nets::triangular_multiply(f.lower().transposed(), g);
    const MatrixMap<Scalar> by_upper = grad.empty() ? nothing() : outer_product(g, tape.x, arena);
    nets::triangular_multiply(f.upper().transposed(), g);
    g.give(tile.grad_values.data(), 0, dim());
    if (!grad.empty()) add(theta, grad, by_lower, by_upper, Scalar(1), tile);
  }

  // The same for the inverse: c = L⁻ᵀ (U + diag)⁻ᵀ ∂loss/∂x, and every gradient in theta negative.
  void inverse_vjp(std::span<const Scalar> theta, std::span<Scalar> grad, const Tape& tape,
                   Tile<Scalar>& tile) const {
    Arena& arena = *tile.arena;
    const ArenaScope scope(arena);
    const Factors f(*this, theta, Scalar(-1), arena);
    const Panels g = panels_of(tile.grad_values, arena);
    nets::triangular_solve(f.upper().transposed(), g);
    const MatrixMap<Scalar> by_upper = grad.empty() ? nothing() : outer_product(g, tape.x, arena);
    nets::triangular_solve(f.lower().transposed(), g);
    const MatrixMap<Scalar> by_lower = grad.empty() ? nothing() : outer_product(g, tape.middle, arena);
    for_each_feature(g, tile.grad_values,
                     [](Eigen::Index, const RowStep<Scalar>& step, Scalar* inner, Scalar* out) {
                       step.store(out, step.load(inner));
                     });
    if (grad.empty()) return;
    view_parameters(*this, grad).bias -= column_sums(tile);
    add(theta, grad, by_lower, by_upper, Scalar(-1), tile);
  }

 private:
  using Number = Lanes<Scalar>;
  using Panels = nets::Panels<Scalar>;
  using Vector = typename Tile<Scalar>::Vector;

  /// L and U + diag(d) in one matrix; for substitution (sign -1) negated, with 1/d.
  struct Factors {
    Scalar* entries;   // D × D: L below the diagonal, U above
    Scalar* diagonal;  // D
    Eigen::Index dim;
    Scalar log_det = 0;

    Factors(const LuLinear& layer, std::span<const Scalar> theta, Scalar sign, Arena& arena)
        : entries(arena.allocate<Scalar>(static_cast<std::size_t>(layer.dim() * layer.dim()))),
          diagonal(arena.allocate<Scalar>(static_cast<std::size_t>(layer.dim()))),
          dim(layer.dim()) {
      const auto p = view_parameters(layer, theta);
      layer.for_each_entry([&](Eigen::Index i, Eigen::Index j, Eigen::Index k) {
        entries[i + j * dim] = sign * (i > j ? p.lower[k] : p.upper[k]);
      });
      for (Eigen::Index i = 0; i < dim; ++i) {
        const Scalar s = LogScale{}(p.log_diagonal[i]).value;
        diagonal[i] = std::exp(sign * s);
        log_det += s;
      }
    }
    nets::Triangular<Scalar> lower() const { return {nets::Triangle::lower, entries, 1, dim, nullptr}; }
    nets::Triangular<Scalar> upper() const { return {nets::Triangle::upper, entries, 1, dim, diagonal}; }
  };

  // Calls body(i, j, k) for each entry (i, j) off the diagonal, which is entry k of its part in theta.
  template <class Body>
  void for_each_entry(const Body& body) const {
    Eigen::Index lower = 0, upper = 0;
    for (Eigen::Index i = 0; i < dim(); ++i) {
      for (Eigen::Index j = 0; j < i; ++j) body(i, j, lower++);
      for (Eigen::Index j = i + 1; j < dim(); ++j) body(i, j, upper++);
    }
  }

  // Calls body(j, step, inner, outer) for each step of rows of the permutation's input column that becomes column j.
  template <class Body>
  void for_each_feature(const Panels& inner, typename Tile<Scalar>::Matrix& outer, const Body& body) const {
    for (Eigen::Index p = 0; p < inner.count(); ++p)
      for (Eigen::Index j = 0; j < dim(); ++j) {
        Scalar* const from = inner.column(p, permutation_.indices()[static_cast<std::size_t>(j)]);
        Scalar* const to = outer.col(j).data() + p * Panels::height;
        for (const RowStep<Scalar> step : RowSteps<Scalar>(inner.real_rows(p))) body(j, step, from, to);
      }
  }

  static Panels panels_of(const typename Tile<Scalar>::Matrix& values, Arena& arena) {
    const Panels panels = Panels::allocate(arena, values.rows(), values.cols());
    panels.take(values.data(), 0, values.cols());
    return panels;
  }
  static Panels kept(const Panels& panels, const Tile<Scalar>& tile) {
    if (!tile.record) return panels;
    const Panels copy = Panels::allocate(*tile.arena, panels.rows, panels.cols);
    std::copy_n(panels.data, panels.count() * panels.stride(), copy.data);
    return copy;
  }

  // D × D: Σ over rows of left(i) right(j).
  static MatrixMap<Scalar> outer_product(const Panels& left, const Panels& right, Arena& arena) {
    MatrixMap<Scalar> sums(arena.allocate<Scalar>(static_cast<std::size_t>(left.cols * right.cols)),
                           left.cols, right.cols);
    sums.setZero();
    const nets::Part whole{0, right.cols, 0, left.cols};
    nets::dense_grad_w<Scalar>(left, right, sums.data(), {&whole, 1}, arena);
    return sums;
  }
  static MatrixMap<Scalar> nothing() { return MatrixMap<Scalar>(nullptr, 0, 0); }

  Vector column_sums(const Tile<Scalar>& tile) const {
    Vector sums(tile.arena->template allocate<Scalar>(static_cast<std::size_t>(dim())), dim());
    for (Eigen::Index j = 0; j < dim(); ++j) {
      Number sum(0);
      for (const RowStep<Scalar> step : RowSteps<Scalar>(tile.rows()))
        sum += step.load(tile.grad_values.col(j).data());
      sums[j] = reduce_add(sum);
    }
    return sums;
  }

  void add(std::span<const Scalar> theta, std::span<Scalar> grad, const MatrixMap<Scalar>& by_lower,
           const MatrixMap<Scalar>& by_upper, Scalar sign, const Tile<Scalar>& tile) const {
    Number grad_log_det(0);
    for (const RowStep<Scalar> step : RowSteps<Scalar>(tile.rows()))
      grad_log_det += step.load(tile.grad_log_det.data());
    const Scalar sum = reduce_add(grad_log_det);
    auto p = view_parameters(*this, theta);
    auto g = view_parameters(*this, grad);
    for_each_entry([&](Eigen::Index i, Eigen::Index j, Eigen::Index k) {
      (i > j ? g.lower : g.upper)[k] += sign * (i > j ? by_lower : by_upper)(i, j);
    });
    // Compute the sums before adding them: a product added in place may be fused and round differently.
    Vector by_diagonal(tile.arena->template allocate<Scalar>(static_cast<std::size_t>(dim())), dim());
    for (Eigen::Index i = 0; i < dim(); ++i) {
      const auto s = LogScale{}(p.log_diagonal[i]);
      by_diagonal[i] = sign * s.slope * (std::exp(s.value) * by_upper(i, i) + sum);
    }
    g.log_diagonal += by_diagonal;
  }

  [[no_unique_address]] Dimension<Dim_> dim_;
  Permutation<Scalar, Dim_> permutation_;
  double spread_ = 0;
};

}  // namespace eigenflow
