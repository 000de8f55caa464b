#include <cstdint>
#include <cstdio>
#include <cstring>
#include <eigenflow/eigenflow.hpp>
#include <eigenflow/io.hpp>
#include <filesystem>
#include <string>

namespace ef = eigenflow;

namespace {

template <class S>
void save_load_and_print(const std::filesystem::path& folder) {
  ef::Rng rng(1);
  const auto made = ef::make_flow<S>(
      R"({"layers": [{"type": "LuLinear", "permutation": {"type": "Permutation", "constants": {"indices": [1, 2, 0]}},
                      "spread": 0.25},
                     {"type": "Coupling<affine, mlp>", "dim": 3, "split": 1, "context_dim": 0,
                      "options": {"hidden": [8], "activation": "tanh"},
                      "transformer": {"type": "affine", "log_scale": {"type": "soft clip", "bound": 2.0}}}],
          "base": {"type": "DiagonalNormal", "dim": 3}})",
      rng);
  const auto path = folder / (sizeof(S) == 4 ? "float.safetensors" : "double.safetensors");
  ef::save(made, path, {{"note", "\"quoted\", \u00fcber"}});
  const ef::LoadedModel<S> model = ef::load_model<S>(path);
  const ef::AnyFlow<S> again = ef::load_flow<S>(path);
  const ef::MatrixX<S> x = ef::MatrixX<S>::NullaryExpr(100, 3, [&] { return rng.normal<S>(); });
  for (const S number : again.log_prob(x)) {
    std::uint64_t bits = 0;
    std::memcpy(&bits, &number, sizeof number);
    std::printf("%llx ", static_cast<unsigned long long>(bits));
  }
  std::printf("%s %s\n", model.info.notes.at("note").c_str(), model.info.scalar.c_str());
}

}  // namespace

int main(int, char** argv) {
  save_load_and_print<float>(argv[1]);
  save_load_and_print<double>(argv[1]);
}
