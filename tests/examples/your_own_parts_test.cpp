// The parts of the examples pass the contract tests of the library's own.

#define main layer_main
#include "../../examples/your_own_layer.cpp"
#undef main
#define main transformer_main
#include "../../examples/your_own_transformer.cpp"
#undef main
#define main conditioner_main
#include "../../examples/your_own_conditioner.cpp"
#undef main

#include "support/catch.hpp"
#include "support/layer_contract.hpp"

TEST_CASE("Skew obeys the laws") {
  contract::check_layer("Skew",
                        []<class S, int D>(contract::Kind<S, D> kind) { return Skew<S, D>(kind.dim); });
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
