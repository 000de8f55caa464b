// expect: a layer's initialise_from takes (theta, tiles, direction)
#include <eigenflow/compose/chain.hpp>
#include <eigenflow/layers/permutation.hpp>

namespace ef = eigenflow;

struct Starts : ef::Permutation<float, 2> {
#ifdef EIGENFLOW_MUST_NOT_COMPILE
  void initialise_from(std::span<float>, const ef::TileSource<float>&) {}
#else
  void initialise_from(std::span<float>, const ef::TileSource<float>&, ef::Direction) {}
#endif
};

int main() {
  ef::Chain<Starts> chain;
  chain.initialise_from({}, [](const auto&) {});
}
