#include "embed/parts.hpp"

#include <eigenflow/layers/support.hpp>
#include <stdexcept>
#include <utility>

#include "embed/constants.hpp"
#include "embed/networks.hpp"
#include "embed/values.hpp"

namespace command {
namespace {

using ef::Value;
using Index = Eigen::Index;
using Indices = std::vector<Index>;

// As "gaussian_mixture" for "GaussianMixture".
std::string snake(const std::string& name) {
  std::string text;
  for (const char c : name) {
    const bool upper = c >= 'A' && c <= 'Z';
    if (upper && !text.empty()) text += '_';
    text += upper ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return text;
}

class Writer {
 public:
  explicit Writer(const Model& model)
      : constants_(model.info.scalar == "float"),
        parameters_(model.flow.named_parameters()),
        dim_(std::to_string(model.flow.dim())) {
    const Value::List& layers = *model.info.architecture.find("layers")->as<Value::List>();
    for (std::size_t i = 0; i < layers.size(); ++i) flatten(layers[i], std::to_string(i), false);
    parts_.base = part(*model.info.architecture.find("base"), "base");
    parts_.constants = constants_.text();
  }

  CppParts result() && { return std::move(parts_); }

 private:
  // The leaves in the order of forward; those of an Inverse are turned, and so is their order.
  void flatten(const Value& value, const std::string& path, bool turned) {
    const std::string type = type_of(value);
    if (type == "Chain" || type == "Stack") {
      const Value::List& inner = *value.find("layers")->as<Value::List>();
      for (std::size_t k = 0; k < inner.size(); ++k) {
        const std::size_t i = turned ? inner.size() - 1 - k : k;
        flatten(inner[i], path + '.' + std::to_string(i), turned);
      }
    } else if (type == "Inverse") {
      flatten(*value.find("inverse"), path + ".inverse", !turned);
    } else {
      CppPart leaf = part(value, path);
      if (turned) {
        parts_.headers.insert("eigenflow/compose/inverse.hpp");
        leaf.value = braces({leaf.type + leaf.value});
        leaf.type = "Inverse<" + leaf.type + '>';
      }
      parts_.layers.push_back(leaf);
    }
  }

  CppPart part(const Value& value, const std::string& path) {
    CppPart result{{}, {}, 0, 0};
    bool found = false;
    for (const ef::NamedParameter& p : parameters_) {
      if (!p.path.starts_with(path + '.')) continue;
      if (!found) result.offset = p.offset;
      found = true;
      result.parameters += p.rows * p.cols;
    }
    const std::string type = type_of(value);
    const std::string kind = type.substr(0, type.find_first_of("<,"));  // "Coupling<...>", "Planar, h = ..."
    const bool is_base = path == "base";
    parts_.headers.insert(std::string("eigenflow/") + (is_base ? "bases/" : "layers/") + snake(kind) +
                          ".hpp");
    result.type = kind + '<' + constants_.scalar() + ", " + dim_ + '>';
    if (!(is_base ? write_base(value, kind, result) : write_layer(value, kind, result)))
      throw std::runtime_error(path + " is a " + type + ", which this version cannot write as C++");
    return result;
  }

  bool write_layer(const Value& value, const std::string& kind, CppPart& part) {
    if (kind == "Standardize" || kind == "ActNorm")
      part.value = between(value, "mean", "scale");
    else if (kind == "Permutation")
      part.value = permutation(value);
    else if (kind == "LuLinear")
      part.value = braces({"Permutation<" + constants_.scalar() + ", " + dim_ + '>' +
                           permutation(*value.find("permutation"))});
    else if (kind == "Householder")
      part.value = braces({dim_, integer(value, "count")});
    else if (kind == "Radial")
      part.value = braces({dim_});
    else if (kind == "Planar" || kind == "Sylvester")
      write_planar(value, kind, part);
    else if (kind == "Support")
      write_support(value, part);
    else if (kind == "Coupling")
      write_coupling(value, part);
    else if (kind == "Autoregressive")
      write_autoregressive(value, part);
    else
      return false;
    return true;
  }

  bool write_base(const Value& value, const std::string& kind, CppPart& part) {
    if (kind == "StandardNormal" || kind == "DiagonalNormal" || kind == "MultivariateNormal" ||
        kind == "StudentT")
      part.value = braces({dim_});
    else if (kind == "GaussianMixture")
      part.value = braces({dim_, integer(value, "components")});
    else if (kind == "Uniform")
      part.value = between(value, "low", "high");
    else if (kind == "ConditionalNormal")
      write_conditional_normal(value, part);
    else
      return false;
    return true;
  }

  void write_planar(const Value& value, const std::string& kind, CppPart& part) {
    const Value& h = *value.find("h");
    const bool leaky = h.find("negative_slope") != nullptr;
    const std::string monotone = leaky                                  ? "LeakyRelu"
                                 : type_of(value).ends_with("softsign") ? "Softsign"
                                                                        : "Tanh";
    part.type = kind + '<' + constants_.scalar() + ", " + dim_ + ", " + monotone + '>';
    std::vector<std::string> arguments{dim_};
    if (kind == "Sylvester") arguments.push_back(integer(value, "rank"));
    arguments.push_back(monotone + (leaky ? braces({literal(as<double>(h, "negative_slope"))}) : "{}"));
    part.value = braces(arguments);
  }

  void write_support(const Value& value, CppPart& part) {
    const char* const names[] = {"real", "interval", "log", "softplus"};  // of Support::Kind
    std::vector<std::string> low, high, kinds;
    for (const auto& feature : as<std::vector<ef::FeatureSupport>>(constant(value, "features"))) {
      const auto kind = static_cast<std::size_t>(ef::Support<double>::kind_of(feature));
      low.push_back(constants_.number(feature.low));
      high.push_back(constants_.number(feature.high));
      kinds.push_back(part.type + "::Kind::" + names[kind]);
    }
    const std::string scalar = constants_.scalar();
    part.value = braces({constants_.array(scalar, braces(low)), constants_.array(scalar, braces(high)),
                         constants_.array(part.type + "::Kind", braces(kinds))});
  }

  void write_coupling(const Value& value, CppPart& part) {
    const Index dim = as<Index>(value, "dim"), split = as<Index>(value, "split"),
                context = as<Index>(value, "context_dim");
    const CppTransformer t = transformer_of(value, constants_);
    // A single feature, which a context alone conditions, is a dimension at run time.
    part.type = "Coupling<" + t.type + ", Mlp<" + constants_.scalar() + ">, " +
                (dim == 1 ? "Eigen::Dynamic" : dim_) + '>';
    part.value = braces({dim_, std::to_string(split),
                         network_of(value, split + context, t.parameters * (dim - split), constants_),
                         t.text(), std::to_string(context)});
  }

  void write_autoregressive(const Value& value, CppPart& part) {
    const auto order = as<Indices>(constant(value, "order"));
    const Index context = as<Index>(value, "context_dim");
    const CppTransformer t = transformer_of(value, constants_);
    part.type = "Autoregressive<" + t.type + ", MaskedMlp<" + constants_.scalar() + ">, " + dim_ + '>';
    part.value = braces({dim_, constants_.indices(order),
                         masked_network_of(value, order, t.parameters, context, constants_), t.text(),
                         std::to_string(context)});
  }

  void write_conditional_normal(const Value& value, CppPart& part) {
    const Index dim = as<Index>(value, "dim"), context = as<Index>(value, "context_dim");
    part.value = braces({dim_, std::to_string(context), network_of(value, context, 2 * dim, constants_)});
  }

  std::string permutation(const Value& value) {
    return braces({constants_.indices(as<Indices>(constant(value, "indices")))});
  }
  std::string between(const Value& value, const char* first, const char* second) {
    return braces({constants_.numbers(constant(value, first)), constants_.numbers(constant(value, second))});
  }
  static std::string integer(const Value& value, const char* name) {
    return std::to_string(as<Index>(value, name));
  }

  Constants constants_;
  std::vector<ef::NamedParameter> parameters_;
  std::string dim_;
  CppParts parts_;
};

}  // namespace

CppParts parts_of(const Model& model) {
  return Writer(model).result();
}

}  // namespace command
