#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <memory>
#include <span>
#include <string>
#include <tuple>

#include "eigenflow/authoring/dimension.hpp"
#include "eigenflow/authoring/per_feature.hpp"
#include "eigenflow/authoring/structure.hpp"
#include "eigenflow/concepts/layer.hpp"
#include "eigenflow/layers/detail/frame.hpp"
#include "eigenflow/layers/detail/planar_constraint.hpp"
#include "eigenflow/layers/detail/planar_root.hpp"
#include "eigenflow/layers/detail/upper_triangle.hpp"
#include "eigenflow/layers/householder.hpp"
#include "eigenflow/maps/monotone.hpp"
#include "eigenflow/text/name_of.hpp"

namespace eigenflow {

/// The Sylvester layer of van den Berg, Hasenclever, Tomczak & Welling (arXiv:1803.05649), planar along M
/// directions at once:
///
///   map         f(x) = x + Q R h(R̃ Qᵀx + b)                                                       (eq. 13)
///               Q D × M, orthonormal columns: the first M of a product of Householder reflections
///               R, R̃ M × M, upper triangular;  h monotone with slopes in [0, S], tanh by default
///   log-det     Σ_i log(1 + R_ii R̃_ii h'(a_i)),  a = R̃ Qᵀx + b                                    (eq. 14)
///   constraint  R_ii R̃_ii > -1/S (theorem 2), by the constraint of Planar on each pair (R_ii, R̃_ii):
///               every theta is invertible, and R = 0 is the identity
///   inverse     with q = Qᵀx: q + R h(R̃ q + b) = Qᵀy is triangular, so it is solved from the last
///               component to the first. Each is a strictly increasing scalar equation, solved as in Planar.
///               Then x = y + Q (q - Qᵀy)
///   gradient    of the inverse by the implicit-function theorem: a triangular system per row
template <class Scalar_, int Dim_ = Eigen::Dynamic, class Monotone = Tanh>
class Sylvester {
 public:
  using Scalar = Scalar_;
  static constexpr int static_dim = Dim_;

  template <class Visitor>
  struct Parameters {
    typename Householder<Scalar_, Dim_>::template Parameters<Visitor> q;
    typename Visitor::Vector r;        ///< M(M + 1)/2: R row by row, R(0,0), R(0,1) ... R(1,1)...
    typename Visitor::Vector r_tilde;  ///< M(M + 1)/2: R̃, likewise
    typename Visitor::Vector b;        ///< M
  };

  Sylvester() requires(Dim_ != Eigen::Dynamic) : Sylvester(Dim_) {}
  /// Of rank 8, or D if that is less.
  explicit Sylvester(Dimension<Dim_> dim) : Sylvester(dim, std::min<Eigen::Index>(dim, 8)) {}
  /// Of rank M = `rank`. Throws std::invalid_argument for a rank outside 1 .. D.
  constexpr Sylvester(Dimension<Dim_> dim, Eigen::Index rank, Monotone h = {})
      : dim_(dim), rank_(checked(dim, rank)), h_(detail::checked_monotone(h)), q_(dim, rank + rank % 2) {}

  static std::string tag() { return "Sylvester, h = " + detail::tag_of<Monotone>("h(a)"); }
  std::string describe() const { return "rank " + std::to_string(rank_); }
  constexpr Eigen::Index dim() const { return dim_; }
  Eigen::Index rank() const { return rank_; }
  const Monotone& h() const { return h_; }

  static Sylvester example(Eigen::Index dim, Eigen::Index) { return Sylvester(dim, (dim + 1) / 2); }
  static constexpr auto structure() {
    return std::tuple(Option{"dim", &Sylvester::dim}, Option{"rank", &Sylvester::rank},
                      Option{"h", &Sylvester::h});
  }
  template <class Self, class Visitor>
  static Parameters<Visitor> layout(Self& self, Visitor& visit) {
    const Eigen::Index rank = self.rank(), triangle = Triangle::count(rank);
    return {visit.part("q", self.q_), visit.vector("r", triangle), visit.vector("r_tilde", triangle),
            visit.vector("b", rank)};
  }

