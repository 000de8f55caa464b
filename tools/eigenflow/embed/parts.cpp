#include "embed/parts.hpp"

#include <algorithm>
#include <cstdint>
#include <eigenflow/conditioners/masked_mlp.hpp>
#include <eigenflow/conditioners/mlp.hpp>
#include <eigenflow/conditioners/residual_net.hpp>
#include <eigenflow/io/build.hpp>
#include <eigenflow/layers/support.hpp>
#include <eigenflow/scale_maps.hpp>
#include <stdexcept>

#include "embed/numbers.hpp"

namespace command {
namespace {

using ef::Value;
using Index = Eigen::Index;
using Indices = std::vector<Index>;

std::string braces(const std::vector<std::string>& items) {
  std::string text = "{";
  for (const std::string& item : items) text += (text.size() > 1 ? ", " : "") + item;
  return text + '}';
}

template <class List, class Write>
std::string list_of(const List& list, const Write& write) {
  std::vector<std::string> items;
  for (const auto& item : list) items.push_back(write(item));
  return braces(items);
}

// A Value as the C++ type that the library makes of it.
template <class T>
T as(const Value& value) {
  return ef::io::Builder<double>(nullptr, std::int64_t{1} << 40).build<T>(value, "");
}

class Writer {
 public:
  explicit Writer(const Model& model)
      : is_float_(model.info.scalar == "float"), parameters_(model.flow.named_parameters()) {
    dim_ = std::to_string(model.flow.dim());
    const Value::List& layers = *model.info.architecture.find("layers")->as<Value::List>();
    for (std::size_t i = 0; i < layers.size(); ++i) flatten(layers[i], std::to_string(i), false);
    parts_.base = part(*model.info.architecture.find("base"), "base");
  }

  CppParts result() && { return std::move(parts_); }

 private:
  // ---- the tree

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
        parts_.headers.insert("eigenflow/inverse.hpp");
        leaf.value = "{" + leaf.type + leaf.value + "}";
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
    write(value, path, result);
    return result;
  }

  // ---- leaves

  void write(const Value& value, const std::string& path, CppPart& part) {
    const std::string type = type_of(value);
    const std::size_t bracket = type.find('<'), comma = type.find(", ");
    const std::string kind = type.substr(0, std::min(bracket, comma));
    const auto typed = [&](const std::string& name, const std::string& header) {
      parts_.headers.insert("eigenflow/" + header);
      part.type = name + '<' + scalar() + ", " + dim_ + '>';
    };
    if (kind == "Standardize" || kind == "ActNorm") {
      typed(kind, kind == "ActNorm" ? "layers/act_norm.hpp" : "layers/standardize.hpp");
      part.value = braces({numbers(constant(value, "mean")), numbers(constant(value, "scale"))});
    } else if (kind == "Permutation") {
      typed(kind, "layers/permutation.hpp");
      part.value = braces({indices(as<Indices>(constant(value, "indices")))});
    } else if (kind == "LuLinear") {
      typed(kind, "layers/lu_linear.hpp");
      const Value& permutation = *value.find("permutation");
      part.value = braces({"Permutation<" + scalar() + ", " + dim_ + ">" +
                           braces({indices(as<Indices>(constant(permutation, "indices")))})});
    } else if (kind == "Householder") {
      typed(kind, "layers/householder.hpp");
      part.value = braces({dim_, integer(value, "count")});
    } else if (kind == "Radial") {
      typed(kind, "layers/radial.hpp");
      part.value = braces({dim_});
    } else if (kind == "Planar" || kind == "Sylvester") {
      write_planar(value, kind, part);
    } else if (kind == "Support") {
      write_support(value, part);
    } else if (kind == "Coupling") {
      write_coupling(value, part);
    } else if (kind == "Autoregressive") {
      write_autoregressive(value, part);
    } else if (kind == "ConditionalNormal") {
      write_conditional_normal(value, part);
    } else if (kind == "StandardNormal" || kind == "DiagonalNormal" || kind == "MultivariateNormal" ||
               kind == "StudentT") {
      typed(kind, "bases/" + snake(kind) + ".hpp");
      part.value = braces({dim_});
    } else if (kind == "GaussianMixture") {
      typed(kind, "bases/gaussian_mixture.hpp");
      part.value = braces({dim_, integer(value, "components")});
    } else if (kind == "Uniform") {
      typed(kind, "bases/uniform.hpp");
      part.value = braces({numbers(constant(value, "low")), numbers(constant(value, "high"))});
    } else {
      throw std::runtime_error(path + " is a " + type + ", which this version cannot write as C++");
    }
  }

