#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "eigenflow/eigenflow.hpp"
#include "eigenflow/images.hpp"
#include "eigenflow/io.hpp"
#include "support/allocations.hpp"
#include "support/catch.hpp"
#include "support/engine.hpp"

// Reading any file takes 16 times its size and 16 MB at most, whatever it asks for.

namespace ef = eigenflow;
using Catch::Matchers::ContainsSubstring;

namespace {

using Bytes = std::vector<std::byte>;

struct Bomb {
  std::string name;
  Bytes file;
};

Bytes file_of(const std::string& header, std::size_t data = 0) {
  const std::uint64_t length = header.size();
  Bytes bytes(8 + header.size() + data);
  std::memcpy(bytes.data(), &length, 8);
  std::memcpy(bytes.data() + 8, header.data(), header.size());
  return bytes;
}

/// `text` again and again, about `size` bytes; $ becomes a number.
std::string repeated(const std::string& text, std::size_t size, std::size_t from = 0) {
  std::string all;
  for (std::size_t i = from; all.size() < size; ++i)
    for (const char c : text) all += c == '$' ? std::to_string(i) : std::string(1, c);
  return all;
}
/// The same without the comma at its end, in brackets.
std::string list(const std::string& text, std::size_t size) {
  std::string all = '[' + repeated(text, size);
  all.back() = ']';
  return all;
}

/// How a file gains the size by which it is measured.
enum class Padding { none, note, data, arrays };

Bytes model(const std::string& architecture, Padding padding = Padding::none, std::size_t size = 0) {
  std::string notes, tensors;
  std::size_t data = 0;
  if (padding == Padding::note) notes = R"(,"pad":")" + std::string(size, 'x') + '"';
  if (padding == Padding::data) {
    data = size;
    tensors = R"(,"pad":{"dtype":"U8","shape":[)" + std::to_string(size) + R"(],"data_offsets":[0,)" +
              std::to_string(size) + "]}";
  }
  if (padding == Padding::arrays)
    tensors = ',' + repeated(R"("$":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},)", size);
  if (padding == Padding::arrays) tensors.pop_back();
  return file_of(R"({"__metadata__":{"format":"eigenflow","format_version":"1","library_version":"0",)"
                 R"("architecture":)" +
                     ef::io::detail::quoted(architecture) + notes + "}" + tensors + "}",
                 data);
}

std::string architecture(const std::string& layers, const std::string& dim = "2", std::string base = "") {
  if (base.empty()) base = R"({"type":"StandardNormal","dim":)" + dim + "}";
  return R"({"scalar":"double","features":)" + dim + R"(,"context":0,"layers":)" + layers + R"(,"base":)" +
         base + "}";
}

const std::string radial = R"({"type":"Radial","dim":2})";

// ---- what is wrong with the JSON

