#pragma once

#include <Eigen/Core>
#include <string>
#include <vector>

#include "table/reader.hpp"
#include "table/writer.hpp"

// The table that `score` writes.

namespace command {

/// Rows of a table with their scores.
struct ScoredRows {
  Eigen::VectorXd log_prob;
  std::vector<Eigen::Index> numbers = {};  ///< which rows of the table they are, from 1
  std::vector<std::string> beside = {};    ///< other columns of the table: see table::Reader
};

/// The columns of a table that `--with` names: as in --columns, or "all".
std::vector<Eigen::Index> columns_beside(const table::Reader& reader, const std::string& with);

/// Writes rows as log_prob, outlier, row, and the columns that the reader keeps. `outlier` and `row` are optional.
class ScoreWriter {
 public:
  ScoreWriter(const std::string& path, const table::Reader& reader, bool with_outlier, bool with_number);

  /// The rows with scores at `threshold` or below, and with scores that are NaN, are outliers. Returns how many.
  Eigen::Index write(const ScoredRows& rows, double threshold);
  void finish() { writer_.finish(); }

 private:
  bool with_outlier_, with_number_;
  table::Writer writer_;
};

}  // namespace command
