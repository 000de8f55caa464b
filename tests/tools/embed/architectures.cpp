#include "models.hpp"

namespace {

std::string soft_clip(const char* bound = "1.0") {
  return std::string(R"({"type": "soft clip", "bound": )") + bound + "}";
}
std::string mlp(const char* activation, const char* hidden = "[9, 6]") {
  return std::string(R"({"hidden": )") + hidden + R"(, "activation": ")" + activation +
         R"(", "dropout": 0.1, "negative_slope": 0.02})";
}
std::string residual(const char* activation, int gates = 0) {
  return std::string(R"({"width": 7, "blocks": 2, "activation": ")") + activation +
         R"(", "dropout": 0.0, "negative_slope": 0.01, "gates": )" + std::to_string(gates) + "}";
}
std::string affine(const std::string& scale) {
  return R"({"type": "affine", "log_scale": )" + scale + "}";
}
std::string spline(const std::string& slope, const char* type = "spline", const char* more = "",
                   const char* bound = "3.0") {
  return std::string(R"({"type": ")") + type + R"(", "options": {"bins": 4, "bound": )" + bound +
         R"(, "min_size": 0.001, "min_slope": 0.001)" + more + R"(}, "slope_map": )" + slope + "}";
}
const std::string shift = R"({"type": "shift"})";
std::string with_circles(const char* circles, const char* type, const std::string& line) {
  return std::string(R"({"type": ")") + type + R"( or periodic spline", "circles": )" + circles +
         R"(, "line": )" + line + R"(, "circle": )" +
         spline(soft_clip(), "periodic spline", "", "3.141592653589793") + "}";
}

std::string coupling(const char* type, int dim, int split, const std::string& options,
                     const std::string& transformer, int context = 0) {
  return std::string(R"({"type": "Coupling<)") + type + R"(>", "dim": )" + std::to_string(dim) +
         R"(, "split": )" + std::to_string(split) + R"(, "options": )" + options + R"(, "transformer": )" +
         transformer + R"(, "context_dim": )" + std::to_string(context) + "}";
}
std::string autoregressive(const char* type, int dim, const char* order, const std::string& options,
                           const std::string& transformer, int context = 0) {
  return std::string(R"({"type": "Autoregressive<)") + type + R"(>", "dim": )" + std::to_string(dim) +
         R"(, "constants": {"order": )" + order + R"(}, "options": )" + options + R"(, "transformer": )" +
         transformer + R"(, "context_dim": )" + std::to_string(context) + "}";
}
std::string permutation(const char* indices) {
  return std::string(R"({"type": "Permutation", "constants": {"indices": )") + indices + "}}";
}
std::string lu(const char* indices) {
  return R"({"type": "LuLinear", "permutation": )" + permutation(indices) + R"(, "spread": 0.0})";
}
std::string statistics(const char* type, const char* mean, const char* scale) {
  return std::string(R"({"type": ")") + type + R"(", "constants": {"mean": )" + mean + R"(, "scale": )" +
         scale + R"(, "initialised": true}})";
}
std::string planar(const char* h, const char* more = "") {
  return std::string(R"({"type": "Planar, h = )") + h + R"(", "dim": 2, "h": {"type": ")" + h + '"' + more +
         "}}";
}
std::string sylvester(const char* h, const char* more = "") {
  return std::string(R"({"type": "Sylvester, h = )") + h + R"(", "dim": 2, "rank": 2, "h": {"type": ")" + h +
         '"' + more + "}}";
}
std::string columns(int dim, const char* indices, const std::string& layer) {
  return R"({"type": "Columns", "dim": )" + std::to_string(dim) + R"(, "constants": {"indices": )" + indices +
         R"(}, "layer": )" + layer + "}";
}
std::string standardize_context(const std::string& layer) {
  return R"({"type": "StandardizeContext", "layer": )" + layer +
         R"(, "constants": {"mean": [0.3, -2], "scale": [0.7, 3], "initialised": true}})";
}
std::string elementwise(const char* type, int dim, const std::string& transformer) {
  return std::string(R"({"type": "Elementwise<)") + type + R"(>", "dim": )" + std::to_string(dim) +
         R"(, "transformer": )" + transformer + "}";
}
std::string inverse(const std::string& layer) {
  return R"({"type": "Inverse", "inverse": )" + layer + "}";
}
std::string group(const char* type, const std::string& layers) {
  return std::string(R"({"type": ")") + type + R"(", "layers": [)" + layers + "]}";
}
std::string base(const char* type, int dim, const char* more = "") {
  return std::string(R"({"type": ")") + type + R"(", "dim": )" + std::to_string(dim) + more + "}";
}

std::string mixture(const std::string& components) {
  return R"({"type": "Mixture", "components": [)" + components + "]}";
}

const char* const slope = R"(, "negative_slope": 0.2)";
const char* const sigmoid = R"({"type": "sigmoid", "largest": 1.5, "least": 0.001})";

}  // namespace

std::vector<Architecture> architectures() {
  return {
      {"spline", "double",
       statistics("Standardize", "[1.3, -0.7]", "[0.3, 2.1]") + ", " +
           group("Stack",
                 group("Chain", coupling("spline, mlp", 2, 1, mlp("silu"), spline(soft_clip("6.9"))) + ", " +
                                    lu("[1, 0]")) +
                     ", " +
                     group("Chain",
                           coupling("spline, mlp", 2, 1, mlp("silu", "[70, 3]"), spline(soft_clip("6.9"))) +
                               ", " + lu("[1, 0]"))),
       base("StandardNormal", 2)},
      {"affine", "float",
       statistics("ActNorm", "[0.1, 0.2, -0.3]", "[1.5, 0.1, 3]") + ", " +
           coupling("affine, residual net", 3, 1, residual("gelu"), affine(soft_clip())) + ", " +
           permutation("[2, 0, 1]") + ", " + coupling("shift, mlp", 3, 2, mlp("tanh"), shift) + ", " +
           coupling("affine, mlp", 3, 1, mlp("leaky_relu"), affine(sigmoid)) + ", " +
           coupling("affine, mlp", 3, 2, mlp("relu", "[]"), affine(R"({"type": "exp"})")),
       base("DiagonalNormal", 3)},
      {"conditional", "double",
       autoregressive("affine, masked mlp", 3, "[2, 0, 1]", mlp("elu", "[11, 20]"),
                      affine(R"({"type": "tanh bound", "bound": 0.8})"), 2) +
           ", " +
           inverse(autoregressive("spline, masked residual net", 3, "[0, 1, 2]", residual("softplus"),
                                  spline(sigmoid, "spline", R"(, "size_bound": 2.5)"), 2)) +
           ", " + coupling("affine, mlp", 3, 1, mlp("sigmoid"), affine(soft_clip()), 2) + ", " +
           coupling("affine, residual net", 3, 1, residual("silu", 2), affine(soft_clip()), 2),
       R"({"type": "ConditionalNormal<mlp>", "dim": 3, "context_dim": 2, "options": )" + mlp("tanh") + "}"},
      {"planar", "double",
       planar("tanh") + ", " + planar("softsign") + ", " + planar("leaky_relu", slope) +
           R"(, {"type": "Radial", "dim": 2}, {"type": "Householder", "dim": 2, "count": 2}, )" +
           sylvester("tanh") + ", " + inverse(sylvester("softsign")) + ", " + sylvester("leaky_relu", slope) +
           ", " +
           inverse(
               group("Chain", planar("tanh") + ", " + lu("[0, 1]") + R"(, {"type": "Radial", "dim": 2})")),
       base("GaussianMixture", 2, R"(, "components": 3)")},
      {"support", "float",
       R"({"type": "Support", "constants": {"features": [{"low": -1, "high": 2.5, "map": "log"}, )"
       R"({"low": -0.5, "high": "inf", "map": "softplus"}, {"low": "-inf", "high": 1.5, "map": "log"}, )"
       R"({"low": "-inf", "high": "inf", "map": "log"}]}}, )" +
           inverse(coupling("periodic spline, mlp", 4, 2, mlp("identity"),
                            spline(std::string(R"({"type": "reciprocal sigmoid", "map": )") + sigmoid + "}",
                                   "periodic spline", R"(, "rotate": true)"))) +
           ", " + autoregressive("shift, masked mlp", 4, "[3, 1, 0, 2]", mlp("relu"), shift),
       R"({"type": "Uniform", "constants": {"low": [-4, -4, -4, -4], "high": [4, 4, 4, 4.5]}})"},
      {"one", "double",
       coupling("spline, mlp", 1, 0, mlp("silu"), spline(R"({"type": "softplus", "least": 0.001})"), 1),
       R"({"type": "ConditionalNormal<residual net>", "dim": 1, "context_dim": 1, "options": )" +
           residual("relu") + "}"},
      {"student", "float",
       autoregressive("spline, masked mlp", 2, "[1, 0]", mlp("gelu"), spline(soft_clip("6.9"))) + ", " +
           lu("[1, 0]") + ", " + planar("tanh"),
       base("StudentT", 2)},
      {"circles", "double",
       R"({"type": "Support", "constants": {"features": [{"low": -1, "high": "inf", "map": "log"}, )"
       R"({"low": -1, "high": 2.5, "map": "log", "circle": true}, {"low": "-inf", "high": "inf", "map": "log"}]}}, )" +
           columns(
               3, "[0, 2]",
               group("Chain", statistics("Standardize", "[0.3, -0.7]", "[0.5, 1.5]") + ", " + lu("[1, 0]"))) +
           ", " +
           columns(3, "[2, 1, 0]",
                   coupling("spline or periodic spline, mlp", 3, 2, mlp("silu"),
                            with_circles("[1]", "spline", spline(soft_clip())))) +
           ", " +
           inverse(columns(
               3, "[1, 2]",
               group("Chain", coupling("affine or periodic spline, residual net", 2, 1, residual("gelu"),
                                       with_circles("[0]", "affine", affine(soft_clip()))) +
                                  ", " + elementwise("affine", 2, affine(soft_clip()))))) +
           ", " +
           autoregressive("spline or periodic spline, masked mlp", 3, "[1, 2, 0]", mlp("tanh"),
                          with_circles("[1]", "spline", spline(soft_clip()))) +
           ", " +
           elementwise("spline or periodic spline", 3, with_circles("[1]", "spline", spline(soft_clip()))),
       R"({"type": "WithCircles", "dim": 3, "circles": [1], "base": )" + base("DiagonalNormal", 2) + "}"},
      {"units", "float",
       standardize_context(group(
           "Chain",
           autoregressive("affine or periodic spline, masked residual net", 3, "[2, 0, 1]",
                          residual("softplus"), with_circles("[0, 2]", "affine", affine(soft_clip())), 2) +
               ", " + coupling("spline, mlp", 3, 1, mlp("tanh"), spline(soft_clip()), 2))) +
           ", " +
           inverse(standardize_context(coupling("affine, mlp", 3, 2, mlp("silu"), affine(soft_clip()), 2))),
       R"({"type": "WithCircles", "dim": 3, "circles": [2, 0], "base": )" + base("StandardNormal", 1) + "}"},
      {"nested", "double",
       inverse(group("Chain",
                     group("Stack", planar("tanh")) + ", " +
                         inverse(group("Chain", planar("softsign") + ", " + lu("[1, 0]"))) + ", " +
                         columns(2, "[1, 0]",
                                 inverse(coupling("affine, mlp", 2, 1, mlp("tanh"), affine(soft_clip())))))),
       R"({"type": "TransformedBase", "layers": )" +
           group("Chain", inverse(planar("leaky_relu", slope)) + ", " +
                              coupling("spline, residual net", 2, 1, residual("silu"), spline(soft_clip()))) +
           R"(, "base": {"type": "WithCircles", "dim": 2, "circles": [0], "base": )" + base("StudentT", 1) +
           "}}"},
      {"normal", "double", permutation("[4, 2, 0, 3, 1]") + ", " + inverse(lu("[4, 3, 2, 1, 0]")),
       base("MultivariateNormal", 5)},
      {"mixture", "float", coupling("affine, mlp", 2, 1, mlp("tanh"), affine(soft_clip()), 1),
       mixture(
           R"({"type": "TransformedBase", "layers": )" +
           group("Chain", statistics("Standardize", "[0.3, -0.7]", "[0.5, 1.5]") + ", " +
                              coupling("spline, mlp", 2, 1, mlp("silu"), spline(soft_clip()), 1)) +
           R"(, "base": )" + base("StudentT", 2) +
           R"(, "constants": {"context_units": {"mean": [0.4], "scale": [1.7], "initialised": true}}}, )" +
           base("DiagonalNormal", 2) + ", " +
           mixture(base("MultivariateNormal", 2) + ", " +
                   R"({"type": "ConditionalNormal<mlp>", "dim": 2, "context_dim": 1, "options": )" +
                   mlp("tanh") + "}"))},
      {"alone", "double", R"({"type": "Identity", "dim": 2})",
       mixture(R"({"type": "TransformedBase", "layers": )" + planar("tanh") + R"(, "base": )" +
               base("StandardNormal", 2) + "}")},
      {"fixed", "float", permutation("[1, 0]"), base("StandardNormal", 2)},
  };
}
