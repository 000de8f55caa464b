#pragma once

#include <Eigen/Core>
#include <concepts>

namespace eigenflow {

/// A typical instance of a part, of `dim` features and given `context_dim` columns of context where it reads one. What
/// goes through all parts (benchmarks, tables of errors, mutants, random flows) takes it:
///
///   static T example(Eigen::Index dim, Eigen::Index context_dim)
///
/// where the part has one, or else T(dim), or else T().
template <class T>
struct ExampleOf {
  static T make(Eigen::Index dim, Eigen::Index context_dim) {
    if constexpr (requires { T::example(dim, context_dim); })
      return T::example(dim, context_dim);
    else if constexpr (std::constructible_from<T, Eigen::Index>)
      return T(dim);
    else
      return T();
  }
};

template <class T>
T example_of(Eigen::Index dim, Eigen::Index context_dim = 0) {
  return ExampleOf<T>::make(dim, context_dim);
}

}  // namespace eigenflow
