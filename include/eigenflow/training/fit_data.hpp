#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <iterator>
#include <numeric>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "eigenflow/authoring/batch.hpp"
#include "eigenflow/authoring/context.hpp"
#include "eigenflow/concepts/layer.hpp"
#include "eigenflow/numerics/finite.hpp"
#include "eigenflow/numerics/rng.hpp"
#include "eigenflow/text/decimal.hpp"
#include "eigenflow/text/messages.hpp"
#include "eigenflow/training/fit_options.hpp"
#include "eigenflow/training/options.hpp"

namespace eigenflow::detail {

/// The data of a fit: checked, split into training and validation rows, and returned in shuffled batches.
template <class Scalar>
class FitData {
 public:
  FitData(const Rows<const Scalar>& x, const Rows<const Scalar>& context, Eigen::Index dim,
          Eigen::Index context_dim, const FitOptions<Scalar>& options);

  Eigen::Index training_size() const { return x_.rows - held_out_; }
  bool validates() const { return validation_.rows > 0 || held_out_ > 0; }

  /// A new random order of the training rows, a function of the seed and the epoch.
  void shuffle(std::uint64_t epoch);

  Batch<Scalar> batch(Eigen::Index first, Eigen::Index size) const {
    return {x_, order_.data() + held_out_ + first, size, weights(), context_, {}, noise_};
  }
  Batch<Scalar> validation_batch() const {
    if (validation_.rows > 0)
      return {validation_, nullptr, validation_.rows, nullptr, validation_context_, {}, noise_};
    return {x_, order_.data(), held_out_, weights(), context_, {}, noise_};
  }

  /// Throws if a held-out row has no density before the first step, for example a row outside of the bounds: it would
  /// end the fit at the first validation. `loss` takes a batch. Returns the loss of all held-out rows.
  double check_validation(const std::function<double(const Batch<Scalar>&)>& loss) const;

  /// The training rows in tiles of `height`.
  TileSource<Scalar> training_tiles(Eigen::Index height) const;

 private:
  static void check_options(const FitOptions<Scalar>& options);

  static void check_rows(const char* call, const Rows<const Scalar>& x, Eigen::Index dim);

  // In training every row has its own context.
  static void check_context(const char* call, Rows<const Scalar>& c, Eigen::Index rows,
                            Eigen::Index context_dim);

  static void check_finite(const char* call, const char* row, const Rows<const Scalar>& x);

  void check_weights(Eigen::Index rows) const;

  // The held-out rows come first in order_. Throws unless each is a row of x, once, and others are left.
  void hold_out(std::vector<Eigen::Index> rows);

  // A loss over rows of weight zero would be zero for every flow.
  void check_split_weights() const;

  const Scalar* weights() const { return weights_.size() > 0 ? weights_.data() : nullptr; }

