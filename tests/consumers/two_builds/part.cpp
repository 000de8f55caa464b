// Compiled twice, for different vectors; PART names the function.
#include <eigenflow/flow.hpp>
#include <eigenflow/layers/coupling.hpp>

double PART();
double PART() {
  namespace ef = eigenflow;
  ef::Rng rng(1);
  ef::Flow flow{ef::AffineCoupling<float, 2>(), rng};
  flow.parameters().setConstant(0.01F);
  const auto x = flow.sample(1'001, rng);
  return static_cast<double>(flow.log_prob(x).mean());
}
