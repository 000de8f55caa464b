#pragma once

#include <Eigen/Core>
#include <string>
#include <string_view>
#include <vector>

#include "table/reader.hpp"

// Columns of a table, by name or by position.

namespace command {

/// A column as an option gives it: a number is a position, from 1; "2019" in quotes, name:2019 and everything else is
/// a name.
struct ColumnReference {
  std::string name;  ///< of a position, its digits
  bool by_position = false;
  Eigen::Index position = 0;  ///< a number too large for any table where it has too many digits

  /// As messages have it.
  std::string text() const { return by_position ? "column " + name : "column " + table::shown(name); }
};

ColumnReference column_reference(std::string_view text);
/// As "a,b"; commas inside of quotes part nothing.
std::vector<ColumnReference> column_references(const std::string& list);

/// Where the columns are. Throws std::runtime_error, naming the file, for one that is missing, named twice in the file
/// or asked for twice.
std::vector<Eigen::Index> find_columns(const table::Reader& reader,
                                       const std::vector<ColumnReference>& wanted);

/// The columns of a table that a flow was fitted to.
struct FittedColumns {
  std::vector<std::string> labels;      ///< see table::Reader
  std::vector<Eigen::Index> positions;  ///< from 1
  bool header = false;                  ///< whether the table named them
  std::string option = "--columns";     ///< names others in messages
};

/// The same columns of another table: by label where both tables have names, by position where neither has. Throws
/// std::runtime_error for others. `fitted_to` says in messages what expects them.
std::vector<Eigen::Index> find_fitted(const table::Reader& reader, const FittedColumns& fitted,
                                      const std::string& fitted_to);

/// Chooses them. A table without names may also have these columns alone, in their order.
void choose_fitted(table::Reader& reader, const FittedColumns& fitted, const std::string& fitted_to);

}  // namespace command