void add_json(std::vector<Bomb>& bombs, std::size_t n) {
  const std::vector<std::pair<std::string, std::string>> values{
      {"numbers", list("1,", n)},
      {"real numbers", list("1.5,", n)},
      {"strings", list("\"\",", n)},
      {"texts", list("\"abcdefghijklmnopqrst\",", n)},
      {"empty lists", list("[],", n)},
      {"lists", list("[1],", n)},
      {"deep lists", list("[[[[1]]]],", n)},
      {"empty objects", list("{},", n)},
      {"objects", list("{\"\":1},", n)},
      {"entries", '{' + repeated("\"$\":1,", n) + "\"\":1}"},
      {"named lists", '{' + repeated("\"$\":[],", n) + "\"\":1}"},
      {"a long text", '"' + std::string(n, 'x') + '"'},
      {"escapes", '"' + repeated("\\u0001", n) + '"'},
      {"a long number", std::string(n, '1')},
      {"digits", "1." + std::string(n, '1')},
      {"an open text", '"' + std::string(n, 'x')},
      {"an open text of escapes", '"' + repeated("\\u0001", n)},
      {"blanks", std::string(n, ' ') + "x"},
      {"ends of lines", std::string(n, '\n') + "x"},
      {"lines", repeated("\n ", n) + "x"},
      {"a long name", "{\"" + std::string(n, 'x') + "\":1}"},
      {"a name twice", "{\"" + std::string(n / 2, 'x') + "\":1,\"" + std::string(n / 2, 'x') + "\":1}"}};
  for (const auto& [name, value] : values) {
    bombs.push_back({name + " as the header", file_of(value)});
    bombs.push_back({name + " as a tensor", file_of("{\"a\":" + value + '}')});
    bombs.push_back({name + " as the metadata", file_of("{\"__metadata__\":" + value + '}')});
    bombs.push_back({name + " as the architecture", model(value)});
    bombs.push_back({name + " as the layers", model(architecture(value))});
    bombs.push_back({name + " as a layer", model(architecture('[' + value + ']'))});
    bombs.push_back({name + " as a type", model(architecture(R"([{"type":)" + value + "}]"))});
    bombs.push_back({name + " as a size", model(architecture(R"([{"type":"Radial","dim":)" + value + "}]"))});
    bombs.push_back(
        {name + " as a constant",
         model(architecture(R"([{"type":"Permutation","constants":{"indices":)" + value + "}}]"))});
    bombs.push_back(
        {name + " as more", model(architecture(R"([{"type":"Radial","dim":2,"more":)" + value + "}]"))});
    bombs.push_back({name + " as the base", model(architecture('[' + radial + ']', "2", value))});
  }
  bombs.push_back({"notes", file_of(R"({"__metadata__":{)" + repeated("\"$\":\"\",", n) + R"("":""}})")});
  bombs.push_back({"a note", model(architecture('[' + radial + ']'), Padding::note, n)});
  bombs.push_back({"arrays", model(architecture('[' + radial + ']'), Padding::arrays, n)});
  bombs.push_back(
      {"lengths", file_of(R"({"a":{"dtype":"U8","data_offsets":[0,1],"shape":)" + list("1,", n) + "}}", 1)});
}

// ---- what asks for much

const std::vector<std::string> scales{R"({"type":"soft clip","bound":1.0})"};

/// Every layer with sizes of $, and of its shortest text.
std::vector<std::string> layers_of_size() {
  std::vector<std::string> all{R"({"type":"Radial","dim":$})", R"({"type":"Householder","dim":$,"count":$})",
                               R"({"type":"Householder","dim":2,"count":$})"};
  for (const char* h : {"tanh\"", "softsign\"", "leaky_relu\",\"negative_slope\":0.5"}) {
    const std::string name = std::string(h).substr(0, std::string(h).find('"'));
    const std::string end = R"(,"h":{"type":")" + std::string(h) + "}}";
    all.push_back(R"({"type":"Planar, h = )" + name + R"(","dim":$)" + end);
    all.push_back(R"({"type":"Sylvester, h = )" + name + R"(","dim":$,"rank":$)" + end);
    all.push_back(R"({"type":"Sylvester, h = )" + name + R"(","dim":$,"rank":1)" + end);
  }
  return all;
}

