#pragma once

#include <Eigen/Core>
#include <string>
#include <vector>

#include "model.hpp"

namespace command {

/// The context that options like "hour=12,month=6" give, 1 × C; an empty one for a model without. Throws UsageError
/// when a column is missing, unknown or given twice.
table::Rows given_context(const Model& model, const std::vector<std::string>& given);

}  // namespace command
