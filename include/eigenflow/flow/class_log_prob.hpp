#pragma once

#include <Eigen/Core>
#include <cmath>
#include <string>

#include "eigenflow/authoring/tile.hpp"
#include "eigenflow/text/error.hpp"

// Flows given a class: the context is a row with a one in the place of the class and zeros elsewhere (one-hot).

namespace eigenflow {

/// Labels 0 .. classes - 1 as a context, N × classes. Throws std::invalid_argument for any other label.
template <class Scalar, class Labels>
MatrixX<Scalar> one_hot(const Labels& labels, Eigen::Index classes) {
  MatrixX<Scalar> c = MatrixX<Scalar>::Zero(static_cast<Eigen::Index>(labels.size()), classes);
  Eigen::Index i = 0;
  for (const auto& given : labels) {
    const auto label = static_cast<Eigen::Index>(given);
    if (label < 0 || label >= classes)
      detail::reject("one_hot takes labels from 0 to " + std::to_string(classes - 1) + ", but label " +
                     std::to_string(i) + " is " + std::to_string(label));
    c(i++, label) = 1;
  }
  return c;
}

/// log p(x | class) of every row of x (N × D) for each class, N × classes, in nats, by a flow whose context is a class
/// (one-hot). If all classes are equally frequent, the largest number of a row is at its most likely class.
///
/// Throws std::invalid_argument if the flow has no context, or unless x has one column for each feature.
template <class Flow, class X>
MatrixX<typename Flow::Scalar> class_log_prob(const Flow& flow, const Eigen::DenseBase<X>& x) {
  using Scalar = typename Flow::Scalar;
  const Eigen::Index classes = flow.context_dim();
  if (classes < 1)
    detail::reject(
        "class_log_prob asks a flow whose context is a class (one-hot), but this flow has no context");
  MatrixX<Scalar> result(x.rows(), classes);
  for (Eigen::Index k = 0; k < classes; ++k) {
    const MatrixX<Scalar> c = MatrixX<Scalar>::Identity(classes, classes).row(k);
    result.col(k) = flow.log_prob(x, c);
  }
  return result;
}

/// Bayes' rule: log P(class | x) from log p(x | class) and the frequencies of the classes (equal unless given), N × classes,
/// in nats. A row whose density is zero for all classes gets the log-frequencies.
///
/// Throws std::invalid_argument unless there is one frequency of 0 or more for each class, and one above 0.
template <class Derived>
MatrixX<typename Derived::Scalar> class_log_posterior(const Eigen::MatrixBase<Derived>& log_prob,
                                                      const VectorX<double>& frequencies = {}) {
  using Scalar = typename Derived::Scalar;
  const Eigen::Index classes = log_prob.cols();
  if (frequencies.size() != 0 && (frequencies.size() != classes || !(frequencies.minCoeff() >= 0) ||
                                  !(frequencies.sum() > 0) || !std::isfinite(frequencies.sum())))
    detail::reject("class_log_posterior takes one frequency of 0 or more for each of " +
                   std::to_string(classes) + " classes, not all of them 0, but got " +
                   std::to_string(frequencies.size()) + " numbers");
  Eigen::ArrayXd prior = Eigen::ArrayXd::Zero(classes);
  if (frequencies.size() > 0) prior = (frequencies.array() / frequencies.sum()).log();
  if (frequencies.size() == 0) prior -= std::log(static_cast<double>(classes));
  MatrixX<Scalar> result(log_prob.rows(), classes);
  for (Eigen::Index i = 0; i < log_prob.rows(); ++i) {
    Eigen::ArrayXd joint = log_prob.row(i).transpose().template cast<double>().array() + prior;
    const double most = joint.maxCoeff();
    joint =
        std::isinf(most) && most < 0 ? prior : (joint - most - std::log((joint - most).exp().sum())).eval();
    result.row(i) = joint.matrix().transpose().template cast<Scalar>();
  }
  return result;
}

}  // namespace eigenflow
