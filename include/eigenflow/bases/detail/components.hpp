#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "eigenflow/authoring/dimension.hpp"
#include "eigenflow/authoring/list.hpp"
#include "eigenflow/authoring/moved_from.hpp"
#include "eigenflow/authoring/segment.hpp"
#include "eigenflow/authoring/start_context.hpp"
#include "eigenflow/concepts/base.hpp"
#include "eigenflow/concepts/layer.hpp"
#include "eigenflow/numerics/k_means.hpp"
#include "eigenflow/text/error.hpp"

namespace eigenflow::detail {

/// The densities of a Mixture, with the places of their parameters, and their start. A header of `eigenflow embed` has
/// another file of this name, for components of several types.
template <class B>
class Components {
  static_assert(
      Base<B>,
      "a Mixture is made of bases, and a flow is one by density(): this part lacks something that the "
      "concept Base (concepts/base.hpp) asks for");

 public:
  using Scalar = typename B::Scalar;
  static constexpr int static_dim = B::static_dim;
  template <class Visitor>
  using Parameters = std::vector<typename B::template Parameters<Visitor>>;

  Components(List<B> list) : list_(std::move(list)) {
    if (list_.empty()) reject("a Mixture needs one component or more, but got 0");
    for (const B& component : list_) {
      const std::size_t k = segments_.size();
      if (component.dim() != dim())
        reject("component " + std::to_string(k) + " of the Mixture has " + std::to_string(component.dim()) +
               " features but component 0 has " + std::to_string(dim()) +
               ": give all components one dimension");
      context_dim_ = common_context("Mixture", context_dim_, eigenflow::context_dim(component));
      const Eigen::Index count = parameter_count(component);
      segments_.push_back(k == 0 ? Segment{0, count} : segments_.back().followed_by(count));
    }
  }
  template <class Make>
  static Components make(Eigen::Index count, Make&& make) {
    if (count < 1)
      reject("a Mixture needs one component or more, but " + std::to_string(count) + " were asked for");
    List<B> list;
    for (Eigen::Index k = 0; k < count; ++k) list.push_back(make(k));
    return list;
  }

  Eigen::Index size() const { return static_cast<Eigen::Index>(list_.size()); }
  Eigen::Index dim() const {
    if (list_.empty()) reject_moved_from("Mixture");
    return list_.front().dim();
  }
  Eigen::Index context_dim() const { return context_dim_; }
  const List<B>& list() const { return list_; }
  const Segment& segment(Eigen::Index k) const { return segments_[static_cast<std::size_t>(k)]; }

  template <class Self, class Visitor>
  static Parameters<Visitor> layout(Self& self, Visitor& visit) {
    Parameters<Visitor> parameters;
    for (std::size_t k = 0; k < self.list_.size(); ++k) parameters.push_back(visit.part(k, self.list_[k]));
    return parameters;
  }
  void initialise(std::span<Scalar> theta, Rng& rng) const {
    for (std::size_t k = 0; k < list_.size(); ++k) list_[k].initialise(segments_[k].of(theta), rng);
  }
  void start_context(const TileSource<Scalar>& tiles) {
    for (B& component : list_) detail::start_context(component, tiles);
  }
  /// All components have the units of the context of all rows. Each starts from its own group of the rows, found by k-means. Components that are still equal get noise.
  void initialise_from(std::span<Scalar> theta, const TileSource<Scalar>& tiles) {
    static_assert(
        StartsFromData<B> || !requires { &B::initialise_from; },
        "a base's initialise_from takes (theta, tiles)");
    if constexpr (StartsFromData<B>) start(theta, tiles);
    for (std::size_t k = 1; k < list_.size(); ++k) {
      const std::span<Scalar> own = segments_[k].of(theta);
      const bool equals_another = std::any_of(
          segments_.begin(), segments_.begin() + static_cast<std::ptrdiff_t>(k), [&](const Segment& other) {
            const std::span<const Scalar> numbers = other.of(theta);
            return std::equal(own.begin(), own.end(), numbers.begin(), numbers.end());
          });
      if (!equals_another) continue;
      Rng noise(k);
      for (Scalar& value : own) value += Scalar(0.1) * noise.template normal<Scalar>();
    }
  }

  /// Calls visit(k, component, segment) for every component.
  template <class Visit>
  void each(const Visit& visit) const {
    for (Eigen::Index k = 0; k < size(); ++k) visit(k, list_[static_cast<std::size_t>(k)], segment(k));
  }

  /// The tapes of the components.
  using Tape = decltype(add_log_prob(std::declval<const B&>(), {}, std::declval<eigenflow::Tile<Scalar>&>()));
  struct Tapes {
    Tape* tapes;
    Tape& operator[](Eigen::Index k) const { return tapes[k]; }
  };
  Tapes make_tapes(Arena& arena) const {
    Tapes made{arena.allocate<Tape>(list_.size())};
    std::uninitialized_default_construct_n(made.tapes, list_.size());
    return made;
  }

 private:
  void start(std::span<Scalar> theta, const TileSource<Scalar>& tiles) {
    start_context(tiles);
    const std::vector<Eigen::Index> groups = size() > 1 ? groups_of(tiles) : std::vector<Eigen::Index>();
    for (Eigen::Index k = 0; k < size(); ++k) {
      const bool enough = std::count(groups.begin(), groups.end(), k) > 1;
      list_[static_cast<std::size_t>(k)].initialise_from(segment(k).of(theta),
                                                         enough ? group_of(tiles, groups, k) : tiles);
    }
  }

  std::vector<Eigen::Index> groups_of(const TileSource<Scalar>& tiles) const {
    std::vector<Scalar> numbers;
    tiles([&](const Tile<Scalar>& tile) {
      for (Eigen::Index i = 0; i < tile.rows(); ++i)
        for (Eigen::Index j = 0; j < tile.cols(); ++j) numbers.push_back(tile.values(i, j));
    });
    const Eigen::Index rows = static_cast<Eigen::Index>(numbers.size()) / dim();
    return KMeans<Scalar>(MatrixMap<Scalar>(numbers.data(), dim(), rows), size(), Rng(0)).groups();
  }

  // The rows of group k. `groups` has the group of each row, in the order of the tiles.
  static TileSource<Scalar> group_of(const TileSource<Scalar>& tiles, const std::vector<Eigen::Index>& groups,
                                     Eigen::Index k) {
    return [&tiles, &groups, k](const std::function<void(Tile<Scalar>&)>& visit) {
      auto group = groups.begin();
      tiles([&](Tile<Scalar>& tile) {
        const ArenaScope scope(*tile.arena);
        const auto first = std::exchange(group, group + tile.rows());
        Tile<Scalar> own =
            Tile<Scalar>::allocate(*tile.arena, std::count(first, group, k), tile.cols(), false);
        typename Tile<Scalar>::Matrix context = own.attach_context(tile.context.cols());
        own.log_det.setZero();
        for (Eigen::Index i = 0, row = 0; i < tile.rows(); ++i) {
          if (first[i] != k) continue;
          own.values.row(row) = tile.values.row(i);
          context.row(row++) = tile.context.row(i);
        }
        if (own.rows() > 0) visit(own);
      });
    };
  }

  List<B> list_;
  std::vector<Segment> segments_;
  Eigen::Index context_dim_ = 0;
};

}  // namespace eigenflow::detail
