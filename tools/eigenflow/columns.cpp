#include "columns.hpp"

#include <algorithm>
#include <charconv>
#include <stdexcept>

namespace command {
namespace {

std::string list_of(const std::vector<std::string>& names) {
  constexpr std::size_t most = 20;
  std::string list;
  for (std::size_t i = 0; i < std::min(names.size(), most); ++i) list += (i == 0 ? "" : ", ") + names[i];
  return list + (names.size() > most ? ", ..." : "");
}

Eigen::Index find_column(const table::Reader& reader, const std::string& wanted) {
  const std::vector<std::string>& names = reader.names();
  const auto found = std::find(names.begin(), names.end(), wanted);
  const auto fail = [&](const std::string& what) { throw std::runtime_error(reader.source() + ": " + what); };
  if (found != names.end()) {
    if (std::find(found + 1, names.end(), wanted) != names.end())
      fail("column \"" + wanted + "\" is there twice: give its number");
    return found - names.begin();
  }
  Eigen::Index number = 0;
  const auto [end, error] = std::from_chars(wanted.data(), wanted.data() + wanted.size(), number);
  if (error == std::errc() && end == wanted.data() + wanted.size() && number >= 1 &&
      number <= reader.columns())
    return number - 1;
  if (names.empty())
    fail("there is no column \"" + wanted + "\": the columns have no names, and numbers from 1 to " +
         std::to_string(reader.columns()));
  fail("there is no column \"" + wanted + "\", but " + list_of(names));
  return 0;
}

}  // namespace

std::string column_name(const table::Reader& reader, Eigen::Index column) {
  const auto at = static_cast<std::size_t>(column);
  return at < reader.names().size() ? reader.names()[at] : std::to_string(column + 1);
}

std::vector<Eigen::Index> find_columns(const table::Reader& reader, const std::vector<std::string>& wanted) {
  std::vector<Eigen::Index> places;
  for (const std::string& name : wanted) {
    const Eigen::Index place = find_column(reader, name);
    if (std::find(places.begin(), places.end(), place) != places.end())
      throw std::runtime_error(reader.source() + ": column \"" + name + "\" is asked for twice");
    places.push_back(place);
  }
  return places;
}

}  // namespace command
