#pragma once

#include <Eigen/Core>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace command {

/// The data for the picture of a model. Columns are features.
struct Figure {
  std::string title, subtitle = {};                                      ///< the subtitle has one line or two
  std::vector<std::string> names;                                        ///< one per feature
  Eigen::MatrixXd data;                                                  ///< may have no rows
  Eigen::MatrixXd samples = {};                                          ///< of the model
  std::function<Eigen::VectorXd(const Eigen::MatrixXd&)> log_prob = {};  ///< empty: use the samples
};

/// One feature: the density as a curve, over a histogram of the data. Two: the density as a map, with the data on it.
/// More: a corner plot, each feature and each pair. Throws std::runtime_error if the file cannot be written.
void draw(const Figure& figure, const std::filesystem::path& path);

}  // namespace command
