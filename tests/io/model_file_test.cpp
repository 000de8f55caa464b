#include "eigenflow/io/model_file.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <sstream>
#include <string>
#include <type_traits>

#include "eigenflow/data/two_moons.hpp"
#include "eigenflow/eigenflow.hpp"
#include "eigenflow/io.hpp"
#include "support/catch.hpp"
#include "support/contract/random.hpp"
#include "support/engine.hpp"
#include "support/temporary_folder.hpp"

namespace ef = eigenflow;
using Catch::Matchers::ContainsSubstring;
using Eigen::Index;

namespace {

template <class Flow>
std::string printed(const Flow& flow) {
  std::ostringstream out;
  out << flow;
  return out.str();
}

template <class Flow>
std::vector<std::string> names(const Flow& flow) {
  std::vector<std::string> all;
  for (const ef::NamedParameter& p : flow.named_parameters()) all.push_back(p.path);
  return all;
}

/// Saves the flow, loads it into one of the same architecture and, without knowing its type, into another: all three
/// agree bit for bit, and what the third one saves is the same file.
template <class... Parts, class Make>
void round_trip(const Make& make, const char* what) {
  INFO(what);
  const TemporaryFolder folder;
  ef::Rng rng(7);
  auto flow = make(rng);
  using Flow = decltype(flow);
  using Scalar = typename Flow::Scalar;
  rng.fill_normal(flow.parameters());
  flow.parameters() *= Scalar(0.3);
  ef::MatrixX<Scalar> x(40, flow.dim()), c(40, flow.context_dim());
  rng.fill_uniform(x);
  rng.fill_normal(c);
  x = Scalar(0.1) + Scalar(0.8) * x.array();
  const auto log_prob = [&](const auto& of) {
    return flow.context_dim() > 0 ? of.log_prob(x, c).eval() : of.log_prob(x).eval();
  };
  const auto expected = log_prob(flow);
  REQUIRE(expected.allFinite());
  const auto path = folder / "model.safetensors";
  ef::save(flow, path);

  ef::Rng other(8);
  auto same = make(other);
  ef::load(same, path);
  CHECK(same.parameters() == flow.parameters());
  CHECK(log_prob(same) == expected);

  const auto any = ef::load_flow<Scalar>(path, ef::io::standard_parts<Scalar>());
  CHECK(any.parameters() == flow.parameters());
  CHECK(log_prob(any) == expected);
  CHECK(printed(any) == printed(flow));
  CHECK(names(any) == names(flow));
  const auto again = folder / "again.safetensors";
  ef::save(any, again);
  CHECK(ef::io::read_file(again) == ef::io::read_file(path));
  ef::load(same, again);
}

template <class... Parts>
void round_trip_of(const char* what, const Parts&... parts) {
  round_trip([&](ef::Rng& rng) { return ef::Flow<Parts...>(parts..., rng); }, what);
}

template <class S>
ef::VectorX<S> numbers(std::initializer_list<double> list) {
  ef::VectorX<S> result(static_cast<Index>(list.size()));
  std::transform(list.begin(), list.end(), result.data(), [](double x) { return static_cast<S>(x); });
  return result;
}

template <class S>
void every_layer() {
  using namespace ef;
  round_trip_of("Planar", Planar<S>(3));
  round_trip_of("Planar of static dimension", Planar<S, 3>());
  round_trip_of("Planar with softsign", Planar<S, Eigen::Dynamic, Softsign>(3));
  round_trip_of("Planar with leaky relu", Planar<S, Eigen::Dynamic, LeakyRelu>(3, LeakyRelu{0.35}));
  round_trip_of("Radial", Radial<S>(3));
  round_trip_of("Permutation", Permutation<S>({2, 0, 1}));
  round_trip_of("Standardize", Standardize<S>(numbers<S>({0.1, 2000, -3}), numbers<S>({0.3, 1e-3, 7})));
  round_trip_of("ActNorm", ActNorm<S>(numbers<S>({0.1, 2, -3}), numbers<S>({0.3, 1, 7})));
  round_trip_of("ActNorm before its start", ActNorm<S>(3));
  round_trip_of("Support", Support<S>({interval(0, 1.1), above(-0.7), below(3, HalfLineMap::softplus), real(),
                                       circle(0, 360)}));
  round_trip_of("Logit", Logit<S>(2, -1, 3));
  round_trip_of("Exp", Exp<S>(Log<S>(2, 0.5)));
  round_trip_of("SoftplusInverse of two features", SoftplusInverse<S, 2>(2, -1));
  round_trip_of("LuLinear", LuLinear<S>(Permutation<S>({1, 2, 0}), 0.25));
  round_trip_of("Householder", Householder<S>(3, 2));
  round_trip_of("Identity", Identity<S>(3));
  round_trip_of("Sylvester", Sylvester<S>(4, 2));
  round_trip_of("Inverse", Inverse<Planar<S>>(Planar<S>(3)));
  round_trip_of("Columns",
                Columns<Chain<Planar<S>, Radial<S>>>(4, {3, 1}, Chain{Planar<S>(2), Radial<S>(2)}));
  round_trip_of("Front", Front<Planar<S>>(4, Planar<S>(3)));
  round_trip_of("PerPixel", PerPixel<Chain<Planar<S>, Radial<S>>>(2, Chain{Planar<S>(3), Radial<S>(3)}));
  round_trip_of("Recompute", Recompute<Planar<S>>(Planar<S>(3)));
  round_trip_of("Elementwise", Elementwise<RationalQuadraticSpline<S>>(3));
  round_trip_of("Chain", Chain{Planar<S>(3), Chain{Radial<S>(3), Permutation<S>({2, 1, 0})}});
  round_trip_of("Stack", Stack<Radial<S>>(4, Radial<S>(2)), Planar<S>(2));
}

template <class S>
void every_coupling() {
  using namespace ef;
  round_trip_of("AffineCoupling",
                AffineCoupling<S>(3, {.hidden = {5, 7}, .activation = Activation::gelu, .dropout = 0.1}));
  round_trip_of("AffineCoupling of static dimension", AffineCoupling<S, 2>());
  round_trip_of("AdditiveCoupling", AdditiveCoupling<S>(3, 2, {.hidden = {}}));
  round_trip_of("SplineCoupling",
                Coupling<RationalQuadraticSpline<S>, Mlp<S>>(
                    3, 1, {.hidden = {4}}, RationalQuadraticSpline<S>({.bins = 5, .bound = 2.5})));
  using Periodic = RationalQuadraticSpline<S, SplineTails::periodic>;
  round_trip_of("periodic spline",
                Coupling<Periodic, Mlp<S>>(3, 1, {.hidden = {4}}, Periodic({.rotate = true})));
  round_trip_of(
      "coupling with a residual net and a context",
      Coupling<Affine<S, SoftplusScale>, ResidualNet<S>>(
          3, 1, {.width = 6, .blocks = 1, .activation = Activation::tanh}, {SoftplusScale(0.01)}, 2));
  round_trip_of("coupling with gates on its context",
                Coupling<Affine<S, SoftplusScale>, ResidualNet<S>>(
                    3, 1, {.width = 6, .blocks = 2, .gates = 2}, {SoftplusScale(0.01)}, 2));
  round_trip_of("sigmoid scale", Coupling<Affine<S, SigmoidScale>, Mlp<S>>(2, 1, {}, {SigmoidScale(3, 0.1)}));
  round_trip_of("reciprocal scale", Coupling<Affine<S, Reciprocal<SigmoidScale>>, Mlp<S>>(2, 1, {}, {}));
  round_trip_of("tanh bound", Coupling<Affine<S, TanhBound>, Mlp<S>>(2, 1, {}, {TanhBound(0.7)}));
  round_trip_of("exp", Coupling<Affine<S, ExpScale>, Mlp<S>>(2, 1, {}, {}));
  round_trip_of("MaskedAutoregressive", MaskedAutoregressive<S>(4, {2, 0, 3, 1}, {.hidden = {8}}));
  round_trip_of(
      "SplineAutoregressive with a context",
      SplineAutoregressive<S>(2, {1, 0}, {.hidden = {6, 6}}, RationalQuadraticSpline<S>({.bins = 4}), 3));
  const MaskedAutoregressive<S> conditional(2, {.hidden = {6}}, 2);
  round_trip_of("StandardizeContext", StandardizeContext<MaskedAutoregressive<S>>(
                                          conditional, numbers<S>({100, -1}), numbers<S>({3, 0.1})));
  round_trip_of("StandardizeContext before its start",
                StandardizeContext<MaskedAutoregressive<S>>(conditional));
  round_trip_of("circular coupling",
                CircularSplineCoupling<S>(4, 2, {.hidden = {6}}, circular_spline<S>({3, 0}, {.bins = 4})));
  round_trip_of("circular autoregressive with a context",
                CircularSplineAutoregressive<S>(3, {1, 2, 0}, {.hidden = {6}}, circular_spline<S>({1}), 1));
  using Mixed = LineOrCircle<Affine<S>, Periodic>;
  round_trip_of("affine maps and circles", Elementwise<Mixed>(2, Mixed({0}, {}, Periodic(on_circle({})))));
  round_trip_of("autoregressive residual net",
                Autoregressive<Shift<S>, MaskedResidualNet<S>>(3, {.width = 8, .blocks = 2}));
}

template <class S>
void every_base() {
  using namespace ef;
  const Radial<S> layer(2);
  round_trip_of("StandardNormal", layer, StandardNormal<S>(2));
  round_trip_of("DiagonalNormal", layer, DiagonalNormal<S>(2));
  round_trip_of("MultivariateNormal", layer, MultivariateNormal<S>(2));
  round_trip_of("StudentT", layer, StudentT<S>(2));
  round_trip_of("GaussianMixture", layer, GaussianMixture<S>(2, 3));
  round_trip_of("Mixture", layer, Mixture(3, StudentT<S>(2)));
  round_trip_of("Mixture of flows that read a context", layer,
                Mixture(2, TransformedBase<AffineCoupling<S>, StudentT<S>>(
                               AffineCoupling<S>(2, {.hidden = {4}}, 3), StudentT<S>(2))));
  round_trip_of("a base alone", MultivariateNormal<S>(2));
  round_trip_of("Uniform", Permutation<S>({1, 0}), Uniform<S>(numbers<S>({-1, -2}), numbers<S>({3, 2.5})));
  round_trip_of("WithCircles", Radial<S>(3), WithCircles<DiagonalNormal<S>>(3, {1}, DiagonalNormal<S>(2)));
  round_trip_of("TransformedBase", layer,
                TransformedBase<Chain<Planar<S>, Radial<S>>, DiagonalNormal<S>>(
                    Chain{Planar<S>(2), Radial<S>(2)}, DiagonalNormal<S>(2)));
  round_trip_of("TransformedBase that reads a context", layer,
                TransformedBase<AffineCoupling<S>, ConditionalNormal<S>>(
                    AffineCoupling<S>(2, {.hidden = {4}}, 3), ConditionalNormal<S>(2, 3)));
  round_trip(
      [](Rng& rng) {
        return Flow{Planar<S>(2), Flow{Radial<S>(2), rng}.density(), rng};
      },
      "a flow as the base of a flow");
  round_trip_of("ConditionalNormal", layer, ConditionalNormal<S>(2, 3, {.hidden = {4}}));
  round_trip_of("ConditionalNormal with a residual net", layer,
                ConditionalNormal<S, Eigen::Dynamic, ResidualNet<S>>(2, 3, {.width = 4}));
}

using Block = ef::Chain<ef::AffineCoupling<double, 2>, ef::Permutation<double, 2>>;

/// The message of what `work` throws; empty when it throws nothing.
template <class Work>
std::string message(const Work& work) {
  try {
    work();
  } catch (const std::runtime_error& problem) {
    return problem.what();
  }
  return "";
}

}  // namespace

