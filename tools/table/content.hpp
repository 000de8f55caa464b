#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

// What a file is that is no table, by its first bytes.

namespace table {
namespace detail {

struct Kind {
  std::string_view begins;
  const char* message;
};

// The order matters where one begins as another does.
inline constexpr std::array kinds{
    Kind{"\x1F\x8B", "is compressed by gzip: unpack it, or read it as zcat FILE | eigenflow ... -"},
    Kind{"\x28\xB5\x2F\xFD",
         "is compressed by zstd: unpack it, or read it as zstdcat FILE | eigenflow ... -"},
    Kind{"\xFD"
         "7zXZ",
         "is compressed by xz: unpack it, or read it as xzcat FILE | eigenflow ... -"},
    Kind{"BZh", "is compressed by bzip2: unpack it, or read it as bzcat FILE | eigenflow ... -"},
    Kind{"PAR1", "is a Parquet file: save it as CSV, as pandas does by read_parquet(...).to_csv(...)"},
    Kind{"ARROW1", "is a Feather file: save it as CSV, as pandas does by read_feather(...).to_csv(...)"},
    Kind{"\x89HDF", "is an HDF5 file: save its table as CSV or .npy"},
    Kind{"\xD0\xCF\x11\xE0", "is an Excel workbook: save its sheet as CSV"},
    Kind{"SQLite format 3", "is a database: save its table as CSV"},
    Kind{"RDX", "is a file of R's save: save the table as CSV, as by write.csv"},
    Kind{"\x80\x04", "is a Python pickle: save the table as CSV or .npy"},
    Kind{"\x80\x05", "is a Python pickle: save the table as CSV or .npy"},
    Kind{"%PDF", "is a PDF: save its table as CSV"},
    Kind{std::string_view("\xFF\xFE\0\0", 4), "is UTF-32 text: save it as UTF-8"},
    Kind{"\xFF\xFE", "is UTF-16 text: save it as UTF-8, as by iconv -f UTF-16 -t UTF-8"},
    Kind{"\xFE\xFF", "is UTF-16 text: save it as UTF-8, as by iconv -f UTF-16 -t UTF-8"},
};

inline const char* zip_message(std::string_view beginning) {
  if (beginning.find(".npy") != std::string_view::npos)
    return "is an .npz archive: save the one array of it, as by np.save('x.npy', x)";
  if (beginning.find("xl/") != std::string_view::npos ||
      beginning.find("[Content_Types].xml") != std::string_view::npos)
    return "is an Excel workbook: save its sheet as CSV";
  return "is a zip archive: unpack it";
}

}  // namespace detail

/// What is wrong with a file that begins so and is no text; nothing where it may be a table.
inline std::optional<std::string> not_text(std::string_view beginning) {
  const auto is_control = [](char c) {
    return static_cast<unsigned char>(c) < 0x09 ||
           (static_cast<unsigned char>(c) > 0x0D && static_cast<unsigned char>(c) < 0x20);
  };
  bool control = false;
  for (const char c : beginning) control = control || is_control(c);
  if (!control && beginning.size() > 1 &&
      (beginning.starts_with("\xFF\xFE") || beginning.starts_with("\xFE\xFF")))
    control = true;
  if (!control) return std::nullopt;
  if (beginning.starts_with("PK\x03\x04") || beginning.starts_with("PK\x05\x06"))
    return detail::zip_message(beginning);
  for (const detail::Kind& kind : detail::kinds)
    if (beginning.starts_with(kind.begins)) return kind.message;
  const std::size_t zero = beginning.find('\0');
  if (zero == std::string_view::npos)
    return std::nullopt;  // a stray control character: its cell is not a number
  if (beginning.size() > 3 && (beginning[1] == '\0') != (beginning[0] == '\0') &&
      (beginning[3] == '\0') == (beginning[1] == '\0'))
    return "is UTF-16 text: save it as UTF-8, as by iconv -f UTF-16 -t UTF-8";
  return "is not text: it has zero bytes";
}

}  // namespace table