struct Net {
  std::string coupling, masked, options;
};
std::vector<Net> nets_of_size(std::size_t n) {
  const auto mlp = [](const std::string& hidden) {
    return Net{"mlp", "masked mlp", R"({"hidden":)" + hidden + R"(,"activation":"relu","dropout":0.0})"};
  };
  const auto residual = [](const std::string& width, const std::string& blocks) {
    return Net{"residual net", "masked residual net",
               R"({"width":)" + width + R"(,"blocks":)" + blocks + R"(,"activation":"relu","dropout":0.0})"};
  };
  return {mlp("[]"),          mlp("[1]"),         mlp("[$]"),         mlp("[$,$]"),       mlp(list("1,", n)),
          mlp(list("9,", n)), residual("1", "$"), residual("$", "1"), residual("$", "$"), residual("$", "0")};
}
std::vector<std::string> transformers() {
  const std::string slope = R"({"type":"soft clip","bound":6.9})";
  const auto spline = [&](const char* type, const char* bins) {
    return std::string(R"({"type":")") + type + R"(","options":{"bins":)" + bins +
           R"(,"bound":3.0,"min_size":1e-12,"min_slope":0.001,"rotate":false,"size_bound":0.0},"slope_map":)" +
           slope + "}";
  };
  return {R"({"type":"shift"})", R"({"type":"affine","log_scale":{"type":"exp"}})", spline("spline", "$"),
          spline("periodic spline", "$"), spline("spline", "2")};
}
/// Convolutions of $ channels, kernels, blocks or pixels.
std::vector<std::string> image_options(std::size_t n) {
  const std::string rest = R"(,"activation":"relu","dropout":0.0})";
  std::vector<std::string> all;
  for (const std::string size : {"1", "$"}) {
    const std::string sides = R"({"height":)" + size + R"(,"width":)" + size;
    all.push_back(sides + R"(,"hidden":[$],"kernels":[3,3])" + rest);
    all.push_back(sides + R"(,"hidden":)" + list("1,", n) + R"(,"kernels":)" + list("3,", n) + rest);
    all.push_back(sides + R"(,"channels":1,"blocks":$,"kernel":1)" + rest);
    all.push_back(sides + R"(,"channels":$,"blocks":1,"kernel":3)" + rest);
  }
  return all;
}
std::string type_of(const std::string& transformer) {
  const std::size_t begin = transformer.find(':') + 2;
  return transformer.substr(begin, transformer.find('"', begin) - begin);
}

std::string with_size(const std::string& text, const std::string& size) {
  std::string all;
  for (const char c : text) all += c == '$' ? size : std::string(1, c);
  return all;
}

void add_sizes(std::vector<Bomb>& bombs, std::size_t n) {
  const auto add = [&](const std::string& name, const std::string& layer, const std::string& dim,
                       const std::string& base = "") {
    const std::string text = architecture('[' + layer + ']', dim, base);
    for (const Padding padding : {Padding::none, Padding::note, Padding::data, Padding::arrays})
      bombs.push_back(
          {name + ", padding " + std::to_string(static_cast<int>(padding)), model(text, padding, n)});
  };
  for (const std::size_t size : {n / 20, n / 4, n}) {
    const std::string s = std::to_string(size);
    for (const std::string& layer : layers_of_size()) add(layer + ' ' + s, with_size(layer, s), s);
    for (const char* base : {"StandardNormal", "DiagonalNormal", "MultivariateNormal", "StudentT"})
      add(base + s, radial, s, R"({"type":")" + std::string(base) + R"(","dim":)" + s + '}');
    add("mixture " + s, radial, s, R"({"type":"GaussianMixture","dim":)" + s + R"(,"components":)" + s + '}');
    add("components " + s, radial, "2", R"({"type":"GaussianMixture","dim":2,"components":)" + s + '}');
  }
  const std::string s = std::to_string(n / 20);
  for (const std::string& options : image_options(n / 20))
    for (const std::string& dim : {std::string("2"), s})
      add("image coupling of " + dim + ' ' + options.substr(0, 60),
          R"({"type":"Coupling<shift, conv )" +
              std::string(options.find("blocks") != std::string::npos ? "residual net" : "net") +
              R"(>","dim":)" + dim + R"(,"split":1,"options":)" + with_size(options, s) +
              R"(,"transformer":{"type":"shift"},"context_dim":0})",
          dim);
  for (const Net& net : nets_of_size(n / 20)) {
    const std::string options = with_size(net.options, s), brief = net.options.substr(0, 40);
    add("conditional normal " + brief, radial, "2",
        R"({"type":"ConditionalNormal<)" + net.coupling + R"(>","dim":2,"context_dim":)" + s +
            R"(,"options":)" + options + '}');
    for (const std::string& transformer : transformers()) {
      const std::string t = with_size(transformer, s), name = type_of(transformer) + ' ' + brief;
      const auto coupling = [&](const std::string& dim, const std::string& context) {
        add("coupling " + name + " of " + dim + ", " + context,
            R"({"type":"Coupling<)" + type_of(transformer) + ", " + net.coupling + R"(>","dim":)" + dim +
                R"(,"split":1,"options":)" + options + R"(,"transformer":)" + t + R"(,"context_dim":)" +
                context + '}',
            dim);
      };
      coupling("2", "0");
      coupling(s, "0");
      coupling("2", s);
      for (const std::size_t dim : {std::size_t{2}, n / 200}) {
        std::string order;
        for (std::size_t j = 0; j < dim; ++j) order += (j ? "," : "") + std::to_string(j);
        add("autoregressive " + name + " of " + std::to_string(dim),
            R"({"type":"Autoregressive<)" + type_of(transformer) + ", " + net.masked + R"(>","dim":)" +
                std::to_string(dim) + R"(,"constants":{"order":[)" + order + R"(]},"options":)" + options +
                R"(,"transformer":)" + t + R"(,"context_dim":0})",
            std::to_string(dim));
      }
    }
  }
}