TEST_CASE("every layer comes back from its file, bit for bit") {
  every_layer<double>();
  round_trip_of("float", ef::Planar<float>(3),
                ef::Standardize<float>(numbers<float>({0.1, 2, 3}), numbers<float>({0.3, 7, 1})));
}

TEST_CASE("every coupling and autoregressive layer comes back from its file, bit for bit") {
  every_coupling<double>();
  round_trip_of("float", ef::SplineCoupling<float>(3, 1, {.hidden = {4}}, ef::SplineOptions{.bins = 5}));
}

TEST_CASE("every base comes back from its file, bit for bit") {
  every_base<double>();
}

TEST_CASE("statistics that a fit took come back, and stay") {
  const TemporaryFolder folder;
  ef::Rng rng(1);
  ef::Flow flow{ef::Chain{ef::Standardize<double, 2>(), ef::Stack<Block>(2)}, rng};
  const auto x = ef::two_moons<double>(500, rng);
  ef::fit(flow, x, {.epochs = 1, .progress = false});
  ef::save(flow, folder / "moons");
  ef::Flow other{ef::Chain{ef::Standardize<double, 2>(), ef::Stack<Block>(2)}, rng};
  ef::load(other, folder / "moons");
  const auto& standardize = other.layers().layer<0>().layer<0>();
  CHECK(standardize.initialised());
  CHECK(standardize.mean() == flow.layers().layer<0>().layer<0>().mean());
  auto any = ef::load_flow<double>(folder / "moons", ef::io::standard_parts<double>());
  const auto before = any.log_prob(x).eval();
  ef::fit(any, (10 * x).eval(), {.epochs = 0, .progress = false});  // finds them known
  CHECK(any.log_prob(x) == before);
}

