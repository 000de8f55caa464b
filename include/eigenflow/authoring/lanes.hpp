#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstring>

#include "eigenflow/numerics/ieee.hpp"
#include "eigenflow/numerics/packet_exp.hpp"

namespace eigenflow {

/// Several samples at once: `width` numbers of one feature in a vector register, with the arithmetic of a scalar.
///
/// A formula written once for `Lanes` runs across the batch at the machine's full vector width with every compiler
/// and optimisation level. It wraps an Eigen packet. If Eigen has none (long double, or EIGEN_DONT_VECTORIZE), it
/// holds a single number and uses the functions of the standard library.
template <class Scalar_, bool Packed = (Eigen::internal::packet_traits<Scalar_>::size > 1)>
struct Lanes {
  using Scalar = Scalar_;
  using Packet = typename Eigen::internal::packet_traits<Scalar>::type;
  static constexpr Eigen::Index width = Eigen::internal::packet_traits<Scalar>::size;

  /// The result of a comparison, lane by lane.
  struct Mask {
    Packet bits;
    friend Mask operator&(Mask a, Mask b) { return {Eigen::internal::pand(a.bits, b.bits)}; }
    friend Mask operator|(Mask a, Mask b) { return {Eigen::internal::por(a.bits, b.bits)}; }
  };

  Packet packet;

  Lanes() = default;
  explicit Lanes(Packet p) : packet(p) {}
  Lanes(Scalar value) : packet(Eigen::internal::pset1<Packet>(value)) {}  // scalars mix freely with lanes

  static Lanes load(const Scalar* from) { return Lanes(Eigen::internal::ploadu<Packet>(from)); }
  void store(Scalar* to) const { Eigen::internal::pstoreu(to, packet); }

  friend Lanes operator+(Lanes a, Lanes b) { return Lanes(Eigen::internal::padd(a.packet, b.packet)); }
  friend Lanes operator-(Lanes a, Lanes b) { return Lanes(Eigen::internal::psub(a.packet, b.packet)); }
  friend Lanes operator*(Lanes a, Lanes b) { return Lanes(Eigen::internal::pmul(a.packet, b.packet)); }
  friend Lanes operator/(Lanes a, Lanes b) { return Lanes(Eigen::internal::pdiv(a.packet, b.packet)); }
  friend Lanes operator-(Lanes a) { return Lanes(Eigen::internal::pnegate(a.packet)); }
  Lanes& operator+=(Lanes b) { return *this = *this + b; }
  Lanes& operator-=(Lanes b) { return *this = *this - b; }
  Lanes& operator*=(Lanes b) { return *this = *this * b; }

  friend Mask operator<(Lanes a, Lanes b) { return {Eigen::internal::pcmp_lt(a.packet, b.packet)}; }
  friend Mask operator>(Lanes a, Lanes b) { return b < a; }
  friend Mask operator<=(Lanes a, Lanes b) { return {Eigen::internal::pcmp_le(a.packet, b.packet)}; }
  friend Mask operator>=(Lanes a, Lanes b) { return b <= a; }

  friend Lanes select(Mask mask, Lanes yes, Lanes no) {
    return Lanes(Eigen::internal::pselect(mask.bits, yes.packet, no.packet));
  }
  friend bool any(Mask mask) {
    return reduce_max(select(mask, Lanes(Scalar(1)), Lanes(Scalar(0)))) > Scalar(0);
  }

  friend Lanes fma(Lanes a, Lanes b, Lanes c) {
    return Lanes(Eigen::internal::pmadd(a.packet, b.packet, c.packet));
  }
  friend Lanes min(Lanes a, Lanes b) { return Lanes(Eigen::internal::pmin(a.packet, b.packet)); }
  friend Lanes max(Lanes a, Lanes b) { return Lanes(Eigen::internal::pmax(a.packet, b.packet)); }
  friend Lanes abs(Lanes a) { return Lanes(Eigen::internal::pabs(a.packet)); }
  friend Lanes floor(Lanes a) { return Lanes(Eigen::internal::pfloor(a.packet)); }
  friend Lanes sqrt(Lanes a) { return Lanes(Eigen::internal::psqrt(a.packet)); }
  friend Lanes exp(Lanes a) { return Lanes(detail::packet_exp<Scalar>(a.packet)); }
  friend Lanes log(Lanes a) { return Lanes(Eigen::internal::plog(a.packet)); }

  friend Scalar reduce_add(Lanes a) { return Eigen::internal::predux(a.packet); }
  friend Scalar reduce_max(Lanes a) { return Eigen::internal::predux_max(a.packet); }

  /// Calls a scalar function lane by lane, if there is no vector form.
  template <class Function>
  static Lanes map(Function function, Lanes a) {
    std::array<Scalar, static_cast<std::size_t>(width)> buffer;
    a.store(buffer.data());
    for (Scalar& value : buffer) value = function(value);
    return load(buffer.data());
  }
};

template <class Scalar_>
struct Lanes<Scalar_, false> {
  using Scalar = Scalar_;
  static constexpr Eigen::Index width = 1;

