#pragma once

#include <Eigen/Core>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <numeric>
#include <stdexcept>
#include <string>
#include <vector>

#include "eigenflow/any/any_base.hpp"
#include "eigenflow/any/any_layer.hpp"
#include "eigenflow/authoring/layout.hpp"
#include "eigenflow/bases/standard_normal.hpp"
#include "eigenflow/io/json.hpp"
#include "eigenflow/io/registry.hpp"
#include "eigenflow/numerics/rng.hpp"
#include "eigenflow/text/decimal.hpp"

// Random architectures of all parts that files name, as the JSON of model files: most with options of their own, and the
// example of any layer in a list of parts.

namespace eigenflow::test {

class RandomArchitecture {
 public:
  /// `parts` must outlive it.
  RandomArchitecture(std::uint64_t seed, const io::Registry<double>& parts)
      : rng_(seed),
        of_mixtures_(rng_.fork(std::uint64_t{0})),
        of_images_(rng_.fork(std::uint64_t{1})),
        parts_(parts),
        dim_(1 + below(7)),
        context_(below(2) == 0 ? 0 : 1 + below(3)),
        on_circle_(below(8) == 0) {
    if (on_circle_ && dim_ == 1 && context_ == 0) dim_ = 2;
  }

  Eigen::Index dim() const { return dim_; }

  /// The architecture without its scalar and its numbers of columns.
  std::string text() {
    std::string all;
    const int count = 1 + below(3);
    if (!on_circle_ && below(4) == 0) all = support() + ", ";
    for (int i = 0; i < count; ++i) all += (i > 0 ? ", " : "") + layer(0);
    return R"({"layers": [)" + all + R"(], "base": )" + base() + '}';
  }

 private:
  static constexpr double edge_ = 3;  // of the circle

  int below(int n) { return static_cast<int>(rng_.below(static_cast<std::uint64_t>(n))); }
  double uniform(double low, double high) { return low + (high - low) * rng_.uniform<double>(); }
  std::string one_of(std::initializer_list<const char*> names) {
    return *(names.begin() + below(static_cast<int>(names.size())));
  }
  static std::string number(Eigen::Index n) { return std::to_string(n); }
  static std::string number(int n) { return std::to_string(n); }
  static std::string number(double x) {
    const std::string text = detail::decimal(x);
    return text.find_first_of(".e") == std::string::npos ? text + ".0" : text;
  }
  std::string numbers(Eigen::Index count, double low, double high) {
    std::string all = "[";
    for (Eigen::Index i = 0; i < count; ++i) all += (i > 0 ? ", " : "") + number(uniform(low, high));
    return all + ']';
  }
  std::string order() {
    const Eigen::Matrix<Eigen::Index, Eigen::Dynamic, 1> places = rng_.permutation(dim_);
    std::string all = "[";
    for (Eigen::Index j = 0; j < dim_; ++j) all += (j > 0 ? ", " : "") + number(places[j]);
    return all + ']';
  }

  // ---- networks and transformers

  std::string activation() {
    return one_of({"relu", "leaky_relu", "tanh", "sigmoid", "softplus", "elu", "silu", "gelu", "identity"});
  }
  std::string common() {
    return R"(, "activation": ")" + activation() + R"(", "dropout": )" + one_of({"0.0", "0.25"}) +
           R"(, "negative_slope": )" + number(uniform(0.01, 0.5)) + '}';
  }
  std::string network(bool residual) {
    if (residual)
      return R"({"width": )" + number(2 + below(8)) + R"(, "blocks": )" + number(below(3)) + common();
    std::string hidden = "[";
    for (int i = below(4); i > 0; --i) hidden += (hidden.size() > 1 ? ", " : "") + number(2 + below(11));
    return R"({"hidden": )" + hidden + ']' + common();
  }
  std::string scale() {
    const std::string least = R"(, "least": )" + number(uniform(0.05, 0.3)) + '}';
    const std::string sigmoid = R"({"type": "sigmoid", "largest": )" + number(uniform(1.2, 2)) + least;
    switch (below(6)) {
      case 0:
        return R"({"type": "soft clip", "bound": )" + number(uniform(0.5, 3)) + '}';
      case 1:
        return R"({"type": "tanh bound", "bound": )" + number(uniform(0.5, 2)) + '}';
      case 2:
        return sigmoid;
      case 3:
        return R"({"type": "softplus")" + least;
      case 4:
        return R"({"type": "reciprocal sigmoid", "map": )" + sigmoid + '}';
      default:
        return R"({"type": "exp"})";
    }
  }
  std::string spline() {
    const bool size_bound = below(3) == 0;
    return R"({"type": ")" + std::string(on_circle_ ? "periodic spline" : "spline") +
           R"(", "options": {"bins": )" + number(2 + below(7)) + R"(, "bound": )" +
           number(on_circle_ ? edge_ : uniform(1, 5)) + R"(, "min_size": )" + number(uniform(0.01, 0.05)) +
           R"(, "min_slope": )" + number(uniform(0.01, 0.2)) + R"(, "rotate": )" +
           (on_circle_ && below(2) == 0 ? "true" : "false") + R"(, "size_bound": )" +
           (size_bound ? number(uniform(1, 4)) : "0.0") + R"(}, "slope_map": )" + scale() + '}';
  }
  std::string transformer(std::string& type) {
    const int kind = on_circle_ ? 2 : below(3);
    type = kind == 0 ? "shift" : kind == 1 ? "affine" : on_circle_ ? "periodic spline" : "spline";
    if (kind == 0) return R"({"type": "shift"})";
    return kind == 1 ? R"({"type": "affine", "log_scale": )" + scale() + '}' : spline();
  }