  Rows<const Scalar> x_;
  Rows<const Scalar> context_;
  Rows<const Scalar> validation_;
  Rows<const Scalar> validation_context_;
  const VectorX<Scalar>& weights_;
  Rng rng_;
  Dequantization noise_;
  std::vector<Eigen::Index> order_;  // the held-out rows, then the training rows
  Eigen::Index held_out_ = 0;
};

// Defined outside of the class, so that eigenflow::compiled can hold them.

template <class Scalar>
FitData<Scalar>::FitData(const Rows<const Scalar>& x, const Rows<const Scalar>& context, Eigen::Index dim,
                         Eigen::Index context_dim, const FitOptions<Scalar>& options)
    : x_(x),
      context_(context),
      validation_(rows_of<const Scalar>(options.validation)),
      validation_context_(rows_of<const Scalar>(options.validation_context)),
      weights_(options.weights),
      rng_(options.seed),
      noise_{options.dequantize, options.seed} {
  check_options(options);
  check_rows("fit", x, dim);
  check_context("fit", context_, x.rows, context_dim);
  if (x.rows == 0) reject("fit needs data, but x has no rows: give one row for each sample");
  check_weights(x.rows);
  order_.resize(static_cast<std::size_t>(x.rows));
  std::iota(order_.begin(), order_.end(), Eigen::Index{0});
  if (validation_.rows > 0) {
    if (!options.validation_rows.empty())
      reject(
          "fit was given a validation set and validation_rows of x: give one of them, since both say which "
          "rows "
          "validate");
    check_rows("the validation set of fit", validation_, dim);
    check_context("the validation set of fit", validation_context_, validation_.rows, context_dim);
  } else if (validation_context_.rows > 0) {
    reject("fit was given the context of a validation set, " +
           shape(validation_context_.rows, validation_context_.cols) +
           ", but not its rows: give options.validation too, or neither");
  } else if (!options.validation_rows.empty()) {
    hold_out(options.validation_rows);
    check_split_weights();
  } else if (options.validation_fraction > 0) {
    held_out_ =
        static_cast<Eigen::Index>(std::floor(options.validation_fraction * static_cast<double>(x.rows)));
    Rng split = rng_.fork(std::uint64_t{0});
    split.shuffle(std::span<Eigen::Index>(order_));
    std::sort(order_.begin(), order_.begin() + held_out_);  // neighbours in memory
    check_split_weights();
  }
  if (options.patience > 0 && !validates())
    reject("the patience of fit, " + std::to_string(options.patience) +
           " epochs, waits for a better validation loss, but no rows are held out (the validation fraction "
           "is " +
           decimal(options.validation_fraction) + " of " + std::to_string(x.rows) +
           " rows): give a validation set or a larger fraction, or set patience to 0");
}

template <class Scalar>
void FitData<Scalar>::hold_out(std::vector<Eigen::Index> rows) {
  std::sort(rows.begin(), rows.end());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (rows[i] < 0 || rows[i] >= x_.rows)
      reject("the validation_rows of fit must be rows of x, 0 to " + std::to_string(x_.rows - 1) +
             ", but one is " + std::to_string(rows[i]));
    if (i > 0 && rows[i] == rows[i - 1])
      reject("the validation_rows of fit name row " + std::to_string(rows[i]) + " twice: name each row once");
  }
  held_out_ = static_cast<Eigen::Index>(rows.size());
  if (held_out_ == x_.rows)
    reject("the validation_rows of fit are all " + std::to_string(x_.rows) +
           " rows of x, so none is left to train on: name fewer");
  std::vector<Eigen::Index> order = rows;
  std::set_difference(order_.begin(), order_.end(), rows.begin(), rows.end(), std::back_inserter(order));
  order_ = std::move(order);
}

template <class Scalar>
void FitData<Scalar>::shuffle(std::uint64_t epoch) {
  Rng order = rng_.fork(epoch + 1);
  std::sort(order_.begin() + held_out_, order_.end());
  order.shuffle(std::span<Eigen::Index>(order_).subspan(static_cast<std::size_t>(held_out_)));
}

template <class Scalar>
double FitData<Scalar>::check_validation(const std::function<double(const Batch<Scalar>&)>& loss) const {
  const Batch<Scalar> all = validation_batch();
  const double before = all.size > 0 ? loss(all) : 0;
  if (is_finite(before)) return before;
  for (Eigen::Index i = 0; i < all.size; ++i) {
    const Eigen::Index row = all.row(i);
    const Batch<Scalar> one{all.data, &row, 1, nullptr, all.context, {}, all.noise};
    if (!is_finite(loss(one)))
      reject("row " + std::to_string(row) +
             (validation_.rows > 0 ? " of the validation set" : " of x, which is held out for validation,") +
             " has no finite density before the first step of fit: does it lie on or beyond an edge of a "
             "Support? Remove such rows or widen the support");
  }
  return before;
}

template <class Scalar>
TileSource<Scalar> FitData<Scalar>::training_tiles(Eigen::Index height) const {
  return [this, height](const std::function<void(Tile<Scalar>&)>& visit) {
    for (Eigen::Index first = 0; first < training_size(); first += height) {
      const ArenaScope scope(thread_arena());
      Tile<Scalar> tile =
          Tile<Scalar>::allocate(thread_arena(), std::min(height, training_size() - first), x_.cols, false);
      tile.log_det.setZero();
      batch(0, training_size()).gather(first, tile);
      visit(tile);
    }
  };
}