  void write_planar(const Value& value, const std::string& kind, CppPart& part) {
    const Value& h = *value.find("h");
    const bool leaky = h.find("negative_slope") != nullptr;
    const bool softsign = type_of(value).ends_with("softsign");
    const std::string monotone = leaky ? "LeakyRelu" : softsign ? "Softsign" : "Tanh";
    parts_.headers.insert("eigenflow/layers/" + snake(kind) + ".hpp");
    part.type = kind + '<' + scalar() + ", " + dim_ + ", " + monotone + '>';
    std::vector<std::string> arguments{dim_};
    if (kind == "Sylvester") arguments.push_back(integer(value, "rank"));
    arguments.push_back(monotone + (leaky ? braces({real(h, "negative_slope")}) : "{}"));
    part.value = braces(arguments);
  }

  void write_support(const Value& value, CppPart& part) {
    parts_.headers.insert("eigenflow/layers/support.hpp");
    part.type = "Support<" + scalar() + ", " + dim_ + '>';
    const auto features = as<std::vector<ef::FeatureSupport>>(constant(value, "features"));
    std::vector<std::string> low, high, kinds;
    for (const ef::FeatureSupport& feature : features) {
      low.push_back(number(feature.low));
      high.push_back(number(feature.high));
      const char* const names[] = {"real", "interval", "log", "softplus"};
      kinds.push_back(part.type +
                      "::Kind::" + names[static_cast<std::size_t>(ef::Support<double>::kind_of(feature))]);
    }
    part.value = braces({array(scalar(), braces(low)), array(scalar(), braces(high)),
                         array(part.type + "::Kind", braces(kinds))});
  }

  void write_coupling(const Value& value, CppPart& part) {
    parts_.headers.insert("eigenflow/layers/coupling.hpp");
    const Index dim = as<Index>(*value.find("dim")), split = as<Index>(*value.find("split")),
                context = as<Index>(*value.find("context_dim"));
    const Transformer t = transformer(value);
    const bool residual = type_of(value).ends_with("residual net>");
    const std::string network = network_of(value, residual, split + context, t.parameters * (dim - split));
    // A single feature, which a context alone conditions, is a dimension at run time.
    part.type =
        "Coupling<" + t.type + ", Mlp<" + scalar() + ">, " + (dim == 1 ? "Eigen::Dynamic" : dim_) + '>';
    part.value =
        braces({dim_, integer(value, "split"), network, t.type + t.value, integer(value, "context_dim")});
  }

  void write_autoregressive(const Value& value, CppPart& part) {
    parts_.headers.insert("eigenflow/layers/autoregressive.hpp");
    const auto order = as<Indices>(constant(value, "order"));
    const Index context = as<Index>(*value.find("context_dim"));
    const Transformer t = transformer(value);
    const Value& options = *value.find("options");
    const bool residual = type_of(value).ends_with("residual net>");
    const std::string network =
        residual
            ? write_network(ef::MaskedResidualNet<double>(order, t.parameters,
                                                          as<ef::ResidualNetOptions>(options), context)
                                .network())
            : write_network(
                  ef::MaskedMlp<double>(order, t.parameters, as<ef::MlpOptions>(options), context).network());
    part.type = "Autoregressive<" + t.type + ", MaskedMlp<" + scalar() + ">, " + dim_ + '>';
    part.value = braces({dim_, indices(order), network, t.type + t.value, std::to_string(context)});
  }

  void write_conditional_normal(const Value& value, CppPart& part) {
    parts_.headers.insert("eigenflow/bases/conditional_normal.hpp");
    const Index dim = as<Index>(*value.find("dim")), context = as<Index>(*value.find("context_dim"));
    const bool residual = type_of(value).ends_with("residual net>");
    part.type = "ConditionalNormal<" + scalar() + ", " + dim_ + ", Mlp<" + scalar() + ">>";
    part.value = braces({dim_, std::to_string(context), network_of(value, residual, context, 2 * dim)});
  }

  // ---- transformers

  struct Transformer {
    std::string type, value;
    Index parameters;
  };

  Transformer transformer(const Value& layer) {
    const Value& value = *layer.find("transformer");
    const std::string type = type_of(value);
    if (type == "shift") return {"Shift<" + scalar() + '>', "{}", 1};
    const bool affine = type == "affine";
    const auto [map, made] = scale_map(*value.find(affine ? "log_scale" : "slope_map"));
    if (affine) return {"Affine<" + scalar() + ", " + map + '>', braces({map + made}), 2};
    const bool periodic = type == "periodic spline";
    const auto o = as<ef::SplineOptions>(*value.find("options"));
    parts_.headers.insert("eigenflow/scale_maps.hpp");
    return {"RationalQuadraticSpline<" + scalar() + ", SplineTails::" + (periodic ? "periodic" : "linear") +
                ", " + map + '>',
            braces({"SplineOptions" +
                        braces({std::to_string(o.bins), real(o.bound), real(o.min_size), real(o.min_slope),
                                o.rotate ? "true" : "false", real(o.size_bound)}),
                    map + made}),
            3 * o.bins + (periodic ? (o.rotate ? 1 : 0) : -1)};
  }

