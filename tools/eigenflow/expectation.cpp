#include "expectation.hpp"

#include <Eigen/Cholesky>
#include <algorithm>
#include <cmath>
#include <eigenflow/authoring/layout.hpp>
#include <eigenflow/bases/multivariate_normal.hpp>
#include <eigenflow/numerics/half_log_two_pi.hpp>
#include <eigenflow/numerics/k_means.hpp>
#include <eigenflow/numerics/rng.hpp>
#include <limits>

#include "weighted_units.hpp"

namespace command {
namespace {

namespace ef = eigenflow;
using Eigen::Index;
using Points = Eigen::Ref<const Eigen::MatrixXd>;

constexpr int most_passes = 100;
constexpr double enough = 1e-4;  // nats a row: a pass that gains less is the last

// log w_k N(z_i; ...) of each point and component, N × K.
Eigen::MatrixXd log_terms(const Gaussians& g, const Points& z) {
  constexpr Index piece = 512;
  const Index pieces = (z.cols() + piece - 1) / piece;
  Eigen::MatrixXd terms(z.cols(), g.size());
#ifdef _OPENMP
#pragma omp parallel for schedule(static)
#endif
  for (Index p = 0; p < pieces; ++p) {
    const Index first = p * piece, count = std::min(piece, z.cols() - first);
    for (Index k = 0; k < g.size(); ++k) {
      const Eigen::MatrixXd& factor = g.factors[static_cast<std::size_t>(k)];
      Eigen::MatrixXd t = z.middleCols(first, count).colwise() - g.means.col(k);
      factor.triangularView<Eigen::Lower>().solveInPlace(t);
      const double constant = std::log(g.weights[k]) - factor.diagonal().array().log().sum() -
                              static_cast<double>(g.dim()) * ef::detail::half_log_two_pi<double>;
      terms.col(k).segment(first, count) = constant - 0.5 * t.colwise().squaredNorm().transpose().array();
    }
  }
  return terms;
}

// log Σ_k exp of each row; the rows become shares.
Eigen::VectorXd shares_of(Eigen::MatrixXd& terms) {
  const Eigen::VectorXd top = terms.rowwise().maxCoeff();
  terms.colwise() -= top;
  terms = terms.array().exp();
  const Eigen::VectorXd sum = terms.rowwise().sum();
  terms.array().colwise() /= sum.array();
  return top.array() + sum.array().log();
}

// What a component is before it has rows: a round covariance, which counts as so many rows.
struct Prior {
  double variance, rows;
};

// The mixture in which point i belongs to component k by the share (i, k). Components of nearly no rows are dropped.
Gaussians maximised(const Points& z, const Eigen::MatrixXd& shares, const Prior& prior) {
  const Index dim = z.rows();
  std::vector<Index> kept;
  for (Index k = 0; k < shares.cols(); ++k)
    if (shares.col(k).sum() > 1) kept.push_back(k);
  if (kept.empty()) {  // all rows are worth less than one for each component
    kept.push_back(0);
    shares.colwise().sum().maxCoeff(&kept.front());
  }
  const auto count = static_cast<Index>(kept.size());
  Gaussians g{Eigen::VectorXd(count), Eigen::MatrixXd(dim, count), std::vector<Eigen::MatrixXd>(kept.size())};
#ifdef _OPENMP
#pragma omp parallel for schedule(dynamic)
#endif
  for (Index at = 0; at < count; ++at) {
    const auto share = shares.col(kept[static_cast<std::size_t>(at)]);
    const double sum = share.sum();
    g.weights[at] = sum;
    g.means.col(at) = z * share / sum;
    Eigen::MatrixXd covariance = Eigen::MatrixXd::Zero(dim, dim);
    constexpr Index piece = 512;
    for (Index first = 0; first < z.cols(); first += piece) {
      const Index n = std::min(piece, z.cols() - first);
      const Eigen::MatrixXd t = (z.middleCols(first, n).colwise() - g.means.col(at)) *
                                share.segment(first, n).cwiseSqrt().asDiagonal();
      covariance.selfadjointView<Eigen::Lower>().rankUpdate(t);
    }
    covariance.diagonal().array() += prior.rows * prior.variance;
    covariance /= sum + prior.rows;
    g.factors[static_cast<std::size_t>(at)] = covariance.llt().matrixL();
  }
  g.weights /= g.weights.sum();
  return g;
}

// Σ_i w_i v_i/Σ_i w_i
double mean_of(const Eigen::VectorXd& values, const Eigen::VectorXd& weights) {
  return weights.size() == 0 ? values.mean() : weights.dot(values) / weights.sum();
}

void weigh(Eigen::MatrixXd& shares, const Eigen::VectorXd& weights) {
  if (weights.size() > 0) shares.array().colwise() *= weights.array();
}

// Passes until the mean log-density of the points gains little.
double improve(const Points& z, const Eigen::VectorXd& weights, Gaussians& g, const Prior& prior,
               int passes) {
  double before = -std::numeric_limits<double>::infinity();
  for (int pass = 0; pass < passes; ++pass) {
    Eigen::MatrixXd shares = log_terms(g, z);
    const double mean = mean_of(shares_of(shares), weights);
    if (!(mean - before > enough)) return std::max(mean, before);
    before = mean;
    weigh(shares, weights);
    g = maximised(z, shares, prior);
  }
  return before;
}

// The best of a few mixtures, each from its own groups of the rows.
Gaussians started(const Points& z, const Eigen::VectorXd& weights, Index count, const Prior& prior,
                  int starts, const ef::Rng& rng) {
  Gaussians best;
  double highest = -std::numeric_limits<double>::infinity();
  for (int start = 0; start < starts; ++start) {
    const ef::KMeans<double> clusters(z, count, rng.fork(static_cast<std::uint64_t>(start)));
    Eigen::MatrixXd shares = Eigen::MatrixXd::Zero(z.cols(), count);
    for (Index i = 0; i < z.cols(); ++i) shares(i, clusters.groups()[static_cast<std::size_t>(i)]) = 1;
    weigh(shares, weights);
    Gaussians g = maximised(z, shares, prior);
    const double reached = improve(z, weights, g, prior, most_passes);
    if (start > 0 && !(reached > highest)) continue;
    highest = reached;
    best = std::move(g);
  }
  return best;
}

}  // namespace

Eigen::VectorXd Gaussians::log_prob(const Points& z) const {
  Eigen::MatrixXd terms = log_terms(*this, z);
  return shares_of(terms);
}

Gaussians fit_gaussians(const Points& z, const Eigen::VectorXd& weights, Index count, std::uint64_t seed,
                        double work) {
  const auto dim = static_cast<double>(z.rows());
  count = std::clamp<Index>(count, 1, std::max<Index>(1, z.cols() / 2));
  // A pass takes D² multiplications a row and component, in each of its two steps.
  const auto affordable = static_cast<Index>(work / (2 * dim * (dim + 8) * static_cast<double>(count) * 80));
  const Index rows = std::min(z.cols(), std::max({affordable, 20 * count, Index(1000)}));
  ef::Rng rng(seed, 4);
  const auto order = rng.permutation(z.cols());
  Eigen::MatrixXd part(z.rows(), rows);
  for (Index i = 0; i < rows; ++i) part.col(i) = z.col(order[i]);
  // The sum of the weights is the number of rows that they are worth, beside which a prior counts.
  Eigen::VectorXd all, own, judging, judged;
  if (weights.size() > 0) {
    all = weights * (effective_rows(weights) / weights.sum());
    own.resize(rows);
    for (Index i = 0; i < rows; ++i) own[i] = all[order[i]];
  }

  // Wide and strong, or so weak that components may be spikes: a fifth of the rows says which.
  const double volume = std::pow(static_cast<double>(count), -2 / dim);
  const Prior priors[] = {{volume, dim + 1}, {0.05 * volume, 2}, {1e-5, 1}};
  const Index judges = rows / 5;
  Prior chosen = priors[0];
  double highest = -std::numeric_limits<double>::infinity();
  for (const Prior& prior : priors) {
    if (judges < 10 || count == 1) break;
    if (own.size() > 0) {
      judging = own.head(judges);
      judged = own.tail(rows - judges);
    }
    const Gaussians without = started(part.rightCols(rows - judges), judged, count, prior, 1, rng);
    const double mean = mean_of(without.log_prob(part.leftCols(judges)), judging);
    if (!(mean > highest)) continue;
    highest = mean;
    chosen = prior;
  }
  Gaussians best = started(part, own, count, chosen, rows <= 2000 ? 3 : 1, rng);
  if (rows < z.cols()) improve(z, all, best, chosen, 8);
  return best;
}

Gaussians moved(const Gaussians& gaussians, const Eigen::MatrixXd& a) {
  Gaussians result = gaussians;
  result.means = a * gaussians.means;
  for (Eigen::MatrixXd& factor : result.factors) {
    const Eigen::MatrixXd root = a * factor.triangularView<Eigen::Lower>();
    factor = (root * root.transpose()).llt().matrixL();
  }
  return result;
}

void write_gaussians(const Gaussians& g, std::span<double> theta) {
  const Index dim = g.dim(), count = g.size(), size = 2 * dim + dim * (dim - 1) / 2;
  for (Index k = 0; k < count; ++k) {
    theta[static_cast<std::size_t>(k)] = std::log(g.weights[k]);
    const ef::MultivariateNormal<double> normal(dim);
    auto p = ef::view_parameters(
        normal, theta.subspan(static_cast<std::size_t>(count + k * size), static_cast<std::size_t>(size)));
    // N(mean, L Lᵀ): e^s_j = L_jj and M = diag(L) L⁻¹, as in MultivariateNormal.
    const Eigen::MatrixXd& factor = g.factors[static_cast<std::size_t>(k)];
    Eigen::MatrixXd inverse = Eigen::MatrixXd::Identity(dim, dim);
    factor.triangularView<Eigen::Lower>().solveInPlace(inverse);
    p.mean = g.means.col(k);
    for (Index j = 0, at = 0; j < dim; ++j) {
      p.log_scale[j] = ef::MultivariateNormal<double>::LogScale{}.inverse(std::log(factor(j, j)));
      for (Index i = 0; i < j; ++i, ++at) p.lower[at] = inverse(j, i) * factor(i, i);
    }
  }
}

}  // namespace command
