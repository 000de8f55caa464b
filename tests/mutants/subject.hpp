#pragma once

#include <memory>
#include <string>
#include <utility>

#include "support/layer_contract.hpp"

// What a mutant is compiled with: one layer, D at run time alone, and the laws as they are.

/// Enrols the layer whose source is mutated; each file in subjects/ defines it once.
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

}  // namespace mutants
