#pragma once

#include <Eigen/Core>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "table/table.hpp"

// Tables for anomaly detection, and the scores of their rows as a file.

namespace helpers {

using Path = std::filesystem::path;

/// Normal rows to learn from, and rows to score. `label` has 1 for each anomaly among these; it is empty if they are
/// not labelled.
struct AnomalyTable {
  std::string name;
  Eigen::MatrixXd train, test;
  Eigen::VectorXd label;
};

/// Throws std::runtime_error if the labels are not 0 and 1, or are all the same.
inline Eigen::VectorXd checked_labels(const Eigen::VectorXd& label, const std::string& name) {
  for (Eigen::Index i = 0; i < label.size(); ++i)
    if (label[i] != 0 && label[i] != 1)
      throw std::runtime_error(name + ": the last column must hold labels, but row " + std::to_string(i) +
                               " has neither 0 nor 1");
  if (label.size() == 0 || label.minCoeff() == label.maxCoeff())
    throw std::runtime_error(name + ": all labels of the test are the same, so there is no curve");
  return label;
}

/// A table whose last column is the label: the first half of the normal rows trains, all other rows are the test.
inline AnomalyTable read_labelled(const Path& path) {
  const Eigen::MatrixXd table = table::read(path.string()).values;
  const Eigen::Index features = table.cols() - 1;
  const Eigen::VectorXd label = checked_labels(table.col(features), path.string());
  const auto normals = static_cast<Eigen::Index>((label.array() == 0).count());
  std::vector<Eigen::Index> train, test;
  for (Eigen::Index i = 0; i < label.size(); ++i)
    (label[i] == 0 && static_cast<Eigen::Index>(train.size()) < normals / 2 ? train : test).push_back(i);
  const Eigen::MatrixXd scored = table::take_rows(table, test);
  return {path.stem().string(), table::take_rows(table, train).leftCols(features), scored.leftCols(features),
          scored.col(features)};
}

/// Two tables: the rows of the first train. The second may have a column of labels after the same features.
inline AnomalyTable read_train_and_test(const Path& train, const Path& test) {
  AnomalyTable read{
      test.stem().string(), table::read(train.string()).values, table::read(test.string()).values, {}};
  const Eigen::Index features = read.train.cols();
  if (read.test.cols() == features + 1) {
    read.label = checked_labels(read.test.col(features), test.string());
    read.test = read.test.leftCols(features).eval();
  }
  if (read.test.cols() != features)
    throw std::runtime_error(test.string() + " has " + std::to_string(read.test.cols()) + " columns, but " +
                             train.string() + " has " + std::to_string(features) +
                             ": give the same features, and at most a label after them");
  return read;
}

/// Writes a CSV file with the score of each row, and its label if there are labels.
inline void write_scores(const Path& path, const Eigen::VectorXd& score, const Eigen::VectorXd& label) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream file(path);
  file.precision(9);
  file << (label.size() > 0 ? "score,label\n" : "score\n");
  for (Eigen::Index i = 0; i < score.size(); ++i) {
    file << score[i];
    if (label.size() > 0) file << ',' << label[i];
    file << '\n';
  }
  if (!file) throw std::runtime_error("cannot write " + path.string());
}

}  // namespace helpers