TEST_CASE("a mixture of different bases, alone, comes back from its file") {
  using Any = ef::AnyBase<double>;
  const TemporaryFolder folder;
  ef::Rng rng(1);
  const ef::Mixture<Any> base({Any(ef::StudentT<double>(2)), Any(ef::DiagonalNormal<double>(2))});
  ef::Flow flow{base, rng};
  rng.fill_normal(flow.parameters());
  ef::save(flow, folder / "mixture");
  ef::Flow same{base, rng};
  const auto parts = ef::io::standard_parts<double>();
  ef::load(same, folder / "mixture", parts);
  const auto any = ef::load_flow<double>(folder / "mixture", parts);
  const auto x = ef::two_moons<double>(300, rng);
  CHECK(same.log_prob(x) == flow.log_prob(x));
  CHECK(any.log_prob(x) == flow.log_prob(x));
  CHECK(names(any) == names(flow));
  CHECK(printed(any) == printed(flow));
  CHECK_THAT(printed(any),
             ContainsSubstring("  0 Identity\n  base Mixture (1 × StudentT, 1 × DiagonalNormal): 12"));
}

TEST_CASE("an ensemble comes back from its file, with its spread") {
  const TemporaryFolder folder;
  ef::Rng rng(1);
  const ef::Flow flow{ef::Chain{ef::Standardize<double, 2>(), ef::Stack<Block>(2)}, rng};
  const auto x = ef::two_moons<double>(300, rng);
  const auto ensemble = ef::fit_ensemble(flow, x, {.members = 3}, {.epochs = 2, .progress = false});
  ef::save(ensemble, folder / "ensemble");
  ef::Ensemble same(flow, 3);
  ef::load(same, folder / "ensemble");
  CHECK(same.log_prob(x) == ensemble.log_prob(x));
  CHECK(same.spread(x) == ensemble.spread(x));
  CHECK(ensemble.spread(x).minCoeff() > 0);
  const auto any = ef::load_flow<double>(folder / "ensemble", ef::io::standard_parts<double>());
  CHECK(any.log_prob(x) == ensemble.log_prob(x));
  CHECK(printed(any) == printed(ensemble));
  ef::Rng one(5), two(5);
  CHECK(any.sample(300, one) == ensemble.sample(300, two));
  ef::Ensemble other(flow, 4);
  CHECK_THROWS_WITH(ef::load(other, folder / "ensemble"), ContainsSubstring("4 entries in this flow, but 3"));
}