  /// Random directions, and a small R: close to the identity.
  void initialise(std::span<Scalar> theta, Rng& rng) const {
    auto p = view_parameters(*this, theta);
    rng.fill_normal(p.q.vectors);
    rng.fill_normal(p.r);
    p.r *= Scalar(0.01);
    rng.fill_normal(p.r_tilde);
    rng.fill_normal(p.b);
  }

  /// Columns of N numbers: D of x, then M each of q = Qᵀx, h(a), h'(a)/S, ∂ log J/∂a and 1/J,
  /// where J = 1 + R_ii R̃_ii h'.
  struct Tape {
    const Scalar* kept;
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
  using Constraint = detail::PlanarConstraint<Scalar, 1>;
  using Triangle = detail::UpperTriangle<Scalar>;

  static constexpr Eigen::Index checked(Eigen::Index dim, Eigen::Index rank) {
    if (rank < 1 || rank > dim)
      detail::reject("a Sylvester layer of " + std::to_string(dim) + " features needs a rank from 1 to " +
                     std::to_string(dim) + ", but got " + std::to_string(rank));
    return rank;
  }

  std::span<const Scalar> q_theta(std::span<const Scalar> theta) const { return theta.first(q_size()); }
  std::size_t q_size() const { return static_cast<std::size_t>(dim() * q_.count()); }

  Number* numbers(Eigen::Index count, Arena& arena) const {
    Number* const all = arena.allocate<Number>(static_cast<std::size_t>(count));
    std::fill_n(all, count, Number(0));
    return all;
  }

  /// Common to all rows: Q, R, R̃, b and the constraints on the diagonals.
  struct Shared {
    detail::Frame<Scalar, Householder<Scalar, Dim_>> q;
    Triangle r;
    Triangle r_tilde;
    const Scalar* b;
    Constraint* diagonal;

    Shared(const Sylvester& layer, std::span<const Scalar> theta, Arena& arena)
        : q(layer.q_, layer.q_theta(theta), layer.rank(), arena) {
      const auto p = view_parameters(layer, theta);
      r = {p.r.data(), layer.rank()};
      r_tilde = {p.r_tilde.data(), layer.rank()};
      b = p.b.data();
      diagonal = arena.allocate<Constraint>(static_cast<std::size_t>(layer.rank()));
      for (Eigen::Index i = 0; i < layer.rank(); ++i) {
        const Eigen::Index ii = r.place(i, i);
        std::construct_at(diagonal + i, r.entries + ii, r_tilde.entries + ii, Eigen::Index{1},
                          static_cast<Scalar>(layer.h_.max_slope()), detail::smallest_s<Scalar>(layer.h_),
                          arena);
      }
    }
    Scalar r_hat(Eigen::Index i) const { return diagonal[i].u_hat[0]; }
    Scalar s(Eigen::Index i) const { return diagonal[i].s; }
  };