  // Type and arguments. What a map takes a logarithm for, it is given.
  std::pair<std::string, std::string> scale_map(const Value& value) {
    const std::string type = type_of(value);
    if (type == "soft clip") return {"SoftClip", braces({real(value, "bound")})};
    parts_.headers.insert("eigenflow/scale_maps.hpp");
    if (type == "tanh bound") return {"TanhBound", braces({real(value, "bound")})};
    if (type == "exp") return {"ExpScale", "{}"};
    if (type == "softplus") {
      const auto map = as<ef::SoftplusScale>(value);
      return {"SoftplusScale", braces({real(map.least()), real(map.shift())})};
    }
    if (type == "reciprocal sigmoid") {
      const auto [inner, made] = scale_map(*value.find("map"));
      return {"Reciprocal<" + inner + '>', braces({inner + made})};
    }
    const auto map = as<ef::SigmoidScale>(value);
    return {"SigmoidScale", braces({real(map.largest()), real(map.least()), real(map.shift())})};
  }

  // ---- networks

  std::string network_of(const Value& value, bool residual, Index in, Index out) {
    const Value& options = *value.find("options");
    return write_network(residual ? as<ef::ResidualNetOptions>(options).network(in, out)
                                  : as<ef::MlpOptions>(options).network(in, out));
  }

  std::string write_network(const ef::detail::Network& network) {
    const auto flag = [](bool value) { return std::string(value ? "true" : "false"); };
    const auto parts = [&](const std::vector<ef::detail::Part>& all) {
      return array("detail::Part", list_of(all, [](const ef::detail::Part& p) {
                     return braces({std::to_string(p.first), std::to_string(p.last), std::to_string(p.begin),
                                    std::to_string(p.end)});
                   }));
    };
    const auto places = [&](const Indices& all) { return all.empty() ? "{}" : indices(all); };
    const std::string layers =
        array("detail::DenseLayer", list_of(network.layers, [&](const ef::detail::DenseLayer& l) {
                return "\n    " +
                       braces({std::to_string(l.in), std::to_string(l.out), flag(l.activates), flag(l.drops),
                               flag(l.adds), real(l.start), std::to_string(l.offset), places(l.reach),
                               places(l.steps), parts(l.forward_parts), parts(l.backward_parts)});
              }));
    return "detail::Network" +
           braces({layers, "Activation::" + std::string(ef::to_string(network.activation)),
                   real(network.dropout), real(network.negative_slope)});
  }

  // ---- arrays and numbers

  // The name of a constant array; one of the same content is there once.
  std::string array(const std::string& type, const std::string& items) {
    if (items == "{}") return items;
    const auto [found, is_new] = names_.emplace(type + items, "constants_" + std::to_string(names_.size()));
    if (is_new)
      parts_.constants += "inline constexpr " + type + ' ' + found->second + "[] = " + items + ";\n";
    return found->second;
  }
  std::string numbers(const Value& list) {
    return array(scalar(),
                 list_of(*list.as<Value::List>(), [&](const Value& v) { return number(as<double>(v)); }));
  }
  std::string indices(const Indices& list) {
    return array("Eigen::Index", list_of(list, [](Index i) { return std::to_string(i); }));
  }

  std::string scalar() const { return is_float_ ? "float" : "double"; }
  std::string number(double value) const {
    return literal(is_float_ ? static_cast<double>(static_cast<float>(value)) : value, is_float_);
  }
  static std::string real(double value) { return literal(value, false); }
  static std::string real(const Value& value, const char* name) {
    return real(as<double>(*value.find(name)));
  }
  static std::string integer(const Value& value, const char* name) {
    return std::to_string(as<Index>(*value.find(name)));
  }
  static const Value& constant(const Value& value, const char* name) {
    return *value.find("constants")->find(name);
  }
  static std::string type_of(const Value& value) {
    const Value* const type = value.find("type");
    return type && type->as<std::string>() ? *type->as<std::string>() : std::string();
  }
  // As "gaussian_mixture" for "GaussianMixture".
  static std::string snake(const std::string& name) {
    std::string text;
    for (const char c : name) {
      const bool upper = c >= 'A' && c <= 'Z';
      if (upper && !text.empty()) text += '_';
      text += upper ? static_cast<char>(c - 'A' + 'a') : c;
    }
    return text;
  }

  bool is_float_;
  std::vector<ef::NamedParameter> parameters_;
  std::string dim_;
  std::map<std::string, std::string> names_;
  CppParts parts_;
};

}  // namespace

CppParts parts_of(const Model& model) {
  return Writer(model).result();
}

}  // namespace command
