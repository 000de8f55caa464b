#include "eigenflow/compose/inverse.hpp"

#include <type_traits>

#include "eigenflow/layers/planar.hpp"
#include "support/catch.hpp"
#include "support/contract/evaluate.hpp"
#include "support/contract/random.hpp"
#include "support/engine.hpp"
#include "support/layer_contract.hpp"

namespace ef = eigenflow;
using contract::Direction;

TEST_CASE("Inverse obeys the laws") {
  contract::check_layer<2>("Inverse of Planar", []<class S, int D>(contract::Kind<S, D> kind) {
    return ef::Inverse(ef::Planar<S, D>(kind.dim));
  });
}

TEST_CASE("Inverse swaps the directions, and twice is none") {
  const ef::Planar<double> planar(3);
  const ef::Inverse swapped(planar);
  const contract::Problem<double> problem{contract::random_normal<double>(7, 1, 1),
                                          contract::random_normal<double>(6, 3, 2),
                                          contract::MatrixX<double>(6, 0)};
  const auto inverse_of_planar =
      contract::evaluate(contract::LayerSubject(planar), Direction::inverse, problem);
  const auto forward_of_inverse =
      contract::evaluate(contract::LayerSubject(swapped), Direction::forward, problem);
  CHECK(forward_of_inverse.values == inverse_of_planar.values);
  CHECK(forward_of_inverse.log_det == inverse_of_planar.log_det);

  const auto twice = ef::inverse(ef::inverse(planar));
  static_assert(
      std::is_same_v<std::remove_cv_t<decltype(twice)>, ef::Inverse<ef::Inverse<ef::Planar<double>>>>);
  CHECK(contract::evaluate(contract::LayerSubject(twice), Direction::forward, problem).values ==
        contract::evaluate(contract::LayerSubject(planar), Direction::forward, problem).values);
}