// ---- many parts

void add_many(std::vector<Bomb>& bombs, std::size_t n) {
  std::vector<std::string> parts = layers_of_size();
  for (std::string& part : parts) part = with_size(part, "2");
  parts.push_back(
      R"({"type":"LuLinear","permutation":{"type":"Permutation","constants":{"indices":[0,1]}},"spread":0.0})");
  parts.push_back(R"({"type":"ActNorm","constants":{"mean":[0,0],"scale":[1,1],"initialised":true}})");
  parts.push_back(
      R"({"type":"Coupling<shift, mlp>","dim":2,"split":1,"options":{"hidden":[]},"transformer":{"type":"shift"},"context_dim":0})");
  parts.push_back(
      R"({"type":"Coupling<shift, residual net>","dim":2,"split":1,"options":{"width":1,"blocks":0},"transformer":{"type":"shift"},"context_dim":0})");
  parts.push_back(
      R"({"type":"Autoregressive<shift, masked mlp>","dim":2,"constants":{"order":[0,1]},"options":{"hidden":[]},"transformer":{"type":"shift"},"context_dim":0})");
  for (const std::string& part : parts) {
    bombs.push_back({"many " + part, model(architecture('[' + repeated(part + ',', n) + part + ']'))});
    std::string deep = R"({"type":"Chain","layers":[)" + repeated(part + ',', n) + part + "]}";
    for (int i = 0; i < 50; ++i) deep = R"({"type":"Inverse","inverse":)" + deep + '}';
    bombs.push_back({"deep " + part, model(architecture('[' + deep + ']'))});
    bombs.push_back(
        {"deep, with arrays, " + part, model(architecture('[' + deep + ']'), Padding::arrays, n)});
  }
  const std::string one = R"({"type":"Stack","layers":[)" + radial + "]},";
  bombs.push_back({"many stacks", model(architecture('[' + repeated(one, n) + radial + ']'))});
  for (const std::string component :
       {R"({"type":"StandardNormal","dim":2})", R"({"type":"DiagonalNormal","dim":2})"})
    bombs.push_back({"many components " + component,
                     model(architecture('[' + radial + ']', "2",
                                        R"({"type":"Mixture","components":[)" + repeated(component + ',', n) +
                                            component + "]}"))});
  std::string tower = radial;
  for (int i = 0; i < 28; ++i)
    tower = R"({"type":"Chain","layers":[)" + repeated(radial + ',', n / 28) + tower + "]}";
  bombs.push_back({"chains in chains", model(architecture('[' + tower + ']'))});
}

