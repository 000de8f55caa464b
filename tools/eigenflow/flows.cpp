#include "flows.hpp"

#include <algorithm>
#include <cmath>
#include <eigenflow/io.hpp>
#include <numbers>
#include <utility>

#include "all_but.hpp"

namespace command {
namespace {

using Layer = ef::AnyLayer<double>;
using Block = ef::AnyChain<double>;
using AnyBase = ef::AnyBase<double>;
using Indices = std::vector<Eigen::Index>;
// The types of all flows that are loaded from files, compiled once.
using Affine = ef::Affine<double, ef::AnyScale>;
using Spline = ef::RationalQuadraticSpline<double, ef::SplineTails::linear, ef::AnyScale>;
using PeriodicSpline = ef::RationalQuadraticSpline<double, ef::SplineTails::periodic, ef::AnyScale>;

// The arguments of the layers of a flow.
struct Features {
  Eigen::Index dim, context;
  Indices circles, real;  // the features of each kind

  Features(Eigen::Index all, Eigen::Index given, Indices round)
      : dim(all), context(given), circles(std::move(round)), real(all_but(dim, circles)) {}
  Eigen::Index real_count() const { return static_cast<Eigen::Index>(real.size()); }
};

template <class Transformer>
Layer layer(const Architecture& a, const Features& f, Indices order, Transformer transformer) {
  const ef::MlpOptions network{.hidden = a.hidden, .activation = ef::Activation::silu, .dropout = a.dropout};
  if (a.kind == Kind::coupling)
    return Layer(ef::Coupling<Transformer, ef::Mlp<double>>(f.dim, f.dim / 2, network, std::move(transformer),
                                                            f.context));
  return Layer(ef::Autoregressive<Transformer, ef::MaskedMlp<double>>(f.dim, std::move(order), network,
                                                                      std::move(transformer), f.context));
}

// A transformer for real features, with a spline for circles if there are any.
template <class Line>
Layer layer(const Architecture& a, const Features& f, Indices order, const Indices& circles, Line line,
            const ef::AnyScale& slope) {
  if (circles.empty()) return layer(a, f, std::move(order), std::move(line));
  PeriodicSpline circle(ef::on_circle({.bins = a.bins}), slope);
  return layer(a, f, std::move(order),
               ef::LineOrCircle<Line, PeriodicSpline>(circles, std::move(line), std::move(circle)));
}

Layer layer(const Architecture& a, const Features& f, Indices order, const Indices& circles) {
  const ef::SplineOptions options{.bins = a.bins, .bound = 4};
  const ef::AnyScale slope(ef::SoftClip(-std::log(options.min_slope)));
  if (a.map == Map::affine)
    return layer(a, f, std::move(order), circles, Affine{ef::AnyScale(ef::SoftClip(1))}, slope);
  return layer(a, f, std::move(order), circles, Spline(options, slope), slope);
}

// A different order for each layer: with few features, random orders may repeat.
ef::Permutation<double> turned(Eigen::Index dim, ef::Rng& rng) {
  return dim < 4 ? ef::Permutation<double>::reverse(dim) : ef::Permutation<double>::random(dim, rng);
}

// Layers with linear maps between them.
std::vector<Layer> blocks_on_lines(const Architecture& a, const Features& f, ef::Rng& rng) {
  std::vector<Layer> blocks;
  for (Eigen::Index k = 0; k < a.layers; ++k) {
    const auto next = turned(f.dim, rng);
    blocks.emplace_back(Block({layer(a, f, ef::in_order(f.dim), {}), Layer(ef::LuLinear<double>(next))}));
  }
  return blocks;
}

// Features that are circles keep their columns: each layer has its own order, and linear maps skip circles.
std::vector<Layer> blocks_with_circles(const Architecture& a, const Features& f, ef::Rng& rng) {
  std::vector<Layer> blocks;
  Indices order = ef::in_order(f.dim);
  for (Eigen::Index k = 0; k < a.layers; ++k) {
    std::vector<Layer> block;
    if (a.kind == Kind::autoregressive) {
      block.push_back(layer(a, f, order, f.circles));
    } else {
      Indices circles;
      for (std::size_t i = 0; i < order.size(); ++i)
        if (std::find(f.circles.begin(), f.circles.end(), order[i]) != f.circles.end())
          circles.push_back(static_cast<Eigen::Index>(i));
      block.emplace_back(ef::Columns<Layer>(f.dim, order, layer(a, f, {}, circles)));
    }
    if (f.real_count() > 1)
      block.emplace_back(
          ef::Columns<Layer>(f.dim, f.real, Layer(ef::LuLinear<double>(turned(f.real_count(), rng)))));
    blocks.emplace_back(Block(std::move(block)));
    Indices next;
    const auto permutation = turned(f.dim, rng);
    for (const Eigen::Index from : permutation.indices())
      next.push_back(order[static_cast<std::size_t>(from)]);
    order = std::move(next);
  }
  return blocks;
}

AnyBase base_of(const Architecture& a, Eigen::Index dim) {
  if (a.base == Base::mixture)
    return AnyBase(ef::Mixture<AnyBase>(a.components, AnyBase(ef::MultivariateNormal<double>(dim))));
  if (a.base == Base::student) return AnyBase(ef::StudentT<double>(dim));
  return AnyBase(ef::StandardNormal<double>(dim));
}

AnyBase base_of(const Architecture& a, const Features& f) {
  if (f.circles.empty()) return base_of(a, f.dim);
  if (f.real.empty()) {
    const Eigen::VectorXd end = Eigen::VectorXd::Constant(f.dim, std::numbers::pi);
    return AnyBase(ef::Uniform<double>((-end).eval(), end));
  }
  return AnyBase(ef::WithCircles<AnyBase>(f.dim, f.circles, base_of(a, f.real_count())));
}

// Real features in standard units, without their correlations if these are known.
Layer units_layer(const Features& f, const Scales& scales) {
  const Eigen::VectorXd middle = scales.features.middle(f.real), scale = scales.features.scale(f.real);
  const Eigen::MatrixXd& k = scales.correlations;
  if (k.size() == 0) return Layer(ef::Standardize<double>(middle, scale));
  Eigen::VectorXd factor(k.rows() * (k.rows() + 1) / 2);
  for (Eigen::Index i = 0, at = 0; i < k.rows(); at += ++i) factor.segment(at, i + 1) = k.row(i).head(i + 1);
  return Layer(ef::Whiten<double>(middle, scale, factor));
}

// A circle has its own unit.
void append_units(const Features& f, const Scales& scales, std::vector<Layer>& layers) {
  if (f.real.empty()) return;
  Layer units = units_layer(f, scales);
  layers.push_back(f.circles.empty() ? std::move(units)
                                     : Layer(ef::Columns<Layer>(f.dim, f.real, std::move(units))));
}

// The layers given the context in standard units.
Layer given_context(Layer layers, const Units& units) {
  using Given = ef::StandardizeContext<Layer>;
  if (!units.any_heavy()) return Layer(Given(std::move(layers)));
  Eigen::VectorXd scale = units.scale;
  for (Eigen::Index j = 0; j < scale.size(); ++j)
    if (units.constant[static_cast<std::size_t>(j)]) scale[j] = Given::no_matter;
  return Layer(Given(std::move(layers), units.middle, std::move(scale)));
}

}  // namespace

Flow make_flow(const Architecture& architecture, const Scales& scales,
               const std::vector<Eigen::Index>& circles, std::uint64_t seed) {
  Architecture a = architecture;
  if (a.base == Base::by_tails) a.base = scales.features.any_heavy() ? Base::student : Base::normal;
  ef::Rng rng(seed);
  const Eigen::Index dim = scales.features.scale.size(), context = scales.context.scale.size();
  const Features features(dim, context, circles);
  std::vector<Layer> layers;
  append_units(features, scales, layers);
  std::vector<Layer> blocks =
      circles.empty() ? blocks_on_lines(a, features, rng) : blocks_with_circles(a, features, rng);
  if (!blocks.empty()) {
    Layer stack(ef::Stack<Layer>(std::move(blocks)));
    layers.push_back(context > 0 ? given_context(std::move(stack), scales.context) : std::move(stack));
  }
  if (layers.empty()) layers.emplace_back(ef::Permutation<double>(ef::in_order(dim)));
  return {Block(std::move(layers)), base_of(a, features), rng};
}

Flow average_of(const std::vector<Flow>& flows, const Eigen::VectorXd& weights) {
  using Density = ef::TransformedBase<Layer, AnyBase>;
  ef::List<AnyBase> densities;
  Eigen::VectorXd theta = weights.array().log();
  for (const Flow& flow : flows) {
    densities.push_back(AnyBase(Density(Layer(flow.layers()), flow.base())));
    const Eigen::Index before = theta.size();
    theta.conservativeResize(before + flow.parameters().size());
    theta.tail(flow.parameters().size()) = flow.parameters();
  }
  const Eigen::Index dim = flows.front().dim();
  return {Block({Layer(ef::Permutation<double>(ef::in_order(dim)))}),
          AnyBase(ef::Mixture<AnyBase>(std::move(densities))), std::move(theta)};
}

Flow with_edges(const Flow& flow, const std::vector<ef::FeatureSupport>& supports) {
  if (supports.empty()) return flow;
  std::vector<Layer> layers{Layer(ef::Support<double>(supports))};
  for (Eigen::Index i = 0; i < flow.layers().size(); ++i) layers.push_back(flow.layers()[i]);
  return {Block(std::move(layers)), flow.base(), Eigen::VectorXd(flow.parameters())};
}

Eigen::MatrixXd without_edges(const std::vector<ef::FeatureSupport>& supports, const Eigen::MatrixXd& x) {
  if (supports.empty()) return x;
  ef::Rng rng(0);
  ef::Flow<ef::Support<double>> edges(ef::Support<double>(supports), rng);
  return edges.forward(x).z;
}

const ef::io::Registry<double>& known_parts() {
  static const auto parts = ef::io::standard_parts<double>();
  return parts;
}

ef::LoadedModel<double> read_model(const std::filesystem::path& path) {
  return ef::load_model<double>(path, known_parts());
}

}  // namespace command
