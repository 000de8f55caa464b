#include <cstdint>
#include <cstdio>
#include <cstring>
#include <eigenflow/eigenflow.hpp>

namespace ef = eigenflow;

namespace {

template <class S>
void print_bits(const ef::VectorX<S>& numbers) {
  std::uint64_t sum = 0;
  for (const S number : numbers) {
    std::uint64_t bits = 0;
    std::memcpy(&bits, &number, sizeof number);
    sum = 31 * sum + bits;
  }
  std::printf("%016llx\n", static_cast<unsigned long long>(sum));
}

template <class S>
void fit_and_print() {
  ef::Rng rng(1);
  const ef::MatrixX<S> x = ef::MatrixX<S>::NullaryExpr(400, 3, [&] { return rng.normal<S>(); });
  const auto print = [&](auto flow) {
    ef::fit(flow, x, {.epochs = 2, .progress = false});
    print_bits<S>(flow.parameters());
    print_bits<S>(flow.log_prob(x));
  };
  print(ef::Flow{ef::Chain{ef::Standardize<S>(3), ef::AffineCoupling<S>(3)}, rng});
  print(ef::Flow{ef::MaskedAutoregressive<S, 3>(3), rng});
}

}  // namespace

int main() {
  fit_and_print<float>();
  fit_and_print<double>();
}