// ---- sound files, which are read

template <class Flow>
Bytes saved(const Flow& flow) {
  ef::io::TensorWriter writer(ef::io::detail::metadata_of(ef::io::detail::architecture_of(flow), {}));
  ef::io::detail::add_parameters<double>(writer, flow.named_parameters(), flow.theta());
  return writer.finish();
}

std::vector<Bomb> sound_files(std::size_t n) {
  std::vector<Bomb> files;
  for (const std::string part :
       {R"({"type":"Permutation","constants":{"indices":[0,1]}})",
        R"({"type":"Standardize","constants":{"mean":[0,0],"scale":[1,1],"initialised":true}})"}) {
    const std::string many = repeated(part + ',', n) + part;
    std::string deep = R"({"type":"Chain","layers":[)" + many + "]}";
    for (int i = 0; i < 50; ++i) deep = R"({"type":"Inverse","inverse":)" + deep + '}';
    files.push_back({"many " + part, model(architecture('[' + many + ']'))});
    files.push_back({"deep " + part, model(architecture('[' + deep + ']'))});
  }
  ef::Rng rng(1);
  const auto index = [](std::size_t size) { return static_cast<Eigen::Index>(size); };
  files.push_back(
      {"planar layers",
       saved(ef::Flow{ef::Stack<ef::Planar<double>>(index(n / 400), ef::Planar<double>(1)), rng})});
  files.push_back(
      {"radial layers",
       saved(ef::Flow{ef::Stack<ef::Radial<double>>(index(n / 350), ef::Radial<double>(2)), rng})});
  files.push_back(
      {"a permutation", saved(ef::Flow{ef::Permutation<double>::random(index(n / 8), rng), rng})});
  files.push_back({"statistics", saved(ef::Flow{ef::Standardize<double>(index(n / 10)), rng})});
  files.push_back(
      {"a wide network", saved(ef::Flow{ef::AffineCoupling<double>(8, {.hidden = {index(n / 150)}}), rng})});
  files.push_back({"a deep network", saved(ef::Flow{ef::AffineCoupling<double>(
                                                        2, {.hidden = std::vector<Eigen::Index>(n / 200, 1)}),
                                                    rng})});
  files.push_back(
      {"residual blocks", saved(ef::Flow{ef::Coupling<ef::Affine<double>, ef::ResidualNet<double>>(
                                             2, {.width = 2, .blocks = index(n / 400)}),
                                         rng})});
  files.push_back({"gates", saved(ef::Flow{ef::Coupling<ef::Affine<double>, ef::ResidualNet<double>>(
                                               2, {.width = 2, .blocks = index(n / 700), .gates = 1}, 1),
                                           rng})});
  files.push_back(
      {"a masked network",
       saved(ef::Flow{ef::MaskedAutoregressive<double>(index(n / 200), {.hidden = {4, 4}}), rng})});
  files.push_back(
      {"a deep masked network",
       saved(ef::Flow{ef::MaskedAutoregressive<double>(3, {.hidden = std::vector<Eigen::Index>(n / 250, 2)}),
                      rng})});
  files.push_back(
      {"bins",
       saved(ef::Flow{ef::Coupling<ef::RationalQuadraticSpline<double>, ef::Mlp<double>>(
                          2, 1, {.hidden = {1}},
                          ef::RationalQuadraticSpline<double>({.bins = index(n / 200), .min_size = 1e-12})),
                      rng})});
  files.push_back(
      {"couplings", saved(ef::Flow{ef::Stack<ef::AffineCoupling<double>>(
                                       index(n / 800), ef::AffineCoupling<double>(2, {.hidden = {}})),
                                   rng})});
  files.push_back({"reflections", saved(ef::Flow{ef::Householder<double>(30, index(n / 300)), rng})});
  files.push_back({"a mixture", saved(ef::Flow{ef::Radial<double>(1),
                                               ef::GaussianMixture<double>(1, index(n / 30)), rng})});
  const auto images = [&](const char* name, const ef::Image& image, Eigen::Index steps) {
    files.push_back({name, saved(ef::Flow{ef::fast_flow<double>(image, {.steps = steps}, rng), rng})});
  };
  images("feature maps", {4, 56, 56}, 8);
  images("large feature maps", {2, 512, 512}, 2);
  files.push_back(
      {"a Glow of large images",
       saved(ef::Flow{ef::glow<double>({1, 128, 128}, {.steps = 1, .hidden = {2}, .kernels = {3, 3}}, rng),
                      rng})});
  files.push_back({"a mixture of bases",
                   saved(ef::Flow{ef::Mixture(index(n / 300), ef::DiagonalNormal<double>(1)), rng})});
  return files;
}

