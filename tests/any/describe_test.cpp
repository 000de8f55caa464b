#include "eigenflow/any/describe.hpp"
#include "eigenflow/bases/conditional_normal.hpp"
#include "eigenflow/conditioners/masked_mlp.hpp"

#include <sstream>

#include "eigenflow/bases/diagonal_normal.hpp"
#include "eigenflow/compose/inverse.hpp"
#include "eigenflow/layers/autoregressive.hpp"
#include "eigenflow/layers/coupling.hpp"
#include "eigenflow/layers/permutation.hpp"
#include "eigenflow/layers/planar.hpp"
#include "eigenflow/layers/radial.hpp"
#include "eigenflow/layers/standardize.hpp"
#include "eigenflow/layers/sylvester.hpp"
#include "support/catch.hpp"
#include "support/engine.hpp"

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

TEST_CASE("a stack of layers that differ prints each run of equal ones") {
  ef::Rng rng(1);
  const ef::Stack<ef::AffineCoupling<float, 2>> stack(4, [](Eigen::Index i) {
    return ef::AffineCoupling<float, 2>({}, {.hidden = {i < 3 ? Eigen::Index{8} : Eigen::Index{64}}});
  });
  const ef::Flow flow{stack, rng};
  std::ostringstream out;
  out << flow;
  // (1 + 1) · 8 + (8 + 1) · 2 = 34, (1 + 1) · 64 + (64 + 1) · 2 = 258
  CHECK(out.str() ==
        "Flow of 2 features, 360 parameters\n"
        "  0 Stack: 360 parameters\n"
        "    3 × Coupling<affine, mlp> (1 of 2 features, 8, relu): 34 parameters\n"
        "    1 × Coupling<affine, mlp> (1 of 2 features, 64, relu): 258 parameters\n"
        "  base StandardNormal\n");
}

namespace {

// Parts of one's own without tag and name; theirs hide those of what they are made of.
struct NamelessShift : ef::Shift<float> {
  static void tag();
  static void name();
};
struct NamelessMlp : ef::Mlp<float> {
  using ef::Mlp<float>::Mlp;
  static void tag();
  static void name();
};
struct NamelessMaskedMlp : ef::MaskedMlp<float> {
  using ef::MaskedMlp<float>::MaskedMlp;
  static void tag();
  static void name();
};
struct NamelessH : ef::Tanh {
  static void tag();
  static void name();
};

}  // namespace

TEST_CASE("parts without a name print as what they are") {
  ef::Rng rng(1);
  const ef::Flow<ef::Coupling<NamelessShift, NamelessMlp, 2>, ef::Planar<float, 2, NamelessH>> flow{rng};
  std::ostringstream out;
  out << flow;
  CHECK_THAT(out.str(), Catch::Matchers::ContainsSubstring("0 Coupling<transformer, conditioner> (1 of 2") &&
                            Catch::Matchers::ContainsSubstring("1 Planar, h = h(a): 5 parameters"));

  const ef::Flow<ef::Autoregressive<NamelessShift, NamelessMaskedMlp, 2>, ef::Sylvester<float, 2, NamelessH>,
                 ef::ConditionalNormal<float, 2, NamelessMlp>>
      others{{}, {}, {2, 1}, rng};
  out.str("");
  out << others;
  for (const char* part :
       {"Autoregressive<transformer, conditioner>", "Sylvester, h = h(a)", "ConditionalNormal<conditioner>"})
    CHECK_THAT(out.str(), Catch::Matchers::ContainsSubstring(part));
}

TEST_CASE("large counts are grouped by thousands") {
  CHECK(ef::detail::counted(0, "parameter") == "0 parameters");
  CHECK(ef::detail::counted(1, "parameter") == "1 parameter");
  CHECK(ef::detail::counted(999, "parameter") == "999 parameters");
  CHECK(ef::detail::counted(1000, "parameter") == "1,000 parameters");
  CHECK(ef::detail::counted(1234567, "parameter") == "1,234,567 parameters");
}
