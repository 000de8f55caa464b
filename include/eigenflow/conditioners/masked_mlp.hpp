#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <string>

#include "eigenflow/authoring/list.hpp"
#include "eigenflow/authoring/order.hpp"
#include "eigenflow/conditioners/mlp.hpp"
#include "eigenflow/conditioners/residual_net.hpp"
#include "eigenflow/nets/dense_layer.hpp"
#include "eigenflow/nets/make_network.hpp"
#include "eigenflow/nets/masked_network.hpp"
#include "eigenflow/numerics/saturating.hpp"
#include "eigenflow/text/error.hpp"
#include "eigenflow/text/name_of.hpp"

namespace eigenflow {

/// A network whose weights are masked so that it is autoregressive (MADE, Germain et al., arXiv:1502.03509,
/// section 4): the results of a feature depend only on the features before it in the order, and on the context.
///
///   degree of a feature        its place in the order, 0 .. D - 1
///   degree of a hidden unit    d: it sees the features of degree < d, and all of the context
///   hidden → hidden            if the degree does not decrease            (eq. 8 with degrees one lower)
///   hidden → results           of features of degree ≥ d                  (eq. 9)
///
/// Hidden degrees are distributed evenly over 1 .. D - 1. With a context they are distributed over 0 .. D - 1, and
/// every layer has a unit of degree 0, so that the context reaches every feature. Units are sorted by degree. So each
/// column of a weight reads its first few inputs, the masked entries form a corner of zeros, and products skip most
/// of it.
///
/// Rows of the first weight: the context, then the features in their order. Columns of the last weight: the features in
/// their order, `count` for each. A masked entry of theta is never read, and its gradient is zero. A feature that is
/// given as two numbers has two rows.
///
/// `Net` is the network to mask: Mlp or ResidualNet. It is initialised in the same way, where `in` is the number of
/// inputs that a column reads.
template <class Net>
class Masked : public nets::MaskedNetwork<typename Net::Scalar> {
  using Verbs = nets::MaskedNetwork<typename Net::Scalar>;
  using Indices = List<Eigen::Index>;

 public:
  using typename Verbs::Scalar;
  using Options = typename Net::Options;

  /// `count` results for each feature of the order (a list of 0 .. D - 1, the first feature first). The i-th feature
  /// of `pairs` is given as two numbers, the second in column D + i of the input. Throws std::invalid_argument if the
  /// list is not an order, for invalid options, and for a hidden layer of one unit if there is a context: one unit
  /// cannot pass on both the context and the features.
  Masked(Indices order, Eigen::Index count, const Options& options = {}, Eigen::Index context_dim = 0,
         Indices pairs = {})
      : Verbs(options.network(
                  detail::saturating_sum(static_cast<Eigen::Index>(order.size() + pairs.size()), context_dim),
                  detail::saturating_product(count, static_cast<Eigen::Index>(order.size()))),
              checked_order(order, "the order of the features"), count, context_dim, pairs),
        options_(options) {
    mask();
  }

  /// The size of such a network and of its masks, see authoring/layout.hpp.
  template <class Visitor>
  static void outline(Visitor& visit, Eigen::Index features, Eigen::Index count, const Options& options,
                      Eigen::Index context_dim) {
    options.dense_layers(features + context_dim, count * features, [&](const nets::DenseLayer& layer) {
      nets::DenseLayer::layout(layer, visit);
      visit.list(features + 1);
    });
  }

  static std::string tag() { return "masked " + detail::tag_of<Net>("network"); }
  const Options& options() const { return options_; }
  std::string describe() const { return options_.describe(); }
  using Verbs::dim;

 private:
  // The columns of each layer, grouped by the step in which they can be computed, and their inputs.
  void mask() {
    if (!this->network_.gates.empty())
      detail::reject(
          "a masked network has no gates: leave options.gates at 0; its first layer reads the context");
    List<nets::DenseLayer>& layers = this->network_.layers;
    for (std::size_t i = 0; i < layers.size(); ++i) {
      nets::DenseLayer& layer = layers[i];
      const bool hidden = i + 1 < layers.size();
      if (hidden && layer.out < 2 && this->context_dim() > 0 && dim() > 1)
        detail::reject("a masked network of " + std::to_string(dim()) +
                       " features with a context needs hidden layers of 2 units or more, one for the context "
                       "and one for the features, but hidden layer " +
                       std::to_string(i) + " has " + std::to_string(layer.out) + ": make it wider");
      layer.steps = steps(layer.out, hidden);
      layer.reach.clear();
      layer.reach.reserve(static_cast<std::size_t>(layer.out));
      for (Eigen::Index s = 0; s < dim(); ++s) {
        const Eigen::Index sees = i == 0 ? this->first_input(s) : Verbs::at(layers[i - 1].steps, s + 1);
        layer.reach.resize(static_cast<std::size_t>(Verbs::at(layer.steps, s + 1)), sees);
      }
      nets::cut(layer);
    }
  }

  // Columns steps[s] .. steps[s + 1] - 1 have degree s.
  Indices steps(Eigen::Index units, bool hidden) const {
    Indices first(this->order().size() + 1, 0);
    Eigen::Index lowest = hidden && this->context_dim() == 0 && dim() > 1 ? 1 : 0, taken = 0;
    // If there are fewer units than degrees, one unit passes the context to the results of every feature. The others
    // are for the features, as without a context.
    if (hidden && this->context_dim() > 0 && units < dim())
      first[static_cast<std::size_t>(++lowest)] = taken = 1;
    const Eigen::Index degrees = dim() - lowest, left = units - taken;
    for (Eigen::Index d = 0; d < degrees; ++d) {
      // The first few degrees get one unit more. If there are fewer units than degrees, spread them and include the
      // last degree, so that every feature is read.
      const Eigen::Index until = left >= degrees
                                     ? (d + 1) * (left / degrees) + std::min(d + 1, left % degrees)
                                     : (d + 1) * left / degrees;
      first[static_cast<std::size_t>(lowest + d) + 1] = taken + until;
    }
    return first;
  }

  Options options_;
};

/// MADE: a masked multi-layer perceptron.
template <class Scalar>
using MaskedMlp = Masked<Mlp<Scalar>>;

/// MADE with residual blocks.
template <class Scalar>
using MaskedResidualNet = Masked<ResidualNet<Scalar>>;

}  // namespace eigenflow
