#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

#include "table/text.hpp"

namespace command {

/// The edit distance of two words: insertions, deletions, changes, and swaps of adjacent letters.
inline std::size_t edits(const std::string& a, const std::string& b) {
  std::vector<std::size_t> before(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        row[j] = std::min(row[j], before[j - 2] + 1);
    }
    before.swap(last);
    last.swap(row);
  }
  return last[b.size()];
}

/// The word in lower-case letters, of ASCII alone.
inline std::string lower_case(std::string word) {
  for (char& c : word) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return word;
}

/// The name that was probably meant by a mistyped word: the one with the fewest edits, or one that begins with the
/// word. Upper and lower case are equal. Empty if none is close.
inline std::string nearest(const std::string& word, const std::vector<std::string>& names) {
  if (word.empty() || word.size() > 100) return {};
  const std::string wanted = lower_case(word);
  std::string best;
  std::size_t least = word.size() == 1 ? 1 : std::max<std::size_t>(1, word.size() / 2) + 1;
  for (const std::string& name : names) {
    if (name.size() > 200) continue;
    const std::string candidate = lower_case(name);
    const bool begins = word.size() >= 3 && candidate.starts_with(wanted);
    const std::size_t distance = candidate == wanted ? 0 : begins ? 1 : edits(wanted, candidate);
    if (distance >= least) continue;
    least = distance;
    best = name;
  }
  return best;
}

/// The end of a message about a name that does not exist: `: do you mean "waiting"?`, or nothing if none is close.
inline std::string or_nearest(const std::string& word, const std::vector<std::string>& names) {
  const std::string near = nearest(word, names);
  return near.empty() ? "" : ": do you mean " + table::shown(near) + '?';
}

}  // namespace command
