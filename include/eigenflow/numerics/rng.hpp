#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <type_traits>

#include "eigenflow/numerics/ieee.hpp"
#include "eigenflow/numerics/normal_quantile.hpp"
#include "eigenflow/numerics/philox.hpp"
#include "eigenflow/text/error.hpp"

namespace eigenflow {

namespace detail {

template <class Out>
concept RealDense =
    std::derived_from<Out, Eigen::DenseBase<Out>> && std::floating_point<typename Out::Scalar>;

/// The results of `fill_uniform` and `fill_normal`: a matrix, an array, a Map or a Block of real numbers.
template <class Out>
concept WritableDense = RealDense<std::remove_cvref_t<Out>> &&
    bool(Eigen::internal::is_lvalue<std::remove_reference_t<Out>>::value);

/// The upper half of the 128-bit product, from four 32-bit products: there is no portable 128-bit integer.
[[nodiscard]] constexpr std::uint64_t multiply_high(std::uint64_t a, std::uint64_t b) noexcept {
  const std::uint64_t a_low = a & 0xFFFFFFFFU;
  const std::uint64_t a_high = a >> 32;
  const std::uint64_t b_low = b & 0xFFFFFFFFU;
  const std::uint64_t b_high = b >> 32;
  const std::uint64_t middle = a_high * b_low + ((a_low * b_low) >> 32);
  return a_high * b_high + (middle >> 32) + (((middle & 0xFFFFFFFFU) + a_low * b_high) >> 32);
}

/// [0, 1): the word's leading bits, as many as S holds, so that no rounding can reach 1.
template <std::floating_point S>
[[nodiscard]] constexpr S uniform_from(std::uint64_t word) noexcept {
  constexpr int bits = std::min(std::numeric_limits<S>::digits, 64);
  constexpr S unit = S(0.5) / static_cast<S>(std::uint64_t{1} << (bits - 1));
  return static_cast<S>(word >> (64 - bits)) * unit;
}

/// The word's place in the open interval (−1/2, 1/2): the middle of its cell of width 2⁻⁶⁴.
[[nodiscard]] constexpr double centred_uniform_from(std::uint64_t word) noexcept {
  const auto cell = static_cast<std::int64_t>(word ^ (std::uint64_t{1} << 63));
  return (static_cast<double>(cell) + 0.5) * 0x1p-64;
}

/// The normal beyond the centre. The distance to the nearer end is computed from the integer, so that it keeps all
/// digits.
[[nodiscard]] inline double tail_normal_from(std::uint64_t word) noexcept {
  const bool lower_half = word < (std::uint64_t{1} << 63);
  const auto cell = static_cast<std::int64_t>(lower_half ? word : ~word);
  const double magnitude = normal_quantile_in_tail((static_cast<double>(cell) + 0.5) * 0x1p-64);
  return lower_half ? -magnitude : magnitude;
}

/// True if the normal of this word needs no logarithm.
[[nodiscard]] constexpr bool is_central(std::uint64_t word) noexcept {
  const double u = centred_uniform_from(word);
  return u >= -normal_quantile_split && u <= normal_quantile_split;
}

[[nodiscard]] inline double normal_from(std::uint64_t word) noexcept {
  return is_central(word) ? normal_quantile_near_centre(centred_uniform_from(word)) : tail_normal_from(word);
}

}  // namespace detail

/// Random numbers as a function of (seed, stream, position): the counter-based generator Philox4x32-10.
///
/// The stream of 64-bit words is fixed by `seed` and `stream`; `position` counts the words used. Every number
/// drawn, of any kind, uses exactly one word, so positions are predictable, `discard` costs nothing, and the
/// three numbers are all that a checkpoint has to store. Integers and uniforms are the same on every machine
/// and compiler; normals agree to a few units in the last place. It is a standard UniformRandomBitGenerator,
/// small enough to pass by value: a copy continues at the same position.
class Rng {
 public:
  using result_type = std::uint64_t;

  /// A generator at word `position` of the given stream.
  explicit constexpr Rng(std::uint64_t seed, std::uint64_t stream = 0, std::uint64_t position = 0) noexcept
      : seed_(seed), stream_(stream), position_(position) {}

  [[nodiscard]] static constexpr result_type min() noexcept { return 0; }
  [[nodiscard]] static constexpr result_type max() noexcept { return ~result_type{0}; }

  /// The next word.
  constexpr result_type operator()() noexcept {
    const std::uint64_t block = position_ / 2;
    if (block != cached_block_) {
      cached_words_ = detail::philox_words(seed_, block, stream_);
      cached_block_ = block;
    }
    return cached_words_[position_++ % 2];
  }

  /// Uniform in [0, 1), with 53 random bits for double and 24 for float.
  template <std::floating_point S = double>
  [[nodiscard]] constexpr S uniform() noexcept {
    return detail::uniform_from<S>((*this)());
  }

  /// Standard normal, by the inverse of its cumulative distribution (computed in double for every S).
  template <std::floating_point S = double>
  [[nodiscard]] S normal() noexcept {
    return static_cast<S>(detail::normal_from((*this)()));
  }

  /// An integer in [0, n), each with probability 1/n to within 2⁻⁶⁴. Throws std::invalid_argument if n < 1.
  template <std::integral Integer>
  [[nodiscard]] constexpr Integer below(Integer n) {
    if (n <= 0) {
      detail::reject("Rng::below(n) needs n >= 1, but n is " + std::to_string(n) +
                     ": there is no integer in an empty range");
    }
    return static_cast<Integer>(detail::multiply_high((*this)(), static_cast<std::uint64_t>(n)));
  }

