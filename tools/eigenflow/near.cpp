#include "near.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "units.hpp"

namespace command {

NearRows nearest_rows(const Eigen::MatrixXd& contexts, const Eigen::RowVectorXd& given, Eigen::Index count) {
  const Units units = units_of(contexts);
  Eigen::VectorXd distances = Eigen::VectorXd::Zero(contexts.rows());
  for (Eigen::Index j = 0; j < contexts.cols(); ++j)
    if (!units.constant[static_cast<std::size_t>(j)])
      distances = distances.cwiseMax(((contexts.col(j).array() - given[j]).abs() / units.scale[j]).matrix());
  NearRows near;
  if (contexts.rows() == 0 || count < 1) return near;
  std::vector<double> sorted(distances.begin(), distances.end());
  const auto last = sorted.begin() + std::min(count, contexts.rows()) - 1;
  std::nth_element(sorted.begin(), last, sorted.end());
  near.distance = *last;
  for (Eigen::Index i = 0; i < contexts.rows(); ++i)
    if (distances[i] <= near.distance) near.rows.push_back(i);
  return near;
}

}  // namespace command
