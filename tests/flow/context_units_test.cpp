#include <Eigen/Core>
#include <cmath>
#include <limits>
#include <string>

#include "eigenflow/any/any_base.hpp"
#include "eigenflow/bases/conditional_normal.hpp"
#include "eigenflow/bases/mixture.hpp"
#include "eigenflow/ensemble/ensemble.hpp"
#include "eigenflow/ensemble/fit_ensemble.hpp"
#include "eigenflow/fit.hpp"
#include "eigenflow/flow/class_log_prob.hpp"
#include "eigenflow/layers/act_norm.hpp"
#include "eigenflow/layers/autoregressive.hpp"
#include "eigenflow/layers/coupling.hpp"
#include "eigenflow/layers/standardize_context.hpp"
#include "support/catch.hpp"
#include "support/contract/random.hpp"
#include "support/engine.hpp"

// A conditional flow takes the units of its context from its training rows.

namespace ef = eigenflow;
using Catch::Matchers::ContainsSubstring;
using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

namespace {

const ef::MlpOptions small{.hidden = {6}, .activation = ef::Activation::tanh};
const ef::FitOptions<double> quick{.epochs = 3, .batch_size = 50, .learning_rate = 1e-2, .progress = false};
const ef::FitOptions<double> start_only{.epochs = 0, .validation_fraction = 0, .progress = false};

// Rows whose mean moves with the first column of the context, 1000 + 0.01 u; the second is always 7.
struct Table {
  MatrixXd x, c;
  explicit Table(Index rows) : x(rows, 2), c(rows, 2) {
    ef::Rng rng(3);
    rng.fill_normal(x);
    for (Index i = 0; i < rows; ++i) {
      const double u = rng.normal<double>();
      c.row(i) << 1000 + 0.01 * u, 7;
      x(i, 0) = u + 0.1 * x(i, 0);
    }
  }
};

auto couplings(Index context_dim = 2) {
  return ef::Chain{ef::MaskedAutoregressive<double>(2, small, context_dim),
                   ef::AffineCoupling<double>(2, 1, small, {}, context_dim), ef::ActNorm<double>(2)};
}

template <class Layer>
ef::Flow<Layer> flow_of(Layer layer) {
  ef::Rng rng(1);
  return {std::move(layer), rng};
}

}  // namespace

// StandardizeContext is the reference: a layer around the layers, with the same arithmetic.
TEST_CASE("Context units: every call is that of the layers in a StandardizeContext") {
  const Table data(200);
  auto flow = flow_of(couplings());
  auto wanted = flow_of(ef::StandardizeContext(couplings()));
  CHECK(flow.context_units().awaited());
  ef::fit(flow, data.x, data.c, quick);
  ef::fit(wanted, data.x, data.c, quick);
  REQUIRE(flow.context_units().known());
  CHECK(wanted.context_units().left_out());
  CHECK(flow.context_units().mean() == wanted.layers().layer<0>().mean());
  CHECK(flow.context_units().scale() == wanted.layers().layer<0>().scale());
  CHECK(flow.context_units().mean()[0] == Approx(1000).epsilon(1e-4));
  CHECK(flow.context_units().scale()[0] == Approx(0.01).epsilon(0.2));
  CHECK(flow.context_units().scale()[1] == ef::ContextUnits<double>::no_matter);
  CHECK(flow.parameters() == wanted.parameters());

  CHECK(flow.log_prob(data.x, data.c) == wanted.log_prob(data.x, data.c));
  const auto both = flow.log_prob_and_grad(data.x, data.c),
             wanted_both = wanted.log_prob_and_grad(data.x, data.c);
  CHECK(both.log_prob == flow.log_prob(data.x, data.c));
  CHECK(both.grad == wanted_both.grad);
  CHECK(both.grad_context == wanted_both.grad_context);
  const auto [z, log_det] = flow.forward(data.x, data.c);
  CHECK(z == wanted.forward(data.x, data.c).z);
  CHECK(log_det == wanted.forward(data.x, data.c).log_det);
  CHECK(flow.inverse(z, data.c).x == wanted.inverse(z, data.c).x);
  CHECK((flow.inverse(z, data.c).x - data.x).cwiseAbs().maxCoeff() < 1e-9);
  ef::Rng one(7), two(7);
  CHECK(flow.sample(data.c, one) == wanted.sample(data.c, two));
  const auto drawn = flow.sample_and_log_prob(data.c, one),
             wanted_drawn = wanted.sample_and_log_prob(data.c, two);
  CHECK(drawn.x == wanted_drawn.x);
  CHECK(drawn.log_prob == wanted_drawn.log_prob);
  CHECK((flow.log_prob(drawn.x, data.c) - drawn.log_prob).cwiseAbs().maxCoeff() < 1e-9);
}

