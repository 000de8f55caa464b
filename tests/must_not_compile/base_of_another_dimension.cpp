// expect: a flow's layers and its base must have the same number of features
#include <eigenflow/bases/diagonal_normal.hpp>
#include <eigenflow/flow.hpp>
#include <eigenflow/layers/planar.hpp>

#ifdef EIGENFLOW_MUST_NOT_COMPILE
constexpr int base_dim = 3;
#else
constexpr int base_dim = 2;
#endif

int main() {
  eigenflow::Rng rng(1);
  const eigenflow::Flow<eigenflow::Planar<float, 2>, eigenflow::DiagonalNormal<float, base_dim>> flow{rng};
  return flow.dim() == 2 ? 0 : 1;
}
