#include "eigenflow/layers/radial.hpp"

#include "support/catch.hpp"
#include "support/layer_contract.hpp"

namespace ef = eigenflow;

TEST_CASE("Radial obeys the laws") {
  contract::check_layer("Radial", []<class S, int D>(contract::Kind<S, D> kind) { return ef::Radial<S, D>(kind.dim); });
}