TEST_CASE("a flow of another scalar type takes a file's numbers, rounded") {
  const TemporaryFolder folder;
  ef::Rng rng(3);
  const ef::Flow<ef::AffineCoupling<double, 2>, ef::DiagonalNormal<double, 2>> wide{rng};
  ef::save(wide, folder / "wide");
  ef::Flow<ef::AffineCoupling<float, 2>, ef::DiagonalNormal<float, 2>> narrow{rng};
  ef::load(narrow, folder / "wide");
  CHECK(narrow.parameters() == wide.parameters().cast<float>());
  ef::save(narrow, folder / "narrow");
  CHECK(ef::model_info(folder / "narrow").scalar == "float");
  const auto back = ef::load_flow<double>(folder / "narrow", ef::io::standard_parts<double>());
  CHECK(back.parameters() == narrow.parameters().cast<double>());
}

TEST_CASE("a file tells what it is, and keeps notes") {
  const TemporaryFolder folder;
  ef::Rng rng(3);
  const ef::Flow<ef::Planar<float, 2>> flow{rng};
  ef::save(flow, folder / "planar", {{"trained on", "eruptions"}});
  const ef::ModelInfo info = ef::model_info(folder / "planar");
  CHECK(info.format_version == 1);
  CHECK(info.library_version == ef::version);
  CHECK(info.scalar == "float");
  CHECK(info.features == 2);
  CHECK(info.context == 0);
  CHECK(info.notes == ef::Notes{{"trained on", "eruptions"}});
  CHECK_THROWS_AS(ef::save(flow, folder / "planar", {{"architecture", "mine"}}), std::invalid_argument);

  ef::save(flow, folder / "planar", {{"quoted", "a \"\\\"\n\x01 and \u00e9"}});
  CHECK(ef::model_info(folder / "planar").notes.at("quoted") == "a \"\\\"\n\x01 and \u00e9");
  CHECK_THROWS_AS(ef::save(flow, folder / "planar", {{"latin", "caf\xe9"}}), std::invalid_argument);
  CHECK(ef::model_info(folder / "planar").notes.count("quoted") == 1);
}