std::size_t bound(const Bytes& file) {
  return 16 * file.size() + (std::size_t{16} << 20);
}

/// Reads a file; whether it is a model.
bool read(const Bytes& file) {
  static const auto parts = ef::io::standard_parts<double>();
  watch_peak();
  try {
    ef::parse_flow<double>(file, parts);
    return true;
  } catch (const std::invalid_argument& problem) {
    UNSCOPED_INFO(std::string(problem.what()).substr(0, 200));
    return false;
  }
}

void check_all(const std::vector<Bomb>& bombs, bool sound) {
  for (const auto& [name, file] : bombs) {
    INFO(name << ", " << file.size() << " bytes");
    CHECK(read(file) == sound);
    CHECK(peak_bytes() <= bound(file));
  }
}

// Files of about n bytes, and of as many as `sizes` that ask for it in numbers.
void check_all(std::size_t n, std::size_t sizes) {
  if (!peaks_are_known()) return;
  std::vector<Bomb> bombs;
  add_json(bombs, n);
  check_all(bombs, false);
  bombs.clear();
  add_many(bombs, n);
  check_all(bombs, false);
  bombs.clear();
  add_sizes(bombs, sizes);
  check_all(bombs, false);
  check_all(sound_files(n), true);
}

/// A layer with a network in it, by one who knows nothing of allowances.
class Own : public ef::Radial<double> {
 public:
  Own(Eigen::Index dim, const ef::ResidualNetOptions& options)
      : ef::Radial<double>(dim), network_(dim, dim, options) {}
  static constexpr const char* tag() { return "Own"; }
  const ef::ResidualNetOptions& options() const { return network_.options(); }
  static constexpr auto structure() {
    return std::tuple(ef::Option{"dim", &Own::dim}, ef::Option{"options", &Own::options});
  }

 private:
  ef::ResidualNet<double> network_;
};

}  // namespace

TEST_CASE("reading a file takes memory in proportion to it") {
  check_all(100'000, 20'000);
}

TEST_CASE("reading a large file takes memory in proportion to it", "[slow]") {
  check_all(8'000'000, 1'000'000);
}

TEST_CASE("a network in a layer of one's own is compared with the file before it is made") {
  ef::io::Registry<double> parts;
  parts.add<Own>().add<ef::StandardNormal<double>>();
  const auto own = [](const char* blocks) {
    return R"({"type":"Own","dim":2,"options":{"width":1,"activation":"relu","dropout":0.0,"blocks":)" +
           std::string(blocks) + "}}";
  };
  const Bytes file = model(architecture('[' + own("3000000") + ']'), Padding::note, 8'000'000);
  watch_peak();
  CHECK_THROWS_WITH(ef::parse_flow<double>(file, parts),
                    ContainsSubstring("layers.0 has more parameters than the file"));
  if (peaks_are_known()) CHECK(peak_bytes() <= bound(file));
  ef::Rng rng(1);
  CHECK(ef::make_flow<double>(architecture('[' + own("3") + ']'), rng, parts).dim() == 2);
}