  template <bool generating>
  Tape evaluate(std::span<const Scalar> theta, Tile<Scalar>& tile) const {
    Arena& arena = *tile.arena;
    const Eigen::Index rows = tile.rows();
    typename Tile<Scalar>::Matrix kept = tile.scratch(tile.record ? dim() + 5 * rank_ : 0);
    const ArenaScope scope(arena);
    const Shared shared(*this, theta, arena);
    Number* const t = numbers(rank_, arena);      // Qᵀ(input), then q = Qᵀx
    Number* const h = numbers(rank_, arena);      // h(a)
    Number* const moved = numbers(rank_, arena);  // Qᵀ(output - input)
    if (tile.record && !generating) kept.leftCols(dim()) = tile.values;
    for (const RowStep<Scalar> step : RowSteps<Scalar>(rows)) {
      shared.q.project(step, tile.values, t);
      Number log_det(0);
      for (Eigen::Index i = rank_; i-- > 0;) {
        const Scalar s = shared.s(i), w = shared.r_tilde(i, i);
        const Number r_hat(shared.r_hat(i)), c = Number(shared.b[i]) + shared.r_tilde.right_of(i, t),
                                             others = shared.r.right_of(i, h);
        if constexpr (generating) t[i] -= others;
        Number a = fma(Number(w), t[i], c);
        if constexpr (generating) a = detail::planar_root(h_, s, a);
        const MonotoneAt<Number> at = h_(a);
        const Number jacobian = fma(Number(s), at.slope, at.complement), own = r_hat * at.value;
        if constexpr (generating) {
          // If the map stretches, q = t - R_ii h has the rounding error of the larger t: use the root instead.
          const Number from_root = (a - c) / Number(w == 0 ? Scalar(1) : w);
          t[i] = select(Number(s - 1) * at.slope >= Number(1), from_root, t[i] - own);
        }
        h[i] = at.value;
        if constexpr (!generating) moved[i] = others + own;
        log_det += log(jacobian);
        if (tile.record) {
          const Number contract = Number(1) / jacobian;
          keep(step, kept, 1, i, at.value);
          keep(step, kept, 2, i, at.slope);
          keep(step, kept, 3, i, Number(s - 1) * at.curvature * contract);
          keep(step, kept, 4, i, contract);
        }
      }
      if constexpr (generating) {
        // x = y + Q (q - Qᵀy), twice: the first result has a residual of the size of the rounding error of y.
        for (int pass = 0; pass < 2; ++pass) {
          shared.q.project(step, tile.values, moved);
          for (Eigen::Index i = 0; i < rank_; ++i) moved[i] = t[i] - moved[i];
          shared.q.move(step, moved, tile.values);
        }
      } else {
        shared.q.move(step, moved, tile.values);
      }
      if (tile.record)
        for (Eigen::Index i = 0; i < rank_; ++i) keep(step, kept, 0, i, t[i]);
      const Number before = step.load(tile.log_det.data());
      step.store(tile.log_det.data(), generating ? before - log_det : before + log_det);
    }
    if (tile.record && generating) kept.leftCols(dim()) = tile.values;
    return {kept.data()};
  }

  // Column `what` of component i on the tape.
  void keep(const RowStep<Scalar>& step, typename Tile<Scalar>::Matrix& kept, Eigen::Index what,
            Eigen::Index i, Number number) const {
    step.store(kept.col(dim() + what * rank_ + i).data(), number);
  }

