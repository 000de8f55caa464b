#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <span>

#include "eigenflow/authoring/tile.hpp"
#include "eigenflow/concepts/base.hpp"
#include "eigenflow/numerics/finite.hpp"

namespace eigenflow::detail {

/// The rows from which the gradient of one of several densities is computed. A row without a finite log-density would make
/// its gradient in theta NaN, by 0 · ∞. So the first row with a finite one replaces such rows, whose cotangents are zero.
template <class Scalar>
struct StandIn {
  bool needed = false;         ///< some rows have no finite log-density
  bool none = false;           ///< no row has one
  const Scalar* values = {};   ///< N × D, if needed
  const Scalar* context = {};  ///< N × C
};

/// Call this when tile.log_det has the log-densities of the rows under the base. Unless all are finite, evaluates the
/// base again with those rows replaced, and replaces its tape. `site` is the dropout site at which the first evaluation began.
template <class B, class Tape, class Scalar>
StandIn<Scalar> stand_in(const B& base, std::span<const Scalar> theta, Tape& tape, const Tile<Scalar>& tile,
                         std::uint64_t site) {
  if (is_finite(tile.log_det.sum())) return {};
  const auto has_density = [&](Eigen::Index i) { return is_finite(tile.log_det[i]); };
  Eigen::Index good = 0;
  while (good < tile.rows() && !has_density(good)) ++good;
  if (good == tile.rows()) return {true, true, nullptr, nullptr};
  using Matrix = typename Tile<Scalar>::Matrix;
  Matrix values = tile.scratch(tile.cols()), context = tile.scratch(tile.context.cols()),
         log_prob = tile.scratch(1);
  log_prob.setZero();
  for (Eigen::Index i = 0; i < tile.rows(); ++i) {
    const Eigen::Index from = has_density(i) ? i : good;
    values.row(i) = tile.values.row(from);
    context.row(i) = tile.context.row(from);
  }
  if (tile.dropout) tile.dropout->next_site = site;  // the same masks
  Tile<Scalar> others = tile.with_values(values, tile.grad_values)
                            .with_context({context.data(), context.rows(), context.cols()}, tile.grad_context)
                            .with_log_det({log_prob.data(), tile.rows()});
  tape = add_log_prob(base, theta, others);
  return {true, false, values.data(), context.data()};
}

}  // namespace eigenflow::detail
