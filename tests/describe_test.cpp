#include "eigenflow/describe.hpp"

#include <sstream>

#include "eigenflow/bases/diagonal_normal.hpp"
#include "eigenflow/layers/coupling.hpp"
#include "eigenflow/layers/permutation.hpp"
#include "eigenflow/layers/planar.hpp"
#include "eigenflow/layers/radial.hpp"
#include "eigenflow/layers/standardize.hpp"
#include "support/catch.hpp"

namespace ef = eigenflow;

TEST_CASE("a flow prints its architecture, with parameter counts") {
  ef::Rng rng(1);
  // A coupling of three features with one hidden layer of 50: one feature conditions, two are transformed, so
  // (1 + 1) · 50 + (50 + 1) · 4 = 304 parameters. Four of them, and 2 · 3 of the base.
  using Block = ef::Chain<ef::AffineCoupling<float, 3>, ef::Permutation<float, 3>>;
  const Block block(ef::AffineCoupling<float, 3>({}, {.hidden = {50}}), ef::Permutation<float, 3>());
  const ef::Flow flow{ef::Chain(ef::Standardize<float, 3>(), ef::Stack(4, block)),
                      ef::DiagonalNormal<float, 3>(), rng};
  std::ostringstream out;
  out << flow;
  CHECK(out.str() ==
        "Flow of 3 features, 1,222 parameters\n"
        "  0 Chain: 1,216 parameters\n"
        "    0 Standardize\n"
        "    1 Stack: 1,216 parameters\n"
        "      4 × Chain: 304 parameters\n"
        "        0 Coupling<affine, mlp> (2 of 3 features, 50, relu): 304 parameters\n"
        "        1 Permutation\n"
        "  base DiagonalNormal: 6 parameters\n");
}

TEST_CASE("layers of one's own choice, an inverse and a single parameter print as what they are") {
  ef::Rng rng(1);
  const ef::Flow<ef::Planar<double, 1, ef::Softsign>, ef::Inverse<ef::Radial<double, 1>>> flow{rng};
  std::ostringstream out;
  out << flow;
  CHECK(out.str() ==
        "Flow of 1 feature, 6 parameters\n"
        "  0 Planar, h = softsign: 3 parameters\n"
        "  1 Inverse: 3 parameters\n"
        "    Radial: 3 parameters\n"
        "  base StandardNormal\n");
}

TEST_CASE("large counts are grouped by thousands") {
  CHECK(ef::detail::counted(0, "parameter") == "0 parameters");
  CHECK(ef::detail::counted(1, "parameter") == "1 parameter");
  CHECK(ef::detail::counted(999, "parameter") == "999 parameters");
  CHECK(ef::detail::counted(1000, "parameter") == "1,000 parameters");
  CHECK(ef::detail::counted(1234567, "parameter") == "1,234,567 parameters");
}
