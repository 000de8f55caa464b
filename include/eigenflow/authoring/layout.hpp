#pragma once

#include <Eigen/Core>
#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "eigenflow/authoring/tile.hpp"
#include "eigenflow/numerics/saturating.hpp"

// The `layout` of a layer lists its trainable matrices, vectors and scalars, in the order of theta. (Its `structure`
// lists its constants.) Visitors derive the rest from it: the size of theta, views into it, names for printing and
// files. A visitor gives each entry a type and a value; the layer collects these in its `Parameters<Visitor>`:
//
//   template <class Visitor> struct Parameters { typename Visitor::Vector w; typename Visitor::Scalar b; };
//
//   template <class Self, class Visitor> static Parameters<Visitor> layout(Self& self, Visitor& visit) {
//     return {visit.vector("w", self.dim()), visit.scalar("b")};  // braces: left to right, in the order of theta
//   }
//
// A part must exist before its layout can be visited. If its constructor alone may allocate much (a list of D · K
// numbers), the part may have an `outline` too: a static function of a visitor and the arguments of the constructor
// (those of `structure`). It passes the sizes of the future part to the visitor: matrices, vectors and scalars, and
// by list(size) the memory beside theta. Model files check them before they make the part. The options of a network
// have `dense_layers` or `conv_layers`, so a part with a network needs no outline.

namespace eigenflow {

/// Visitor: counts the trainable numbers, up to the largest Eigen::Index.
struct CountParameters {
  struct Nothing {};
  using Matrix = Nothing;
  using Vector = Nothing;
  using Scalar = Nothing;

  Eigen::Index count = 0;

  Nothing matrix(const char*, Eigen::Index rows, Eigen::Index cols) {
    return add(detail::saturating_product(rows, cols));
  }
  Nothing vector(const char*, Eigen::Index size) { return add(size); }
  Nothing scalar(const char*) { return add(1); }
  template <class Name, class Part>
  auto part(const Name&, Part& part) {
    return std::remove_const_t<Part>::layout(part, *this);
  }

 private:
  Nothing add(Eigen::Index size) {
    count = detail::saturating_sum(count, size);
    return {};
  }
};

/// Visitor: Eigen maps into a segment of theta (S may be const), in order. Names cost nothing here.
template <class S>
struct ViewParameters {
  using Plain = std::remove_const_t<S>;
  template <class T>
  using Like = std::conditional_t<std::is_const_v<S>, const T, T>;
  using Matrix = Eigen::Map<Like<MatrixX<Plain>>>;
  using Vector = Eigen::Map<Like<VectorX<Plain>>>;
  using Scalar = S&;

  S* next;

  Matrix matrix(const char*, Eigen::Index rows, Eigen::Index cols) {
    return Matrix(take(rows * cols), rows, cols);
  }
  Vector vector(const char*, Eigen::Index size) { return Vector(take(size), size); }
  Scalar scalar(const char*) { return *take(1); }
  template <class Name, class Part>
  auto part(const Name&, Part& part) {
    return std::remove_const_t<Part>::layout(part, *this);
  }

 private:
  S* take(Eigen::Index size) { return std::exchange(next, next + size); }
};

/// The position of a named parameter in theta: `path` joins the names of its layers by dots, as
/// "0.conditioner.1.weight".
struct NamedParameter {
  std::string path;
  Eigen::Index offset;
  Eigen::Index rows;
  Eigen::Index cols;  ///< 1 for a vector or a scalar
  int rank;           ///< 2 for a matrix, 1 for a vector, 0 for a scalar
};

/// Visitor: passes the names, shapes and offsets of all parameters, one by one.
struct NameParameters {
  struct Nothing {};
  using Matrix = Nothing;
  using Vector = Nothing;
  using Scalar = Nothing;

  std::function<void(NamedParameter)> take;
  std::string prefix = {};
  Eigen::Index offset = 0;

  Nothing matrix(const char* name, Eigen::Index rows, Eigen::Index cols) { return add(name, rows, cols, 2); }
  Nothing vector(const char* name, Eigen::Index size) { return add(name, size, 1, 1); }
  Nothing scalar(const char* name) { return add(name, 1, 1, 0); }
  template <class Name, class Part>
  auto part(const Name& name, Part& part) {
    const std::size_t length = prefix.size();
    if constexpr (std::is_integral_v<Name>)
      prefix += std::to_string(name) + '.';
    else
      prefix += std::string(name) + '.';
    auto result = std::remove_const_t<Part>::layout(part, *this);
    prefix.resize(length);
    return result;
  }

 private:
  Nothing add(const char* name, Eigen::Index rows, Eigen::Index cols, int rank) {
    take({prefix + name, offset, rows, cols, rank});
    offset += rows * cols;
    return {};
  }
};

/// For layers, conditioners and bases without trainable parameters.
template <class Visitor>
struct NoParameters {};

/// The number of parameters of a layer (conditioner, base).
template <class Part>
Eigen::Index parameter_count(const Part& part) {
  CountParameters count;
  Part::layout(part, count);
  return count.count;
}

/// Named maps into the segment of theta that belongs to `part`.
template <class Part, class S>
auto view_parameters(const Part& part, std::span<S> theta) {
  ViewParameters<S> views{theta.data()};
  return Part::layout(part, views);
}

/// Names, shapes and offsets of all parameters of `part`.
template <class Part>
std::vector<NamedParameter> name_parameters(const Part& part) {
  std::vector<NamedParameter> all;
  NameParameters names{[&](NamedParameter parameter) { all.push_back(std::move(parameter)); }};
  Part::layout(part, names);
  return all;
}

}  // namespace eigenflow
