#pragma once

#include <Eigen/Core>
#include <cstddef>
#include <functional>
#include <utility>
#include <vector>

#include "eigenflow/authoring/tile.hpp"

namespace eigenflow {

/// The rows of a start from data, on their way through layers that are made of layers: each layer looks at the rows
/// where they are, and then moves them on.
template <class Scalar>
class MovingRows {
 public:
  using Step = std::function<void(Tile<Scalar>&)>;

  MovingRows() = default;
  MovingRows(const MovingRows&) = delete;
  MovingRows& operator=(const MovingRows&) = delete;
  virtual ~MovingRows() = default;

  /// Calls look(tile) on every tile, in order.
  virtual void visit(const Step& look) = 0;
  /// All rows go through `step`. It runs at the next visit, or never if there is none: the last layers cost no pass over
  /// the data unless one of them starts from data.
  virtual void move(Step step) = 0;

  /// The rows where they are.
  TileSource<Scalar> tiles() {
    return [this](const Step& look) { visit(look); };
  }
};

/// The rows of a data set, which every step transforms once: K layers that start from data cost K passes.
///
/// The values of the rows are kept from visit to visit, tile by tile, up to `most` numbers (32 MB in double). The tiles
/// behind these are not kept: every visit takes them through all steps again. Their values are bit-identical to kept ones
/// and memory is bounded, but the time is quadratic in the number of steps. (Values kept after some of the steps would need
/// as much memory for the same rows.)
template <class Scalar>
class KeptRows final : public MovingRows<Scalar> {
 public:
  using typename MovingRows<Scalar>::Step;

  explicit KeptRows(const TileSource<Scalar>& source, Eigen::Index most = Eigen::Index{1} << 22)
      : source_(source), left_(most) {}

  void visit(const Step& look) override {
    if (steps_.empty()) return source_(look);
    std::size_t next = 0;
    source_([&](Tile<Scalar>& tile) {
      take_through(next++, tile);
      look(tile);
    });
    done_ = steps_.size();
  }
  void move(Step step) override { steps_.push_back(std::move(step)); }

 private:
  // The source gives a tile its first values, and its context.
  void take_through(std::size_t i, Tile<Scalar>& tile) {
    if (done_ == 0) add(tile);
    const bool is_kept = i < kept_.size();
    if (is_kept && done_ > 0) {
      tile.values = kept_[i].leftCols(tile.cols());
      tile.log_det = kept_[i].col(tile.cols());
    }
    for (std::size_t k = is_kept ? done_ : 0; k < steps_.size(); ++k) {
      const ArenaScope scope(*tile.arena);
      steps_[k](tile);
    }
    if (!is_kept || done_ == steps_.size()) return;
    kept_[i].leftCols(tile.cols()) = tile.values;
    kept_[i].col(tile.cols()) = tile.log_det;
  }

  // A place for the next tile, unless one before it had none.
  void add(const Tile<Scalar>& tile) {
    left_ -= tile.rows() * (tile.cols() + 1);
    if (left_ >= 0) kept_.emplace_back(tile.rows(), tile.cols() + 1);
  }

  const TileSource<Scalar>& source_;
  Eigen::Index left_;
  std::vector<MatrixX<Scalar>> kept_;  // of each tile: its values and its log_det
  std::vector<Step> steps_;
  std::size_t done_ = 0;  // steps that the kept rows have gone through
};

/// The same rows as an inner layer gets them. `around(tile, use)` calls use(inner tile), and writes back to the tile what
/// the inner layer made of its features.
template <class Scalar>
class InnerRows final : public MovingRows<Scalar> {
 public:
  using typename MovingRows<Scalar>::Step;
  using Around = std::function<void(Tile<Scalar>&, const Step&)>;

  InnerRows(MovingRows<Scalar>& outer, Around around) : outer_(outer), around_(std::move(around)) {}

  void visit(const Step& look) override {
    outer_.visit([&](Tile<Scalar>& tile) { around_(tile, look); });
  }
  void move(Step step) override {
    // A step outlives these rows.
    outer_.move([around = around_, step = std::move(step)](Tile<Scalar>& tile) { around(tile, step); });
  }

 private:
  MovingRows<Scalar>& outer_;
  Around around_;
};

}  // namespace eigenflow
