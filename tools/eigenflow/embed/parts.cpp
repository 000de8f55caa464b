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
      : constants_(model.info.scalar == "float"), parameters_(model.flow.named_parameters()) {
    const Index dim = model.flow.dim();
    const Value::List& layers = *model.info.architecture.find("layers")->as<Value::List>();
    for (std::size_t i = 0; i < layers.size(); ++i)
      flatten(layers[i], std::to_string(i), dim, false, parts_.layers);
    parts_.base = base(*model.info.architecture.find("base"), dim);
    parts_.constants = constants_.text();
  }

  CppParts result() && { return std::move(parts_); }

 private:
  // Appends the layers in the order of forward; those of an Inverse are turned, and so is their order.
  void flatten(const Value& value, const std::string& path, Index dim, bool turned,
               std::vector<CppPart>& layers) {
    const std::string type = type_of(value);
    if (type == "Chain" || type == "Stack") {
      const Value::List& inner = *value.find("layers")->as<Value::List>();
      for (std::size_t k = 0; k < inner.size(); ++k) {
        const std::size_t i = turned ? inner.size() - 1 - k : k;
        flatten(inner[i], path + '.' + std::to_string(i), dim, turned, layers);
      }
    } else if (type == "Inverse") {
      flatten(*value.find("inverse"), path + ".inverse", dim, !turned, layers);
    } else if (type == "Columns" || type == "StandardizeContext") {
      layers.push_back(around(value, type, path, dim, turned));
    } else {
      CppPart layer = located(path);
      dim_ = std::to_string(dim);
      write(value, path, "layers/", &Writer::write_layer, layer);
      if (turned) {
        parts_.headers.insert("eigenflow/compose/inverse.hpp");
        layer.value = braces({layer.type + layer.value});
        layer.type = "Inverse<" + layer.type + '>';
      }
      layers.push_back(layer);
    }
  }

  // A layer around others, which are one Sequence.
  CppPart around(const Value& value, const std::string& type, const std::string& path, Index dim,
                 bool turned) {
    const bool columns = type == "Columns";
    const Indices indices = columns ? as<Indices>(constant(value, "indices")) : Indices();
    parts_.headers.insert(std::string("eigenflow/") + (columns ? "compose/" : "layers/") + snake(type) +
                          ".hpp");
    CppPart result = located(path);
    std::vector<CppPart> layers;
    flatten(*value.find("layer"), path + ".layer", columns ? static_cast<Index>(indices.size()) : dim, turned,
            layers);
    const CppPart inner = sequence(layers, result.offset);
    const std::string object = inner.type + inner.value, dim_text = std::to_string(dim);
    if (columns) {
      result.type = type + '<' + inner.type + ", " + dim_text + '>';
      result.value = braces({dim_text, constants_.indices(indices), object});
    } else {
      result.type = type + '<' + inner.type + '>';
      result.value = braces({object, constants_.numbers(constant(value, "mean")),
                             constants_.numbers(constant(value, "scale"))});
    }
    return result;
  }

  // Its parameters begin at `offset`.
  static CppPart sequence(const std::vector<CppPart>& layers, Index offset) {
    if (layers.size() == 1) return layers.front();
    CppPart all{"Sequence<", "", offset, 0};
    std::vector<std::string> segments, values;
    for (const CppPart& layer : layers) {
      all.type += (all.parameters++ == 0 ? "" : ", ") + layer.type;
      segments.push_back(braces({std::to_string(layer.parameters > 0 ? layer.offset - offset : 0),
                                 std::to_string(layer.parameters)}));
      values.push_back(layer.type + layer.value);
    }
    all.type += '>';
    values.insert(values.begin(), braces({braces(segments)}));
    all.value = braces(values);
    return all;
  }

  // A part whose parameters are those below `path`.
  CppPart located(const std::string& path) const {
    CppPart result{{}, {}, 0, 0};
    for (const ef::NamedParameter& p : parameters_) {
      if (!p.path.starts_with(path + '.')) continue;
      if (result.parameters == 0) result.offset = p.offset;
      result.parameters += p.rows * p.cols;
    }
    return result;
  }

  CppPart base(const Value& value, Index dim) {
    CppPart result = located("base");
    dim_ = std::to_string(dim);
    write(value, "base", "bases/", &Writer::write_base, result);
    return result;
  }

  void write(const Value& value, const std::string& path, const char* folder,
             bool (Writer::*writer)(const Value&, const std::string&, CppPart&), CppPart& result) {
    const std::string type = type_of(value);
    const std::string kind = type.substr(0, type.find_first_of("<,"));  // "Coupling<...>", "Planar, h = ..."
    parts_.headers.insert("eigenflow/" + (folder + snake(kind)) + ".hpp");
    result.type = kind + '<' + constants_.scalar() + ", " + dim_ + '>';
    if (!(this->*writer)(value, kind, result))
      throw std::runtime_error(path + " is a " + type + ", which this version cannot write as C++");
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
    else if (kind == "Elementwise")
      write_elementwise(value, part);
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
    else if (kind == "WithCircles")
      write_with_circles(value, part);
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
    const char* const names[] = {"real", "interval", "log", "softplus", "circle"};  // of Support::Kind
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
    Index inputs = split;  // a circle is given as two
    for (const Index circle : circles_of(value)) inputs += circle < split ? 1 : 0;
    // A single feature, which a context alone conditions, is a dimension at run time.
    part.type = "Coupling<" + t.type + ", Mlp<" + constants_.scalar() + ">, " +
                (dim == 1 ? "Eigen::Dynamic" : dim_) + '>';
    part.value = braces({dim_, std::to_string(split),
                         network_of(value, inputs + context, t.parameters * (dim - split), constants_),
                         t.text(), std::to_string(context)});
  }

  void write_autoregressive(const Value& value, CppPart& part) {
    const auto order = as<Indices>(constant(value, "order"));
    const Index context = as<Index>(value, "context_dim");
    const CppTransformer t = transformer_of(value, constants_);
    part.type = "Autoregressive<" + t.type + ", MaskedMlp<" + constants_.scalar() + ">, " + dim_ + '>';
    part.value =
        braces({dim_, constants_.indices(order),
                masked_network_of(value, order, t.parameters, context, circles_of(value), constants_),
                t.text(), std::to_string(context)});
  }

  void write_elementwise(const Value& value, CppPart& part) {
    const CppTransformer t = transformer_of(value, constants_);
    for (const char* const header : {"affine", "line_or_circle", "rational_quadratic_spline", "shift"})
      parts_.headers.insert(std::string("eigenflow/transformers/") + header + ".hpp");
    part.type = "Elementwise<" + t.type + ", " + dim_ + '>';
    part.value = braces({dim_, t.text()});
  }

  void write_conditional_normal(const Value& value, CppPart& part) {
    const Index dim = as<Index>(value, "dim"), context = as<Index>(value, "context_dim");
    part.value = braces({dim_, std::to_string(context), network_of(value, context, 2 * dim, constants_)});
  }

  void write_with_circles(const Value& value, CppPart& part) {
    const auto dim = as<Index>(value, "dim");
    const auto circles = as<Indices>(value, "circles");
    const CppPart inner = base(*value.find("base"), dim - static_cast<Index>(circles.size()));
    part.type = "WithCircles<" + inner.type + ", " + std::to_string(dim) + '>';
    part.value = braces({std::to_string(dim), constants_.indices(circles), inner.type + inner.value});
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
  std::string dim_;  // of the part that is written
  CppParts parts_;
};

}  // namespace

CppParts parts_of(const Model& model) {
  return Writer(model).result();
}

}  // namespace command
