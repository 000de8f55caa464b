// eigenflow's side of the comparison: answers the same orders as the Python workers (see worker.py).

#include <algorithm>
#include <chrono>
#include <cmath>
#include <functional>
#include <iostream>
#include <map>
#include <memory>
#include <numeric>
#include <sstream>
#include <string>
#include <vector>

#include <eigenflow/eigenflow.hpp>
#include <eigenflow/images.hpp>

#include "../support/data.hpp"

namespace {

namespace ef = eigenflow;
using Scalar = float;
using Call = std::function<void()>;

struct Order {
  std::string task, family;
  Eigen::Index couplings = 0, width = 0, batch = 0, dim = 0;
  auto operator<=>(const Order&) const = default;
};

// The median or the mean over calls in microseconds, repeated for about `seconds`; at least five.
double microseconds(const Call& call, double seconds, bool mean) {
  using Clock = std::chrono::steady_clock;
  const auto now = [] { return std::chrono::duration<double>(Clock::now().time_since_epoch()).count(); };
  std::vector<double> times;
  const double end = now() + seconds;
  while (times.size() < 5 || now() < end) {
    const double start = now();
    call();
    times.push_back(now() - start);
  }
  if (mean) return std::accumulate(times.begin(), times.end(), 0.0) / static_cast<double>(times.size()) * 1e6;
  std::nth_element(times.begin(), times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2), times.end());
  return times[times.size() / 2] * 1e6;
}

// One task of any flow; the flow and its buffers live in the returned function.
template <class Flow>
Call task(const Order& order, Flow made, ef::Rng rng) {
  struct Work {
    Flow flow;
    ef::Rng rng;
    ef::MatrixX<Scalar> x;
    ef::VectorX<Scalar> log_p;
    std::vector<Scalar> grad;
    ef::AdamState<Scalar> adam;
  };
  const Eigen::Index rows = order.task == "one_point" ? 1 : order.batch;
  auto work = std::make_shared<Work>(Work{std::move(made),
                                          rng,
                                          benchmarks::normal_batch<Scalar>(rows, order.dim, rng),
                                          ef::VectorX<Scalar>(rows),
                                          {},
                                          {}});
  benchmarks::perturb(work->flow.parameters(), rng);
  if (order.task == "training_step") {
    work->grad.resize(work->flow.theta().size());
    work->adam = ef::Adam{}.start<Scalar>(work->flow.parameters().size());
    return [work] {
      ef::MaximumLikelihood{}(work->flow, ef::Batch<Scalar>::all(work->x), work->grad);
      ef::Adam{}.step<Scalar>(work->adam, work->flow.theta(), work->grad, 1e-5);
    };
  }
  if (order.task == "sample") return [work] { work->flow.sample_into(work->x, work->rng); };
  if (order.task == "log_prob" || order.task == "one_point")
    return [work] { work->flow.log_prob_into(work->x, work->log_p); };
  return {};
}

template <int Dim, class Coupling>
Call couplings(const Order& order, const Coupling& coupling, ef::Rng& rng) {
  using Block = ef::Chain<Coupling, ef::Permutation<Scalar, Dim>>;
  const Block block(coupling, ef::Permutation<Scalar, Dim>::reverse(order.dim));
  ef::Flow flow(ef::Stack<Block>(order.couplings, block), rng);
  return task(order, std::move(flow), rng);
}

Call prepare(const Order& order) {
  ef::Rng rng(1);
  const ef::MlpOptions network{.hidden = {order.width, order.width}};
  if (order.family == "real_nvp")
    return couplings<Eigen::Dynamic>(order, ef::AffineCoupling<Scalar>(order.dim, network), rng);
  if (order.family == "spline")
    return couplings<Eigen::Dynamic>(order, ef::SplineCoupling<Scalar>(order.dim, network), rng);
  if (order.family == "maf") {
    using Block = ef::Chain<ef::MaskedAutoregressive<Scalar>, ef::Permutation<Scalar>>;
    const Block block(ef::MaskedAutoregressive<Scalar>(order.dim, network),
                      ef::Permutation<Scalar>::reverse(order.dim));
    return task(order, ef::Flow(ef::Stack<Block>(order.couplings, block), rng), rng);
  }
  if (order.family == "planar" && order.dim == 2) {
    ef::Flow flow(ef::Stack<ef::Planar<Scalar, 2>>(order.couplings), rng);
    return task(order, std::move(flow), rng);
  }
  if (order.family == "glow") {
    const ef::GlowOptions options{
        .levels = 2, .steps = order.couplings, .hidden = {order.width, order.width}};
    auto layers = ef::glow<Scalar>({1, 28, 28}, options, rng);
    return task(order, ef::Flow(std::move(layers), ef::DiagonalNormal<Scalar>(order.dim), rng), rng);
  }
  if (order.family == "fast_flow") {
    const auto side = static_cast<Eigen::Index>(std::sqrt(order.dim / order.width));
    auto layers = ef::fast_flow<Scalar>({order.width, side, side}, {.steps = order.couplings}, rng);
    return task(order, ef::Flow(std::move(layers), rng), rng);
  }
  return {};
}

std::string about() {
  std::ostringstream text;
#ifdef __clang__
  text << "clang " << __clang_major__ << '.' << __clang_minor__;
#else
  text << "g++ " << __GNUC__ << '.' << __GNUC_MINOR__;
#endif
  text << " -O3 -march=native, " << ef::Lanes<float>::width << " floats a vector, Eigen ";
#if EIGEN_MAJOR_VERSION >= 5  // since then without the world's version
  text << EIGEN_MAJOR_VERSION << '.' << EIGEN_MINOR_VERSION << '.' << EIGEN_PATCH_VERSION;
#else
  text << EIGEN_WORLD_VERSION << '.' << EIGEN_MAJOR_VERSION << '.' << EIGEN_MINOR_VERSION;
#endif
  return text.str();
}

}  // namespace

// With --about, says how it was built; with --mean, answers with means in place of medians.
int main(int argc, char** argv) {
  const std::string option = argc > 1 ? argv[1] : "";
  if (option == "--about") {
    std::cout << about() << '\n';
    return 0;
  }
  std::map<Order, Call> calls;
  for (std::string line; std::getline(std::cin, line);) {
    std::istringstream in(line);
    Order order;
    double seconds = 0;
    in >> order.task >> order.family >> order.couplings >> order.width >> order.batch >> order.dim >> seconds;
    auto [entry, is_new] = calls.try_emplace(order);
    if (is_new) {
      entry->second = prepare(order);
      if (entry->second)
        for (int i = 0; i < 3; ++i) entry->second();
    }
    if (entry->second)
      std::cout << microseconds(entry->second, seconds, option == "--mean") << std::endl;
    else
      std::cout << "none" << std::endl;
  }
}
