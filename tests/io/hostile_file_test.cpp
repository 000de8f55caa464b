#include <algorithm>
#include <cstdint>
#include <cstring>
#include <new>
#include <string>
#include <string_view>
#include <vector>

#include "eigenflow/eigenflow.hpp"
#include "eigenflow/io.hpp"
#include "support/allocations.hpp"
#include "support/catch.hpp"
#include "support/engine.hpp"
#include "support/hostile.hpp"

// Files that somebody broke, or made to break us: a clear error and nothing worse.

namespace ef = eigenflow;
using Catch::Matchers::ContainsSubstring;

namespace {

using Bytes = std::vector<std::byte>;

/// A file of this header and so many bytes of data.
Bytes file_of(const std::string& header, std::size_t data = 0) {
  const std::uint64_t length = header.size();
  Bytes bytes(8 + header.size() + data);
  std::memcpy(bytes.data(), &length, 8);
  std::memcpy(bytes.data() + 8, header.data(), header.size());
  return bytes;
}

std::string refusal(const Bytes& bytes) {
  try {
    hostile::read(bytes);
  } catch (const std::invalid_argument& problem) {
    return problem.what();
  }
  return "";
}

std::string tensor(const std::string& dtype, const std::string& shape, const std::string& place) {
  return R"({"dtype": ")" + dtype + R"(", "shape": )" + shape + R"(, "data_offsets": )" + place + "}";
}
std::string one(const std::string& entry) {
  return R"({"a": )" + entry + "}";
}

/// A model file with this architecture and, unless others are given, no tensors.
Bytes model_of(const std::string& architecture, const std::string& tensors = "") {
  const std::string text = ef::io::detail::quoted(architecture);
  return file_of(R"({"__metadata__": {"format": "eigenflow", "format_version": "1", "library_version": "0", )"
                 R"("architecture": )" +
                 text + "}" + tensors + "}");
}
std::string layers(const std::string& list) {
  return R"({"scalar": "float", "features": 2, "context": 0, "layers": )" + list +
         R"(, "base": {"type": "StandardNormal", "dim": 2}})";
}

}  // namespace

TEST_CASE("every truncation of a valid file is rejected") {
  const Bytes whole = hostile::valid_file();
  hostile::read(whole);
  for (std::size_t length = 0; length < whole.size(); ++length)
    REQUIRE(refusal(Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length))) != "");
}

TEST_CASE("headers that are too long, no JSON, or other JSON") {
  Bytes bytes(8, std::byte{0xff});
  CHECK_THAT(refusal(bytes), ContainsSubstring("header should have 18446744073709551615 bytes"));
  CHECK_THAT(refusal(file_of("")), ContainsSubstring("is not JSON"));
  CHECK_THAT(refusal(file_of("{\"a\": ")), ContainsSubstring("is not JSON"));
  CHECK_THAT(refusal(file_of("[]")), ContainsSubstring("JSON object"));
  CHECK_THAT(refusal(file_of("{\"a\": 1}")), ContainsSubstring("tensor 'a' should have a dtype"));
  CHECK_THAT(refusal(file_of("{\"\xff\": 1}")), ContainsSubstring("is not JSON"));
  CHECK_THAT(refusal(file_of("{\"__metadata__\": 1}")),
             ContainsSubstring("__metadata__ should be an object"));
  CHECK_THAT(refusal(file_of("{\"__metadata__\": {\"x\": 1}}")), ContainsSubstring("'x' of __metadata__"));
  CHECK_THAT(refusal(file_of("{}", 3)), ContainsSubstring("3 bytes at the end belong to no tensor"));
}

