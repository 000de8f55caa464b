// What a flow takes of memory beyond what it is given: the density of ten million points, and training on
// ever more rows. (That nothing is taken from the heap after the first tile is a law of the tests:
// check_allocations in tests/support/contract/batch_laws.cpp.)

#include <cstdio>
#include <eigenflow/eigenflow.hpp>
#include <fstream>
#include <string>
#include <vector>

namespace {

namespace ef = eigenflow;

double megabytes(const std::string& entry) {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;)
    if (double kilobytes = 0; word == entry && status >> kilobytes) return kilobytes / 1024;
  return 0;
}

// By how much the resident memory rose at most while work() ran.
template <class Work>
double peak_of(const Work& work) {
  std::ofstream("/proc/self/clear_refs") << "5";  // forgets the peak so far
  const double before = megabytes("VmRSS:");
  work();
  return megabytes("VmHWM:") - before;
}

}  // namespace

int main() {
  ef::Rng rng(1);
  using Block = ef::Chain<ef::AffineCoupling<float, 2>, ef::Permutation<float, 2>>;
  ef::Flow flow{ef::Stack<Block>(8), rng};
  {
    ef::MatrixX<float> x(10'000'000, 2);
    rng.fill_normal(x);
    ef::VectorX<float> log_p = ef::VectorX<float>::Zero(x.rows());
    std::printf("log_prob of 10,000,000 points: %.1f MB beyond %.0f MB of input and output\n",
                peak_of([&] { flow.log_prob_into(x, log_p); }),
                12e-6 * static_cast<double>(x.rows()) / 1.048576);
  }
  std::vector<float> grad(flow.theta().size());
  auto adam = ef::Adam{}.start<float>(flow.parameters().size());
  for (const Eigen::Index rows : {10'000, 100'000, 1'000'000}) {
    ef::MatrixX<float> x(rows, 2);
    rng.fill_normal(x);
    const double step = peak_of([&] {
      ef::MaximumLikelihood{}(flow, ef::Batch<float>::all(x), grad);
      ef::Adam{}.step<float>(adam, flow.theta(), grad, 1e-5);
    });
    const double fit = peak_of([&] { ef::fit(flow, x, {.steps = 20, .progress = false}); });
    std::printf("training on %8td rows: %.1f MB for a step on all of them, %.1f MB for fit\n", rows, step,
                fit);
  }
}
