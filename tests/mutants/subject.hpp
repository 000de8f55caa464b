#pragma once

#include <memory>
#include <string>
#include <utility>

#include "eigenflow/authoring/example.hpp"
#include "eigenflow/concepts/layer.hpp"
#include "support/layer_contract.hpp"

// What a mutant is compiled with: one layer, D at run time alone, and the laws as they are.

/// Enrols the part whose source is mutated. A file in subjects/ defines it; without one, it is the part's example (see
/// check_example), by its line in eigenflow/parts.hpp.
void enrol();

namespace mutants {

template <template <class> class AsSubject, class Instance>
auto subject(Instance instance) {
  return std::make_unique<AsSubject<Instance>>(std::move(instance));
}

template <template <class> class AsSubject, class Make>
void check(Eigen::Index dim, const Make& make, const contract::Options& options = {}) {
  using contract::Kind;
  contract::Candidates candidates;
  candidates.name = "mutant, D = " + std::to_string(dim);
  candidates.reference = subject<AsSubject>(make(Kind<contract::Wide, Eigen::Dynamic>{dim}));
  candidates.floats.push_back(subject<AsSubject>(make(Kind<float, Eigen::Dynamic>{dim})));
  candidates.doubles.push_back(subject<AsSubject>(make(Kind<double, Eigen::Dynamic>{dim})));
  contract::obey_the_laws(candidates, options);
}

template <class Make>
void check_layer(Eigen::Index dim, const Make& make, const contract::Options& options = {}) {
  check<contract::LayerSubject>(dim, make, options);
}

template <class Make>
void check_base(Eigen::Index dim, const Make& make, contract::Options options = {}) {
  options.bijection = false;
  check<contract::BaseSubject>(dim, make, options);
}

/// Part<S> as the list has it, of three features, given two columns of context where it reads one.
template <template <class> class Part>
void check_example() {
  const auto make = []<class S, int D>(contract::Kind<S, D> kind) {
    return eigenflow::example_of<Part<S>>(kind.dim, 2);
  };
  if constexpr (eigenflow::Layer<Part<double>>)
    check_layer(3, make);
  else
    check_base(3, make);
}

}  // namespace mutants
