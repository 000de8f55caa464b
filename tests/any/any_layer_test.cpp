#include "eigenflow/any/any_layer.hpp"

#include <sstream>

#include "eigenflow/any/any_base.hpp"
#include "eigenflow/data/energies_2d.hpp"
#include "eigenflow/data/two_moons.hpp"
#include "eigenflow/eigenflow.hpp"
#include "support/catch.hpp"
#include "support/engine.hpp"
#include "support/layer_contract.hpp"

namespace ef = eigenflow;

TEST_CASE("AnyLayer obeys the laws") {
  contract::check_layer<1, 3>("AnyLayer of Planar", []<class S, int D>(contract::Kind<S, D> kind) {
    return ef::AnyLayer<S>(ef::Planar<S, D>(kind.dim));
  });
}

TEST_CASE("AnyChain obeys the laws") {
  const auto make = []<class S, int D>(contract::Kind<S, D> kind) {
    std::vector<ef::AnyLayer<S>> layers;
    layers.emplace_back(ef::inverse(ef::Radial<S, D>(kind.dim)));
    layers.emplace_back(ef::Permutation<S, D>::reverse(kind.dim));
    layers.emplace_back(ef::Planar<S, D>(kind.dim));
    return ef::AnyChain<S>(std::move(layers));
  };
  contract::check_layer<2>("AnyChain", make, {.extreme_exponent = 0.4});
}

TEST_CASE("AnyBase obeys the laws") {
  contract::check_base<2>("AnyBase", []<class S, int D>(contract::Kind<S, D> kind) {
    return ef::AnyBase<S>(ef::DiagonalNormal<S, D>(kind.dim));
  });
}

namespace {

template <class Flow>
std::string printed(const Flow& flow) {
  std::ostringstream out;
  out << flow;
  return out.str();
}

ef::AnyFlow<double> any_flow(ef::Rng& rng) {
  std::vector<ef::AnyLayer<double>> layers;
  layers.emplace_back(ef::Standardize<double, 2>());
  layers.emplace_back(ef::AffineCoupling<double, 2>());
  layers.emplace_back(ef::Planar<double, 2>());
  return {ef::AnyChain<double>(std::move(layers)), ef::AnyBase<double>(ef::DiagonalNormal<double, 2>()), rng};
}

}  // namespace

TEST_CASE("a flow of run-time parts does what the flow of the same types does, bit for bit") {
  ef::Rng rng(1), same(1);
  ef::Flow<ef::Standardize<double, 2>, ef::AffineCoupling<double, 2>, ef::Planar<double, 2>,
           ef::DiagonalNormal<double, 2>>
      typed{rng};
  ef::AnyFlow<double> any = any_flow(same);
  CHECK(printed(any) == printed(typed));
  CHECK(any.named_parameters().size() == typed.named_parameters().size());
  CHECK(any.named_parameters().back().path == typed.named_parameters().back().path);
  const auto x = ef::two_moons<double>(300, rng);
  const auto fit = [&](auto& flow) { ef::fit(flow, x, {.epochs = 3, .progress = false}); };
  fit(typed);
  fit(any);
  CHECK(any.parameters() == typed.parameters());
  CHECK(any.log_prob(x) == typed.log_prob(x));
  CHECK(any.log_prob_and_grad(x).grad == typed.log_prob_and_grad(x).grad);
  ef::Rng draw(5), draw_again(5);
  CHECK(any.sample(20, draw) == typed.sample(20, draw_again));
}

TEST_CASE("a run-time flow is fitted to a target with the bits of the flow of the same types") {
  ef::Rng rng(1), same(1);
  ef::Flow<ef::Planar<double, 2>, ef::DiagonalNormal<double, 2>> typed{rng};
  std::vector<ef::AnyLayer<double>> layers;
  layers.emplace_back(ef::Planar<double, 2>());
  ef::AnyFlow<double> any(ef::AnyChain<double>(std::move(layers)),
                          ef::AnyBase<double>(ef::DiagonalNormal<double, 2>()), same);
  const ef::VectorX<double> before = typed.parameters();
  const auto fit = [](auto& flow) {
    ef::fit(flow, ef::energy_u1, {.steps = 20, .batch_size = 64, .progress = false});
  };
  fit(typed);
  fit(any);
  CHECK(any.parameters() == typed.parameters());
  CHECK((typed.parameters() - before).cwiseAbs().minCoeff() > 0);  // the base's too
}

