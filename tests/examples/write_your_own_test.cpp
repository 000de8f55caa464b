// The parts of the example are held to the laws of the library's own.

#define EIGENFLOW_EXAMPLE_NO_MAIN
#include "../../examples/write_your_own.cpp"

#include "support/catch.hpp"
#include "support/layer_contract.hpp"

TEST_CASE("Bend obeys the laws") {
  contract::check_layer("Bend",
                        []<class S, int D>(contract::Kind<S, D> kind) { return Bend<S, D>(kind.dim); });
}

TEST_CASE("Softscale obeys the laws in a coupling") {
  contract::check_layer<2, 3>("Softscale", []<class S, int D>(contract::Kind<S, D> kind) {
    return ef::Coupling<Softscale<S>, ef::Mlp<S>, D>(kind.dim,
                                                     {.hidden = {4}, .activation = ef::Activation::tanh});
  });
}

TEST_CASE("Bumps obey the laws in a coupling") {
  contract::check_layer<2, 3>("Bumps", []<class S, int D>(contract::Kind<S, D> kind) {
    return ef::Coupling<ef::Shift<S>, Bumps<S>, D>(kind.dim, {.count = 6});
  });
}
