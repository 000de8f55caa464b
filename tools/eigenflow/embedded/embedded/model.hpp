#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include "eigenflow/authoring/arena.hpp"
#include "eigenflow/authoring/context_units.hpp"
#include "eigenflow/authoring/lanes.hpp"
#include "eigenflow/authoring/overflow.hpp"
#include "eigenflow/authoring/spoil.hpp"
#include "eigenflow/authoring/tile.hpp"
#include "eigenflow/compose/density.hpp"
#include "eigenflow/nets/kernel/micro_kernel.hpp"
#include "eigenflow/numerics/rng.hpp"

namespace eigenflow::embedded {

/// The data of an embedded flow.
template <class Layers, class Base, class Scalar>
struct Parts {
  Layers layers;
  Base base;
  std::span<const Scalar> layer_theta;
  std::span<const Scalar> base_theta;
  ContextUnits<Scalar> units;
};

/// Bytes of scratch that a pass needs on this machine, if it needed `measured` with vectors of `lanes` numbers and
/// panels of `rows`. An upper bound, by proportion.
template <class Scalar>
constexpr std::size_t scratch_bytes(std::size_t measured, std::size_t lanes, std::size_t rows) {
  const auto times = [](Eigen::Index here, std::size_t there) {
    return (static_cast<std::size_t>(here) + there - 1) / there;
  };
  return measured * std::max(times(Lanes<double>::width, lanes), times(nets::Block<double>::rows, rows));
}

/// An embedded flow. A point is a vector of `dim` numbers, a context one of `context_dim`; densities are in nats.
/// Every call is bit-identical to the call of the flow in the file with a batch of one row. It does not allocate and is
/// thread-safe. Scratch is on the stack.
template <class Description>
class Model final {
 public:
  using Scalar = typename Description::Scalar;
  static constexpr int dim = Description::dim;
  static constexpr int context_dim = Description::context_dim;
  static constexpr std::size_t parameters = Description::parameters;
  using Point = Eigen::Matrix<Scalar, dim, 1>;
  using Context = Eigen::Matrix<Scalar, context_dim, 1>;
  using Rng = eigenflow::Rng;

  /// Bytes of stack that a call needs, and log_prob_and_grad.
  static constexpr std::size_t stack_bytes =
      scratch_bytes<Scalar>(Description::scratch, Description::measured_lanes, Description::measured_rows);
  static constexpr std::size_t grad_stack_bytes = scratch_bytes<Scalar>(
      Description::grad_scratch, Description::measured_lanes, Description::measured_rows);

  struct Forward {
    Point z;
    Scalar log_det;  ///< log|det ∂z/∂x|
  };
  struct Generated {
    Point x;
    Scalar log_det;  ///< log|det ∂x/∂z|
  };
  struct LogProbAndGrad {
    Scalar log_prob;
    Point grad;            ///< ∇ₓ log p(x | c)
    Context grad_context;  ///< ∇_c log p(x | c)
  };
  struct SampleAndLogProb {
    Point x;
    Scalar log_prob;
  };

  /// log p(x), or log p(x | c): -∞ if x overflows on its way to z, -∞ or NaN if x or c is not finite.
  Scalar log_prob(const Point& x) const noexcept requires(context_dim == 0) { return density(x, {}); }
  Scalar log_prob(const Point& x, const Context& c) const noexcept requires(context_dim > 0) {
    return density(x, c);
  }
  /// The same with its gradients.
  LogProbAndGrad log_prob_and_grad(const Point& x) const noexcept requires(context_dim == 0) {
    return density_and_grad(x, {});
  }
  LogProbAndGrad log_prob_and_grad(const Point& x, const Context& c) const noexcept
      requires(context_dim > 0) {
    return density_and_grad(x, c);
  }

  /// One sample. `rng` is Rng or any generator of 64-bit words, such as std::mt19937_64. One word is used.
  template <class Generator>
  Point sample(Generator& rng) const noexcept requires(context_dim == 0) {
    return draw<false>({}, rng).x;
  }
  template <class Generator>
  Point sample(const Context& c, Generator& rng) const noexcept requires(context_dim > 0) {
    return draw<false>(c, rng).x;
  }
  template <class Generator>
  SampleAndLogProb sample_and_log_prob(Generator& rng) const noexcept requires(context_dim == 0) {
    return draw<true>({}, rng);
  }
  template <class Generator>
  SampleAndLogProb sample_and_log_prob(const Context& c, Generator& rng) const noexcept
      requires(context_dim > 0) {
    return draw<true>(c, rng);
  }

