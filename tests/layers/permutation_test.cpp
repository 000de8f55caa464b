#include "eigenflow/layers/permutation.hpp"

#include "support/catch.hpp"
#include "support/engine.hpp"
#include "support/layer_contract.hpp"

namespace ef = eigenflow;
using Catch::Matchers::ContainsSubstring;

TEST_CASE("Permutation obeys the laws") {
  contract::check_layer("Permutation", []<class S, int D>(contract::Kind<S, D> kind) {
    ef::Rng rng(4);  // for D = 3 and 8 not its own inverse
    return ef::Permutation<S, D>::random(kind.dim, rng);
  });
}

TEST_CASE("a Permutation moves feature indices()[j] to column j") {
  const ef::Permutation<double> permutation({2, 0, 3, 1});
  ef::Arena arena;
  auto tile = ef::Tile<double>::allocate(arena, 2, 4, false);
  tile.values << 10, 11, 12, 13, 20, 21, 22, 23;
  tile.log_det << 0.25, 0.5;
  permutation.forward({}, tile);
  Eigen::MatrixXd expected(2, 4);
  expected << 12, 10, 13, 11, 22, 20, 23, 21;
  CHECK(tile.values == expected);
  CHECK(tile.log_det == Eigen::Vector2d(0.25, 0.5));
  CHECK(ef::Permutation<double>::reverse(3).indices() == std::vector<Eigen::Index>{2, 1, 0});
}

TEST_CASE("a list that is no permutation is rejected with the entry that is wrong") {
  using Permutation = ef::Permutation<float>;
  CHECK_THROWS_WITH(Permutation({0, 3, 1}),
                    ContainsSubstring("entry 1 of the permutation is 3") && ContainsSubstring("from 0 to 2"));
  CHECK_THROWS_WITH(Permutation({0, -1}), ContainsSubstring("entry 1 of the permutation is -1"));
  CHECK_THROWS_WITH(Permutation({1, 0, 1}), ContainsSubstring("entry 2 of the permutation is 1") &&
                                                ContainsSubstring("as entry 0 already is"));
  CHECK_THROWS_AS(Permutation(std::vector<Eigen::Index>{}), std::invalid_argument);
  CHECK_THROWS_WITH((ef::Permutation<float, 3>({1, 0})),
                    ContainsSubstring("3 features at compile time, but 2"));
}

TEST_CASE("a Permutation of so many features reverses them") {
  CHECK(ef::Permutation<double>(3).indices() == ef::Permutation<double>::reverse(3).indices());
  CHECK(ef::Permutation<double, 2>(2).indices() == ef::Permutation<double, 2>().indices());
  CHECK_THROWS_AS((ef::Permutation<double, 2>(3)), std::invalid_argument);
  CHECK_THROWS_AS(ef::Permutation<double>(0), std::invalid_argument);
}
