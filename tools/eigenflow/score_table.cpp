#include "score_table.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

#include "columns.hpp"

namespace command {
namespace {

// A column of the table that has the name of a column of the output gets an underscore.
std::vector<std::string> names_of(const table::Reader& reader, bool with_outlier, bool with_number) {
  std::vector<std::string> names{"log_prob"};
  if (with_outlier) names.emplace_back("outlier");
  if (with_number) names.emplace_back("row");
  for (const Eigen::Index column : reader.kept()) {
    std::string name = reader.label(column);
    while (std::find(names.begin(), names.end(), name) != names.end()) name += '_';
    names.push_back(std::move(name));
  }
  return names;
}

}  // namespace

std::vector<Eigen::Index> columns_beside(const table::Reader& reader, const std::string& with) {
  if (with.empty()) return {};
  if (with != "all") return find_columns(reader, column_references(with));
  std::vector<Eigen::Index> all(static_cast<std::size_t>(reader.columns()));
  std::iota(all.begin(), all.end(), Eigen::Index{0});
  return all;
}

ScoreWriter::ScoreWriter(const std::string& path, const table::Reader& reader, bool with_outlier,
                         bool with_number)
    : with_outlier_(with_outlier),
      with_number_(with_number),
      writer_(path, names_of(reader, with_outlier, with_number)) {}

Eigen::Index ScoreWriter::write(const ScoredRows& rows, double threshold) {
  const Eigen::Index count = rows.log_prob.size();
  const Eigen::ArrayXd outlier =
      (rows.log_prob.array() > threshold).select(Eigen::ArrayXd::Zero(count), 1.0);  // NaN is one
  table::Rows out(count, 1 + (with_outlier_ ? 1 : 0) + (with_number_ ? 1 : 0));
  out.col(0) = rows.log_prob;
  if (with_outlier_) out.col(1) = outlier;
  if (with_number_)
    for (Eigen::Index i = 0; i < count; ++i)
      out(i, out.cols() - 1) = static_cast<double>(rows.numbers[static_cast<std::size_t>(i)]);
  writer_.write(out, rows.beside);
  return static_cast<Eigen::Index>(outlier.sum());
}

}  // namespace command
