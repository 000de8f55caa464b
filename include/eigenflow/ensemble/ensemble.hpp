#pragma once

#include <Eigen/Core>
#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "eigenflow/bases/mixture.hpp"
#include "eigenflow/flow.hpp"
#include "eigenflow/flow/passes.hpp"
#include "eigenflow/text/error.hpp"
#include "eigenflow/training/history.hpp"

namespace eigenflow {

/// Several flows of one kind, averaged as densities: p(x) = 1/M Σ_m p_m(x).
///
///   ef::Flow flow{ef::Stack<Block>(6), rng};                                   // the architecture
///   auto ensemble = ef::fit_ensemble(flow, x, {.members = 5}, {.patience = 10});  // fit_ensemble.hpp
///   ensemble.log_prob(x);  // as every flow
///   ensemble.spread(x);    // large where the members disagree: there the data say little
///
/// It is a Flow that is a base alone, a Mixture of the members with equal, frozen weights: so densities, gradients, samples,
/// model files and `eigenflow embed` work as for any flow. To read its file, make an ensemble of the same kind and size,
/// Ensemble(flow, 5), and `load`. `load_flow` reads it as any other flow, without `spread`.
///
/// `Member` is the type of the flows.
template <class Member>
class Ensemble : public Flow<Mixture<typename Member::Density>> {
 public:
  using Whole = Flow<Mixture<typename Member::Density>>;
  using typename Whole::Given;
  using typename Whole::Scalar;
  using typename Whole::Vector;

  /// These flows. Throws std::invalid_argument if there are none, or if they differ in their numbers of features.
  explicit Ensemble(const std::vector<Member>& members)
      : Whole(Mixture<typename Member::Density>(densities_of(members)), theta_of(members)) {
    this->freeze("base.logits");
  }
  /// `size` copies of a flow, for `load`.
  Ensemble(const Member& flow, Eigen::Index size) : Ensemble(copies_of(flow, size)) {}

  /// The number of members.
  Eigen::Index size() const { return this->base().size(); }

  /// log p_m(x | c) of each row and member, N × M, nats. This and `spread` throw std::invalid_argument as log_prob does.
  template <class X>
  MatrixX<Scalar> member_log_prob(const Eigen::DenseBase<X>& x, const Given& c = {}) const {
    return log_prob_of_each("member_log_prob", Input<Scalar, X>(x).rows(), c);
  }

  /// The standard deviation of log p_m(x | c) over the members, for each row, nats: how much the members disagree. It is
  /// infinite if some members give the row a density of zero, and zero if all do.
  template <class X>
  Vector spread(const Eigen::DenseBase<X>& x, const Given& c = {}) const {
    const MatrixX<Scalar> log_prob = log_prob_of_each("spread", Input<Scalar, X>(x).rows(), c);
    constexpr Scalar infinity = std::numeric_limits<Scalar>::infinity();
    Vector result(log_prob.rows());
    for (Eigen::Index i = 0; i < log_prob.rows(); ++i) {
      const VectorX<Scalar> row = log_prob.row(i);
      const Eigen::Index zeros = (row.array() == -infinity).count();
      if (zeros == size())
        result[i] = 0;
      else if (zeros > 0)
        result[i] = infinity;
      else
        result[i] = std::sqrt((row.array() - row.mean()).square().mean());
    }
    return result;
  }

  // ---- set by fit_ensemble, and empty otherwise

  std::vector<History> histories;                ///< of each member
  std::vector<std::vector<Eigen::Index>> folds;  ///< the rows of x that each member held out
  Vector held_out;  ///< log p of each row of x under the member that held it out: its mean compares settings

 private:
  /// A member as the passes of a flow see it.
  struct View {
    using Scalar = typename Member::Scalar;
    const Ensemble& whole;
    Eigen::Index m;

    Eigen::Index dim() const { return whole.dim(); }
    Eigen::Index tile_rows() const { return whole.tile_rows(); }
    double work_per_row() const { return whole.work_per_row() / static_cast<double>(whole.size()); }
    const typename Member::Density& density() const {
      return whole.base().components()[static_cast<std::size_t>(m)];
    }
    std::span<const Scalar> theta() const {
      return whole.base().segment(m).of(whole.base_segment().of(whole.theta()));
    }
  };

  MatrixX<Scalar> log_prob_of_each(const char* call, const Rows<const Scalar>& x, const Given& c) const {
    if (x.cols != this->dim()) detail::reject_columns(call, x.rows, x.cols, this->dim());
    const auto context = detail::context_rows(call, c.rows(), x.rows, this->context_dim());
    MatrixX<Scalar> result(x.rows, size());
    for (Eigen::Index m = 0; m < size(); ++m) {
      VectorMap<Scalar> column(result.col(m).data(), x.rows);
      detail::evaluate(View{*this, m}, x, context, rows_of<Scalar>(column));
    }
    return result;
  }

  static std::vector<Member> copies_of(const Member& flow, Eigen::Index size) {
    if (size < 1)
      detail::reject("an Ensemble needs one member or more, but " + std::to_string(size) + " were asked for");
    return std::vector<Member>(static_cast<std::size_t>(size), flow);
  }
  static std::vector<typename Member::Density> densities_of(const std::vector<Member>& members) {
    if (members.empty()) detail::reject("an Ensemble needs one member or more, but got 0");
    std::vector<typename Member::Density> densities;
    for (const Member& member : members) densities.push_back(member.density());
    return densities;
  }
  static VectorX<Scalar> theta_of(const std::vector<Member>& members) {
    auto next = static_cast<Eigen::Index>(members.size());  // the logits, zero
    Eigen::Index count = next;
    for (const Member& member : members) count += member.parameters().size();
    VectorX<Scalar> theta = VectorX<Scalar>::Zero(count);
    for (const Member& member : members) {
      theta.segment(next, member.parameters().size()) = member.parameters();
      next += member.parameters().size();
    }
    return theta;
  }
};

}  // namespace eigenflow
