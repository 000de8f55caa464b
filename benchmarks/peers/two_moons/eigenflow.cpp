// Two moons from nothing to a test loss of 2.42 nats: the whole program, as torch_program.py and
// jax_program.py do it.

#include <cstdio>
#include <eigenflow/data/two_d.hpp>
#include <eigenflow/eigenflow.hpp>
#include <vector>

namespace ef = eigenflow;

int main() {
  ef::Rng rng(1);
  const ef::MatrixX<float> x = ef::two_moons<float>(20'000, rng), test = ef::two_moons<float>(20'000, rng);
  using Block = ef::Chain<ef::AffineCoupling<float, 2>, ef::Permutation<float, 2>>;
  ef::Flow flow{ef::Stack<Block>(8, Block(ef::AffineCoupling<float, 2>(2, {.hidden = {64, 64}}),
                                          ef::Permutation<float, 2>::reverse(2))),
                rng};
  const ef::Adam adam{.beta1 = 0.8, .beta2 = 0.99};
  auto state = adam.start<float>(flow.parameters().size());
  std::vector<float> grad(flow.theta().size());
  auto averaged = flow;  // by its running mean of the parameters a flow is judged
  ef::VectorX<float> log_p(test.rows());

  constexpr int most_steps = 1'200;
  const ef::Schedule schedule = ef::cosine_schedule();
  auto batch = ef::Batch<float>::all(x);
  batch.size = 256;
  for (int step = 0; step < most_steps;) {
    const auto order = rng.permutation(x.rows());
    for (Eigen::Index first = 0; first + batch.size <= x.rows() && step < most_steps; first += batch.size) {
      batch.order = order.data() + first;
      ef::MaximumLikelihood{}(flow, batch, grad);
      adam.step<float>(state, flow.theta(), grad, 4e-3 * schedule(step, most_steps));
      averaged.parameters() += 0.02F * (flow.parameters() - averaged.parameters());
      if (++step % 50 > 0) continue;
      averaged.log_prob_into(test, log_p);
      const double loss = -log_p.cast<double>().mean();
      if (loss > 2.42) continue;
      std::printf("%d %.4f\n", step, loss);
      return 0;
    }
  }
  return 1;
}
