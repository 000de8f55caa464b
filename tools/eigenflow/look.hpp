#pragma once

#include <Eigen/Core>
#include <limits>
#include <string>
#include <vector>

// A look at a table before it is fitted: what would ruin a fit, or make its result look better than it is.
//
// A column's middle and spread are those of the shortest interval that holds half of its values (Rousseeuw and Leroy's
// shorth), which the other half cannot move.

namespace command {

/// Which values of a column are like the others.
struct Fence {
  double low = -std::numeric_limits<double>::infinity(), high = std::numeric_limits<double>::infinity();
  std::vector<double> marks = {};  ///< values such as -999 that stand for "missing"

  bool keeps(double value) const;
  bool is_mark(double value) const;
};

/// A value and how many rows have it.
struct Repeated {
  double value;
  Eigen::Index count;
};

/// What is found in a column. `unit`, `distinct` and the range are those of the rows that are kept.
struct ColumnLook {
  Fence fence = {};
  std::vector<Repeated> marks = {};       ///< left out
  std::vector<Repeated> suspicious = {};  ///< kept, though they may be marks
  Eigen::Index far = 0;                   ///< rows that are left out because they lie beyond the fence
  double farthest = 0;
  Eigen::Index many_far = 0;  ///< rows that lie as far, and are too many to be left out
  double low = 0, high = 0;
  bool constant = false;      ///< to a rounding
  Eigen::Index distinct = 0;  ///< values
  double unit = 0;            ///< all values are whole: the largest number that divides them. Else 0
};

struct Look {
  std::vector<ColumnLook> columns;
  std::vector<Eigen::Index> kept;  ///< rows without those that are left out
  std::vector<Eigen::Index> far;   ///< rows that are left out, but have no mark of missing values
  Eigen::Index rows = 0;
  Eigen::Index copies = 0;  ///< kept rows that repeat an earlier one
};

/// Rows far outside are those beyond a gap: 20 spreads and 10 times as far from the middle as the row before. They are
/// left out when they are few (1 %, or 3 rows; 5 % when they are strewn about, not a cluster), and so are rows with a
/// mark of missing values, which is a number such as -999 or 9999 that repeats, apart from all others. `all_rows` leaves
/// none out.
Look look_at(const Eigen::Ref<const Eigen::MatrixXd>& x, bool all_rows = false);

/// The fence of one column.
ColumnLook fence_of(const Eigen::Ref<const Eigen::VectorXd>& column);

/// The rows of a table of the same columns that all fences keep.
std::vector<Eigen::Index> kept_rows(const std::vector<ColumnLook>& columns,
                                    const Eigen::Ref<const Eigen::MatrixXd>& x);

/// What was found and done, a line for each.
std::vector<std::string> lines_of(const Look& look, const std::vector<std::string>& names);

}  // namespace command
