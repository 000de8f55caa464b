#pragma once

#include <Eigen/Core>
#include <memory>
#include <string>
#include <utility>

#include "support/contract/subject.hpp"

// The contract tests, called laws, of every layer, composition and base. One line tests a layer:
//
//   TEST_CASE("Planar obeys the laws") {
//     contract::check_layer("Planar", []<class S, int D>(contract::Kind<S, D> kind) {
//       return Planar<S, D>(kind.dim);
//     });
//   }
//
// The factory makes instances of float, double and (as the reference) long double, each with D at compile time and at
// run time. All instances must be the same bijection: fix the seeds of random structure.

namespace contract {

struct Options {
  /// Extreme inputs reach max^exponent of the type; use less if several layers may multiply them.
  double extreme_exponent = 0.75;
  /// True for a bijection with an inverse, false for a base.
  bool bijection = true;
  /// True if the inverse of a number of ordinary size is finite for every theta.
  bool finite_inverse = false;
  /// Standard deviation of the rows: a large one tests the tails of a base, where densities underflow.
  double spread = 1;
  /// Standard deviation of random parameters. Below 1, for a flow of many layers, whose factors multiply, also leaves out
  /// parameters of size 1000.
  double theta_size = 1;
};

/// All laws for one D, for both directions, float and double, and theta zero, initial, random and large.
void obey_the_laws(const Candidates& candidates, const Options& options);

/// Every law for the layer that `make` gives, for D = 1,
/// 2, 3 and 8 or the list given: check_layer<2, 3>(...).
template <int... Dims, class Make>
void check_layer(const std::string& name, const Make& make, const Options& options = {});

/// Every law of gradients, batches and allocation for a base.
template <int... Dims, class Make>
void check_base(const std::string& name, const Make& make, Options options = {});

// ---- implementation details below

namespace detail {

template <template <class> class AsSubject, class Instance>
auto subject(Instance instance) {
  return std::make_unique<AsSubject<Instance>>(std::move(instance));
}

template <template <class> class AsSubject, int Dim, class Make>
void check_dimension(const std::string& name, const Make& make, const Options& options) {
  constexpr int dynamic = Eigen::Dynamic;
  Candidates candidates;
  candidates.name = name + ", D = " + std::to_string(Dim);
  candidates.reference = subject<AsSubject>(make(Kind<Wide, dynamic>{Dim}));
  candidates.floats.push_back(subject<AsSubject>(make(Kind<float, dynamic>{Dim})));
  candidates.floats.push_back(subject<AsSubject>(make(Kind<float, Dim>{Dim})));
  candidates.doubles.push_back(subject<AsSubject>(make(Kind<double, dynamic>{Dim})));
  candidates.doubles.push_back(subject<AsSubject>(make(Kind<double, Dim>{Dim})));
  obey_the_laws(candidates, options);
}

template <template <class> class AsSubject, int... Dims, class Make>
void check(const std::string& name, const Make& make, const Options& options) {
  if constexpr (sizeof...(Dims) == 0)
    check<AsSubject, 1, 2, 3, 8>(name, make, options);
  else
    (check_dimension<AsSubject, Dims>(name, make, options), ...);
}

}  // namespace detail

template <int... Dims, class Make>
void check_layer(const std::string& name, const Make& make, const Options& options) {
  detail::check<LayerSubject, Dims...>(name, make, options);
}

template <int... Dims, class Make>
void check_base(const std::string& name, const Make& make, Options options) {
  options.bijection = false;
  detail::check<BaseSubject, Dims...>(name, make, options);
}

}  // namespace contract
