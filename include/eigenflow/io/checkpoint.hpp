#pragma once

#include <Eigen/Core>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "eigenflow/flow.hpp"
#include "eigenflow/io/build.hpp"
#include "eigenflow/io/file.hpp"
#include "eigenflow/io/model_file.hpp"
#include "eigenflow/io/safetensors.hpp"
#include "eigenflow/numerics/finite.hpp"
#include "eigenflow/training/checkpoints.hpp"
#include "eigenflow/training/keeper.hpp"

// Checkpoints in a file. It is a model file of the best parameters so far, which `load` and `load_flow` read, together
// with the state of the fit: fit.theta, fit.optimizer.0..., fit.history, fit.counts.

namespace eigenflow {

namespace io::detail {

inline std::span<const double> numbers_of(const VectorX<double>& vector) {
  return {vector.data(), static_cast<std::size_t>(vector.size())};
}

inline void add_fit_state(TensorWriter& writer, const FitState& state) {
  const auto count = [](Eigen::Index n) { return static_cast<std::uint64_t>(n); };
  const History& history = state.history;
  const std::vector<std::uint64_t> counts{count(state.step), count(state.epoch_steps), state.seed,
                                          count(history.best_epoch + 1)};
  writer.add<std::uint64_t>("fit.counts", counts);
  writer.add<double>("fit.best_loss", std::span(&history.best_loss, 1));
  writer.add<double>("fit.history", static_cast<std::int64_t>(history.epochs.size()), 7, 2,
                     [&](std::int64_t i, std::int64_t j) {
                       const Epoch& e = history.epochs[static_cast<std::size_t>(i)];
                       const double row[] = {static_cast<double>(e.epoch),
                                             static_cast<double>(e.steps),
                                             e.training_loss,
                                             e.validation_loss,
                                             e.learning_rate,
                                             e.gradient_norm,
                                             e.seconds};
                       return row[j];
                     });
  writer.add<double>("fit.theta", numbers_of(state.theta));
  for (std::size_t i = 0; i < state.optimizer.size(); ++i)
    writer.add<double>("fit.optimizer." + std::to_string(i), numbers_of(state.optimizer[i]));
}

/// A tensor of a checkpoint, with the given number of dimensions.
inline const Tensor& fit_tensor(const Tensors& file, const std::string& name, const char* dtype,
                                std::size_t rank) {
  const auto found = file.tensors.find(name);
  if (found == file.tensors.end())
    reject("tensor '" + name + "' is missing: this is a model, but not a checkpoint of a fit");
  if (found->second.dtype != dtype || found->second.shape.size() != rank)
    reject("tensor '" + name + "' should be " + dtype + " with " + std::to_string(rank) + " dimensions");
  return found->second;
}

inline VectorX<double> fit_numbers(const Tensors& file, const std::string& name) {
  const Tensor& tensor = fit_tensor(file, name, "F64", 1);
  VectorX<double> numbers(tensor.size());
  for (Eigen::Index i = 0; i < numbers.size(); ++i) {
    numbers[i] = tensor.at<double>(i);
    if (!eigenflow::detail::is_finite(numbers[i]))
      reject("tensor '" + name + "' is not finite at " + std::to_string(i));
  }
  return numbers;
}

inline FitState read_fit_state(const Tensors& file) {
  FitState state;
  const Tensor& counts = fit_tensor(file, "fit.counts", "U64", 1);
  const Tensor& best_loss = fit_tensor(file, "fit.best_loss", "F64", 1);
  const Tensor& epochs = fit_tensor(file, "fit.history", "F64", 2);
  if (counts.size() != 4 || best_loss.size() != 1 || epochs.shape[1] != 7)
    reject("the state of the fit should have 4 counts, a best loss and 7 numbers an epoch");
  const auto count = [&](std::int64_t i) {
    return static_cast<Eigen::Index>(counts.at<std::uint64_t>(i) & 0x7fffffffffffffff);
  };
  state.step = count(0);
  state.epoch_steps = count(1);
  state.seed = counts.at<std::uint64_t>(2);
  state.history.best_epoch = count(3) - 1;
  state.history.best_loss = best_loss.at<double>(0);
  for (std::int64_t i = 0; i < epochs.shape[0]; ++i) {
    const auto at = [&](std::int64_t j) { return epochs.at<double>(i * 7 + j); };
    if (!eigenflow::detail::is_count(at(1)))
      reject("tensor 'fit.history' should have a number of steps in row " + std::to_string(i));
    state.history.epochs.push_back({i, static_cast<Eigen::Index>(at(1)), at(2), at(3), at(4), at(5), at(6)});
  }
  state.theta = fit_numbers(file, "fit.theta");
  for (std::size_t i = 0; file.tensors.count("fit.optimizer." + std::to_string(i)); ++i)
    state.optimizer.push_back(fit_numbers(file, "fit.optimizer." + std::to_string(i)));
  return state;
}

}  // namespace io::detail

/// Checkpoints of the fit of `flow` in a file, written atomically after every `every` epochs:
///
///   fit(flow, x, {.epochs = 200, .checkpoints = checkpoint_file(flow, "run.safetensors")});
///
/// If the file exists, the fit continues from it. `flow` must live as long as the fit, and have the architecture of the
/// file; it gets the constants (statistics, permutations) of the file. Throws std::runtime_error, with the name of the
/// file, if it is not a checkpoint of such a flow.
template <class... Parts>
Checkpoints checkpoint_file(Flow<Parts...>& flow, std::filesystem::path path, Eigen::Index every = 1,
                            io::Registry<typename Flow<Parts...>::Scalar> registry = {}) {
  using Scalar = typename Flow<Parts...>::Scalar;
  const auto load_state = [&flow, path, registry]() -> std::optional<FitState> {
    if (!std::filesystem::exists(path)) return std::nullopt;
    return io::detail::with_tensors(path, [&](const io::Tensors& file) {
      FitState state = io::detail::read_fit_state(file);
      io::detail::load_into(flow, file, registry);
      state.best = flow.parameters().template cast<double>();
      return std::optional<FitState>(std::move(state));
    });
  };
  const auto save_state = [&flow, path](const FitState& state) {
    io::TensorWriter writer(io::detail::metadata_of(io::detail::architecture_of(flow), {}));
    const VectorX<Scalar> best = state.best.template cast<Scalar>();
    io::detail::add_parameters<Scalar>(writer, flow.named_parameters(),
                                       {best.data(), static_cast<std::size_t>(best.size())});
    io::detail::add_fit_state(writer, state);
    io::write_file(path, writer.finish());
  };
  return {load_state, save_state, every};
}

}  // namespace eigenflow