  /// A coupling of images whose halves have these numbers of features: of as many pixels as both can be cut into.
  std::string image_coupling(const std::string& type, const std::string& map, Eigen::Index split,
                             Eigen::Index context) {
    const auto below = [&](int n) {
      return static_cast<int>(of_images_.below(static_cast<std::uint64_t>(n)));
    };
    const Eigen::Index pixels = std::gcd(split, dim_ - split);
    const auto one = [&](const char* first, const char* second) {
      return std::string(below(2) == 0 ? first : second);
    };
    const bool checkerboard = below(2) == 0, residual = below(2) == 0;
    Eigen::Index height = 1 + below(static_cast<int>(pixels));
    while (pixels % height != 0) --height;
    const std::string channels = number(1 + below(4));
    const std::string shape =
        residual ? R"("channels": )" + channels + R"(, "blocks": )" + one("0", "1") + R"(, "kernel": )" +
                       one("1", "3")
                 : one(R"("hidden": [], "kernels": [3])", R"("hidden": [3], "kernels": [3, 1])");
    return R"({"type": "Coupling<)" + type + (residual ? ", conv residual net" : ", conv net") +
           R"(>", "dim": )" + number(dim_) + R"(, "split": )" + number(split) +
           R"(, "options": {"height": )" + number(height) + R"(, "width": )" +
           number(pixels / height * (checkerboard ? 2 : 1)) + ", " + shape + R"(, "padding": ")" +
           one("zero", "circular") + R"(", "broadcast": )" + number(context) + R"(, "checkerboard": ")" +
           (checkerboard ? one("even", "odd") : "all") + '"' + common() + R"(, "transformer": )" + map +
           R"(, "context_dim": )" + number(context) + '}';
  }

  // ---- layers

  std::string conditioned(bool coupling) {
    std::string type;
    const std::string map = transformer(type);
    const bool residual = below(2) == 0;
    const Eigen::Index context = below(3) == 0 ? 0 : context_;
    const Eigen::Index least = context > 0 ? 0 : 1;
    // Without a context one feature cannot be coupled.
    coupling = coupling && dim_ > least;
    const std::string net = residual ? "residual net" : "mlp";
    const std::string rest = R"("options": )" + network(residual) + R"(, "transformer": )" + map +
                             R"(, "context_dim": )" + number(context) + '}';
    if (!coupling)
      return R"({"type": "Autoregressive<)" + type + ", masked " + net + R"(>", "dim": )" + number(dim_) +
             R"(, "constants": {"order": )" + order() + "}, " + rest;
    const Eigen::Index split = least + below(static_cast<int>(dim_ - least));
    if (!on_circle_ && split > 0 && of_images_.below(3) == 0)
      return image_coupling(type, map, split, context);
    return R"({"type": "Coupling<)" + type + ", " + net + R"(>", "dim": )" + number(dim_) + R"(, "split": )" +
           number(split) + ", " + rest;
  }
  std::string monotone(std::string& name) {
    name = one_of({"tanh", "softsign", "leaky_relu"});
    return R"({"type": ")" + name + '"' +
           (name == "leaky_relu" ? R"(, "negative_slope": )" + number(uniform(0.1, 0.9)) : "") + '}';
  }
  std::string permutation() {
    return R"({"type": "Permutation", "constants": {"indices": )" + order() + "}}";
  }
  std::string support() {
    std::string all;
    for (Eigen::Index j = 0; j < dim_; ++j) {
      const double low = uniform(-2, 0);
      const bool from = below(2) == 0, to = below(2) == 0;
      all += (j > 0 ? ", " : "") + std::string(R"({"low": )") + (from ? number(low) : R"("-inf")") +
             R"(, "high": )" + (to ? number(low + uniform(1, 4)) : R"("inf")") + R"(, "map": ")" +
             one_of({"log", "softplus"}) + "\"}";
    }
    return R"({"type": "Support", "constants": {"features": [)" + all + "]}}";
  }
  std::string group(int depth) {
    const char* const type = below(2) == 0 ? "Chain" : "Stack";
    std::string all = layer(depth + 1);
    for (int i = below(3); i > 0; --i) all += ", " + layer(depth + 1);
    return R"({"type": ")" + std::string(type) + R"(", "layers": [)" + all + "]}";
  }
  static std::string inverse(const std::string& layer) {
    return R"({"type": "Inverse", "inverse": )" + layer + '}';
  }

  std::string layer(int depth) {
    if (depth < 3 && below(4) == 0) return below(2) == 0 ? group(depth) : inverse(layer(depth + 1));
    if (on_circle_) return below(4) == 0 ? permutation() : conditioned(below(2) == 0);
    const std::string dim = number(dim_);
    std::string name;
    switch (below(15)) {
      case 14:
        return example();
      case 0:
      case 1:
        return R"({"type": ")" + one_of({"Standardize", "ActNorm"}) + R"(", "constants": {"mean": )" +
               numbers(dim_, -1, 1) + R"(, "scale": )" + numbers(dim_, 0.5, 2) + R"(, "initialised": true}})";
      case 2:
        return R"({"type": "Householder", "dim": )" + dim + R"(, "count": )" + number(1 + below(4)) + '}';
      case 3:
        return R"({"type": "LuLinear", "permutation": )" + permutation() + R"(, "spread": )" +
               number(uniform(0, 0.3)) + '}';
      case 4:
        return permutation();
      case 5: {
        const std::string h = monotone(name);
        return R"({"type": "Planar, h = )" + name + R"(", "dim": )" + dim + R"(, "h": )" + h + '}';
      }
      case 6: {
        const std::string h = monotone(name);
        return R"({"type": "Sylvester, h = )" + name + R"(", "dim": )" + dim + R"(, "rank": )" +
               number(1 + below(static_cast<int>(dim_))) + R"(, "h": )" + h + '}';
      }
      case 7:
        return R"({"type": "Radial", "dim": )" + dim + '}';
      case 8: {  // onto an interval and back
        const std::string there = support();
        return R"({"type": "Chain", "layers": [)" + inverse(there) + ", " + there + "]}";
      }
      default:
        return conditioned(below(2) == 0);
    }
  }

  /// The example of a layer that takes the whole line, whatever its tag. A large network has a kink near every point, where
  /// numeric derivatives err: layers with one are drawn with their own options, above.
  std::string example() {
    std::vector<std::string> tags = parts_.tags<AnyLayer<double>>();
    std::erase(tags, "Identity");  // says nothing in a flow
    for (;;) {
      const std::string& tag = tags[static_cast<std::size_t>(below(static_cast<int>(tags.size())))];
      try {
        const auto layer = parts_.example<AnyLayer<double>>(tag, dim_, context_);
        if (parameter_count(layer) < 200 && takes_the_line(layer)) return io::to_json(layer.to_value());
      } catch (const std::invalid_argument&) {  // it needs more features, or a context
      }
    }
  }
  bool takes_the_line(const AnyLayer<double>& layer) const {
    Rng rng(1);
    const AnyFlow<double> flow(AnyChain<double>({layer}), AnyBase<double>(StandardNormal<double>(dim_)), rng);
    const Eigen::MatrixXd x = Eigen::MatrixXd::Constant(1, dim_, 20),
                          c = Eigen::MatrixXd::Zero(1, flow.context_dim());
    return ((flow.inverse(flow.forward(x, c).z, c).x - x).array().abs() < 1e-6).all() &&
           ((flow.inverse(flow.forward(-x, c).z, c).x + x).array().abs() < 1e-6).all();
  }

  std::string base(int depth = 0) {
    const std::string dim = number(dim_);
    const auto box = [&](const std::string& low, const std::string& high) {
      return R"({"type": "Uniform", "constants": {"low": )" + low + R"(, "high": )" + high + "}}";
    };
    if (on_circle_) return box(numbers(dim_, -edge_, -edge_), numbers(dim_, edge_, edge_));
    if (depth < 2 && of_mixtures_.below(6) == 0) {
      std::string all;
      for (int i = below(3); i >= 0; --i) {
        const std::string one = base(depth + 1);
        all += below(2) == 0
                   ? one
                   : R"({"type": "TransformedBase", "layers": )" + layer(2) + R"(, "base": )" + one + '}';
        if (i > 0) all += ", ";
      }
      return R"({"type": "Mixture", "components": [)" + all + "]}";
    }
    const int kind = below(context_ > 0 ? 8 : 6);
    if (kind == 0 && depth == 0) return box(numbers(dim_, -2, -1), numbers(dim_, 1, 2));
    if (kind == 1)
      return R"({"type": "GaussianMixture", "dim": )" + dim + R"(, "components": )" + number(1 + below(3)) +
             '}';
    if (kind >= 6) {
      const bool residual = kind == 6;
      return R"({"type": "ConditionalNormal<)" + std::string(residual ? "residual net" : "mlp") +
             R"(>", "dim": )" + dim + R"(, "context_dim": )" + number(context_) + R"(, "options": )" +
             network(residual) + '}';
    }
    return R"({"type": ")" + one_of({"StandardNormal", "DiagonalNormal", "MultivariateNormal", "StudentT"}) +
           R"(", "dim": )" + dim + '}';
  }

  Rng rng_;
  Rng of_mixtures_, of_images_;  // their own, so that a new part leaves the other architectures as they are
  const io::Registry<double>& parts_;
  Eigen::Index dim_, context_;
  bool on_circle_;
};

}  // namespace eigenflow::test
