#include "eigenflow/layers/planar.hpp"

#include "support/catch.hpp"
#include "support/layer_contract.hpp"

namespace ef = eigenflow;

TEST_CASE("Planar obeys the laws") {
  contract::check_layer("Planar",
                        []<class S, int D>(contract::Kind<S, D> kind) { return ef::Planar<S, D>(kind.dim); });
}