TEST_CASE("Context units: another unit of the context gives the same density, bit for bit") {
  const Table data(200);
  auto flow = flow_of(couplings()), same = flow;
  ef::fit(flow, data.x, data.c, quick);
  const MatrixXd other = 1024 * data.c;  // a power of two: all statistics scale without rounding
  ef::fit(same, data.x, other, quick);
  CHECK(same.parameters() == flow.parameters());
  CHECK(same.log_prob(data.x, other) == flow.log_prob(data.x, data.c));
}

TEST_CASE("Context units: a base that reads the context gets it in these units, and starts with the layers") {
  const Table data(200);
  ef::Rng rng(1);
  ef::Flow flow{couplings(), ef::ConditionalNormal<double>(2, 2, {.hidden = {5}}), rng};
  flow.parameters() += 0.1 * contract::random_normal<double>(flow.parameters().size(), 1, 3);
  const auto before = flow;
  ef::fit(flow, data.x, data.c, start_only);
  const auto& units = flow.context_units();
  MatrixXd standard = data.c;
  for (Index j = 0; j < 2; ++j)
    standard.col(j) = (data.c.col(j).array() - units.mean()[j]) / units.scale()[j];

  // A raw flow that starts from the standardised context.
  ef::Flow raw = before;
  raw.set_context_units({});
  ef::fit(raw, data.x, standard, start_only);
  CHECK(raw.context_units().left_out());
  CHECK(raw.layers().layer<0>().layer<2>().initialised());
  CHECK(raw.parameters() == flow.parameters());
  CHECK(flow.log_prob(data.x, data.c) == raw.log_prob(data.x, standard));
  ef::Rng one(7), two(7);
  CHECK(flow.sample(data.c, one) == raw.sample(standard, two));
  MatrixXd expected = raw.log_prob_and_grad(data.x, standard).grad_context;
  for (Index j = 0; j < 2; ++j) expected.col(j) /= units.scale()[j];
  CHECK(flow.log_prob_and_grad(data.x, data.c).grad_context == expected);
}

TEST_CASE("Context units: they are taken once, and flags keep their numbers") {
  Table data(200);
  data.c.col(1) = (data.x.col(1).array() > 0).cast<double>();
  auto flow = flow_of(couplings());
  ef::fit(flow, data.x, data.c, start_only);
  CHECK(flow.context_units().mean()[1] == 0);
  CHECK(flow.context_units().scale()[1] == 1);
  const double mean = flow.context_units().mean()[0];
  ef::fit(flow, data.x, 2 * data.c, start_only);
  CHECK(flow.context_units().mean()[0] == mean);

  // A class, one-hot, of which one never comes.
  const std::vector<int> labels{0, 1, 1, 0};
  auto by_class = flow_of(couplings(3));
  ef::fit(by_class, data.x.topRows(4), ef::one_hot<double>(labels, 3), start_only);
  CHECK(by_class.context_units().scale()[0] == 1);
  CHECK(by_class.context_units().mean()[1] == 0);
  CHECK(by_class.context_units().scale()[2] == ef::ContextUnits<double>::no_matter);
}

TEST_CASE("Context units: a flow of given parameters, parts with their own units and no context stay raw") {
  const Table data(100);
  const auto drawn = flow_of(couplings());
  ef::Flow given{couplings(), Eigen::VectorXd(drawn.parameters())};
  CHECK(given.context_units().left_out());
  ef::fit(given, data.x, data.c, start_only);
  CHECK(given.context_units().left_out());
  CHECK(given.layers().layer<0>().layer<2>().initialised());

  ef::Rng rng(1);
  CHECK(flow_of(ef::Chain{ef::ActNorm<double>(2)}).context_units().left_out());
  const ef::AnyLayer<double> hidden(ef::Chain{ef::StandardizeContext(couplings())});
  CHECK(flow_of(ef::AnyChain<double>({hidden})).context_units().left_out());
  CHECK(flow_of(ef::AnyChain<double>({ef::AnyLayer<double>(couplings())})).context_units().awaited());

  // A flow as a base of a flow: the inner one has the units.
  ef::Flow outer{ef::ActNorm<double>(2), drawn.density(), rng};
  CHECK(outer.context_units().left_out());
  ef::fit(outer, data.x, data.c, start_only);
  CHECK(outer.context_units().left_out());
  CHECK(outer.base().context_units().known());
  ef::Flow mixture{ef::Mixture(2, drawn.density()), rng};
  ef::fit(mixture, data.x, data.c, start_only);
  CHECK(mixture.context_units().left_out());
  for (const auto& component : mixture.base().components()) CHECK(component.context_units().known());
}