  /// Data x to latent z, and back.
  Forward forward(const Point& x) const noexcept requires(context_dim == 0) { return normalize(x, {}); }
  Forward forward(const Point& x, const Context& c) const noexcept requires(context_dim > 0) {
    return normalize(x, c);
  }
  Generated inverse(const Point& z) const noexcept requires(context_dim == 0) { return generate(z, {}); }
  Generated inverse(const Point& z, const Context& c) const noexcept requires(context_dim > 0) {
    return generate(z, c);
  }

 private:
  using Tile = eigenflow::Tile<Scalar>;

  // Through a volatile pointer: if the compiler knew the weights, it would compute their exp and log with the
  // rounding of its own library, not that of the target machine.
  static const auto& parts() { return *Description::where; }

  template <class Layers, class Base>
  static Density<Layers, Base> density_of(const Parts<Layers, Base, Scalar>& parts) {
    return {parts.layers, parts.base, parts.layer_theta, parts.base_theta, parts.units};
  }

  /// work(tile) on a tile of one row that has its context and a log_det of zero, in memory of `Bytes`.
  template <std::size_t Bytes, class Work>
  static auto on_tile(const Context& c, bool record, const Work& work) {
    alignas(Arena::alignment) std::byte memory[Bytes];
    Arena arena(memory, Bytes);
    Tile tile = Tile::allocate(arena, 1, dim, record);
    tile.log_det.setZero();
    if constexpr (context_dim > 0) tile.attach_context(context_dim) = c.transpose();
    return work(tile);
  }
  static void take(const Point& x, Tile& tile) {
    tile.values = x.transpose();
    detail::spoil_without_context(tile);
  }
  static Point point(const typename Tile::Matrix& values) { return values.row(0).transpose(); }

  static Scalar density(const Point& x, const Context& c) {
    return on_tile<stack_bytes>(c, false, [&](Tile& tile) {
      take(x, tile);
      density_of(parts()).evaluate(tile);
      detail::settle_overflow<Scalar>(x.transpose(), {}, tile);
      return tile.log_det[0];
    });
  }

  static LogProbAndGrad density_and_grad(const Point& x, const Context& c) {
    return on_tile<grad_stack_bytes>(c, true, [&](Tile& tile) {
      take(x, tile);
      const auto tape = density_of(parts()).evaluate(tile);
      detail::settle_overflow<Scalar>(x.transpose(), {}, tile);
      tile.attach_cotangents().setOnes();
      density_of(parts()).evaluate_vjp({}, {}, tape, tile);
      detail::settle_overflow_vjp(x.transpose(), tile);
      LogProbAndGrad result{tile.log_det[0], point(tile.grad_values), {}};
      if constexpr (context_dim > 0) result.grad_context = tile.grad_context.row(0).transpose();
      return result;
    });
  }

  template <bool with_log_prob, class Generator>
  static SampleAndLogProb draw(const Context& c, Generator& rng) {
    static_assert(
        Generator::min() == 0 && Generator::max() == ~std::uint64_t{0},
        "a sample is drawn with a generator of 64-bit words, as this header's Rng or std::mt19937_64");
    const Rng stream(static_cast<std::uint64_t>(rng()));
    return on_tile<stack_bytes>(c, false, [&](Tile& tile) {
      if constexpr (with_log_prob)
        density_of(parts()).draw_with_log_prob(stream, 0, tile);
      else
        density_of(parts()).draw(stream, 0, tile);
      return SampleAndLogProb{point(tile.values), tile.log_det[0]};
    });
  }

  static Forward normalize(const Point& x, const Context& c) {
    return on_tile<stack_bytes>(c, false, [&](Tile& tile) {
      take(x, tile);
      density_of(parts()).forward(tile);
      return Forward{point(tile.values), tile.log_det[0]};
    });
  }

  static Generated generate(const Point& z, const Context& c) {
    return on_tile<stack_bytes>(c, false, [&](Tile& tile) {
      take(z, tile);
      density_of(parts()).inverse(tile);
      return Generated{point(tile.values), tile.log_det[0]};
    });
  }
};

}  // namespace eigenflow::embedded
