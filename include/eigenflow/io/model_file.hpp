#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "eigenflow/any/any_base.hpp"
#include "eigenflow/any/any_layer.hpp"
#include "eigenflow/authoring/context_units.hpp"
#include "eigenflow/authoring/structure.hpp"
#include "eigenflow/flow.hpp"
#include "eigenflow/io/allowance.hpp"
#include "eigenflow/io/architecture.hpp"
#include "eigenflow/io/build.hpp"
#include "eigenflow/io/file.hpp"
#include "eigenflow/io/json.hpp"
#include "eigenflow/io/parameters.hpp"
#include "eigenflow/io/read_safetensors.hpp"
#include "eigenflow/io/safetensors.hpp"
#include "eigenflow/io/standard_parts.hpp"
#include "eigenflow/version.hpp"

// Model files: safetensors, one tensor for each named parameter, and in the metadata, as JSON, the architecture.
// docs/model_files.md describes the format.

namespace eigenflow {

/// Your notes in a model file, such as its origin or the names of its columns.
using Notes = std::map<std::string, std::string>;

/// The metadata of a model file.
struct ModelInfo {
  std::int64_t format_version;
  std::string library_version;
  std::string scalar;  ///< as "float"
  Eigen::Index features;
  Eigen::Index context;
  Value architecture;  ///< `layers` and `base`
  Notes notes;
};

/// The flow and the metadata of a model file.
template <class Scalar>
struct LoadedModel {
  ModelInfo info;
  AnyFlow<Scalar> flow;
};

namespace io {

/// The newest version of the format. A file has the oldest that can say what is in it: 2 if it has units of a context,
/// else 1.
inline constexpr std::int64_t format_version = 2;

namespace detail {

inline bool is_reserved(const std::string& key) {
  return key == "format" || key == "format_version" || key == "library_version" || key == "architecture";
}

inline void check_note(const std::string& key) {
  if (is_reserved(key)) reject("a note cannot be called '" + key + "': the format has an entry of that name");
}

/// True if an object in `value`, at any depth, has such an entry.
inline bool mentions(const Value& value, std::string_view name) {
  if (const auto* const list = value.as<Value::List>())
    return std::any_of(list->begin(), list->end(), [&](const Value& item) { return mentions(item, name); });
  if (const auto* const object = value.as<Value::Object>())
    return std::any_of(object->begin(), object->end(), [&](const auto& entry) {
      return entry.first == name || mentions(entry.second, name);
    });
  return false;
}

inline std::map<std::string, std::string> metadata_of(const Value& architecture, const Notes& notes) {
  std::map<std::string, std::string> metadata{
      {"format", "eigenflow"},
      {"format_version", mentions(architecture, "context_units") ? "2" : "1"},
      {"library_version", version},
      {"architecture", to_json(architecture)}};
  for (const auto& [key, note] : notes) {
    check_note(key);
    metadata[key] = note;
  }
  return metadata;
}

inline std::int64_t whole_number(const std::string& text, const std::string& what) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number < 1)
    reject(what + " should be a number from 1, but is '" + text + "'");
  return number;
}

/// Calls use(tensors) with the contents of a file. Exceptions name the file.
template <class Use>
decltype(auto) with_tensors(const std::filesystem::path& path, const Use& use) {
  const std::vector<std::byte> bytes = read_safetensors(path);
  return naming(path, [&]() -> decltype(auto) { return use(parse_safetensors(bytes)); });
}

/// The metadata. Throws unless they are those of a model file that this version can read.
inline ModelInfo read_info(const Tensors& file) {
  const auto entry = [&](const char* key) -> const std::string& {
    const auto found = file.metadata.find(key);
    if (found == file.metadata.end())
      reject(std::string("this is not a model file of eigenflow: its metadata have no '") + key + "'");
    return found->second;
  };
  if (entry("format") != "eigenflow")
    reject("this is a file of the format '" + entry("format") + "', not eigenflow");
  const std::int64_t found_version = whole_number(entry("format_version"), "the format_version");
  if (found_version > format_version)
    reject("this file has format version " + std::to_string(found_version) + ", written by eigenflow " +
           entry("library_version") + ", but eigenflow " + version + " reads up to " +
           std::to_string(format_version) + ": update the library");

  Value architecture = parse_json(entry("architecture"), "the architecture", most_memory(file.bytes));
  const auto member = [&](const char* name) -> const Value& {
    const Value* const value = architecture.find(name);
    if (!value) reject(std::string("the architecture has no '") + name + "'");
    return *value;
  };
  const std::string* const scalar = member("scalar").as<std::string>();
  const std::int64_t* const features = member("features").as<std::int64_t>();
  const std::int64_t* const context = member("context").as<std::int64_t>();
  if (!scalar || !features || !context || !member("layers").as<Value::List>() ||
      !member("base").as<Value::Object>())
    reject("the architecture should have a scalar, features, context, a list of layers and a base");
  ModelInfo info{found_version, entry("library_version"), *scalar, *features, *context, Value(false), {}};
  for (const auto& [key, note] : file.metadata)
    if (!is_reserved(key)) info.notes[key] = note;
  info.architecture = std::move(architecture);
  return info;
}

template <class Flow>
struct LoadedParts {
  typename Flow::Layers layers;
  typename Flow::BaseType base;
  VectorX<typename Flow::Scalar> theta;
  ContextUnits<typename Flow::Scalar> units;
};

/// Layers, base and theta for a Flow.
template <class Flow>
LoadedParts<Flow> load_parts(const Tensors& file, const ModelInfo& info,
                             const Registry<typename Flow::Scalar>& registry) {
  auto [layers, base, units] = build_parts<Flow>(info.architecture, registry, allowance_of(file));
  auto theta = read_parameters<typename Flow::Scalar>(
      file,
      [&, &layers = layers, &base = base](const auto& take) { Flow::name_parameters(layers, base, take); });
  return {std::move(layers), std::move(base), std::move(theta), std::move(units)};
}

/// Loads a file into an existing flow. Throws if the architectures differ.
template <class... Parts>
void load_into(Flow<Parts...>& flow, const Tensors& file,
               const Registry<typename Flow<Parts...>::Scalar>& registry) {
  using eigenflow::detail::to_value;
  auto parts = load_parts<Flow<Parts...>>(file, read_info(file), registry);
  check_same(to_value(flow.layers().layers()), to_value(parts.layers.layers()), "layers");
  check_same(to_value(flow.base()), to_value(parts.base), "base");
  flow.restore(std::move(parts.layers), std::move(parts.base), std::move(parts.theta),
               std::move(parts.units));
}

/// The run-time flow of a file, and its metadata.
template <class Scalar>
LoadedModel<Scalar> make_model(const Tensors& file, const Registry<Scalar>& registry) {
  ModelInfo info = read_info(file);
  auto parts = load_parts<AnyFlow<Scalar>>(file, info, registry);
  LoadedModel<Scalar> model{std::move(info),
                            {std::move(parts.layers), std::move(parts.base), std::move(parts.theta)}};
  if (!parts.units.left_out()) model.flow.set_context_units(std::move(parts.units));
  return model;
}

}  // namespace detail