TEST_CASE("tensors whose lengths, places or names lie") {
  CHECK_THAT(refusal(file_of(one(tensor("F32", "[2]", "[0, 8]")), 7)),
             ContainsSubstring("tensor 'a' should lie in the 7 bytes"));
  CHECK_THAT(refusal(file_of(one(tensor("F32", "[2]", "[0, 4]")), 4)),
             ContainsSubstring("a shape of 8 bytes, but 4"));
  CHECK_THAT(refusal(file_of(one(tensor("F32", "[2]", "[8, 0]")), 8)), ContainsSubstring("data_offsets"));
  CHECK_THAT(refusal(file_of(one(tensor("F32", "[2]", "[-8, 0]")), 8)), ContainsSubstring("data_offsets"));
  CHECK_THAT(refusal(file_of(one(tensor("F32", "[2]", "[0, 18446744073709551615]")), 8)),
             ContainsSubstring("too large"));
  CHECK_THAT(refusal(file_of(one(tensor("F32", "[2]", "[9223372036854775800, 9223372036854775807]")), 8)),
             ContainsSubstring("data_offsets"));
  CHECK_THAT(refusal(file_of(one(tensor("F32", "[4611686018427387904, 4]", "[0, 0]")))),
             ContainsSubstring("more numbers than any file holds"));
  CHECK_THAT(refusal(file_of(one(tensor("F32", "[-1]", "[0, 0]")))), ContainsSubstring("numbers from 0"));
  CHECK_THAT(refusal(file_of(one(tensor("F32", "[0.5]", "[0, 0]")))), ContainsSubstring("numbers from 0"));
  CHECK_THAT(refusal(file_of(one(tensor("F31", "[0]", "[0, 0]")))), ContainsSubstring("dtype F31"));
  const std::string a = "\"a\": " + tensor("U8", "[4]", "[0, 4]"), b = tensor("U8", "[4]", "[3, 7]"),
                    c = tensor("U8", "[2]", "[6, 8]");
  CHECK_THAT(refusal(file_of("{" + a + ", \"b\": " + b + "}", 7)),
             ContainsSubstring("tensor 'b' overlaps another"));
  CHECK_THAT(refusal(file_of("{" + a + ", \"c\": " + c + "}", 8)),
             ContainsSubstring("belong to no tensor before tensor 'c'"));
  CHECK_THAT(refusal(file_of("{" + a + ", " + a + "}", 4)), ContainsSubstring("the entry \"a\" twice"));
}

TEST_CASE("JSON bombs: a nesting is rejected at a depth of 64, in the header and in the architecture") {
  const std::string deep(1'000'000, '[');
  CHECK_THAT(refusal(file_of(deep)), ContainsSubstring("nested more than 64 deep"));
  CHECK_THAT(refusal(file_of("{\"a\": " + deep)), ContainsSubstring("nested more than 64 deep"));
  CHECK_THAT(refusal(model_of(deep)), ContainsSubstring("the architecture is nested more than 64 deep"));
  std::string inverses = R"({"type": "Planar, h = tanh", "dim": 2, "h": {"type": "tanh"}})";
  for (int i = 0; i < 100; ++i) inverses = R"({"type": "Inverse", "inverse": )" + inverses + "}";
  CHECK_THAT(refusal(model_of(layers("[" + inverses + "]"))), ContainsSubstring("nested more than 64 deep"));
}

TEST_CASE("an architecture that asks for more than its file is rejected before anything is allocated") {
  const auto asks = [](const std::string& layer) { return refusal(model_of(layers("[" + layer + "]"))); };
  const std::string big = "1000000000000";
  CHECK_THAT(asks(R"({"type": "Radial", "dim": )" + big + "}"), ContainsSubstring("layers.0.dim is " + big));
  CHECK_THAT(asks(R"({"type": "Householder", "dim": 2, "count": )" + big + "}"),
             ContainsSubstring("layers.0.count"));
  CHECK_THAT(asks(R"({"type": "Radial", "dim": -1})"), ContainsSubstring("a dimension of -1"));
  CHECK_THAT(asks(R"({"type": "Radial", "dim": 2.5})"),
             ContainsSubstring("layers.0.dim should be an integer"));
  CHECK_THAT(asks(R"({"type": "Coupling<affine, mlp>", "dim": 2, "split": 1, "options": {"hidden": [)" + big +
                  R"(], "activation": "relu", "dropout": 0}, "transformer": {"type": "affine", "log_scale": )"
                  R"({"type": "exp"}}, "context_dim": 0})"),
             ContainsSubstring("layers.0.options.hidden.0 is " + big));
}

