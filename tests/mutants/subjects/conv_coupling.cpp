#include "eigenflow/conditioners/conv_net.hpp"
#include "eigenflow/conditioners/conv_residual_net.hpp"
#include "eigenflow/layers/coupling.hpp"
#include "mutants/subject.hpp"

namespace ef = eigenflow;

void enrol() {
  // Channels on both sides of half a vector, so that thin and whole results are broken alike.
  mutants::check_layer(24, []<class S, int D>(contract::Kind<S, D> kind) {
    return ef::Coupling<ef::Affine<S>, ef::ConvNet<S>, D>(kind.dim, 12,
                                                          {.height = 3,
                                                           .width = 2,
                                                           .hidden = {9, 2},
                                                           .kernels = {3, 1, 3},
                                                           .activation = ef::Activation::tanh});
  });
  mutants::check_layer(12, []<class S, int D>(contract::Kind<S, D> kind) {
    return ef::Coupling<ef::Shift<S>, ef::ConvResidualNet<S>, D>(kind.dim, 6,
                                                                 {.height = 3,
                                                                  .width = 4,
                                                                  .channels = 3,
                                                                  .blocks = 1,
                                                                  .padding = ef::Padding::circular,
                                                                  .activation = ef::Activation::silu,
                                                                  .broadcast = 1,
                                                                  .checkerboard = ef::Colour::even},
                                                                 {}, 1);
  });
  // Narrow: samples side by side.
  mutants::check_layer(12, []<class S, int D>(contract::Kind<S, D> kind) {
    return ef::Coupling<ef::Affine<S>, ef::ConvNet<S>, D>(kind.dim, 6,
                                                          {.height = 3,
                                                           .width = 4,
                                                           .hidden = {1},
                                                           .kernels = {3, 3},
                                                           .activation = ef::Activation::tanh,
                                                           .broadcast = 1,
                                                           .checkerboard = ef::Colour::odd},
                                                          {}, 1);
  });
}
