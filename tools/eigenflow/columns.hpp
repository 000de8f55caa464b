#pragma once

#include <Eigen/Core>
#include <string>
#include <vector>

#include "table/reader.hpp"

// Columns of a table, by name or by number from 1.

namespace command {

/// The name of a column; its number where the table gives none.
std::string column_name(const table::Reader& reader, Eigen::Index column);

/// Where the columns are. Throws std::runtime_error, naming the file, for one that is missing, named twice in the file
/// or asked for twice.
std::vector<Eigen::Index> find_columns(const table::Reader& reader, const std::vector<std::string>& wanted);

}  // namespace command
