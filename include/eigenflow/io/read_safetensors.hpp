#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>
#include <string_view>
#include <system_error>
#include <vector>

#include "eigenflow/io/file.hpp"
#include "eigenflow/io/json.hpp"
#include "eigenflow/io/safetensors.hpp"

// Safetensors files from pipes and devices, which have no known length and may have no end.

namespace eigenflow::io {

namespace detail {

/// The number of data bytes of a header; 0 if it is not valid.
inline std::size_t data_length([[maybe_unused]] std::string_view header) {
  std::int64_t length = 0;
#if EIGENFLOW_HAS_EXCEPTIONS
  try {
    const Value value = parse_json(header, "the header");
    const Value::Object* const entries = value.as<Value::Object>();
    if (!entries) return 0;
    for (const auto& [name, entry] : *entries) {
      const Value* const place = name == "__metadata__" ? nullptr : entry.find("data_offsets");
      const Value::List* const ends = place ? place->as<Value::List>() : nullptr;
      const std::int64_t* const end = ends && ends->size() == 2 ? (*ends)[1].as<std::int64_t>() : nullptr;
      if (end) length = std::max(length, *end);
    }
  } catch (const std::invalid_argument&) {  // parse_safetensors reports what is wrong
    return 0;
  }
#endif
  return static_cast<std::size_t>(length);
}

/// Reads a stream until `bytes` has the given size, or the stream ends.
inline void read_up_to(std::FILE* file, std::size_t length, std::vector<std::byte>& bytes) {
  std::byte piece[1 << 14];
  while (bytes.size() < length) {
    const std::size_t count = std::fread(piece, 1, std::min(sizeof piece, length - bytes.size()), file);
    if (count == 0) return;
    bytes.insert(bytes.end(), piece, piece + count);
  }
}

}  // namespace detail

/// The bytes of a safetensors file. From a pipe or a device it reads at most the length in the header and one byte
/// more, which tells `parse_safetensors` that there is more. Throws std::runtime_error if it cannot be read.
inline std::vector<std::byte> read_safetensors(const std::filesystem::path& path) {
  constexpr std::uint64_t longest_header = 100'000'000;  // the format's own limit
  std::error_code error;
  if (!std::filesystem::exists(path, error) || std::filesystem::is_regular_file(path, error) ||
      std::filesystem::is_directory(path, error) || !EIGENFLOW_HAS_EXCEPTIONS)
    return read_file(path);
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.string().c_str(), "rb"),
                                                             std::fclose);
  if (!file) detail::system_error(path, "cannot be read");
  std::vector<std::byte> bytes;
  std::uint64_t length = 0;
  detail::read_up_to(file.get(), sizeof length + 1, bytes);
  if (bytes.size() > sizeof length) {
    std::memcpy(&length, bytes.data(), sizeof length);
    if (length > longest_header || bytes.back() != std::byte{'{'})
      file_error(path,
                 "this is not a model file: it does not begin with the length of a header and the header");
    const std::size_t begin = sizeof length + static_cast<std::size_t>(length);
    detail::read_up_to(file.get(), begin, bytes);
    if (bytes.size() == begin) {
      const std::string_view header(reinterpret_cast<const char*>(bytes.data()) + sizeof length,
                                    begin - sizeof length);
      detail::read_up_to(file.get(), begin + detail::data_length(header) + 1, bytes);
    }
  }
  if (std::ferror(file.get()) != 0) file_error(path, "cannot be read to its end");
  return bytes;
}

}  // namespace eigenflow::io
