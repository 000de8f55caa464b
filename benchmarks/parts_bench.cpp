#include <eigenflow/any/any_layer.hpp>
#include <stdexcept>
#include <string>

#include "support/layer_bench.hpp"
#include "support/standard_parts.hpp"

// Every layer of the list in eigenflow/parts.hpp, by its example, for two features and for sixteen. Layers that need a
// context are left out.

namespace ef = eigenflow;

namespace {

template <class Scalar>
ef::AnyLayer<Scalar> example(const std::string& tag, Eigen::Index dim) {
  static const auto parts = ef::io::standard_parts<Scalar>();
  return parts.template example<ef::AnyLayer<Scalar>>(tag, dim);
}

bool needs_context(const std::string& tag) {
  try {
    example<float>(tag, 2);
    return false;
  } catch (const std::invalid_argument&) {
    return true;
  }
}

}  // namespace

int main(int argc, char** argv) {
  for (const std::string& tag : ef::io::standard_parts<float>().tags<ef::AnyLayer<float>>())
    if (!needs_context(tag))
      for (const Eigen::Index dim : {2, 16})
        benchmarks::layer(tag + "/D=" + std::to_string(dim),
                          [tag, dim]<class Scalar>(Scalar, ef::Rng&) { return example<Scalar>(tag, dim); });
  return benchmarks::run(argc, argv);
}
