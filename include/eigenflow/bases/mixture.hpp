#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <concepts>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>

#include "eigenflow/authoring/example.hpp"
#include "eigenflow/authoring/lanes.hpp"
#include "eigenflow/authoring/list.hpp"
#include "eigenflow/authoring/overflow.hpp"
#include "eigenflow/authoring/structure.hpp"
#include "eigenflow/bases/detail/components.hpp"
#include "eigenflow/bases/detail/mixture_weights.hpp"
#include "eigenflow/bases/detail/stand_in.hpp"
#include "eigenflow/concepts/base.hpp"
#include "eigenflow/numerics/finite.hpp"
#include "eigenflow/text/name_of.hpp"

namespace eigenflow {

/// A mixture of K densities of one type, any base or (by `flow.density()`) any flow, with learned weights:
///
///   log p(z) = log Σ_k w_k p_k(z),   w = softmax(logits)
///
/// computed by log-sum-exp: -∞ where all p_k are zero, and a component that is zero or overflows counts for nothing. With
/// the responsibilities r_k = w_k p_k / p the gradient is Σ_k r_k ∂log p_k, and r - w in the logits. All of them read
/// the same context. With AnyBase, components may differ in type:
///
///   Mixture<StudentT<float>> clusters(5, StudentT<float>(2));              // five of one structure
///   Mixture<AnyBase<float>> both({AnyBase<float>(a), AnyBase<float>(b)});  // two of any type
///   Flow flow{layers, clusters, rng};                                      // or without layers: Flow{clusters, rng}
///
/// theta has the logits, then the components in order ("components.0.location"). The weights start equal. `fit` tells the
/// components apart: each one that starts from data (MultivariateNormal, a flow with a Standardize) gets its own group of
/// the rows, found by k-means. Those whose parameters are still equal then get normal noise of deviation 0.1.
///
/// Samples jump between the components, so they have no gradient in theta.
template <class B>
class Mixture {
  using Components = detail::Components<B>;

 public:
  using Scalar = typename Components::Scalar;
  static constexpr int static_dim = Components::static_dim;

  template <class Visitor>
  struct Parameters {
    typename Visitor::Vector logits;                               ///< K: the weights before softmax
    typename Components::template Parameters<Visitor> components;  ///< of each component
  };

  /// These components. Throws std::invalid_argument if there are none, or if they differ in their numbers of features or
  /// of columns of context.
  explicit Mixture(List<B> components) : Mixture(Components(std::move(components))) {}
  /// `count` copies of a component: the same structure, each with its own parameters.
  Mixture(Eigen::Index count, const B& component) : Mixture(count, [&](Eigen::Index) { return component; }) {}
  /// The components make(0), make(1)...
  template <std::invocable<Eigen::Index> Make>
  Mixture(Eigen::Index count, Make&& make) : Mixture(Components::make(count, make)) {}
  constexpr explicit Mixture(Components components) : components_(std::move(components)) {}

  static std::string tag() { return "Mixture"; }
  /// As "2 × StudentT, 1 × Uniform".
  std::string describe() const {
    const auto name = [&](Eigen::Index k) {
      const B& component = components()[static_cast<std::size_t>(k)];
      if constexpr (requires { component.part_name(); })
        return component.part_name();  // a type-erased base
      else
        return detail::name_of<B>("Base");
    };
    std::string text;
    for (Eigen::Index first = 0, next = 0; first < size(); first = next) {
      while (next < size() && name(next) == name(first)) ++next;
      text += (first > 0 ? ", " : "") + std::to_string(next - first) + " × " + name(first);
    }
    return text;
  }
  constexpr Eigen::Index dim() const { return components_.dim(); }
  constexpr Eigen::Index context_dim() const { return components_.context_dim(); }
  constexpr Eigen::Index size() const { return components_.size(); }
  const List<B>& components() const { return components_.list(); }
  /// The parameters of component k in theta.
  Segment segment(Eigen::Index k) const { return after_logits(components_.segment(k)); }

  static Mixture example(Eigen::Index dim, Eigen::Index context_dim) {
    return {3, example_of<B>(dim, context_dim)};
  }
  static constexpr auto structure() requires Structured<B> {
    return std::tuple(Option{"components", &Mixture::components});
  }
  template <class Self, class Visitor>
  static Parameters<Visitor> layout(Self& self, Visitor& visit) {
    return {visit.vector("logits", self.size()), visit.part("components", self.components_)};
  }
  void initialise(std::span<Scalar> theta, Rng& rng) const {
    std::fill_n(theta.begin(), size(), Scalar(0));
    components_.initialise(of_components(theta), rng);
  }
  void start_context(const TileSource<Scalar>& tiles) { components_.start_context(tiles); }
  void initialise_from(std::span<Scalar> theta, const TileSource<Scalar>& tiles) {
    components_.initialise_from(of_components(theta), tiles);
  }