TEST_CASE("a file of another architecture is rejected with the entry that differs, and changes nothing") {
  const TemporaryFolder folder;
  ef::Rng rng(3);
  ef::Flow flow{ef::Chain{ef::AffineCoupling<double, 2>({}, {.hidden = {8, 8}}), ef::Planar<double, 2>()},
                rng};
  const ef::VectorX<double> theta = flow.parameters();
  const auto refusal = [&](const auto& other) {
    ef::save(other, folder / "other");
    const std::string text = message([&] { ef::load(flow, folder / "other"); });
    CHECK(flow.parameters() == theta);
    return text;
  };
  CHECK_THAT(
      refusal(ef::Flow{
          ef::Chain{ef::AffineCoupling<double, 2>({}, {.hidden = {8, 9}}), ef::Planar<double, 2>()}, rng}),
      ContainsSubstring("other: layers.0.layers.0.options.hidden.1 is 8 in this flow, but 9 in the file"));
  CHECK_THAT(
      refusal(ef::Flow{ef::Chain{ef::AffineCoupling<double, 2>({}, {.hidden = {8}}), ef::Planar<double, 2>()},
                       rng}),
      ContainsSubstring("layers.0.layers.0.options.hidden has 2 entries in this flow, but 1 in the file"));
  CHECK_THAT(
      refusal(ef::Flow{
          ef::Chain{ef::AffineCoupling<double, 2>({}, {.hidden = {8, 8}}), ef::Radial<double, 2>()}, rng}),
      ContainsSubstring("layers.0.layers.1 is a Radial in the file, where a Planar, h = tanh is expected"));
  CHECK_THAT(refusal(ef::Flow{ef::Chain{ef::AffineCoupling<double, 2>({}, {.hidden = {8, 8}})}, rng}),
             ContainsSubstring("layers.0.layers should have 2 entries, but has 1"));
  CHECK_THAT(refusal(ef::Flow{
                 ef::Chain{ef::AffineCoupling<double, 2>({}, {.hidden = {8, 8}}), ef::Planar<double, 2>()},
                 ef::DiagonalNormal<double, 2>(), rng}),
             ContainsSubstring("base is a DiagonalNormal in the file, where a StandardNormal is expected"));
  CHECK_THAT(
      refusal(ef::Flow{
          ef::Chain{ef::AffineCoupling<double, 3>({}, {.hidden = {8, 8}}), ef::Planar<double, 3>()}, rng}),
      ContainsSubstring("this layer has 2 features at compile time, but 3 were asked for"));
}

TEST_CASE("a base of other features than the flow is rejected") {
  const TemporaryFolder folder;
  ef::Rng rng(1);
  const auto box = [](std::initializer_list<double> low, std::initializer_list<double> high) {
    return ef::Uniform<double>(numbers<double>(low), numbers<double>(high));
  };
  ef::Flow flow{ef::Permutation<double>({1, 0}), box({0, 0}, {1, 1}), rng};
  CHECK_THROWS_AS(flow.restore(flow.layers(), box({0, 0, 0}, {1, 1, 1}), flow.parameters()),
                  std::invalid_argument);
  CHECK(flow.base().dim() == 2);
}

TEST_CASE("a parameter that is not finite is not saved, and what was there stays") {
  const TemporaryFolder folder;
  ef::Rng rng(3);
  ef::Flow<ef::Planar<double, 2>> flow{rng};
  ef::save(flow, folder / "planar");
  const auto bytes = ef::io::read_file(folder / "planar");
  flow.layer_parameters<0>().w[1] = std::numeric_limits<double>::quiet_NaN();
  CHECK_THROWS_AS(ef::save(flow, folder / "planar"), std::invalid_argument);
  CHECK(ef::io::read_file(folder / "planar") == bytes);
}

