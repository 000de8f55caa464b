#include "entry.hpp"

#include <cstddef>

namespace command {

Eigen::VectorXd best_shares(const std::vector<const Entry*>& entries, std::size_t folds) {
  const auto size = static_cast<Eigen::Index>(entries.size());
  Eigen::Index rows = 0;
  for (std::size_t f = 0; f < folds; ++f) rows += entries.front()->held_out[f].log_prob.size();
  Eigen::MatrixXd density(rows, size);
  Eigen::VectorXd weights = Eigen::VectorXd::Ones(rows);
  for (std::size_t k = 0; k < entries.size(); ++k) {
    Eigen::Index at = 0;
    for (std::size_t f = 0; f < folds; ++f) {
      const Judged& judged = entries[k]->held_out[f];
      density.col(static_cast<Eigen::Index>(k)).segment(at, judged.log_prob.size()) = judged.log_prob;
      if (judged.weights.size() > 0) weights.segment(at, judged.weights.size()) = judged.weights;
      at += judged.log_prob.size();
    }
  }
  density = (density.colwise() - density.rowwise().maxCoeff().eval()).array().exp().max(1e-300);
  Eigen::VectorXd shares = Eigen::VectorXd::Constant(size, 1 / static_cast<double>(size));
  for (int pass = 0; pass < 500; ++pass) {
    const Eigen::VectorXd sum = density * shares;
    shares = shares.cwiseProduct(density.transpose() * weights.cwiseQuotient(sum)) / weights.sum();
  }
  return shares;
}

}  // namespace command