  struct Mask {
    bool value;
    friend Mask operator&(Mask a, Mask b) { return {a.value && b.value}; }
    friend Mask operator|(Mask a, Mask b) { return {a.value || b.value}; }
  };

  Scalar value;

  Lanes() = default;
  Lanes(Scalar v) : value(v) {}

  static Lanes load(const Scalar* from) { return *from; }
  void store(Scalar* to) const { *to = value; }

  friend Lanes operator+(Lanes a, Lanes b) { return a.value + b.value; }
  friend Lanes operator-(Lanes a, Lanes b) { return a.value - b.value; }
  friend Lanes operator*(Lanes a, Lanes b) { return a.value * b.value; }
  friend Lanes operator/(Lanes a, Lanes b) { return a.value / b.value; }
  friend Lanes operator-(Lanes a) { return -a.value; }
  Lanes& operator+=(Lanes b) { return *this = *this + b; }
  Lanes& operator-=(Lanes b) { return *this = *this - b; }
  Lanes& operator*=(Lanes b) { return *this = *this * b; }

  friend Mask operator<(Lanes a, Lanes b) { return {a.value < b.value}; }
  friend Mask operator>(Lanes a, Lanes b) { return {a.value > b.value}; }
  friend Mask operator<=(Lanes a, Lanes b) { return {a.value <= b.value}; }
  friend Mask operator>=(Lanes a, Lanes b) { return {a.value >= b.value}; }

  friend Lanes select(Mask mask, Lanes yes, Lanes no) { return mask.value ? yes : no; }
  friend bool any(Mask mask) { return mask.value; }

  friend Lanes fma(Lanes a, Lanes b, Lanes c) { return a.value * b.value + c.value; }
  friend Lanes min(Lanes a, Lanes b) { return b.value < a.value ? b : a; }
  friend Lanes max(Lanes a, Lanes b) { return a.value < b.value ? b : a; }
  friend Lanes abs(Lanes a) { return std::abs(a.value); }
  friend Lanes floor(Lanes a) { return std::floor(a.value); }
  friend Lanes sqrt(Lanes a) { return std::sqrt(a.value); }
  friend Lanes exp(Lanes a) { return std::exp(a.value); }
  friend Lanes log(Lanes a) { return std::log(a.value); }

  friend Scalar reduce_add(Lanes a) { return a.value; }
  friend Scalar reduce_max(Lanes a) { return a.value; }

  template <class Function>
  static Lanes map(Function function, Lanes a) {
    return function(a.value);
  }
};

/// One step down the rows of a column: `width` rows, or the remaining ones at the end.
template <class Scalar>
class RowStep {
 public:
  using Numbers = Lanes<Scalar>;

  /// `count` rows from `first`; the other lanes read as zero and are never stored.
  RowStep(Eigen::Index first, Eigen::Index count) : first_(first), count_(count) {}

  Numbers load(const Scalar* column) const {
    return count_ == Numbers::width ? Numbers::load(column + first_) : load_part(column + first_);
  }
  void store(Scalar* column, Numbers numbers) const {
    if (count_ == Numbers::width)
      numbers.store(column + first_);
    else
      store_part(column + first_, numbers);
  }

 private:
  using Buffer = std::array<Scalar, static_cast<std::size_t>(Numbers::width)>;

  Numbers load_part(const Scalar* from) const {
    Buffer buffer{};
    std::memcpy(buffer.data(), from, static_cast<std::size_t>(count_) * sizeof(Scalar));
    return Numbers::load(buffer.data());
  }
  void store_part(Scalar* to, Numbers numbers) const {
    Buffer buffer;
    numbers.store(buffer.data());
    std::memcpy(to, buffer.data(), static_cast<std::size_t>(count_) * sizeof(Scalar));
  }

  Eigen::Index first_;
  Eigen::Index count_;
};

/// All steps down `rows` rows, for a range-based for.
template <class Scalar>
class RowSteps {
 public:
  explicit RowSteps(Eigen::Index rows) : rows_(rows) {}

  struct Iterator {
    Eigen::Index first;
    Eigen::Index rows;
    RowStep<Scalar> operator*() const { return {first, std::min(Lanes<Scalar>::width, rows - first)}; }
    Iterator& operator++() {
      first += Lanes<Scalar>::width;
      return *this;
    }
    friend bool operator!=(const Iterator& a, const Iterator& end) { return a.first < end.first; }
  };

  Iterator begin() const { return {0, rows_}; }
  Iterator end() const { return {rows_, rows_}; }

 private:
  Eigen::Index rows_;
};

}  // namespace eigenflow
