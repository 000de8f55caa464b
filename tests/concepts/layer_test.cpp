#include "eigenflow/concepts/layer.hpp"

#include <span>

#include "eigenflow/layers/permutation.hpp"
#include "support/catch.hpp"

namespace ef = eigenflow;

namespace {

// A layer that satisfies the concept works in every composition: so the concept asks what they need.
using Whole = ef::Permutation<float, 2>;

struct WithoutParameters : Whole {
  struct Parameters;
};
struct WithoutEmptyTape : Whole {
  struct Tape {
    explicit Tape(int) {}
  };
  Tape inverse(std::span<const float>, ef::Tile<float>&) const { return Tape(1); }
  void inverse_vjp(std::span<const float>, std::span<float>, Tape, ef::Tile<float>&) const {}
};
struct WithConstantTape : Whole {
  struct Tape {
    const int kept = 1;
  };
  Tape inverse(std::span<const float>, ef::Tile<float>&) const { return {}; }
  void inverse_vjp(std::span<const float>, std::span<float>, Tape, ef::Tile<float>&) const {}
};

}  // namespace

TEST_CASE("the concept of a layer asks all that compositions need") {
  STATIC_REQUIRE(ef::Layer<Whole>);
  STATIC_REQUIRE_FALSE(ef::Layer<WithoutParameters>);
  STATIC_REQUIRE_FALSE(ef::Layer<WithoutEmptyTape>);
  STATIC_REQUIRE_FALSE(ef::Layer<WithConstantTape>);
}