  // With g_y the cotangent of y = f(x) and m = Qᵀg_y: ∂h = Rᵀm, n = h' ∂h and, from log_det, α; then
  //   ∂a = n + α,  ∂x = g_y + Q R̃ᵀ∂a,  ∂R = m hᵀ,  ∂R̃ = ∂a qᵀ,  ∂b = ∂a,  ∂Q = x (R̃ᵀ∂a)ᵀ + g_y (R h)ᵀ.
  // The inverse has g_x and needs g_y: with e = Qᵀg_x + R̃ᵀα, m + R̃ᵀ h' Rᵀm = e is lower triangular; all else
  // is the same with -m for m, ∂a = α - n and g_y = g_x + Q R̃ᵀ∂a.
  template <bool generating>
  void vjp(std::span<const Scalar> theta, std::span<Scalar> grad, Tape tape, Tile<Scalar>& tile) const {
    Arena& arena = *tile.arena;
    const ArenaScope scope(arena);
    const Eigen::Index rows = tile.rows(), triangle = Triangle::count(rank_);
    const Scalar max_slope = static_cast<Scalar>(h_.max_slope());
    Shared shared(*this, theta, arena);
    Number *const q = numbers(rank_, arena), *const h = numbers(rank_, arena),
                  *const m = numbers(rank_, arena), *const grad_a = numbers(rank_, arena),
                  *const pull = numbers(rank_, arena), *const moved = numbers(rank_, arena);
    Number *const sum_q = numbers(dim() * rank_, arena), *const sum_r = numbers(triangle, arena),
                  *const sum_r_tilde = numbers(triangle, arena), *const sum_b = numbers(rank_, arena),
                  *const sum_s = numbers(rank_, arena);
    for (const RowStep<Scalar> step : RowSteps<Scalar>(rows)) {
      const auto kept = [&](Eigen::Index what, Eigen::Index i) {
        return step.load(tape.kept + (dim() + what * rank_ + i) * rows);
      };
      const Number grad_log_det =
          generating ? -step.load(tile.grad_log_det.data()) : step.load(tile.grad_log_det.data());
      for (Eigen::Index i = 0; i < rank_; ++i) {
        q[i] = kept(0, i);
        h[i] = kept(1, i);
        grad_a[i] = grad_log_det * kept(3, i);
      }
      shared.q.project(step, tile.grad_values, m);
      // Solve the system, first component first; `pull` holds n until it is added to ∂a.
      for (Eigen::Index i = 0; i < rank_; ++i) {
        const Number slope = Number(max_slope) * kept(2, i), w(shared.r_tilde(i, i));
        const Number others = shared.r.above(i, m);
        if constexpr (generating) {
          const Number e = m[i] + fma(w, grad_a[i], shared.r_tilde.above(i, grad_a));
          m[i] = (e - shared.r_tilde.above(i, pull) - w * slope * others) * kept(4, i);
        }
        pull[i] = slope * fma(Number(shared.r_hat(i)), m[i], others);
      }
      for (Eigen::Index i = 0; i < rank_; ++i) {
        sum_s[i] = fma(grad_log_det * kept(2, i), kept(4, i), sum_s[i]);
        grad_a[i] = generating ? grad_a[i] - pull[i] : grad_a[i] + pull[i];
        moved[i] = fma(Number(shared.r_hat(i)), h[i], shared.r.right_of(i, h));
        if constexpr (generating) {
          m[i] = -m[i];
          moved[i] = -moved[i];
        }
        sum_b[i] += grad_a[i];
      }
      for (Eigen::Index i = 0; i < rank_; ++i) {
        pull[i] = fma(Number(shared.r_tilde(i, i)), grad_a[i], shared.r_tilde.above(i, grad_a));
        for (Eigen::Index k = i; k < rank_; ++k) {
          const Eigen::Index ik = shared.r.place(i, k);
          sum_r[ik] = fma(m[i], h[k], sum_r[ik]);
          sum_r_tilde[ik] = fma(grad_a[i], q[k], sum_r_tilde[ik]);
        }
      }
      for (Eigen::Index j = 0; j < dim(); ++j) {
        Scalar* const g = tile.grad_values.col(j).data();
        const Number x = step.load(tape.kept + j * rows), from = step.load(g);
        Number to = from;
        for (Eigen::Index k = 0; k < rank_; ++k) to = fma(shared.q(j, k), pull[k], to);
        step.store(g, to);
        const Number grad_y = generating ? to : from;
        for (Eigen::Index k = 0; k < rank_; ++k) {
          Number& sum = sum_q[j * rank_ + k];
          sum = fma(x, pull[k], fma(grad_y, moved[k], sum));
        }
      }
    }
    if (!grad.empty()) add(grad, theta, shared, arena, sum_q, sum_r, sum_r_tilde, sum_b, sum_s);
  }

  void add(std::span<Scalar> grad, std::span<const Scalar> theta, Shared& shared, Arena& arena,
           const Number* sum_q, const Number* sum_r, const Number* sum_r_tilde, const Number* sum_b,
           const Number* sum_s) const {
    auto g = view_parameters(*this, grad);
    for (Eigen::Index i = 0; i < rank_; ++i) {
      g.b[i] += reduce_add(sum_b[i]);
      for (Eigen::Index k = i + 1; k < rank_; ++k) {
        const Eigen::Index ik = shared.r.place(i, k);
        g.r[ik] += reduce_add(sum_r[ik]);
        g.r_tilde[ik] += reduce_add(sum_r_tilde[ik]);
      }
      const Eigen::Index ii = shared.r.place(i, i);
      PerFeature<Scalar, 1> grad_r_hat(arena, 1), grad_w(arena, 1);
      grad_r_hat[0] = reduce_add(sum_r[ii]);
      grad_w[0] = reduce_add(sum_r_tilde[ii]);
      auto r = g.r.segment(ii, 1), r_tilde = g.r_tilde.segment(ii, 1);
      shared.diagonal[i].pull_back(grad_r_hat, reduce_add(sum_s[i]), grad_w, r, r_tilde);
    }
    shared.q.pull_back(q_, q_theta(theta), grad.first(q_size()), sum_q);
  }

  [[no_unique_address]] Dimension<Dim_> dim_;
  Eigen::Index rank_;
  [[no_unique_address]] Monotone h_;
  Householder<Scalar, Dim_> q_;
};

}  // namespace eigenflow