/// Throws std::invalid_argument unless `save` can write these notes: texts must be UTF-8, and names must not be entries
/// of the format. Call it before a training, so that `save` cannot fail afterwards because of them.
inline void check_notes(const Notes& notes) {
  for (const auto& [key, note] : notes) {
    detail::check_note(key);
    check_text(key);
    check_text(note);
  }
}

}  // namespace io

/// Writes a flow to a file atomically: the name has either the old file or the complete new one. Throws
/// std::runtime_error, with the name of the file, if it cannot be written, and std::invalid_argument for a parameter
/// that is not finite or a layer without structure() (see authoring/structure.hpp).
template <class... Parts>
void save(const Flow<Parts...>& flow, const std::filesystem::path& path, const Notes& notes = {}) {
  using Scalar = typename Flow<Parts...>::Scalar;
  io::TensorWriter writer(io::detail::metadata_of(io::detail::architecture_of(flow), notes));
  io::detail::add_parameters<Scalar>(writer, flow.named_parameters(), flow.theta());
  io::write_file(path, writer.finish());
}

/// The metadata of a model file. Throws std::runtime_error, with the name of the file, if it is not a model file.
inline ModelInfo model_info(const std::filesystem::path& path) {
  return io::detail::with_tensors(path, [](const io::Tensors& file) { return io::detail::read_info(file); });
}

/// Loads the parameters and the constants (permutations, statistics) of a file into a flow of the same architecture. A
/// float file can be loaded into a double flow, and the reverse. Otherwise throws std::runtime_error, with the name of
/// the file and the entry or tensor, and leaves the flow unchanged. `registry` has the classes of layers that the flow
/// has as AnyLayer.
template <class... Parts>
void load(Flow<Parts...>& flow, const std::filesystem::path& path,
          const io::Registry<typename Flow<Parts...>::Scalar>& registry = {}) {
  io::detail::with_tensors(path,
                           [&](const io::Tensors& file) { io::detail::load_into(flow, file, registry); });
}

/// The flow of a model file in memory: `load_flow` for bytes.
template <class Scalar>
AnyFlow<Scalar> parse_flow(std::span<const std::byte> bytes, const io::Registry<Scalar>& registry) {
  return io::detail::make_model<Scalar>(io::parse_safetensors(bytes), registry).flow;
}

/// The flow and the metadata of a file, which is read once. Throws as load_flow does.
template <class Scalar>
LoadedModel<Scalar> load_model(const std::filesystem::path& path,
                               const io::Registry<Scalar>& registry = io::standard_parts<Scalar>()) {
  return io::detail::with_tensors(
      path, [&](const io::Tensors& file) { return io::detail::make_model<Scalar>(file, registry); });
}

/// The flow of a file whose architecture is not known beforehand: `auto flow = load_flow<double>(path)`. It has all
/// calls of Flow. Throws std::runtime_error, with the name of the file and the entry or tensor, if the file is not a
/// valid model file or names a layer that `registry` does not have.
template <class Scalar>
AnyFlow<Scalar> load_flow(const std::filesystem::path& path,
                          const io::Registry<Scalar>& registry = io::standard_parts<Scalar>()) {
  return load_model<Scalar>(path, registry).flow;
}

}  // namespace eigenflow
