#include "eigenflow/layers/autoregressive.hpp"

#include <string>
#include <vector>

#include "eigenflow/inverse.hpp"
#include "eigenflow/transformers/shift.hpp"
#include "support/catch.hpp"
#include "support/layer_contract.hpp"

namespace ef = eigenflow;
using Catch::Matchers::ContainsSubstring;
using Eigen::Index;

namespace {

// Odd widths, so that no product has a shape of whole registers; smooth, so that derivatives have no kinks.
ef::MlpOptions small_network() {
  return {.hidden = {5, 4}, .activation = ef::Activation::tanh};
}

}  // namespace

TEST_CASE("MaskedAutoregressive obeys the laws") {
  contract::check_layer("MaskedAutoregressive", []<class S, int D>(contract::Kind<S, D> kind) {
    return ef::MaskedAutoregressive<S, D>(kind.dim, small_network());
  });
}

TEST_CASE("MaskedAutoregressive with a context and a given order obeys the laws") {
  contract::check_layer<1, 3>(
      "MaskedAutoregressive with context", []<class S, int D>(contract::Kind<S, D> kind) {
        const std::vector<Index> order = kind.dim == 3 ? std::vector<Index>{2, 0, 1} : std::vector<Index>{0};
        return ef::MaskedAutoregressive<S, D>(kind.dim, order, small_network(), {}, 2);
      });
}

TEST_CASE("Autoregressive with residual blocks obeys the laws") {
  contract::check_layer<3>("Autoregressive<residual>", []<class S, int D>(contract::Kind<S, D> kind) {
    return ef::Autoregressive<ef::Shift<S>, ef::MaskedResidualNet<S>, Eigen::Dynamic>(
        kind.dim, {1, 2, 0}, {.width = 3, .blocks = 2, .activation = ef::Activation::silu}, {}, 1);
  });
}

TEST_CASE("Autoregressive without hidden layers, or with fewer units than features, obeys the laws") {
  for (const std::vector<Index>& hidden : std::vector<std::vector<Index>>{{}, {2}, {3, 1}})
    contract::check_layer<4>("Autoregressive", [&]<class S, int D>(contract::Kind<S, D> kind) {
      return ef::MaskedAutoregressive<S, Eigen::Dynamic>(
          kind.dim, {.hidden = hidden, .activation = ef::Activation::tanh});
    });
}

TEST_CASE("an order of the wrong length, or that is none, is refused") {
  const ef::MlpOptions options;
  CHECK_THROWS_WITH(ef::MaskedAutoregressive<float>(3, {0, 1}, options),
                    ContainsSubstring("3 features needs an order of as many, but got one of 2"));
  CHECK_THROWS_WITH(ef::MaskedAutoregressive<float>(3, {0, 1, 3}, options),
                    ContainsSubstring("entry 2 of the order of the features is 3"));
  CHECK_THROWS_WITH(ef::MaskedAutoregressive<float>(3, {0, 1, 0}, options),
                    ContainsSubstring("entry 2 of the order of the features is 0, as entry 0 already is"));
}
