#pragma once

#include <Eigen/Core>
#include <cstddef>
#include <span>
#include <type_traits>
#include <utility>

#include "eigenflow/authoring/lanes.hpp"
#include "eigenflow/nets/kernel/micro_kernel.hpp"

// The inner loops of a convolution. As in micro_kernel.hpp, a block of sums stays in registers over the whole depth. Here
// the depth comes in runs (one for each tap of the kernel, or for each line of the image) that begin anywhere.

namespace eigenflow::nets {

/// Where a run of the depth begins in either operand.
struct Run {
  Eigen::Index left, right;
};

/// sum(m, p) = Σ_runs Σ_k left[k · left_step + p · left_stride] · right[k · right_step + m · right_stride]: whole vectors
/// of the left operand times single numbers of the right one.
template <class Scalar>
struct TapProduct {
  const Scalar* left;
  Eigen::Index left_step, left_stride;
  const Scalar* right;
  Eigen::Index right_step, right_stride;
  Eigen::Index depth;  // of each run
  std::span<const Run> runs;
};

/// The largest block: this many vectors, and numbers beside `vectors` of them, fill the registers.
inline constexpr int tap_vectors = vector_registers >= 32 ? 4 : 2;
constexpr int tap_numbers(int vectors) {
  return vectors == tap_vectors ? 6 : 12;
}

/// Calls store(m, p, sum) for the block of `Vectors` vectors from p and `Numbers` numbers from m. V counts the vectors, I
/// all sums: written out, so that each is a register.
template <int Vectors, int Numbers, class Scalar, class Store, std::size_t... V, std::size_t... I>
void tap_kernel(const TapProduct<Scalar>& product, Eigen::Index p, Eigen::Index m, const Store& store,
                std::index_sequence<V...>, std::index_sequence<I...>) {
  using Number = Lanes<Scalar>;
  using Index = Eigen::Index;
  constexpr std::size_t vectors = Vectors;
  const Index left_step = product.left_step, left_stride = product.left_stride,
              right_step = product.right_step, right_stride = product.right_stride, depth = product.depth;
  const Scalar* const left = product.left + p * left_stride;
  const Scalar* const right = product.right + m * right_stride;
  Number sum[] = {(void(I), Number(0))...};
  for (const Run& run : product.runs) {
    const Scalar* a = left + run.left;
    const Scalar* b = right + run.right;
    for (Index k = 0; k < depth; ++k, a += left_step, b += right_step) {
      const Number x[] = {Number::load(a + Index(V) * left_stride)...};
      ((sum[I] = fma(x[I % vectors], Number(b[Index(I / vectors) * right_stride]), sum[I])), ...);
    }
  }
  (store(m + Index(I / vectors), p + Index(I % vectors), sum[I]), ...);
}

/// Calls store(m, p, sum) for `vectors` vectors beside `numbers` numbers, block by block.
template <class Scalar, class Store>
void tap_product(const TapProduct<Scalar>& product, Eigen::Index vectors, Eigen::Index numbers,
                 const Store& store) {
  const auto with = [&]<int Vectors>(std::integral_constant<int, Vectors>, Eigen::Index p) {
    const auto block = [&]<int Numbers>(std::integral_constant<int, Numbers>, Eigen::Index m) {
      tap_kernel<Vectors, Numbers>(product, p, m, store, std::make_index_sequence<std::size_t(Vectors)>{},
                                   std::make_index_sequence<std::size_t(Vectors * Numbers)>{});
    };
    constexpr int most = tap_numbers(Vectors);
    Eigen::Index m = 0;
    for (; m + most <= numbers; m += most) block(std::integral_constant<int, most>{}, m);
    for (; m + 3 <= numbers; m += 3) block(std::integral_constant<int, 3>{}, m);
    for (; m < numbers; ++m) block(std::integral_constant<int, 1>{}, m);
  };
  Eigen::Index p = 0;
  if constexpr (tap_vectors == 4)
    for (; p + 4 <= vectors; p += 4) with(std::integral_constant<int, 4>{}, p);
  for (; p + 2 <= vectors; p += 2) with(std::integral_constant<int, 2>{}, p);
  for (; p < vectors; ++p) with(std::integral_constant<int, 1>{}, p);
}

/// The same with vectors along the depth, for results that would leave most of a vector empty:
///
///   store(m, o, Σ_runs Σ_k left[k + o · left_stride] · right[k + m · right_stride])
///
/// in blocks of three numbers by four. The depth is in whole vectors.
template <class Scalar, class Store>
void dot_product(const TapProduct<Scalar>& product, Eigen::Index outputs, Eigen::Index numbers,
                 const Store& store) {
  using Number = Lanes<Scalar>;
  using Index = Eigen::Index;
  const auto block = [&]<std::size_t... M, std::size_t... O, std::size_t... I>(
      Index m, Index o, std::index_sequence<M...>, std::index_sequence<O...>, std::index_sequence<I...>) {
    constexpr std::size_t wide = sizeof...(O);
    Number sum[] = {(void(I), Number(0))...};
    for (const Run& run : product.runs) {
      const Scalar* const a = product.left + run.left + o * product.left_stride;
      const Scalar* const b = product.right + run.right + m * product.right_stride;
      for (Index k = 0; k < product.depth; k += Number::width) {
        const Number x[] = {Number::load(b + Index(M) * product.right_stride + k)...};
        const Number w[] = {Number::load(a + Index(O) * product.left_stride + k)...};
        ((sum[I] = fma(x[I / wide], w[I % wide], sum[I])), ...);
      }
    }
    (store(m + Index(I / wide), o + Index(I % wide), reduce_add(sum[I])), ...);
  };
  const auto rows = [&]<int Outputs>(std::integral_constant<int, Outputs>, Index o) {
    constexpr auto wide = std::make_index_sequence<std::size_t(Outputs)>{};
    Index m = 0;
    for (; m + 3 <= numbers; m += 3)
      block(m, o, std::make_index_sequence<3>{}, wide, std::make_index_sequence<std::size_t(3 * Outputs)>{});
    for (; m < numbers; ++m)
      block(m, o, std::make_index_sequence<1>{}, wide, std::make_index_sequence<std::size_t(Outputs)>{});
  };
  Index o = 0;
  for (; o + 4 <= outputs; o += 4) rows(std::integral_constant<int, 4>{}, o);
  for (; o < outputs; ++o) rows(std::integral_constant<int, 1>{}, o);
}

}  // namespace eigenflow::nets