  struct Tape {
    typename Components::Tapes components;
    detail::StandIn<Scalar>* stand_ins;  // K
    Scalar* terms;                       // N × K: log w_k p_k
    Scalar* log_prob;                    // N
  };

  Tape log_prob(std::span<const Scalar> theta, Tile<Scalar>& tile) const {
    const Arena::Mark mark = tile.arena->mark();
    Tape tape{};
    if (tile.record) {
      tape.components = components_.make_tapes(*tile.arena);
      tape.stand_ins =
          tile.arena->template allocate<detail::StandIn<Scalar>>(static_cast<std::size_t>(size()));
    }
    Matrix terms = tile.scratch(size()), log_prob = tile.scratch(1);
    tape.terms = terms.data();
    tape.log_prob = log_prob.data();
    terms.setZero();
    components_.each([&](auto k, const auto& component, const Segment& segment) {
      const std::span<const Scalar> own = after_logits(segment).of(theta);
      Tile<Scalar> inner = tile.with_log_det({terms.col(k).data(), tile.rows()});
      if (tile.record) {
        const std::uint64_t site = tile.dropout ? tile.dropout->next_site : 0;
        tape.components[k] = add_log_prob(component, own, inner);
        detail::settle_overflow(tile.values, own, inner);
        tape.stand_ins[k] = detail::stand_in(component, own, tape.components[k], inner, site);
      } else {
        const ArenaScope scope(*tile.arena);
        add_log_prob(component, own, inner);
        detail::settle_overflow(tile.values, own, inner);
      }
    });
    weights(theta, *tile.arena).add_up(terms, log_prob);
    tile.log_det += log_prob.col(0);
    if (!tile.record) tile.arena->release(mark);
    return tape;
  }

  void log_prob_vjp(std::span<const Scalar> theta, std::span<Scalar> grad, const Tape& tape,
                    Tile<Scalar>& tile) const {
    Matrix sum = tile.scratch(dim()), pull = tile.scratch(dim()), values = tile.scratch(dim()),
           share = tile.scratch(1), unused = tile.scratch(1);
    const Weights weights = this->weights(theta, *tile.arena);
    sum.setZero();
    components_.each([&](auto k, const auto& component, const Segment& segment) {
      const ArenaScope scope(*tile.arena);
      const Scalar grad_logit =
          weights.share_out(k, tape.terms, tape.log_prob, tile.grad_log_det.data(), share);
      if (!grad.empty()) grad[static_cast<std::size_t>(k)] += grad_logit;
      const detail::StandIn<Scalar>& stand = tape.stand_ins[k];
      if (stand.none) return;
      values = ConstMatrixMap<Scalar>(stand.needed ? stand.values : tile.values.data(), tile.rows(), dim());
      const ConstMatrixMap<Scalar> context(stand.needed ? stand.context : tile.context.data(), tile.rows(),
                                           tile.context.cols());
      Tile<Scalar> inner{tile,
                         values,
                         {unused.data(), tile.rows()},
                         context,
                         pull,
                         {share.data(), tile.rows()},
                         tile.grad_context};
      pull_back_log_prob(component, after_logits(segment).of(theta), after_logits(segment).of(grad),
                         tape.components[k], inner);
      for (const RowStep<Scalar> step : RowSteps<Scalar>(tile.rows())) {
        const Number row_share = step.load(share.data());
        const auto counts = (row_share > Number(0)) | (row_share < Number(0));
        for (Eigen::Index j = 0; j < dim(); ++j)
          step.store(sum.col(j).data(),
                     step.load(sum.col(j).data()) + select(counts, step.load(pull.col(j).data()), Number(0)));
      }
    });
    tile.grad_values = sum;
    const ConstVectorMap<Scalar> log_prob(tape.log_prob, tile.rows());
    if (!(log_prob.sum() < infinity))  // NaN: a row that is not finite
      for (Eigen::Index i = 0; i < tile.rows(); ++i)
        if (!(log_prob[i] < infinity)) tile.grad_values.row(i).setConstant(log_prob[i]);
  }