TEST_CASE("Context units: the components of a mixture have those of all rows, not of their groups") {
  // Two clusters. The context is constant in the first one.
  MatrixXd x = contract::random_normal<double>(80, 2, 5), c = contract::random_normal<double>(80, 1, 6);
  x.topRows(40).array() += 50;
  c.topRows(40).setConstant(3);
  auto alone = flow_of(couplings(1));
  ef::Rng rng(2);
  ef::Flow mixture{ef::Mixture(2, alone.density()), rng};
  ef::Flow nested{ef::Mixture(2, ef::AnyBase<double>(ef::Mixture(2, alone.density()))), rng};
  ef::fit(alone, x, c, start_only);
  ef::fit(mixture, x, c, start_only);
  ef::fit(nested, x, c, {.epochs = 3, .batch_size = 40, .validation_fraction = 0, .progress = false});
  for (const auto& component : mixture.base().components()) {
    CHECK(component.context_units().mean()[0] == alone.context_units().mean()[0]);
    CHECK(component.context_units().scale()[0] == alone.context_units().scale()[0]);
  }
  const VectorXd at_3 = nested.log_prob(x.topRows(1), VectorXd::Constant(1, 3)),
                 at_4 = nested.log_prob(x.topRows(1), VectorXd::Constant(1, 4));
  CHECK(at_3[0] != at_4[0]);
}

TEST_CASE("Context units: the members of an ensemble have their own") {
  const Table data(120);
  const auto ensemble = ef::fit_ensemble(flow_of(couplings()), data.x, data.c, {.members = 3}, quick);
  CHECK(ensemble.context_units().left_out());
  const auto& members = ensemble.base().components();
  CHECK(members[0].context_units().mean()[0] != members[1].context_units().mean()[0]);
  const MatrixXd each = ensemble.member_log_prob(data.x, data.c);
  const VectorXd log_p = ensemble.log_prob(data.x, data.c);
  for (Index i = 0; i < 5; ++i)
    CHECK(log_p[i] == Approx(std::log(each.row(i).array().exp().mean())).epsilon(1e-12));
  CHECK(ensemble.held_out.allFinite());
}

TEST_CASE("Context units: they can be set, and are checked") {
  using Units = ef::ContextUnits<double>;
  auto flow = flow_of(couplings());
  const Table data(20);
  flow.set_context_units(Units(Eigen::Vector2d(1000, 7), Eigen::Vector2d(0.01, 1)));
  auto raw = flow;
  raw.set_context_units(Units());
  MatrixXd standard(20, 2);
  standard.col(0) = (data.c.col(0).array() - 1000) / 0.01;
  standard.col(1) = data.c.col(1).array() - 7;
  CHECK(flow.log_prob(data.x, data.c) == raw.log_prob(data.x, standard));
  CHECK(std::isnan(flow.log_prob({0.0, 0.0}, {std::numeric_limits<double>::infinity(), 7.0})));
  flow.set_context_units(Units::from_data());
  CHECK(flow.context_units().awaited());

  CHECK_THROWS_WITH(flow.set_context_units(Units(Eigen::Vector3d::Zero(), Eigen::Vector3d::Ones())),
                    ContainsSubstring("got 3 for a density that reads 2 columns"));
  CHECK_THROWS_WITH(Units(Eigen::Vector2d(0, 0), Eigen::Vector2d(1, 0)),
                    ContainsSubstring("scale of context column 1 must be positive"));
  CHECK_THROWS_WITH(Units(Eigen::Vector2d(0, std::nan("")), Eigen::Vector2d(1, 1)),
                    ContainsSubstring("mean of context column 1 must be finite"));
  CHECK_THROWS_WITH(Units(Eigen::Vector2d(0, 0), Eigen::Vector3d(1, 1, 1)),
                    ContainsSubstring("2 means and 3 scales"));
  auto other = flow_of(ef::Chain{ef::ActNorm<double>(2)});
  CHECK_THROWS_WITH(other.set_context_units(Units::from_data()), ContainsSubstring("reads 0 columns"));
}