TEST_CASE("the units of a context are saved, and a file without them is raw") {
  const TemporaryFolder folder;
  ef::Rng rng(3);
  const ef::AffineCoupling<double> layer(2, 1, {.hidden = {4}, .activation = ef::Activation::tanh}, {}, 1);
  ef::Flow flow{layer, rng};
  flow.parameters() += 0.1 * contract::random_normal<double>(flow.parameters().size(), 1, 4);
  const Eigen::MatrixXd x = contract::random_normal<double>(20, 2, 5);
  const Eigen::MatrixXd c = 1000 + contract::random_normal<double>(20, 1, 6).array();
  const auto parts = ef::io::standard_parts<double>();

  // Before the fit: they are still to be taken, by the flow of the file too.
  ef::save(flow, folder / "new");
  CHECK(ef::model_info(folder / "new").format_version == 2);
  auto loaded = ef::load_flow<double>(folder / "new", parts);
  CHECK(loaded.context_units().awaited());
  CHECK(loaded.log_prob(x, c) == flow.log_prob(x, c));
  const ef::FitOptions<double> start{.epochs = 0, .validation_fraction = 0, .progress = false};
  ef::fit(flow, x, c, start);
  ef::fit(loaded, x, c, start);
  CHECK(loaded.log_prob(x, c) == flow.log_prob(x, c));

  ef::save(flow, folder / "fitted");
  CHECK(ef::model_info(folder / "fitted").format_version == 2);
  const auto any = ef::load_flow<double>(folder / "fitted", parts);
  CHECK(any.context_units().mean() == flow.context_units().mean());
  CHECK(any.context_units().scale() == flow.context_units().scale());
  CHECK(any.log_prob(x, c) == flow.log_prob(x, c));
  ef::save(any, folder / "again");
  CHECK(ef::io::read_file(folder / "again") == ef::io::read_file(folder / "fitted"));
  ef::Flow same{layer, rng};
  ef::load(same, folder / "fitted");
  CHECK(same.log_prob(x, c) == flow.log_prob(x, c));
  CHECK(ef::load_flow<float>(folder / "fitted").context_units().mean()[0] ==
        static_cast<float>(flow.context_units().mean()[0]));

  // As a part of another flow they are constants of a TransformedBase.
  ef::Flow outer{ef::Planar<double>(2), flow.density(), rng};
  CHECK(outer.context_units().left_out());
  ef::save(outer, folder / "outer");
  CHECK(ef::model_info(folder / "outer").format_version == 2);
  CHECK(ef::load_flow<double>(folder / "outer", parts).log_prob(x, c) == outer.log_prob(x, c));

  // Raw: the file is one of version 1, and stays raw in the next fit.
  ef::Flow raw{layer, Eigen::VectorXd(flow.parameters())};
  ef::save(raw, folder / "raw");
  CHECK(ef::model_info(folder / "raw").format_version == 1);
  auto old = ef::load_flow<double>(folder / "raw", parts);
  const Eigen::VectorXd before = old.log_prob(x, c);
  CHECK(before == raw.log_prob(x, c));
  ef::fit(old, x, c, start);
  CHECK(old.log_prob(x, c) == before);
  ef::load(same, folder / "raw");
  CHECK(same.context_units().left_out());
  CHECK(same.log_prob(x, c) == before);
}

TEST_CASE("a file of format version 1 stays readable") {
  // tests/golden/format_1.model was written by version 0.1.0, and is never to be written again.
  const auto path = std::filesystem::path(EIGENFLOW_TEST_DATA) / "golden" / "format_1.model";
  const auto flow = ef::load_flow<double>(path, ef::io::standard_parts<double>());
  CHECK(ef::model_info(path).format_version == 1);
  Eigen::MatrixXd x(3, 3);
  x << 0.3, -1.9, 31, -2, -2.2, 10, 1, -1, 55;
  const Eigen::Vector3d then(-13.953474174385123, -14.838780740599637, -14.356546822265873);
  CHECK((flow.log_prob(x) - then).cwiseAbs().maxCoeff() < 1e-12);
}

TEST_CASE("a file of format version 2 stays readable") {
  // tests/golden/format_2.model was written by version 0.1.0, and is never to be written again. NumPy computed the
  // values from its tensors: an affine coupling given a context in units of its own.
  const auto path = std::filesystem::path(EIGENFLOW_TEST_DATA) / "golden" / "format_2.model";
  const auto flow = ef::load_flow<double>(path, ef::io::standard_parts<double>());
  CHECK(ef::model_info(path).format_version == 2);
  Eigen::MatrixXd x(3, 2);
  x << 0.3, -1.9, -2, 2.2, 1, -1;
  const Eigen::Vector3d then(-2.5208066086865903, -5.690649638985299, -7.788292457236201);
  CHECK((flow.log_prob(x, Eigen::Vector3d(950, 1010, 1100)) - then).cwiseAbs().maxCoeff() < 1e-12);
}

TEST_CASE("a file that is not there, a folder, and a folder that is not there are named") {
  const TemporaryFolder folder;
  ef::Rng rng(3);
  ef::Flow<ef::Planar<double, 2>> flow{rng};
  CHECK_THAT(message([&] { ef::load(flow, folder / "nothing"); }),
             ContainsSubstring("nothing: cannot be read: No such file"));
  CHECK_THAT(message([&] { ef::load(flow, folder.path()); }), ContainsSubstring("it is a folder"));
  CHECK_THAT(message([&] { ef::save(flow, folder / "no/where"); }),
             ContainsSubstring("where: cannot be written"));
}

// A layer outside of the library.
namespace {

template <class S>
class Shifted {
 public:
  using Scalar = S;
  static constexpr int static_dim = Eigen::Dynamic;
  template <class Visitor>
  using Parameters = ef::NoParameters<Visitor>;
  template <class Self, class Visitor>
  static Parameters<Visitor> layout(Self&, Visitor&) {
    return {};
  }
  Shifted(ef::Dimension<Eigen::Dynamic> dim, double by) : dim_(dim), by_(by) {}
  static constexpr const char* tag() { return "shifted"; }
  static constexpr const char* name() { return "Shifted"; }
  static constexpr auto structure() {
    return std::tuple(ef::Option{"dim", &Shifted::dim}, ef::Option{"by", &Shifted::by});
  }
  Index dim() const { return dim_; }
  double by() const { return by_; }
  void initialise(std::span<S>, ef::Rng&) const {}
  struct Tape {};
  Tape forward(std::span<const S>, ef::Tile<S>& tile) const {
    tile.values.array() += static_cast<S>(by_);
    return {};
  }
  Tape inverse(std::span<const S>, ef::Tile<S>& tile) const {
    tile.values.array() -= static_cast<S>(by_);
    return {};
  }
  void forward_vjp(std::span<const S>, std::span<S>, Tape, ef::Tile<S>&) const {}
  void inverse_vjp(std::span<const S>, std::span<S>, Tape, ef::Tile<S>&) const {}

