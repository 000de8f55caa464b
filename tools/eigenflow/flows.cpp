#include "flows.hpp"

#include <cmath>
#include <eigenflow/io.hpp>
#include <stdexcept>
#include <string>
#include <utility>

namespace command {
namespace {

using Layer = ef::AnyLayer<double>;
using Block = ef::AnyChain<double>;
// The types that the files of all flows load into, so that they are compiled once.
using Affine = ef::Affine<double, ef::AnyScale>;
using Spline = ef::RationalQuadraticSpline<double, ef::SplineTails::linear, ef::AnyScale>;

template <class Transformer>
Layer layer(const Architecture& a, Eigen::Index dim, Eigen::Index context, Transformer transformer) {
  const ef::MlpOptions network{.hidden = a.hidden, .activation = ef::Activation::silu};
  if (a.kind == Kind::coupling)
    return Layer(
        ef::Coupling<Transformer, ef::Mlp<double>>(dim, dim / 2, network, std::move(transformer), context));
  std::vector<Eigen::Index> order;
  for (Eigen::Index j = 0; j < dim; ++j) order.push_back(j);
  return Layer(ef::Autoregressive<Transformer, ef::MaskedMlp<double>>(dim, std::move(order), network,
                                                                      std::move(transformer), context));
}

Layer layer(const Architecture& a, Eigen::Index dim, Eigen::Index context) {
  if (a.map == Map::affine) return layer(a, dim, context, Affine{ef::AnyScale(ef::SoftClip(1))});
  const ef::SplineOptions options{.bins = a.bins, .bound = 4};
  return layer(a, dim, context, Spline(options, ef::AnyScale(ef::SoftClip(-std::log(options.min_slope)))));
}

}  // namespace

Flow make_flow(const Architecture& a, Eigen::Index dim, Eigen::Index context, std::uint64_t seed) {
  ef::Rng rng(seed);
  std::vector<Layer> blocks;
  for (Eigen::Index k = 0; k < a.layers; ++k) {
    // Another order for each layer: with few features a random one may be the same again.
    const auto turned =
        dim < 4 ? ef::Permutation<double>::reverse(dim) : ef::Permutation<double>::random(dim, rng);
    blocks.emplace_back(Block({layer(a, dim, context), Layer(ef::LuLinear<double>(turned))}));
  }
  std::vector<Layer> layers{Layer(ef::Standardize<double>(dim))};
  if (!blocks.empty()) layers.emplace_back(ef::Stack<Layer>(std::move(blocks)));
  ef::AnyBase<double> base = a.base == Base::normal ? ef::AnyBase<double>(ef::StandardNormal<double>(dim))
                                                    : ef::AnyBase<double>(ef::StudentT<double>(dim));
  return {Block(std::move(layers)), std::move(base), rng};
}

Flow with_units(const Flow& flow, const Architecture& architecture,
                const std::vector<ef::FeatureSupport>& supports, const Eigen::RowVectorXd& mean,
                const Eigen::RowVectorXd& scale) {
  std::vector<Layer> layers;
  if (!supports.empty()) layers.emplace_back(ef::Support<double>(supports));
  for (Eigen::Index i = 0; i < flow.layers().size(); ++i) layers.push_back(flow.layers()[i]);
  ef::Rng rng(0);
  Flow result(Block(std::move(layers)), flow.base(), rng);
  result.set_parameters(flow.parameters());

  // h = W (c - mean)/scale + b: the scale goes into W, the mean into b.
  const std::string first = ".conditioner.0.";
  const auto parameters = result.named_parameters();
  for (std::size_t i = 0; i + 1 < parameters.size() && mean.size() > 0; ++i) {
    const ef::NamedParameter &weight = parameters[i], &bias = parameters[i + 1];
    if (!weight.path.ends_with(first + "weight")) continue;
    if (!bias.path.ends_with(first + "bias")) throw std::logic_error("no bias follows " + weight.path);
    Eigen::Map<Eigen::MatrixXd> all(result.theta().data() + weight.offset, weight.rows, weight.cols);
    auto w = architecture.kind == Kind::coupling ? all.bottomRows(mean.size()) : all.topRows(mean.size());
    for (Eigen::Index k = 0; k < scale.size(); ++k) {
      if (scale[k] > 0)
        w.row(k) /= scale[k];
      else
        w.row(k).setZero();
    }
    Eigen::Map<Eigen::RowVectorXd>(result.theta().data() + bias.offset, bias.rows * bias.cols) -= mean * w;
  }
  return result;
}

Eigen::MatrixXd without_edges(const std::vector<ef::FeatureSupport>& supports, const Eigen::MatrixXd& x) {
  if (supports.empty()) return x;
  ef::Rng rng(0);
  ef::Flow<ef::Support<double>> edges(ef::Support<double>(supports), rng);
  return edges.forward(x).z;
}

ef::LoadedModel<double> read_model(const std::filesystem::path& path) {
  return ef::load_model<double>(path);
}

}  // namespace command
