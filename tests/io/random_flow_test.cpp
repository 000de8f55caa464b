#include <Eigen/LU>
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <span>
#include <sstream>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "eigenflow/eigenflow.hpp"
#include "eigenflow/io.hpp"
#include "support/catch.hpp"
#include "support/engine.hpp"
#include "support/random_architecture.hpp"
#include "support/temporary_folder.hpp"

// Flows of random architectures: whatever parts they are made of, and however these are nested, they are densities
// whose calls agree with each other, with finite differences and with their files.

namespace ef = eigenflow;
using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

namespace {

template <class S>
const ef::io::Registry<S>& parts() {
  static const auto registry = ef::io::standard_parts<S>();
  return registry;
}

MatrixXd normal(Index rows, Index cols, ef::Rng& rng) {
  MatrixXd x(rows, cols);
  rng.fill_normal(x);
  return x;
}

/// How many comparisons there were, and how many in which a finite difference said nothing (a kink beside the point, the
/// seam of a circle, a map that is too steep): few.
struct Tally {
  int compared = 0, unclear = 0;

  // `error` is the reference's own.
  void compare(double value, double reference, double error, const char* what) {
    ++compared;
    if (!(error < 1e-3 * (1 + std::abs(reference)))) {
      ++unclear;
      return;
    }
    INFO(what << ": " << value << " and " << reference << " ± " << error);
    CHECK(std::abs(value - reference) <= error + 1e-7 * (1 + std::abs(reference)));
  }
};

/// A derivative of f at 0 and its error, by central differences of two steps.
template <class F, class Value = std::invoke_result_t<F, double>>
std::pair<Value, Value> derivative(const F& f) {
  constexpr double h = 2e-5;
  const auto slope = [&](double step) -> Value { return (f(step) - f(-step)) / (2 * step); };
  const Value wide = slope(h), narrow = slope(h / 2);
  return {narrow, wide - narrow};
}

/// A flow with some rows of its own, and their context.
struct Subject {
  ef::AnyFlow<double> flow;
  MatrixXd x, c;
  VectorXd log_p;  // as the sampler gave it