 private:
  ef::Dimension<Eigen::Dynamic> dim_;
  double by_;
};

}  // namespace

TEST_CASE("a user's layer comes back where its class is registered") {
  const TemporaryFolder folder;
  ef::Rng rng(3);
  const ef::Flow flow{
      ef::Chain{Shifted<double>(2, 0.75), ef::Inverse<Shifted<double>>(Shifted<double>(2, 0.5))}, rng};
  ef::save(flow, folder / "shifted");
  CHECK_THAT(message([&] { ef::load_flow<double>(folder / "shifted", ef::io::standard_parts<double>()); }),
             Catch::Matchers::ContainsSubstring(
                 "layers.0.layers.0 is a shifted, a layer that is not in the Registry: add its class"));
  auto parts = ef::io::standard_parts<double>();
  parts.add<Shifted<double>>();
  const auto any = ef::load_flow<double>(folder / "shifted", parts);
  CHECK(any.forward(Eigen::MatrixXd::Zero(1, 2)).z == Eigen::MatrixXd::Constant(1, 2, 0.25));
  // The file has the tag, which stays; the label is for print, and may change.
  const std::string architecture = ef::io::to_json(ef::model_info(folder / "shifted").architecture);
  CHECK_THAT(architecture, ContainsSubstring(R"("type": "shifted")") && !ContainsSubstring("Shifted"));
  CHECK_THAT(printed(any), ContainsSubstring("Shifted") && !ContainsSubstring("shifted"));

  const ef::Flow by_nothing{Shifted<double>(2, std::numeric_limits<double>::quiet_NaN()), rng};
  CHECK_THROWS_WITH(ef::save(by_nothing, folder / "nan"),
                    Catch::Matchers::ContainsSubstring("a model file holds no NaN"));
  CHECK(!std::filesystem::exists(folder / "nan"));
}

TEST_CASE("every part of the list has an example, which comes back from its own text") {
  const auto parts = ef::io::standard_parts<double>();
  ef::io::Builder<double> builder(&parts);
  const auto check = [&]<class Any>(std::type_identity<Any>) {
    for (const std::string& tag : parts.tags<Any>()) {
      INFO(tag);
      const Any example = parts.example<Any>(tag, 3, 2);
      CHECK(example.dim() == 3);
      const ef::Value text = example.to_value();
      CHECK(*text.find("type")->as<std::string>() == tag);
      CHECK(ef::io::to_json(builder.build<Any>(text, tag).to_value()) == ef::io::to_json(text));
    }
    return parts.tags<Any>().size();
  };
  std::size_t listed = 0;
  ef::StandardParts<double>::for_each([&](auto) { ++listed; });
  CHECK(listed > 50);
  CHECK(check(std::type_identity<ef::AnyLayer<double>>()) +
            check(std::type_identity<ef::AnyBase<double>>()) ==
        listed);
  CHECK_THROWS_WITH(parts.example<ef::AnyLayer<double>>("Glow", 3), "this Registry has no example of a Glow");
}

TEST_CASE("the table of tags in docs/layers.md has every part of the list") {
  std::ifstream file(std::filesystem::path(EIGENFLOW_TEST_DATA) / "../docs/layers.md");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const std::string table = text.substr(text.find("## Tags"));
  using Parts = ef::StandardParts<double>;
  const auto check = [&]<class Part>(std::type_identity<Part>) {
    CHECK_THAT(table, ContainsSubstring('`' + ef::detail::tag_of<Part>() + '`'));
  };
  Parts::each(Parts::Layers(), check);
  Parts::each(Parts::Transformers(), check);
  Parts::each(Parts::Conditioners(), check);
  Parts::each(Parts::ImageConditioners(), check);
  Parts::each(Parts::MaskedConditioners(), check);
  Parts::each(Parts::Bases(), check);
}

