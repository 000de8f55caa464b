#pragma once

#include <Eigen/Core>
#include <type_traits>

#include "eigenflow/any/any_base.hpp"
#include "eigenflow/any/any_layer.hpp"
#include "eigenflow/authoring/example.hpp"
#include "eigenflow/io/registry.hpp"
#include "eigenflow/parts.hpp"

namespace eigenflow::io {

/// All layers and bases of the library, with examples. Compiling them all takes its time: where that matters, make a
/// Registry of the few that your files have.
template <class Scalar>
Registry<Scalar> standard_parts() {
  Registry<Scalar> registry;
  StandardParts<Scalar>::for_each([&]<class Part>(std::type_identity<Part>) {
    using Any = std::conditional_t<Layer<Part>, AnyLayer<Scalar>, AnyBase<Scalar>>;
    registry.template add<Part>(
        [](Eigen::Index dim, Eigen::Index context_dim) { return Any(example_of<Part>(dim, context_dim)); });
  });
  return registry;
}

}  // namespace eigenflow::io
