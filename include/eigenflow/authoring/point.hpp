#pragma once

#include <Eigen/Core>
#include <array>
#include <cstddef>
#include <initializer_list>
#include <iterator>
#include <span>
#include <string>
#include <type_traits>
#include <utility>

#include "eigenflow/authoring/rows.hpp"
#include "eigenflow/text/error.hpp"

// One sample as plain numbers: a C array, a std::array or a std::span. (A std::vector may be a table as well, so it is
// none: std::span(vector) is one.)

namespace eigenflow {

namespace detail {

template <class Numbers>
constexpr bool is_plain = false;
template <class S, std::size_t Size>
inline constexpr bool is_plain<S[Size]> = true;
template <class S, std::size_t Size>
inline constexpr bool is_plain<std::array<S, Size>> = true;
template <class S, std::size_t Extent>
inline constexpr bool is_plain<std::span<S, Extent>> = true;

template <class Numbers>
using PlainElement = std::remove_reference_t<decltype(*std::data(std::declval<Numbers&>()))>;

}  // namespace detail

/// Adjacent numbers of type Scalar.
template <class Numbers, class Scalar>
concept PlainNumbers = detail::is_plain<std::remove_cvref_t<Numbers>> &&
    std::is_same_v<std::remove_const_t<detail::PlainElement<Numbers>>, Scalar>;

/// Adjacent numbers that can be written to.
template <class Numbers, class Scalar>
concept PlainStorage =
    detail::is_plain<std::remove_cvref_t<Numbers>> && std::is_same_v<detail::PlainElement<Numbers>, Scalar>;

/// Plain numbers as a row.
template <class S, class Numbers>
Rows<S> row_of(Numbers& numbers) {
  return {std::data(numbers), 1, static_cast<Eigen::Index>(std::size(numbers)), 0, 1};
}

/// One sample as an argument. Lists such as `{0.5f, 2.f}`, arrays and spans convert implicitly, and must outlive the call.
template <class Scalar>
class Point {
 public:
  Point(std::initializer_list<Scalar> numbers)
      : row_{numbers.begin(), 1, static_cast<Eigen::Index>(numbers.size()), 0, 1} {}
  template <class Numbers>
  requires PlainNumbers<const Numbers, Scalar> Point(const Numbers& numbers)
      : row_(row_of<const Scalar>(numbers)) {}
  Point(const Point&) = delete;
  Point& operator=(const Point&) = delete;

  const Rows<const Scalar>& row() const { return row_; }

 private:
  Rows<const Scalar> row_;
};

namespace detail {

/// Throws unless `row` has `dim` numbers.
template <class S>
const Rows<S>& checked_point(const char* call, const char* what, const Rows<S>& row, Eigen::Index dim) {
  if (row.cols != dim)
    reject(std::string(call) + " expects " + std::to_string(dim) + " numbers for " + what + ", but got " +
           std::to_string(row.cols));
  return row;
}

}  // namespace detail
}  // namespace eigenflow
