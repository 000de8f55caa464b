#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "eigenflow/io/json.hpp"
#include "eigenflow/text/error.hpp"

// The safetensors format (github.com/huggingface/safetensors): eight bytes with the length of the header,
// little-endian; the header, a JSON object with dtype, shape and offsets for each name, and the strings of
// `__metadata__`; the data.

namespace eigenflow::io {

static_assert(
    std::endian::native == std::endian::little,
    "safetensors files are little-endian, and this machine is not: their numbers would have to be swapped");

/// An array in a file, row-major; `data` views the bytes of the file.
struct Tensor {
  std::string dtype;  ///< as "F64"
  std::vector<std::int64_t> shape;
  std::span<const std::byte> data;

  std::int64_t size() const {
    std::int64_t product = 1;
    for (const std::int64_t n : shape) product *= n;
    return product;
  }
  /// Number i of the array, whose dtype must be that of T.
  template <class T>
  T at(std::int64_t i) const {
    T value;
    std::memcpy(&value, data.data() + static_cast<std::size_t>(i) * sizeof(T), sizeof(T));
    return value;
  }
};

/// The contents of a safetensors file.
struct Tensors {
  std::map<std::string, Tensor> tensors;
  std::map<std::string, std::string> metadata;
  std::size_t bytes = 0;  ///< of the whole file
};

/// The dtype of a scalar type, as named in files.
template <class T>
constexpr const char* dtype_of() {
  if constexpr (std::is_same_v<T, float>)
    return "F32";
  else if constexpr (std::is_same_v<T, double>)
    return "F64";
  else if constexpr (std::is_same_v<T, std::int64_t>)
    return "I64";
  else {
    static_assert(std::is_same_v<T, std::uint64_t>, "files hold float, double and 64-bit integers");
    return "U64";
  }
}

namespace detail {

using eigenflow::detail::reject;

inline std::int64_t bytes_of(const std::string& dtype) {
  static const std::map<std::string, std::int64_t> sizes{
      {"BOOL", 1}, {"U8", 1},  {"I8", 1},  {"F8_E4M3", 1}, {"F8_E5M2", 1}, {"I16", 2}, {"U16", 2}, {"F16", 2},
      {"BF16", 2}, {"I32", 4}, {"U32", 4}, {"F32", 4},     {"F64", 8},     {"I64", 8}, {"U64", 8}};
  const auto found = sizes.find(dtype);
  return found == sizes.end() ? 0 : found->second;
}

/// One entry of the header, whose bytes are in `data`.
inline Tensor read_tensor(const std::string& name, const Value& entry, std::span<const std::byte> data) {
  const std::string what = "tensor '" + name + "'";
  const Value* const dtype = entry.find("dtype");
  const Value* const shape = entry.find("shape");
  const Value* const place = entry.find("data_offsets");
  const Value::Object* const object = entry.as<Value::Object>();
  if (!object || object->size() != 3 || !dtype || !shape || !place || !dtype->as<std::string>() ||
      !shape->as<Value::List>() || !place->as<Value::List>() || place->as<Value::List>()->size() != 2)
    reject(what + " should have a dtype, a shape and two data_offsets, and nothing else");

  Tensor tensor{*dtype->as<std::string>(), {}, {}};
  std::int64_t bytes = bytes_of(tensor.dtype);
  if (bytes == 0) reject(what + " has the dtype " + tensor.dtype + ", which is not a dtype of safetensors");
  for (const Value& length : *shape->as<Value::List>()) {
    const std::int64_t* const n = length.as<std::int64_t>();
    if (!n || *n < 0) reject(what + " has a shape that is not a list of numbers from 0");
    if (*n > 0 && bytes > std::numeric_limits<std::int64_t>::max() / *n)
      reject(what + " has a shape of more numbers than any file holds");
    bytes *= *n;
    tensor.shape.push_back(*n);
  }

  const std::int64_t* const begin = (*place->as<Value::List>())[0].as<std::int64_t>();
  const std::int64_t* const end = (*place->as<Value::List>())[1].as<std::int64_t>();
  if (!begin || !end || *begin < 0 || *end < *begin || *end > static_cast<std::int64_t>(data.size()))
    reject(what + " should lie in the " + std::to_string(data.size()) +
           " bytes of data, but its data_offsets do not");
  if (*end - *begin != bytes)
    reject(what + " has a shape of " + std::to_string(bytes) + " bytes, but " +
           std::to_string(*end - *begin) + " bytes of data");
  tensor.data = data.subspan(static_cast<std::size_t>(*begin), static_cast<std::size_t>(bytes));
  return tensor;
}

/// Removes the entry of strings from the header and returns it.
inline std::map<std::string, std::string> read_metadata(Value& entry) {
  Value::Object* const notes = entry.as<Value::Object>();
  if (!notes) reject("the header's __metadata__ should be an object of strings");
  std::map<std::string, std::string> metadata;
  for (auto& [key, note] : *notes) {
    if (!note.as<std::string>()) reject("entry '" + key + "' of __metadata__ should be a string");
    metadata.emplace(std::move(key), std::move(*note.as<std::string>()));
  }
  return metadata;
}

/// Throws if tensors overlap, or if data belong to no tensor.
inline void check_cover(const Tensors& file, std::span<const std::byte> data) {
  std::vector<std::pair<const std::byte*, const std::string*>> order;
  for (const auto& [name, tensor] : file.tensors)
    if (!tensor.data.empty()) order.emplace_back(tensor.data.data(), &name);
  std::sort(order.begin(), order.end());
  const std::byte* next = data.data();
  for (const auto& [begin, name] : order) {
    if (begin < next) reject("tensor '" + *name + "' overlaps another");
    if (begin > next) reject("there are bytes that belong to no tensor before tensor '" + *name + "'");
    next = begin + file.tensors.at(*name).data.size();
  }
  if (next != data.data() + data.size())
    reject(std::to_string(data.data() + data.size() - next) + " bytes at the end belong to no tensor");
}

}  // namespace detail

/// Reads a whole file of safetensors. The tensors view `bytes`. Throws std::invalid_argument, with the name
/// of the tensor, if the file is not valid. Memory is at most proportional to the size of the file.
inline Tensors parse_safetensors(std::span<const std::byte> bytes) {
  using detail::reject;
  std::uint64_t length = 0;
  if (bytes.size() < sizeof length)
    reject("this is not a safetensors file: it has " + std::to_string(bytes.size()) +
           " bytes, fewer than its header's length");
  std::memcpy(&length, bytes.data(), sizeof length);
  bytes = bytes.subspan(sizeof length);
  if (length > bytes.size())
    reject("the header should have " + std::to_string(length) + " bytes, but the file ends after " +
           std::to_string(bytes.size()) + ": it is cut off, or not a safetensors file");
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), static_cast<std::size_t>(length));
  const std::span<const std::byte> data = bytes.subspan(static_cast<std::size_t>(length));

  Tensors file;
  file.bytes = sizeof length + bytes.size();
  bool noted = false;
  parse_json_entries(text, "the header", [&](const std::string& name, Value entry) {
    const bool notes = name == "__metadata__";
    if (notes ? std::exchange(noted, true) : file.tensors.count(name) > 0)
      reject("the header has the entry \"" + name + "\" twice");
    if (notes)
      file.metadata = detail::read_metadata(entry);
    else
      file.tensors.emplace(name, detail::read_tensor(name, entry, data));
  });
  detail::check_cover(file, data);
  return file;
}