template <class Scalar>
void FitData<Scalar>::check_options(const FitOptions<Scalar>& options) {
  if (!is_finite(options.validation_fraction) ||
      !(options.validation_fraction >= 0 && options.validation_fraction < 1))
    reject(
        "the validation fraction of fit must be at least 0 and below 1, so that rows are left to train on, "
        "but is " +
        decimal(options.validation_fraction));
  if (options.epochs < 0)
    reject("the number of epochs of fit cannot be negative, but is " + std::to_string(options.epochs));
  if (!is_finite(options.dequantize) || options.dequantize < 0)
    reject("the width of the noise of fit (dequantize) cannot be negative, but is " +
           decimal(options.dequantize) + ": 1/256 for pixels k/256, 0 for none");
  TrainingOptions::of(options);
}

template <class Scalar>
void FitData<Scalar>::check_rows(const char* call, const Rows<const Scalar>& x, Eigen::Index dim) {
  if (x.cols != dim) reject_columns(call, x.rows, x.cols, dim);
  check_finite(call, "row ", x);
}

template <class Scalar>
void FitData<Scalar>::check_context(const char* call, Rows<const Scalar>& c, Eigen::Index rows,
                                    Eigen::Index context_dim) {
  if (context_dim > 0 && c.rows != rows)
    reject(std::string(call) + " needs one row of context for each row of x, " + shape(rows, context_dim) +
           ", but got " +
           (c.cols == 0 ? "none, though this flow is conditional: fit(flow, x, c, options) takes it, and "
                          "options.validation_context that of options.validation"
                        : shape(c.rows, c.cols) +
                              (c.cols == rows ? ": pass c.transpose() if its columns are samples" : "")));
  c = context_rows(call, c, rows, context_dim);
  check_finite(call, "the context's row ", c);
}

template <class Scalar>
void FitData<Scalar>::check_finite(const char* call, const char* row, const Rows<const Scalar>& x) {
  for (Eigen::Index i = 0; i < x.rows; ++i)
    for (Eigen::Index j = 0; j < x.cols; ++j)
      if (!is_finite(x(i, j)))
        reject(std::string(call) + " needs finite numbers, but " + row + std::to_string(i) + ", column " +
               std::to_string(j) + " is " + std::to_string(x(i, j)) +
               " (both counted from 0): remove or repair such rows first");
}

template <class Scalar>
void FitData<Scalar>::check_weights(Eigen::Index rows) const {
  if (weights_.size() == 0) return;
  if (weights_.size() != rows)
    reject("fit needs one weight for each of the " + std::to_string(rows) + " rows of x, but got " +
           std::to_string(weights_.size()));
  double sum = 0;
  for (Eigen::Index i = 0; i < rows; ++i) {
    if (!is_finite(weights_[i]) || weights_[i] < 0)
      reject("the weights of fit must be finite and not negative, but weight " + std::to_string(i) + " is " +
             decimal(weights_[i]));
    sum += static_cast<double>(weights_[i]);
  }
  if (!(sum > 0)) reject("the weights of fit are all zero: give at least one row a positive weight");
}

template <class Scalar>
void FitData<Scalar>::check_split_weights() const {
  if (weights_.size() == 0 || held_out_ == 0) return;
  const auto counts = [this](Eigen::Index row) { return weights_[row] > 0; };
  const auto middle = order_.begin() + held_out_;
  if (std::none_of(order_.begin(), middle, counts))
    reject("all rows that fit held out for validation have weight zero: drop such rows, give your own " +
           std::string("validation set, or set validation_fraction to 0"));
  if (std::none_of(middle, order_.end(), counts))
    reject("fit held out every row with a positive weight for validation: drop the rows of weight zero, " +
           std::string("give your own validation set, or set validation_fraction to 0"));
}

}  // namespace eigenflow::detail