TEST_CASE("layers of a run-time flow freeze, and its copies are independent") {
  ef::Rng rng(1);
  ef::AnyFlow<double> flow = any_flow(rng);
  CHECK_THROWS_AS(flow.freeze(std::size_t{0}), std::invalid_argument);  // has no parameters
  CHECK_THROWS_AS(flow.freeze(std::size_t{3}), std::invalid_argument);
  flow.freeze(2);
  const ef::VectorX<double> before = flow.parameters();
  const ef::AnyFlow<double> copy = flow;
  const auto x = ef::two_moons<double>(300, rng);
  ef::fit(flow, x, {.epochs = 1, .progress = false});
  CHECK(flow.parameters().segment(4'418, 5) == before.segment(4'418, 5));  // planar's
  CHECK(flow.parameters() != before);
  CHECK(copy.parameters() == before);
  CHECK(copy.forward(x.topRows(1)).z != flow.forward(x.topRows(1)).z);  // its Standardize has not started
}

TEST_CASE("run-time parts that were moved from say so until they are assigned to") {
  ef::Rng rng(1);
  ef::AnyFlow<double> flow = any_flow(rng);
  const Eigen::MatrixXd x = Eigen::MatrixXd::Random(20, 2);
  const Eigen::VectorXd log_p = flow.log_prob(x);
  auto& itself = flow;
  flow = std::move(itself);
  CHECK(flow.log_prob(x) == log_p);
  ef::AnyFlow<double> other = std::move(flow);
  const auto of = [](const char* what) {
    return Catch::Matchers::ContainsSubstring(std::string("this ") + what + " was moved from and is empty");
  };
  CHECK_THROWS_WITH(flow.log_prob(x), of("flow"));
  CHECK_THROWS_WITH(flow.sample(3, rng), of("flow"));
  CHECK_THROWS_WITH(flow.named_parameters(), of("flow"));
  CHECK_THROWS_WITH(printed(flow), of("flow"));
  const ef::AnyFlow<double> copy = flow;
  CHECK_THROWS_WITH(copy.log_prob(x), of("flow"));
  flow = other;
  CHECK(flow.log_prob(x) == log_p);

  ef::AnyLayer<double> layer{ef::Planar<double>(2)};
  const ef::AnyLayer<double> taken = std::move(layer), empty = layer;
  CHECK_THROWS_WITH(layer.dim(), of("layer"));
  CHECK_THROWS_WITH(empty.part_name(), of("layer"));
  CHECK_THROWS_WITH(ef::parameter_count(layer), of("layer"));
  CHECK_THROWS_WITH(ef::AnyChain<double>({layer}), of("layer"));
  layer = taken;
  CHECK(layer.dim() == 2);

  ef::AnyBase<double> base{ef::DiagonalNormal<double>(2)};
  const ef::AnyBase<double> kept = std::move(base);
  CHECK_THROWS_WITH(base.dim(), of("base"));
  CHECK_THROWS_WITH(ef::Flow(ef::Planar<double>(2), base, rng), of("base"));
  base = kept;
  CHECK(base.dim() == 2);
}

TEST_CASE("a run-time base that has no smooth samples says so") {
  ef::Rng rng(1);
  const ef::AnyBase<double> base{ef::GaussianMixture<double, 2>(3)};
  ef::Tile<double> tile = ef::Tile<double>::allocate(ef::thread_arena(), 1, 2, true);
  CHECK_THROWS_AS(base.sample_vjp({}, {}, rng, 0, tile), std::invalid_argument);
}
