#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <array>
#include <cstddef>
#include <span>

#include "eigenflow/authoring/arena.hpp"
#include "eigenflow/authoring/lanes.hpp"
#include "eigenflow/nets/kernel/pixels.hpp"
#include "eigenflow/nets/kernel/tap_kernel.hpp"
#include "eigenflow/numerics/piece_count.hpp"

// A convolution's products on pixels, y(q) = Σ_t W_t x(q + t) + b over the taps t of a kernel of 1 × 1 or 3 × 3 pixels. The
// weights of a layer are out × (taps · in) and column-major: outputs, then inputs, then taps (line by line).

namespace eigenflow::nets {

/// The shape of a convolution. Its outputs at (y, x) read the inputs at (y + dy, x + dx).
struct Convolution {
  Eigen::Index in, out, side;  // of the kernel: 1 or 3
  Padding padding = Padding::zero;

  Eigen::Index taps() const { return side * side; }
  Eigen::Index dy(Eigen::Index tap) const { return tap / side - side / 2; }
  Eigen::Index dx(Eigen::Index tap) const { return tap % side - side / 2; }
  /// From outputs back to inputs: the same taps in reverse.
  Convolution transposed() const { return {out, in, side, padding}; }

  /// The line that tap reads for line y of an image of `height`; -1 if it lies outside.
  Eigen::Index line(Eigen::Index y, Eigen::Index tap, Eigen::Index height) const {
    const Eigen::Index at = y + dy(tap);
    if (padding == Padding::circular) return (at + height) % height;
    return at < height ? at : -1;
  }
  /// The same for column x of an image of `width`.
  Eigen::Index column(Eigen::Index x, Eigen::Index tap, Eigen::Index width) const {
    const Eigen::Index at = x + dx(tap);
    if (padding == Padding::circular) return (at + width) % width;
    return at < width ? at : -1;
  }
};

/// Results that fill at most half a vector are computed by dot products.
template <class Scalar>
constexpr bool is_thin(Eigen::Index channels) {
  return 2 * channels <= Lanes<Scalar>::width;
}

/// Weights as a product reads them: for vectors of outputs, [vector][tap][in][lane]; for thin outputs [out][tap][in].
/// Entry (out, tap, in) is entry(out, tap, in).
template <class Scalar, class Entry>
const Scalar* pack_weights(const Convolution& shape, const Entry& entry, Arena& arena) {
  using Index = Eigen::Index;
  constexpr Index width = Lanes<Scalar>::width;
  const auto round_up = [](Index n) { return detail::piece_count(n, width) * width; };
  const bool thin = is_thin<Scalar>(shape.out);
  const Index in = thin ? round_up(shape.in) : shape.in, out = thin ? shape.out : round_up(shape.out);
  Scalar* const packed = arena.allocate<Scalar>(static_cast<std::size_t>(out * shape.taps() * in));
  Scalar* next = packed;
  if (thin) {
    for (Index o = 0; o < out; ++o)
      for (Index tap = 0; tap < shape.taps(); ++tap)
        for (Index i = 0; i < in; ++i) *next++ = i < shape.in ? entry(o, tap, i) : Scalar(0);
  } else {
    for (Index first = 0; first < out; first += width)
      for (Index tap = 0; tap < shape.taps(); ++tap)
        for (Index i = 0; i < in; ++i)
          for (Index o = first; o < first + width; ++o)
            *next++ = o < shape.out ? entry(o, tap, i) : Scalar(0);
  }
  return packed;
}
/// For y = conv(x), from a layer's weights.
template <class Scalar>
const Scalar* pack_forward(const Pixels<Scalar>&, const Convolution& shape, const Scalar* weight,
                           Arena& arena) {
  return pack_weights<Scalar>(
      shape,
      [&](Eigen::Index o, Eigen::Index tap, Eigen::Index i) {
        return weight[o + shape.out * (i + shape.in * tap)];
      },
      arena);
}
/// For the gradient in x.
template <class Scalar>
const Scalar* pack_backward(const Pixels<Scalar>&, const Convolution& shape, const Scalar* weight,
                            Arena& arena) {
  return pack_weights<Scalar>(
      shape.transposed(),
      [&](Eigen::Index i, Eigen::Index tap, Eigen::Index o) {
        return weight[o + shape.out * (i + shape.in * (shape.taps() - 1 - tap))];
      },
      arena);
}

/// y = conv(x) + bias, or its positive part with `relu`, without the margins. `packed` is from pack_weights, `bias` may be
/// null.
template <class Scalar>
void convolve(const Convolution& shape, const Pixels<Scalar>& x, const Scalar* packed, const Scalar* bias,
              bool relu, const Pixels<Scalar>& y, Arena&) {
  using Number = Lanes<Scalar>;
  using Index = Eigen::Index;
  const bool thin = is_thin<Scalar>(shape.out);
  const Index depth = thin ? x.stride() : shape.in, of_tap = thin ? depth : depth * Number::width;
  std::array<Run, 9> runs;
  for (Index line = 0; line < y.height; ++line) {
    std::size_t count = 0;
    for (Index tap = 0; tap < shape.taps(); ++tap)
      if (const Index from = shape.line(line, tap, x.height); from >= 0)
        runs[count++] = {tap * of_tap, x.pixel(from, shape.dx(tap)) - x.data};
    const std::span<const Run> taps(runs.data(), count);
    Scalar* const to = y.pixel(line, 0);
    if (thin) {
      for (Index row = 0; row < y.line_rows(); ++row)
        std::fill(to + row * y.stride() + shape.out, to + (row + 1) * y.stride(), Scalar(0));
      dot_product(TapProduct<Scalar>{packed, 1, shape.taps() * of_tap, x.data, 1, x.stride(), depth, taps},
                  shape.out, y.line_rows(), [&](Index row, Index o, Scalar sum) {
                    const Scalar value = bias ? sum + bias[o] : sum;
                    to[row * y.stride() + o] = relu ? std::max(value, Scalar(0)) : value;
                  });
    } else {
      tap_product(TapProduct<Scalar>{packed, Number::width, shape.taps() * of_tap, x.data, 1, x.stride(),
                                     depth, taps},
                  y.vectors(), y.line_rows(), [&](Index row, Index vector, Number sum) {
                    const Index at = vector * Number::width;
                    if (bias) sum += RowStep<Scalar>(at, std::min(Number::width, shape.out - at)).load(bias);
                    if (relu) sum = max(sum, Number(0));
                    sum.store(to + row * y.stride() + at);
                  });
    }
  }
}

/// grad_w += Σ grad_y(q) x(q + t)ᵀ, adding the sum over the batch once to each entry. The margins of x must be filled.
template <class Scalar>
void convolve_grad_w(const Convolution& shape, const Pixels<Scalar>& x, const Pixels<Scalar>& grad_y,
                     Scalar* grad_w, Arena& arena) {
  using Number = Lanes<Scalar>;
  using Index = Eigen::Index;
  const ArenaScope scope(arena);
  Run* const runs = arena.allocate<Run>(static_cast<std::size_t>(x.height));
  const bool thin = is_thin<Scalar>(shape.out);
  for (Index tap = 0; tap < shape.taps(); ++tap) {
    std::size_t count = 0;
    for (Index line = 0; line < x.height; ++line)
      if (const Index from = shape.line(line, tap, x.height); from >= 0) {
        const Index of_x = x.pixel(from, shape.dx(tap)) - x.data, of_y = grad_y.pixel(line, 0) - grad_y.data;
        runs[count++] = thin ? Run{of_x, of_y} : Run{of_y, of_x};
      }
    const std::span<const Run> lines(runs, count);
    Scalar* const to = grad_w + tap * shape.in * shape.out;
    if (thin) {  // vectors of inputs
      tap_product(TapProduct<Scalar>{x.data, x.stride(), Number::width, grad_y.data, grad_y.stride(), 1,
                                     x.line_rows(), lines},
                  x.vectors(), shape.out, [&](Index o, Index vector, Number sum) {
                    Scalar sums[static_cast<std::size_t>(Number::width)];
                    sum.store(sums);
                    const Index first = vector * Number::width,
                                last = std::min(first + Number::width, shape.in);
                    for (Index i = first; i < last; ++i) to[o + shape.out * i] += sums[i - first];
                  });
    } else {
      tap_product(TapProduct<Scalar>{grad_y.data, grad_y.stride(), Number::width, x.data, x.stride(), 1,
                                     x.line_rows(), lines},
                  grad_y.vectors(), shape.in, [&](Index i, Index vector, Number sum) {
                    const Index first = vector * Number::width;
                    const RowStep<Scalar> step(first, std::min(Number::width, shape.out - first));
                    Scalar* const column = to + shape.out * i;
                    step.store(column, step.load(column) + sum);
                  });
    }
  }
}

/// grad_b += Σ grad_y(q).
template <class Scalar>
void convolve_grad_b(const Pixels<Scalar>& grad_y, Scalar* grad_b) {
  using Number = Lanes<Scalar>;
  for (Eigen::Index first = 0; first < grad_y.channels; first += Number::width) {
    Number sum(0);
    for (Eigen::Index line = 0; line < grad_y.height; ++line) {
      const Scalar* from = grad_y.pixel(line, 0) + first;
      for (Eigen::Index row = 0; row < grad_y.line_rows(); ++row, from += grad_y.stride())
        sum += Number::load(from);
    }
    const RowStep<Scalar> step(first, std::min(Number::width, grad_y.channels - first));
    step.store(grad_b, step.load(grad_b) + sum);
  }
}

}  // namespace eigenflow::nets
