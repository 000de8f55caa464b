#pragma once

#include <Eigen/Core>
#include <vector>

namespace command {

/// Rows of a table whose context is near a given one.
struct NearRows {
  std::vector<Eigen::Index> rows;  ///< in the order of the table
  double distance = 0;             ///< of the farthest of them
};

/// The `count` rows of contexts (N × C) that are nearest to `given` (1 × C), and all others that are as near as the
/// last of them. The distance of two contexts is the largest of their columns, in standard deviations (see units_of);
/// columns that are constant do not count.
NearRows nearest_rows(const Eigen::MatrixXd& contexts, const Eigen::RowVectorXd& given, Eigen::Index count);

}  // namespace command