/// Builds a safetensors file: tensors in the order in which they are added.
class TensorWriter {
 public:
  explicit TensorWriter(const std::map<std::string, std::string>& metadata) {
    Value::Object notes;
    for (const auto& [key, note] : metadata) notes.emplace_back(key, Value(note));
    header_.emplace_back("__metadata__", Value(std::move(notes)));
  }

  /// Adds rows × columns numbers at(i, j), written row by row; `rank` 1 or 0 omits the columns, or both, from
  /// the shape.
  template <class T, class At>
  void add(const std::string& name, std::int64_t rows, std::int64_t cols, int rank, const At& at) {
    const std::size_t begin = data_.size();
    data_.resize(begin + static_cast<std::size_t>(rows * cols) * sizeof(T));
    std::byte* to = data_.data() + begin;
    for (std::int64_t i = 0; i < rows; ++i)
      for (std::int64_t j = 0; j < cols; ++j, to += sizeof(T)) {
        const T value = at(i, j);
        std::memcpy(to, &value, sizeof(T));
      }
    Value::List shape;
    if (rank > 0) shape.push_back(Value(rows));
    if (rank > 1) shape.push_back(Value(cols));
    Value::List place{Value(static_cast<std::int64_t>(begin)),
                      Value(static_cast<std::int64_t>(data_.size()))};
    header_.emplace_back(name, Value(Value::Object{{"dtype", Value(std::string(dtype_of<T>()))},
                                                   {"shape", Value(std::move(shape))},
                                                   {"data_offsets", Value(std::move(place))}}));
  }
  /// Adds a vector.
  template <class T>
  void add(const std::string& name, std::span<const T> numbers) {
    add<T>(name, static_cast<std::int64_t>(numbers.size()), 1, 1,
           [&](std::int64_t i, std::int64_t) { return numbers[static_cast<std::size_t>(i)]; });
  }

  /// The bytes of the file.
  std::vector<std::byte> finish() {
    std::string text = to_json(Value(std::move(header_)));
    text.append((8 - text.size() % 8) % 8, ' ');  // so that the data are aligned
    const std::uint64_t length = text.size();
    std::vector<std::byte> file(sizeof length + text.size() + data_.size());
    std::memcpy(file.data(), &length, sizeof length);
    std::memcpy(file.data() + sizeof length, text.data(), text.size());
    std::copy(data_.begin(), data_.end(), file.data() + sizeof length + text.size());
    return file;
  }

 private:
  Value::Object header_;
  std::vector<std::byte> data_;
};

}  // namespace eigenflow::io
