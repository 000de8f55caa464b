#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "eigenflow/eigenflow.hpp"
#include "eigenflow/io.hpp"
#include "support/catch.hpp"
#include "support/engine.hpp"
#include "support/temporary_folder.hpp"

// Flows of zuko, nflows, normflows, FrEIA and sbi, exported by tools/export_pytorch (see tests/golden/build.py), against
// what their own libraries say of 64 points (32 images), a quarter of them far out.

namespace ef = eigenflow;

namespace {

const std::filesystem::path folder = std::filesystem::path(EIGENFLOW_TEST_DATA) / "golden";

/// An array of a points file, N × columns.
template <class S>
ef::MatrixX<S> points(const ef::io::Tensors& file, const std::string& name) {
  const ef::io::Tensor& tensor = file.tensors.at(name);
  REQUIRE(tensor.dtype == "F64");
  const Eigen::Index rows = tensor.shape.at(0), cols = tensor.shape.size() > 1 ? tensor.shape[1] : 1;
  ef::MatrixX<S> result(rows, cols);
  for (Eigen::Index i = 0; i < rows; ++i)
    for (Eigen::Index j = 0; j < cols; ++j) result(i, j) = static_cast<S>(tensor.at<double>(i * cols + j));
  return result;
}

/// The largest |a - b| / max(1, |b|).
template <class A, class B>
double distance(const A& a, const B& b) {
  REQUIRE(a.rows() == b.rows());
  REQUIRE(a.cols() == b.cols());
  const auto wide = b.template cast<double>().array();
  const double worst = ((a.template cast<double>().array() - wide).abs() / wide.abs().max(1.0)).maxCoeff();
  return std::isfinite(worst) ? worst : std::numeric_limits<double>::infinity();
}

template <class S>
void agrees(const std::filesystem::path& model, double tolerance) {
  INFO(model.stem().string() << (sizeof(S) == 4 ? " in float" : " in double"));
  const auto flow = ef::load_flow<S>(model, ef::io::standard_parts<S>());
  const auto bytes = ef::io::read_file(std::filesystem::path(model).replace_extension(".points.safetensors"));
  const ef::io::Tensors file = ef::io::parse_safetensors(bytes);
  const auto x = points<S>(file, "x");
  const ef::MatrixX<S> c =
      file.tensors.count("context") ? points<S>(file, "context") : ef::MatrixX<S>(x.rows(), 0);
  const bool conditional = c.cols() > 0;
  const auto log_prob = points<S>(file, "log_prob");
  CHECK(distance(conditional ? flow.log_prob(x, c).eval() : flow.log_prob(x).eval(), log_prob) < tolerance);
  if (file.tensors.count("log_det")) {
    const auto [z, log_det] = conditional ? flow.forward(x, c) : flow.forward(x);
    CHECK(distance(z, points<S>(file, "z")) < tolerance);
    CHECK(distance(log_det, points<S>(file, "log_det")) < tolerance);
  }
  if (file.tensors.count("log_det_z_to_x")) {
    const auto [generated, log_det] = flow.inverse(points<S>(file, "z"));
    CHECK(distance(generated, x) < tolerance);
    CHECK(distance(log_det, points<S>(file, "log_det_z_to_x")) < tolerance);
  }
}

std::vector<std::filesystem::path> models(const std::filesystem::path& in) {
  std::vector<std::filesystem::path> all;
  for (const auto& entry : std::filesystem::directory_iterator(in)) {
    const std::string name = entry.path().filename().string();
    if (name.ends_with(".safetensors") && !name.ends_with(".points.safetensors")) all.push_back(entry.path());
  }
  std::sort(all.begin(), all.end());
  return all;
}

}  // namespace

TEST_CASE("flows of zuko, nflows, normflows, FrEIA and sbi agree with their own libraries") {
  const auto all = models(folder);
  REQUIRE(all.size() >= 44);
  for (const auto& model : all) {
    agrees<double>(model, 1e-10);
    agrees<float>(model, 1e-4);
  }
}

TEST_CASE("the exporter's own reading of a file agrees too") {
  if (std::system("python3 -c 'import numpy' 2>/dev/null") != 0) {
    WARN("no python3 with numpy");
    return;
  }
  REQUIRE(std::system(("python3 " + (folder / "reading.py").string() + ' ' + folder.string()).c_str()) == 0);
}

TEST_CASE("models exported anew agree", "[slow]") {
  const char* const python = std::getenv("EIGENFLOW_TORCH_PYTHON");
  const std::string run = python ? python : "python3";
  if (std::system((run + " -c 'import torch, safetensors, zuko, nflows, normflows' 2>/dev/null").c_str()) !=
      0) {
    WARN(
        "no python with torch, safetensors, zuko, nflows and normflows (name one by EIGENFLOW_TORCH_PYTHON)");
    return;
  }
  const TemporaryFolder fresh;
  const std::string script = (folder / "build.py").string();
  REQUIRE(std::system((run + ' ' + script + " --fresh " + fresh.path().string()).c_str()) == 0);
  const auto all = models(fresh.path());
  REQUIRE(all.size() >= 29);  // and ten more where there is sbi, four more where there is FrEIA
  for (const auto& model : all) agrees<double>(model, 1e-10);
}