TEST_CASE("an architecture that no flow has is rejected with the entry") {
  const auto asks = [](const std::string& list) { return refusal(model_of(layers(list))); };
  CHECK_THAT(asks("[]"), ContainsSubstring("a Stack needs one layer or more"));
  CHECK_THAT(asks("[1]"), ContainsSubstring("layers.0 should be an object with a type"));
  CHECK_THAT(asks(R"([{"type": "Glow"}])"),
             ContainsSubstring("layers.0 is a Glow, a layer that is not in the Registry"));
  CHECK_THAT(asks(R"([{"type": "Radial"}])"), ContainsSubstring("layers.0.dim is missing"));
  CHECK_THAT(asks(R"([{"type": "Radial", "dim": null}])"), ContainsSubstring("has a null"));
  CHECK_THAT(asks(R"([{"type": "Radial", "dim": 2, "colour": "red"}])"),
             ContainsSubstring("entries that this version does not know"));
  CHECK_THAT(asks(R"([{"type": "Permutation", "constants": {"indices": [0, 0]}}])"),
             ContainsSubstring("entry 1 of the permutation is 0"));
  CHECK_THAT(asks(R"([{"type": "Permutation", "constants": {"indices": [0, 7]}}])"),
             ContainsSubstring("entry 1 of the permutation is 7"));
  CHECK_THAT(asks(R"([{"type": "Radial", "dim": 2}, {"type": "Radial", "dim": 3}])"),
             ContainsSubstring("layer 1 of the Stack takes 3 features"));
  CHECK_THAT(
      asks(
          R"([{"type": "Standardize", "constants": {"mean": [0, 0], "scale": [1, 0], "initialised": true}}])"),
      ContainsSubstring("scale of feature 1 in Standardize must be positive"));
  CHECK_THAT(asks(R"([{"type": "Radial", "dim": 3}])"), ContainsSubstring("its layers have 3"));
  CHECK_THAT(asks(R"([{"type": "Radial", "dim": 2}])"), ContainsSubstring("tensor '0.x0' is missing"));
}

TEST_CASE("parameters of another shape or type, that are missing, too many, or not finite") {
  const auto changed = [](std::string_view from, std::string_view to) {
    Bytes bytes = hostile::valid_file();
    const auto at = std::search(bytes.begin(), bytes.end(), reinterpret_cast<const std::byte*>(from.data()),
                                reinterpret_cast<const std::byte*>(from.data()) + from.size());
    REQUIRE(at != bytes.end());
    REQUIRE(from.size() == to.size());
    std::memcpy(&*at, to.data(), to.size());
    return refusal(bytes);
  };
  CHECK_THAT(
      changed("\"0.w\": {\"dtype\": \"F32\", \"shape\": [2]", "\"0.w\": {\"dtype\": \"I32\", \"shape\": [2]"),
      ContainsSubstring("tensor '0.w' should be F32 or F64, but is I32"));
  CHECK_THAT(
      changed("\"0.w\": {\"dtype\": \"F32\", \"shape\": [2]", "\"0.w\": {\"dtype\": \"F64\", \"shape\": [1]"),
      ContainsSubstring("tensor '0.w' should have the shape (2), but has (1)"));
  CHECK_THAT(changed("\"0.w\"", "\"0.v\""), ContainsSubstring("tensor '0.w' is missing"));
  CHECK_THAT(changed("\"format_version\": \"1\"", "\"format_version\": \"3\""),
             ContainsSubstring("update the library"));
  CHECK_THAT(changed("\"format\": \"eigenflow\"", "\"format\": \"eigenfl0w\""),
             ContainsSubstring("format 'eigenfl0w'"));

  CHECK_THAT(refusal(model_of(layers(R"([{"type": "Permutation", "constants": {"indices": [1, 0]}}])"),
                              ", \"more\": " + tensor("F32", "[0]", "[0, 0]"))),
             ContainsSubstring("tensor 'more' belongs to no parameter"));

  Bytes bytes = hostile::valid_file();
  const float nan = std::numeric_limits<float>::quiet_NaN();
  std::memcpy(bytes.data() + bytes.size() - 4, &nan, 4);
  CHECK_THAT(refusal(bytes),
             ContainsSubstring("tensor '2.conditioner.1.bias' has number 1 beyond what a parameter can be"));
}

TEST_CASE("ten thousand random mutations: a flow or a clear error, and no large allocation") {
  hostile::read(hostile::valid_file());
  limit_allocations(std::size_t{1} << 20);  // more than a megabyte is refused: std::bad_alloc
  const int refused = hostile::mutate(10'000, 1);
  limit_allocations();
  CHECK(refused > 1'000);
}

TEST_CASE("a million random mutations", "[slow]") {
  CHECK(hostile::mutate(1'000'000, 2) > 100'000);
}
