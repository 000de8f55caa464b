#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <string_view>

// Text of files as a terminal and a reader can bear it.

namespace table {

/// Bytes of the UTF-8 character that `text` begins with; 0 where it begins with none.
inline std::size_t utf8_size(std::string_view text) {
  const auto byte = [&](std::size_t i) -> unsigned {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
  };
  const unsigned first = byte(0), second = byte(1);
  if (text.empty()) return 0;
  if (first < 0x80) return 1;
  const std::size_t size = first >= 0xC2 && first < 0xE0   ? 2
                           : first >= 0xE0 && first < 0xF0 ? 3
                           : first >= 0xF0 && first < 0xF5 ? 4
                                                           : 0;
  for (std::size_t i = 1; i < size; ++i)
    if ((byte(i) & 0xC0U) != 0x80) return 0;
  const bool overlong = (first == 0xE0 && second < 0xA0) || (first == 0xF0 && second < 0x90);
  const bool surrogate = first == 0xED && second >= 0xA0, beyond = first == 0xF4 && second >= 0x90;
  return overlong || surrogate || beyond ? 0 : size;
}

inline bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t size = utf8_size(text);
    if (size == 0) return false;
    text.remove_prefix(size);
  }
  return true;
}

/// The text without control characters, marks of the writing direction and bytes that are not UTF-8: \n, \x1b,
/// \u202e stand in their place. Those of `kept` stay.
inline std::string escaped(std::string_view text, std::string_view kept = "") {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string result;
  while (!text.empty()) {
    const std::size_t size = std::max<std::size_t>(utf8_size(text), 1);
    const std::string_view character = text.substr(0, size);
    const auto byte = static_cast<unsigned char>(text[0]);
    const auto last = static_cast<unsigned char>(character.back());
    text.remove_prefix(size);
    const bool c1 = size == 2 && byte == 0xC2 && last < 0xA0;
    const bool direction = (character.starts_with("\xE2\x80") && last >= 0xA8 && last <= 0xAE) ||
                           (character.starts_with("\xE2\x81") && last >= 0xA6 && last <= 0xA9);
    if (c1 || direction) {
      result += c1 ? "\\u00" : character[1] == '\x80' ? "\\u20" : "\\u20";
      const unsigned low = c1 ? last : character[1] == '\x80' ? last - 0x80U : last - 0x40U;
      result += {digits[low >> 4], digits[low & 15U]};
    } else if (size > 1 || (byte >= 0x20 && byte < 0x7F) || kept.find(character) != std::string_view::npos) {
      result += character;
    } else if (byte == '\n' || byte == '\r' || byte == '\t') {
      result += byte == '\n' ? "\\n" : byte == '\r' ? "\\r" : "\\t";
    } else {
      result += {'\\', 'x', digits[byte >> 4], digits[byte & 15U]};
    }
  }
  return result;
}

/// The text in quotes for a message: without control characters, and cut where it is long.
inline std::string shown(std::string_view text) {
  constexpr std::size_t most = 40;
  std::size_t end = 0;
  for (std::size_t count = 0; end < text.size() && count < most; ++count)
    end += std::max<std::size_t>(utf8_size(text.substr(end)), 1);
  return '"' + escaped(text.substr(0, end)) + (end < text.size() ? "...\"" : "\"");
}

}  // namespace table
