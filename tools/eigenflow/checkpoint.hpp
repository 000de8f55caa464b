#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <eigenflow/io/model_file.hpp>
#include <eigenflow/training/checkpoints.hpp>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "flows.hpp"

namespace command {

/// The file of --checkpoint: the best model so far, and what a fit that was killed goes on from. That is what a race has
/// chosen, the flows whose training has ended, and the state of the training that runs.
class Checkpoint {
 public:
  /// `fit` tells fits apart: rows, seed and options. Throws std::runtime_error if the file is no model, or the checkpoint
  /// of another fit. A model that is no checkpoint will be replaced.
  Checkpoint(std::string path, ef::Notes notes, std::string fit);

  const std::string& path() const { return path_; }
  /// Whether the file has anything to go on from, and in words, what.
  bool goes_on() const { return !choice_.empty() || !ended_.empty() || state_; }
  std::string found() const;

  /// What a race has chosen; empty: nothing yet.
  const std::string& choice() const { return choice_; }
  void choose(std::string choice) { choice_ = std::move(choice); }

  /// The next training begins. Returns its parameters if it has ended before.
  std::optional<Eigen::VectorXd> begin();
  /// The state that it goes on from.
  std::optional<ef::FitState> take_state();
  void set_state(const ef::FitState& state) { state_ = state; }
  void end(const Flow& flow);

  /// The best model so far, of the data as they are.
  void set_model(const Flow& flow) { model_ = flow; }
  /// Writes the file, if there is a model.
  void write() const;
  /// Called after each write.
  void set_on_write(std::function<void()> on_write) { on_write_ = std::move(on_write); }

 private:
  void read(const std::string& fit);

  std::string path_;
  ef::Notes notes_;
  std::string choice_;
  std::vector<Eigen::VectorXd> ended_;
  std::size_t next_ = 0;
  std::optional<ef::FitState> state_;
  std::optional<Flow> model_;
  std::function<void()> on_write_;
};

/// A number of 64 bits, which other bytes hardly have (FNV-1a).
class Fingerprint {
 public:
  void add(const Eigen::Ref<const Eigen::MatrixXd>& numbers);
  void add(const std::string& text);
  std::string text() const;

 private:
  void add(const void* bytes, std::size_t count);
  std::uint64_t hash_ = 0xcbf29ce484222325;
};

}  // namespace command
