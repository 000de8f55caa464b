#include "judgement.hpp"

#include "table/gaussian.hpp"
#include "table/mean.hpp"
#include "weighted_units.hpp"

namespace command {
namespace {

// The mean negative log-likelihood of rows in nats, with its standard error: as "4.123 ± 0.045".
std::string nats(const Eigen::VectorXd& log_prob, const Eigen::VectorXd& weights) {
  return (weights.size() > 0 ? table::Mean(-log_prob, weights) : table::Mean(-log_prob)).text();
}

// log p(x | c) of the Gaussian with the mean and the covariance of the rows of the fit.
Eigen::VectorXd gaussian(const Sample& fitted, const Sample& at) {
  Eigen::VectorXd log_prob = table::Gaussian(joined(fitted), fitted.w).log_prob(joined(at));
  if (fitted.c.cols() > 0) log_prob -= table::Gaussian(fitted.c, fitted.w).log_prob(at.c);
  return log_prob;
}

}  // namespace

std::vector<std::string> judgement(const Flow& flow, const Sample& fitted, const Sample& test,
                                   Eigen::Index left_out) {
  const auto rows = [](const Sample& sample) { return std::to_string(sample.x.rows()) + " rows"; };
  const auto both = [&](const Sample& from, const Sample& at, const std::string& which) {
    return nats(flow.log_prob(at.x, at.c), at.w) + " nats over " + which + "; a Gaussian's " +
           nats(gaussian(from, at), at.w);
  };
  std::vector<std::string> lines{
      both(fitted, test,
           rows(test) + (left_out > 0 ? " without " + std::to_string(left_out) + " far outside" : ""))};
  const Eigen::MatrixXd columns = joined(fitted);
  const Units units = units_of(columns, fitted.w);
  if (!units.any_heavy()) return lines;
  lines[0] += ", which far rows widen";
  const Sample near = take(fitted, near_rows(units, columns)),
               near_test = take(test, near_rows(units, joined(test)));
  if (near_test.x.rows() > 0 && near.x.rows() > near.x.cols() + near.c.cols())
    lines.push_back(both(near, near_test, "the " + rows(near_test) + " that lie near the others") +
                    ", fitted to such rows");
  return lines;
}

}  // namespace command
