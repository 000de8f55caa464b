#pragma once

#include <Eigen/Core>
#include <array>
#include <cstddef>
#include <type_traits>

#include "eigenflow/authoring/arena.hpp"
#include "eigenflow/authoring/lanes.hpp"
#include "eigenflow/nets/kernel/convolve.hpp"
#include "eigenflow/nets/kernel/micro_kernel.hpp"
#include "eigenflow/nets/kernel/planes.hpp"
#include "eigenflow/numerics/unroll.hpp"

// The products of convolve.hpp for Planes: vectors of samples times single weights. Sums for a few channels stay in
// registers.

namespace eigenflow::nets {

/// The weights as they are: outputs side by side, then inputs, then taps.
template <class Scalar>
const Scalar* pack_forward(const Planes<Scalar>&, const Convolution&, const Scalar* weight, Arena&) {
  return weight;
}
template <class Scalar>
const Scalar* pack_backward(const Planes<Scalar>&, const Convolution& shape, const Scalar* weight,
                            Arena& arena) {
  Scalar* const packed =
      arena.allocate<Scalar>(static_cast<std::size_t>(shape.taps() * shape.in * shape.out));
  Scalar* next = packed;
  for (Eigen::Index tap = shape.taps(); tap-- > 0;)
    for (Eigen::Index o = 0; o < shape.out; ++o)
      for (Eigen::Index i = 0; i < shape.in; ++i) *next++ = weight[o + shape.out * (i + shape.in * tap)];
  return packed;
}

/// The pixel that each tap reads for each pixel, [pixel][tap]; -1 if it lies outside.
inline const Eigen::Index* tap_sources(const Convolution& shape, Eigen::Index height, Eigen::Index width,
                                       Arena& arena) {
  Eigen::Index* const sources =
      arena.allocate<Eigen::Index>(static_cast<std::size_t>(height * width * shape.taps()));
  Eigen::Index* next = sources;
  for (Eigen::Index y = 0; y < height; ++y)
    for (Eigen::Index x = 0; x < width; ++x)
      for (Eigen::Index tap = 0; tap < shape.taps(); ++tap) {
        const Eigen::Index line = shape.line(y, tap, height), column = shape.column(x, tap, width);
        *next++ = line < 0 || column < 0 ? -1 : line * width + column;
      }
  return sources;
}

/// Channels whose sums stay in registers: of the outputs for two vectors of samples, and of the inputs beside four outputs.
inline constexpr int plane_outs = vector_registers >= 32 ? 8 : 4;
inline constexpr int plane_ins = vector_registers >= 32 ? 4 : 2;

/// Calls body(first, count as a constant) for 0 .. n - 1 in pieces of 8 (at most `Largest`), 4, 2 and 1.
template <int Largest, class Body>
void for_each_group(Eigen::Index n, const Body& body) {
  Eigen::Index first = 0;
  const auto groups_of = [&](auto count) {
    for (; n - first >= count; first += count) body(first, count);
  };
  if constexpr (Largest >= 8) groups_of(std::integral_constant<int, 8>{});
  if constexpr (Largest >= 4) groups_of(std::integral_constant<int, 4>{});
  if constexpr (Largest >= 2) groups_of(std::integral_constant<int, 2>{});
  groups_of(std::integral_constant<int, 1>{});
}

/// Outputs o .. o + Outs - 1 of a pixel for `Vectors` vectors of samples from n.
template <int Outs, int Vectors, class Scalar>
void plane_kernel(const Convolution& shape, const Planes<Scalar>& x, const Eigen::Index* sources,
                  const Scalar* weight, const Scalar* bias, bool relu, const Planes<Scalar>& y,
                  Eigen::Index pixel, Eigen::Index o, Eigen::Index n) {
  using Number = Lanes<Scalar>;
  constexpr int count = Outs * Vectors;
  std::array<Number, static_cast<std::size_t>(count)> sum;
  detail::unroll<count>([&](auto k) { sum[k] = Number(bias ? bias[o + k / Vectors] : Scalar(0)); });
  for (Eigen::Index tap = 0; tap < shape.taps(); ++tap) {
    const Eigen::Index source = sources[pixel * shape.taps() + tap];
    if (source < 0) continue;
    const Scalar* from = x.at(source, 0) + n;
    const Scalar* w = weight + tap * shape.in * shape.out + o;
    for (Eigen::Index i = 0; i < shape.in; ++i, from += x.stride(), w += shape.out) {
      std::array<Number, static_cast<std::size_t>(Vectors)> input;
      detail::unroll<Vectors>([&](auto v) { input[v] = Number::load(from + v * Number::width); });
      detail::unroll<count>(
          [&](auto k) { sum[k] = fma(Number(w[k / Vectors]), input[k % Vectors], sum[k]); });
    }
  }
  detail::unroll<count>([&](auto k) {
    const Number value = relu ? max(sum[k], Number(0)) : sum[k];
    value.store(y.at(pixel, o + k / Vectors) + n + k % Vectors * Number::width);
  });
}

/// grad_w += Σ grad_y xᵀ of one tap, for outputs o .. o + Outs - 1 and inputs i .. i + Ins - 1.
template <int Outs, int Ins, class Scalar>
void plane_grad_kernel(const Convolution& shape, const Planes<Scalar>& x, const Planes<Scalar>& grad_y,
                       const Eigen::Index* sources, Eigen::Index tap, Eigen::Index o, Eigen::Index i,
                       Scalar* grad_w) {
  using Number = Lanes<Scalar>;
  constexpr int count = Outs * Ins;
  std::array<Number, static_cast<std::size_t>(count)> sum;
  sum.fill(Number(0));
  for (Eigen::Index pixel = 0; pixel < x.pixels(); ++pixel) {
    const Eigen::Index source = sources[pixel * shape.taps() + tap];
    if (source < 0) continue;
    const Scalar *const from = x.at(source, i), *const grad = grad_y.at(pixel, o);
    for (Eigen::Index n = 0; n < x.stride(); n += Number::width) {
      std::array<Number, static_cast<std::size_t>(Ins)> input;
      detail::unroll<Ins>([&](auto k) { input[k] = Number::load(from + k * x.stride() + n); });
      detail::unroll<Outs>([&](auto k) {
        const Number g = Number::load(grad + k * x.stride() + n);
        detail::unroll<Ins>([&](auto j) { sum[k * Ins + j] = fma(g, input[j], sum[k * Ins + j]); });
      });
    }
  }
  detail::unroll<count>([&](auto k) {
    grad_w[o + k / Ins + shape.out * (i + k % Ins + shape.in * tap)] += reduce_add(sum[k]);
  });
}

template <class Scalar>
void convolve(const Convolution& shape, const Planes<Scalar>& x, const Scalar* weight, const Scalar* bias,
              bool relu, const Planes<Scalar>& y, Arena& arena) {
  constexpr Eigen::Index width = Lanes<Scalar>::width;
  const ArenaScope scope(arena);
  const Eigen::Index* const sources = tap_sources(shape, x.height, x.width, arena);
  for (Eigen::Index pixel = 0; pixel < x.pixels(); ++pixel)
    for_each_group<plane_outs>(shape.out, [&](Eigen::Index o, auto outs) {
      Eigen::Index n = 0;
      for (; n + width < x.stride(); n += 2 * width)
        plane_kernel<outs(), 2>(shape, x, sources, weight, bias, relu, y, pixel, o, n);
      if (n < x.stride()) plane_kernel<outs(), 1>(shape, x, sources, weight, bias, relu, y, pixel, o, n);
    });
}

template <class Scalar>
void convolve_grad_w(const Convolution& shape, const Planes<Scalar>& x, const Planes<Scalar>& grad_y,
                     Scalar* grad_w, Arena& arena) {
  const ArenaScope scope(arena);
  const Eigen::Index* const sources = tap_sources(shape, x.height, x.width, arena);
  for (Eigen::Index tap = 0; tap < shape.taps(); ++tap)
    for_each_group<4>(shape.out, [&](Eigen::Index o, auto outs) {
      for_each_group<plane_ins>(shape.in, [&](Eigen::Index i, auto ins) {
        plane_grad_kernel<outs(), ins()>(shape, x, grad_y, sources, tap, o, i, grad_w);
      });
    });
}

template <class Scalar>
void convolve_grad_b(const Planes<Scalar>& grad_y, Scalar* grad_b) {
  using Number = Lanes<Scalar>;
  for (Eigen::Index c = 0; c < grad_y.channels; ++c) {
    Number sum(0);
    for (Eigen::Index pixel = 0; pixel < grad_y.pixels(); ++pixel)
      for (Eigen::Index n = 0; n < grad_y.stride(); n += Number::width)
        sum += Number::load(grad_y.at(pixel, c) + n);
    grad_b[c] += reduce_add(sum);
  }
}

}  // namespace eigenflow::nets
