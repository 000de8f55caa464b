// expect: a base's initialise_from takes (theta, tiles)
#include <eigenflow/any/any_base.hpp>
#include <eigenflow/bases/standard_normal.hpp>

namespace ef = eigenflow;

struct Starts : ef::StandardNormal<float, 2> {
#ifdef EIGENFLOW_MUST_NOT_COMPILE
  void initialise_from(std::span<float>, const ef::TileSource<float>&, ef::Direction) {}
#else
  void initialise_from(std::span<float>, const ef::TileSource<float>&) {}
#endif
};

int main() {
  ef::AnyBase<float> base{Starts()};
  base.initialise_from({}, [](const auto&) {});
}
