#include "eigenflow/bases/mixture.hpp"

#include <cmath>
#include <vector>

#include "eigenflow/bases/diagonal_normal.hpp"
#include "eigenflow/compose/transformed_base.hpp"
#include "eigenflow/flow.hpp"
#include "eigenflow/layers/radial.hpp"
#include "eigenflow/objectives/maximum_likelihood.hpp"

#include "mutants/subject.hpp"
#include "support/bases.hpp"

namespace ef = eigenflow;

void enrol() {
  mutants::check_base(2,
                      []<class S, int D>(contract::Kind<S, D> kind) {
                        return ef::Mixture(3, ef::DiagonalNormal<S, D>(kind.dim));
                      },
                      {.spread = 8});
  mutants::check_base(2, []<class S, int D>(contract::Kind<S, D> kind) {
    return ef::Mixture(2, ef::TransformedBase<ef::Radial<S, D>, ef::DiagonalNormal<S, D>>(
                              ef::Radial<S, D>(kind.dim), ef::DiagonalNormal<S, D>(kind.dim)));
  });

  const ef::Mixture base(3, ef::DiagonalNormal<double>(1));
  Eigen::VectorXd theta(9);
  theta << 0, -1, 1, -5, 0, 0, 0, 5, 70;
  bases::check_one_sample_however_cut(base, theta);

  // Under the first two, a far row overflows.
  const ef::Flow flow{base, theta};
  Eigen::MatrixXd x(3, 1);
  x << 1e160, 0.5, -0.3;
  std::vector<double> grad(9, 0);
  const double loss = ef::MaximumLikelihood{}(flow, ef::Batch<double>::all(x), grad);
  INFO("mutant, D = 1, a far row");
  CHECK(std::isfinite(loss));
  for (const double value : grad) CHECK(std::isfinite(value));
}
