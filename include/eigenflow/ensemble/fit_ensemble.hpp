#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "eigenflow/authoring/context.hpp"
#include "eigenflow/authoring/rows.hpp"
#include "eigenflow/authoring/segment.hpp"
#include "eigenflow/ensemble/ensemble.hpp"
#include "eigenflow/fit.hpp"
#include "eigenflow/numerics/rng.hpp"
#include "eigenflow/text/error.hpp"

namespace eigenflow {

/// How many flows an ensemble has.
struct EnsembleOptions {
  Eigen::Index members = 5;
};

namespace detail {

/// The rows 0 .. n - 1 in `count` folds of nearly equal size, each sorted.
inline std::vector<std::vector<Eigen::Index>> folds_of(Eigen::Index n, Eigen::Index count, Rng rng) {
  std::vector<std::vector<Eigen::Index>> folds(static_cast<std::size_t>(count));
  const auto order = rng.permutation(n);
  for (Eigen::Index i = 0; i < n; ++i) folds[static_cast<std::size_t>(i % count)].push_back(order[i]);
  for (auto& fold : folds) std::sort(fold.begin(), fold.end());
  return folds;
}

template <class Scalar>
void check_ensemble(Eigen::Index rows, const EnsembleOptions& ensemble, const FitOptions<Scalar>& options) {
  if (ensemble.members < 2)
    reject(
        "fit_ensemble holds out one fold of the rows for each member, so it needs 2 members or more, but " +
        std::to_string(ensemble.members) + " was asked for: use fit for a single flow");
  if (rows < ensemble.members)
    reject("fit_ensemble needs one row or more for each member, but x has " + std::to_string(rows) +
           " rows for " + std::to_string(ensemble.members) + " members");
  if (options.validation.size() > 0 || !options.validation_rows.empty())
    reject(
        "fit_ensemble holds out one fold of x for each member: leave validation and validation_rows empty");
  if (options.checkpoints.load || options.checkpoints.save)
    reject("fit_ensemble has no checkpoints, because its fits would share one file: leave checkpoints empty");
}

template <class FlowType, class Optimizer, class Objective>
Ensemble<FlowType> fit_members(const FlowType& flow, const Rows<const typename FlowType::Scalar>& x,
                               const Rows<const typename FlowType::Scalar>& context,
                               const EnsembleOptions& ensemble,
                               const FitOptions<typename FlowType::Scalar>& options,
                               const Optimizer& optimizer, const Objective& objective) {
  using Scalar = typename FlowType::Scalar;
  check_ensemble(x.rows, ensemble, options);
  const Rng root(options.seed);
  auto folds = folds_of(x.rows, ensemble.members, root.fork(0));
  std::vector<FlowType> members;
  std::vector<History> histories;
  VectorX<Scalar> held_out(x.rows);
  for (std::size_t m = 0; m < folds.size(); ++m) {
    FlowType member = flow;
    Rng rng = root.fork(m + 1);
    member.initialise(rng);
    for (const Segment& frozen : complement(flow.trainable(), flow.parameters().size()))
      member.parameters().segment(frozen.offset, frozen.size) =
          flow.parameters().segment(frozen.offset, frozen.size);
    FitOptions<Scalar> own = options;
    own.seed = rng();
    own.validation_rows = folds[m];
    histories.push_back(fit_rows(member, FitData<Scalar>(x, context, flow.dim(), flow.context_dim(), own),
                                 own, optimizer, objective));
    const auto count = static_cast<Eigen::Index>(folds[m].size());
    MatrixX<Scalar> rows(count, x.cols), given(count, context.cols);
    for (Eigen::Index i = 0; i < count; ++i) {
      const Eigen::Index row = folds[m][static_cast<std::size_t>(i)];
      rows.row(i) = x.middle(row, 1);
      given.row(i) = context.middle(row, 1);
    }
    const VectorX<Scalar> log_prob = member.log_prob(rows, given);
    for (Eigen::Index i = 0; i < count; ++i) held_out[folds[m][static_cast<std::size_t>(i)]] = log_prob[i];
    members.push_back(std::move(member));
  }
  Ensemble<FlowType> result(members);
  result.histories = std::move(histories);
  result.folds = std::move(folds);
  result.held_out = std::move(held_out);
  return result;
}

}  // namespace detail

/// Fits several flows of the architecture of `flow` to the rows of x, and averages their densities: see Ensemble. A single
/// network overfits a table of a few hundred or thousand rows; each member stops early (with `patience`) on its own
/// held-out rows, and the members err in different ways.
///
/// Member m starts from its own parameters, and holds out fold m of the rows: the folds are disjoint, and together all
/// rows. Parameters and folds depend only on the seed, so that the result is bit-identical for any number of threads.
/// Frozen parameters are those of `flow`, which itself does not change. The members are fitted one after the other, with
/// the same options; the callback gets the epochs of each. `validation_fraction` has no effect.
///
/// Throws std::invalid_argument as fit does, and for fewer than two members, fewer rows than members, a validation set or
/// checkpoints.
template <class FlowType, class X, class Optimizer = Adam, class Objective = MaximumLikelihood>
Ensemble<FlowType> fit_ensemble(const FlowType& flow, const Eigen::DenseBase<X>& x,
                                const EnsembleOptions& ensemble = {},
                                const FitOptions<typename FlowType::Scalar>& options = {},
                                const Optimizer& optimizer = {}, const Objective& objective = {}) {
  const Input<typename FlowType::Scalar, X> rows(x);
  return detail::fit_members(flow, rows.rows(), {}, ensemble, options, optimizer, objective);
}

/// The same for a conditional density p(x | c): row i of c (N × C) is the context of row i of x.
template <class FlowType, class X, class C, class Optimizer = Adam, class Objective = MaximumLikelihood>
Ensemble<FlowType> fit_ensemble(const FlowType& flow, const Eigen::DenseBase<X>& x,
                                const Eigen::DenseBase<C>& c, const EnsembleOptions& ensemble = {},
                                const FitOptions<typename FlowType::Scalar>& options = {},
                                const Optimizer& optimizer = {}, const Objective& objective = {}) {
  const Input<typename FlowType::Scalar, X> rows(x);
  const Context<typename FlowType::Scalar> context(c);
  return detail::fit_members(flow, rows.rows(), context.rows(), ensemble, options, optimizer, objective);
}

}  // namespace eigenflow
