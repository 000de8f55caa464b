#include "whole.hpp"

#include <algorithm>
#include <cstddef>

#include "numbers.hpp"
#include "table/cells.hpp"

namespace command {
namespace {

constexpr const char *names_note = "integer_columns", *units_note = "integer_units",
                     *low_note = "integer_lowest", *high_note = "integer_highest";

}  // namespace

void note_whole(const std::vector<std::string>& names, const std::vector<Whole>& columns,
                std::map<std::string, std::string>& notes) {
  std::vector<std::string> whole, units, low, high;
  for (std::size_t j = 0; j < columns.size(); ++j) {
    if (!columns[j].is()) continue;
    whole.push_back(names[j]);
    units.push_back(decimal(columns[j].unit));
    low.push_back(decimal(columns[j].low));
    high.push_back(decimal(columns[j].high));
  }
  if (whole.empty()) return;
  notes[names_note] = table::line_of(whole);
  notes[units_note] = table::line_of(units);
  notes[low_note] = table::line_of(low);
  notes[high_note] = table::line_of(high);
}

std::vector<Whole> noted_whole(const std::vector<std::string>& names,
                               const std::map<std::string, std::string>& notes) {
  std::vector<Whole> columns(names.size());
  const auto list = [&](const char* note) {
    const auto found = notes.find(note);
    return found == notes.end() ? std::vector<std::string>() : table::cells(found->second);
  };
  const std::vector<std::string> whole = list(names_note), units = list(units_note), low = list(low_note),
                                 high = list(high_note);
  if (units.size() != whole.size() || low.size() != whole.size() || high.size() != whole.size())
    return columns;
  for (std::size_t i = 0; i < whole.size(); ++i) {
    const auto at = std::find(names.begin(), names.end(), whole[i]);
    const auto unit = table::number(units[i]), lowest = table::number(low[i]),
               highest = table::number(high[i]);
    if (at == names.end() || !unit || !lowest || !highest || !(*unit > 0) || !(*lowest <= *highest)) continue;
    columns[static_cast<std::size_t>(at - names.begin())] = {*unit, *lowest, *highest};
  }
  return columns;
}

}  // namespace command