  /// Skips `words` numbers, at no cost.
  constexpr void discard(std::uint64_t words) noexcept { position_ += words; }

  /// A generator whose seed is the next word: independent of this one, which advances by one word.
  [[nodiscard]] constexpr Rng fork() noexcept { return Rng((*this)()); }

  /// The i-th substream of this (seed, stream), for i < 2⁶³: the same for every position of this generator, so that
  /// rng.fork(step).fork(site) names a stream. Its seed and stream are a block that no draw of this generator uses.
  [[nodiscard]] constexpr Rng fork(std::uint64_t i) const {
    constexpr std::uint64_t beyond_all_draws = std::uint64_t{1} << 63;
    if (i >= beyond_all_draws) {
      detail::reject("Rng::fork(i) needs i < 2^63, but i is " + std::to_string(i) +
                     ": a negative number may have been converted");
    }
    const auto [seed, stream] = detail::philox_words(seed_, beyond_all_draws | i, stream_);
    return Rng(seed, stream);
  }

  /// Fills with uniforms row by row: element (r, c) takes word r·cols + c from here. So the rows from `first`
  /// on, filled after discard(first · cols), are bit-identical to those of one fill of all rows.
  template <detail::WritableDense Out>
  void fill_uniform(Out&& out) {
    using S = typename std::remove_cvref_t<Out>::Scalar;
    fill(out, [](std::span<std::uint64_t> words, S* values) {
      for (std::size_t i = 0; i < words.size(); ++i) values[i] = detail::uniform_from<S>(words[i]);
    });
  }

  /// Fills with standard normals, in the order of `fill_uniform`.
  template <detail::WritableDense Out>
  void fill_normal(Out&& out) {
    using S = typename std::remove_cvref_t<Out>::Scalar;
    fill(out, [](std::span<std::uint64_t> words, S* values) {
      // Two passes: the first has no branch and runs in SIMD, the second corrects the 15 % that are in the tails.
      for (std::size_t i = 0; i < words.size(); ++i) {
        values[i] =
            static_cast<S>(detail::normal_quantile_near_centre(detail::centred_uniform_from(words[i])));
      }
      for (std::size_t i = 0; i < words.size(); ++i) {
        if (!detail::is_central(words[i])) values[i] = static_cast<S>(detail::tail_normal_from(words[i]));
      }
    });
  }

  /// Shuffles in place (Fisher and Yates), using items.size() − 1 words.
  template <class T, std::size_t Extent>
  constexpr void shuffle(std::span<T, Extent> items) {
    for (std::size_t last = items.size(); last > 1; --last) {
      using std::swap;
      swap(items[last - 1], items[below(last)]);
    }
  }

  /// The numbers 0..n−1 in random order. Throws std::invalid_argument if n < 0.
  [[nodiscard]] Eigen::Matrix<Eigen::Index, Eigen::Dynamic, 1> permutation(Eigen::Index n) {
    if (n < 0) {
      detail::reject("Rng::permutation(n) needs n >= 0, but n is " + std::to_string(n));
    }
    Eigen::Matrix<Eigen::Index, Eigen::Dynamic, 1> order(n);
    for (Eigen::Index i = 0; i < n; ++i) order[i] = i;
    shuffle(std::span<Eigen::Index>(order.data(), static_cast<std::size_t>(n)));
    return order;
  }

  [[nodiscard]] constexpr std::uint64_t seed() const noexcept { return seed_; }
  [[nodiscard]] constexpr std::uint64_t stream() const noexcept { return stream_; }
  /// The number of words used so far.
  [[nodiscard]] constexpr std::uint64_t position() const noexcept { return position_; }

  /// Equal generators give equal words from now on.
  friend constexpr bool operator==(const Rng& a, const Rng& b) noexcept {
    return a.seed_ == b.seed_ && a.stream_ == b.stream_ && a.position_ == b.position_;
  }

 private:
  static constexpr std::size_t batch_words = 64;

  constexpr void next_words(std::span<std::uint64_t> words) noexcept {
    if (words.size() == batch_words && position_ % 2 == 0) {
      detail::philox_fill(seed_, position_ / 2, stream_, words.first<batch_words>());
      position_ += batch_words;
    } else {
      for (std::uint64_t& word : words) word = (*this)();
    }
  }

  /// Draws a batch of words, turns it into values with
  /// `convert(span of words, pointer to values)`, spreads them out.
  template <class Out, class Convert>
  void fill(Out& out, Convert convert) {
    std::array<std::uint64_t, batch_words> storage;
    std::array<typename Out::Scalar, batch_words> values;
    Eigen::Index row = 0;
    Eigen::Index col = 0;
    for (auto left = static_cast<std::size_t>(out.size()); left > 0;) {
      const std::span<std::uint64_t> words = std::span(storage).first(std::min(left, batch_words));
      next_words(words);
      convert(words, values.data());
      for (std::size_t i = 0; i < words.size(); ++i) {
        out.coeffRef(row, col) = values[i];
        if (++col == out.cols()) {
          col = 0;
          ++row;
        }
      }
      left -= words.size();
    }
  }

  std::uint64_t seed_;
  std::uint64_t stream_;
  std::uint64_t position_;
  std::uint64_t cached_block_ = ~std::uint64_t{0};  // positions end at 2^64, so no block has this index
  std::array<std::uint64_t, 2> cached_words_{};
};

}  // namespace eigenflow