  constexpr Eigen::Index rows_together() const {
    Eigen::Index least = tile_rows;
    components_.each([&](auto, const auto& component, const Segment&) {
      least = std::min(least, eigenflow::rows_together(component));
    });
    return least;
  }
  /// True if all components have one: their weights stay.
  constexpr bool has_temperature() const {
    bool all = true;
    components_.each([&](auto, const auto& component, const Segment&) {
      all = all && eigenflow::has_temperature(component);
    });
    return all;
  }
  /// Row i chooses its component by number i of substream 0. Component k draws from substream k + 1, with room for 256
  /// rows in each block of 256 rows; its rows in a block follow each other. So a row does not depend on the tiles, and
  /// only the rows that are needed are drawn.
  void sample(std::span<const Scalar> theta, const Rng& rng, Eigen::Index first_row, Tile<Scalar>& tile,
              Scalar temperature = 1) const {
    const ArenaScope scope(*tile.arena);
    const Weights weights = this->weights(theta, *tile.arena);
    const Eigen::Index last_row = first_row + tile.rows();
    for (Eigen::Index from = first_row; from < last_row;) {
      const Eigen::Index block = from - from % tile_rows, to = std::min(last_row, block + tile_rows);
      sample_block(theta, rng, block, from, to, first_row, weights, temperature, tile);
      from = to;
    }
  }

 private:
  using Number = Lanes<Scalar>;
  using Matrix = typename Tile<Scalar>::Matrix;
  using Weights = detail::MixtureWeights<Scalar>;
  static constexpr Scalar infinity = std::numeric_limits<Scalar>::infinity();

  Weights weights(std::span<const Scalar> theta, Arena& arena) const {
    return Weights(theta.first(static_cast<std::size_t>(size())), arena);
  }

  void sample_block(std::span<const Scalar> theta, const Rng& rng, Eigen::Index block, Eigen::Index from,
                    Eigen::Index to, Eigen::Index first_row, const Weights& weights, Scalar temperature,
                    Tile<Scalar>& tile) const {
    const ArenaScope scope(*tile.arena);
    Eigen::Index* const choices =
        tile.arena->template allocate<Eigen::Index>(static_cast<std::size_t>(to - block));
    Rng chooser = rng.fork(0);
    chooser.discard(static_cast<std::uint64_t>(block));
    for (Eigen::Index i = 0; i < to - block; ++i) choices[i] = weights.choose(chooser.uniform());
    const Eigen::Index *const first = choices, *const middle = first + (from - block),
                              *const end = first + (to - block);
    components_.each([&](auto k, const auto& component, const Segment& segment) {
      const Eigen::Index number = k;
      const Eigen::Index before = std::count(first, middle, number), count = std::count(middle, end, number);
      if (count == 0) return;
      const ArenaScope own(*tile.arena);
      Tile<Scalar> inner = Tile<Scalar>::allocate(*tile.arena, count, dim(), false);
      inner.log_det.setZero();
      Matrix context = inner.attach_context(tile.context.cols());
      const auto each_row = [&](const auto& visit) {
        for (Eigen::Index i = from, row = 0; i < to; ++i)
          if (first[i - block] == number) visit(i - first_row, row++);
      };
      each_row([&](Eigen::Index i, Eigen::Index row) { context.row(row) = tile.context.row(i); });
      sample_at(temperature, component, after_logits(segment).of(theta),
                rng.fork(static_cast<std::uint64_t>(number) + 1), block + before, inner);
      each_row([&](Eigen::Index i, Eigen::Index row) { tile.values.row(i) = inner.values.row(row); });
    });
  }

  Segment after_logits(const Segment& segment) const { return {size() + segment.offset, segment.size}; }
  template <class S>
  std::span<S> of_components(std::span<S> theta) const {
    return theta.subspan(static_cast<std::size_t>(size()));
  }

  Components components_;
};

namespace detail {

template <class Make>
concept MakesBases = Base<std::invoke_result_t<Make&, Eigen::Index>>;

}  // namespace detail

/// CTAD for Mixture(components), Mixture(n, component) and Mixture(n, make).
template <class B>
Mixture(List<B>) -> Mixture<B>;
template <Base B>
Mixture(Eigen::Index, B) -> Mixture<B>;
template <detail::MakesBases Make>
Mixture(Eigen::Index, Make) -> Mixture<std::invoke_result_t<Make&, Eigen::Index>>;

}  // namespace eigenflow