TEST_CASE("a registered type whose constants are of its type rejects a file with others") {
  const TemporaryFolder folder;
  ef::Rng rng(3);
  const ef::Flow flow{ef::Coupling<ef::Affine<double, ef::SoftBound<2>>, ef::Mlp<double>>(2, 1, {}), rng};
  ef::save(flow, folder / "wide");
  ef::io::Registry<double> parts;
  parts.add<ef::AnyChain<double>>().add<ef::StandardNormal<double>>();
  parts.add<ef::AffineCoupling<double>>();  // whose bound is 1
  CHECK_THAT(message([&] { ef::load_flow<double>(folder / "wide", parts); }),
             Catch::Matchers::ContainsSubstring("log_scale.bound differs from that of the type"));
}

TEST_CASE("a model is read at once, with what its file says") {
  const TemporaryFolder folder;
  ef::Rng rng(1);
  const ef::Flow flow{ef::Radial<double>(2), rng};
  ef::save(flow, folder / "radial", {{"columns", "a,b"}});
  const auto model = ef::load_model<double>(folder / "radial", ef::io::standard_parts<double>());
  CHECK(model.flow.parameters() == flow.parameters());
  CHECK(model.info.notes.at("columns") == "a,b");
  CHECK(model.info.scalar == "double");
}

TEST_CASE("the architecture of a file makes a new flow, with parameters of its own") {
  const auto parts = ef::io::standard_parts<double>();
  const TemporaryFolder folder;
  ef::Rng rng(1);
  const ef::Flow flow{ef::Chain{ef::Planar<double>(2), ef::AffineCoupling<double>(2, {.hidden = {4}})},
                      ef::StudentT<double>(2), rng};
  ef::save(flow, folder / "flow");
  const std::string text = ef::io::to_json(ef::model_info(folder / "flow").architecture);
  ef::Rng one(5), other(5);
  const auto made = ef::make_flow<double>(text, one, parts);
  CHECK(printed(made) == printed(ef::load_flow<double>(folder / "flow", parts)));
  CHECK(made.parameters() != flow.parameters());
  CHECK(made.parameters() == ef::make_flow<double>(text, other, parts).parameters());

  const auto make = [&](const std::string& architecture) { ef::make_flow<double>(architecture, rng, parts); };
  const std::string layers = R"("layers": [{"type": "Radial", "dim": 2}])";
  const std::string base = R"("base": {"type": "StandardNormal", "dim": 2})";
  CHECK(ef::make_flow<double>('{' + layers + ", " + base + '}', rng, parts).dim() == 2);
  CHECK_THROWS_WITH(make("{"), ContainsSubstring("the architecture is not JSON"));
  CHECK_THROWS_WITH(make('{' + base + '}'), ContainsSubstring("the architecture has no 'layers'"));
  CHECK_THROWS_WITH(make('{' + layers + '}'), ContainsSubstring("the architecture has no 'base'"));
  CHECK_THROWS_WITH(make('{' + layers + ", " + base + R"(, "features": 3})"),
                    ContainsSubstring("the architecture says 3 features, but its layers have 2"));
  CHECK_THROWS_WITH(make('{' + layers + ", " + base + R"(, "context": 1})"),
                    ContainsSubstring("the architecture says 1 context, but its parts read 0"));
  CHECK_THROWS_WITH(make(R"({"layers": [{"type": "Glow"}], )" + base + '}'),
                    ContainsSubstring("layers.0 is a Glow"));
}

TEST_CASE("a flow of given parameters draws none") {
  ef::Rng rng(1);
  const ef::Flow drawn{ef::Planar<double>(3), ef::StudentT<double>(3), rng};
  const ef::VectorX<double> theta = drawn.parameters();
  const ef::Flow given{ef::Planar<double>(3), ef::StudentT<double>(3), theta};
  static_assert(std::is_same_v<decltype(given), decltype(drawn)>);
  CHECK(given.parameters() == theta);
  CHECK((ef::Flow{ef::Planar<double>(3), theta.head(7).eval()}.parameters() == theta.head(7)));
  CHECK_THROWS_WITH((ef::Flow{ef::Planar<double>(3), theta}),
                    ContainsSubstring("has 7 parameters, but got " + std::to_string(theta.size())));
}

TEST_CASE("notes that a file cannot hold are known before a save") {
  ef::io::check_notes({{"columns", "a,\u00e9"}});
  ef::io::check_text("\u00e9");
  CHECK_THROWS_WITH((ef::io::check_text("\xe9")), ContainsSubstring("should be UTF-8"));
  CHECK_THROWS_WITH((ef::io::check_notes({{"columns", "\xe9"}})), ContainsSubstring("should be UTF-8"));
  CHECK_THROWS_WITH((ef::io::check_notes({{"\xe9", ""}})), ContainsSubstring("should be UTF-8"));
  CHECK_THROWS_WITH((ef::io::check_notes({{"architecture", ""}})),
                    ContainsSubstring("a note cannot be called 'architecture'"));
}