  Subject(const std::string& text, ef::Rng& rng)
      : flow(ef::make_flow<double>(text, rng, parts<double>())), c(normal(6, flow.context_dim(), rng)) {
    // As a float flow has them, and away from the identity.
    flow.set_parameters((flow.parameters() + 0.2 * normal(flow.parameters().size(), 1, rng).col(0))
                            .cast<float>()
                            .cast<double>()
                            .eval());
    const auto drawn = flow.sample_and_log_prob(6, c, rng);
    x = drawn.x;
    log_p = drawn.log_prob;
  }
  /// The context of row i, which may have no columns, and then no memory that a row could point to.
  MatrixXd given(Index i) const { return c.cols() > 0 ? MatrixXd(c.row(i)) : MatrixXd(1, 0); }
  VectorXd log_prob(const VectorXd& shift, double by) const {
    return flow.log_prob(x + by * VectorXd::Ones(x.rows()) * shift.transpose(), c);
  }
};

/// One flow's numbers do not change on their way through a file, as a known type or an unknown one.
template <class S>
void check_file(const ef::AnyFlow<S>& flow, const std::string& text, const MatrixXd& x, const MatrixXd& c) {
  const TemporaryFolder folder;
  const ef::MatrixX<S> rows = x.cast<S>(), context = c.cast<S>();
  const ef::VectorX<S> before = flow.log_prob(rows, context);
  ef::save(flow, folder / "flow", {{"columns", "a,b"}});
  const auto model = ef::load_model<S>(folder / "flow", parts<S>());
  ef::Rng rng(7);
  auto same = ef::make_flow<S>(text, rng, parts<S>());
  ef::load(same, folder / "flow", parts<S>());
  const auto again = ef::make_flow<S>(ef::io::to_json(model.info.architecture), rng, parts<S>());
  for (Index i = 0; i < before.size(); ++i) {
    CHECK(ef::detail::same_bits(model.flow.log_prob(rows, context)[i], before[i]));
    CHECK(ef::detail::same_bits(same.log_prob(rows, context)[i], before[i]));
  }
  CHECK(model.info.features == flow.dim());
  CHECK(model.info.context == flow.context_dim());
  CHECK(model.info.notes.at("columns") == "a,b");
  std::ostringstream printed, read;
  printed << flow;
  read << again;
  CHECK(printed.str() == read.str());
  CHECK(printed.str().find("base ") != std::string::npos);
}

/// Both directions, and the log-determinant against a numerical Jacobian, row by row.
void check_passes(const Subject& s, Tally& tally) {
  const auto forward = s.flow.forward(s.x, s.c);
  const auto back = s.flow.inverse(forward.z, s.c);
  const VectorXd log_p = s.flow.log_prob(s.x, s.c);
  for (Index i = 0; i < s.x.rows(); ++i) {
    const Index dim = s.flow.dim();
    MatrixXd jacobian(dim, dim), error(dim, dim);
    for (Index j = 0; j < dim; ++j) {
      const auto [slope, difference] = derivative([&](double by) -> VectorXd {
        MatrixXd moved = s.x.row(i);
        moved(0, j) += by;
        return s.flow.forward(moved, s.given(i)).z.row(0).transpose();
      });
      jacobian.col(j) = slope;
      error.col(j) = difference;
    }
    const MatrixXd inverse = jacobian.inverse();
    const double condition = jacobian.norm() * inverse.norm();
    const double size = 1 + s.x.row(i).norm() + forward.z.row(i).norm();
    const double log_det = std::log(std::abs(jacobian.determinant()));
    tally.compare(
        forward.log_det[i], log_det,
        3 * inverse.transpose().cwiseProduct(error).cwiseAbs().sum() + 1e-10 * size * inverse.norm(),
        "log-determinant");
    if (!(condition < 1e5)) continue;
    CHECK((back.x.row(i) - s.x.row(i)).norm() <= 1e-10 * condition * size);
    CHECK(std::abs(back.log_det[i] + forward.log_det[i]) <= 1e-9 * condition * size);
    CHECK(std::abs(log_p[i] - s.log_p[i]) <= 1e-9 * condition * size);
  }
}

/// The gradients of log p in x, in c and in theta along random directions.
void check_gradients(Subject& s, ef::Rng& rng, Tally& tally) {
  const Index dim = s.flow.dim(), context = s.flow.context_dim();
  const auto got = s.flow.log_prob_and_grad(s.x, s.c);
  const VectorXd in_x = normal(dim, 1, rng).col(0).normalized();
  const auto [slope, error] = derivative([&](double by) { return s.log_prob(in_x, by); });
  for (Index i = 0; i < s.x.rows(); ++i)
    tally.compare(got.grad.row(i) * in_x, slope[i], 3 * std::abs(error[i]) + 1e-8, "gradient in x");
  if (context > 0) {
    const VectorXd in_c = normal(context, 1, rng).col(0).normalized();
    const auto [slope_c, error_c] = derivative([&](double by) -> VectorXd {
      return s.flow.log_prob(s.x, (s.c + by * VectorXd::Ones(s.c.rows()) * in_c.transpose()).eval());
    });
    for (Index i = 0; i < s.x.rows(); ++i)
      tally.compare(got.grad_context.row(i) * in_c, slope_c[i], 3 * std::abs(error_c[i]) + 1e-8,
                    "gradient in the context");
  }
  if (s.flow.parameters().size() == 0) return;
  const VectorXd theta = s.flow.parameters(), in_theta = normal(theta.size(), 1, rng).col(0).normalized();
  VectorXd grad(theta.size());
  const auto loss = [&](std::span<double> out) {
    return ef::MaximumLikelihood()(s.flow, ef::Batch<double>::all(s.x, s.c), out);
  };
  loss({grad.data(), static_cast<std::size_t>(grad.size())});
  const auto [slope_theta, error_theta] = derivative([&](double by) {
    s.flow.set_parameters(theta + by * in_theta);
    return loss({});
  });
  s.flow.set_parameters(theta);
  tally.compare(grad.dot(in_theta), slope_theta, 3 * std::abs(error_theta) + 1e-8, "gradient in theta");
}

/// A float flow has the densities of the double flow, as far as rounding of its input tells them apart.
void check_float(const Subject& s, const ef::AnyFlow<float>& narrow, ef::Rng& rng, Tally& tally) {
  const VectorXd wide = s.flow.log_prob(s.x, s.c);
  const VectorXd got = narrow.log_prob(s.x.cast<float>().eval(), s.c.cast<float>().eval()).cast<double>();
  VectorXd spread = VectorXd::Zero(wide.size());
  auto moved = s.flow;
  for (int k = 0; k < 4; ++k) {
    const auto about = [&](const MatrixXd& all) -> MatrixXd {
      return all.array() + 1e-6 * (all.array().abs() + 0.1) * normal(all.rows(), all.cols(), rng).array();
    };
    moved.set_parameters(about(s.flow.parameters()).col(0));
    spread = spread.cwiseMax((moved.log_prob(about(s.x), about(s.c)) - wide).cwiseAbs());
  }
  for (Index i = 0; i < wide.size(); ++i)
    tally.compare(got[i], wide[i], 20 * spread[i] + 1e-5 * (1 + std::abs(wide[i])), "log p in float");
}

/// The mass of p(x | c) between the outermost of many samples of one feature, by the trapezoidal rule.
double mass(const ef::AnyFlow<double>& flow, const MatrixXd& c, ef::Rng& rng) {
  constexpr Index samples = 1000, pieces = 16;
  VectorXd nodes = flow.sample(samples, c, rng).col(0);
  std::sort(nodes.begin(), nodes.end());
  VectorXd x((samples - 1) * pieces + 1);
  for (Index i = 0; i + 1 < samples; ++i)
    for (Index k = 0; k < pieces; ++k)
      x[i * pieces + k] =
          nodes[i] + (nodes[i + 1] - nodes[i]) * static_cast<double>(k) / static_cast<double>(pieces);
  x[x.size() - 1] = nodes[samples - 1];
  const VectorXd p = flow.log_prob(x, c).array().exp();
  double sum = 0;
  for (Index i = 0; i + 1 < x.size(); ++i) sum += (x[i + 1] - x[i]) * (p[i] + p[i + 1]) / 2;
  return sum;
}

/// E[1{x in box} / p(x)] over samples is the box's area. Says nothing where the estimate is poor.
void check_area(const ef::AnyFlow<double>& flow, const MatrixXd& c, ef::Rng& rng) {
  constexpr Index n = 20'000;
  const auto drawn = flow.sample_and_log_prob(n, c, rng);
  std::vector<double> first(n), second(n);
  for (Index i = 0; i < n; ++i) {
    first[static_cast<std::size_t>(i)] = drawn.x(i, 0);
    second[static_cast<std::size_t>(i)] = drawn.x(i, 1);
  }
  std::sort(first.begin(), first.end());
  std::sort(second.begin(), second.end());
  const double low[] = {first[n / 2 - n / 20], second[n / 2 - n / 20]},
               high[] = {first[n / 2 + n / 20], second[n / 2 + n / 20]};
  double sum = 0, squares = 0;
  for (Index i = 0; i < n; ++i) {
    if (drawn.x(i, 0) < low[0] || drawn.x(i, 0) > high[0] || drawn.x(i, 1) < low[1] ||
        drawn.x(i, 1) > high[1])
      continue;
    const double weight = std::exp(-drawn.log_prob[i]);
    sum += weight;
    squares += weight * weight;
  }
  const double mean = sum / n, error = std::sqrt((squares / n - mean * mean) / n);
  const double area = (high[0] - low[0]) * (high[1] - low[1]);
  if (!(error < 0.1 * area)) return;
  INFO("area " << area << ", estimate " << mean << " ± " << error);
  CHECK(std::abs(mean - area) < 5 * error);
}

void check_flows(std::uint64_t first, std::uint64_t count) {
  Tally tally;
  for (std::uint64_t seed = first; seed < first + count; ++seed) {
    const std::string text = ef::test::RandomArchitecture(seed, parts<double>()).text();
    INFO("seed " << seed << ": " << text);
    ef::Rng rng(seed);
    Subject s(text, rng);
    auto narrow = ef::make_flow<float>(text, rng, parts<float>());
    narrow.set_parameters(s.flow.parameters().cast<float>());
    REQUIRE(s.log_p.allFinite());
    check_file(s.flow, text, s.x, s.c);
    check_file(narrow, text, s.x, s.c);
    check_passes(s, tally);
    check_gradients(s, rng, tally);
    check_float(s, narrow, rng, tally);
    if (s.flow.dim() == 1) CHECK(std::abs(mass(s.flow, s.given(0), rng) - 0.998) < 0.01);
    if (s.flow.dim() == 2) check_area(s.flow, s.given(0), rng);
  }
  INFO(tally.unclear << " of " << tally.compared << " comparisons say nothing");
  CHECK(tally.unclear < 0.05 * tally.compared);
}

}  // namespace

TEST_CASE("flows of random architectures are densities, and their files hold all of them") {
  check_flows(1, 20);
}

TEST_CASE("hundreds of flows of random architectures", "[slow]") {
  check_flows(1000, 600);
}
