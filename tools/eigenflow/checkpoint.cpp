#include "checkpoint.hpp"

#include <cstddef>
#include <eigenflow/io/checkpoint.hpp>
#include <filesystem>
#include <span>
#include <stdexcept>
#include <utility>

#include "table/text.hpp"

namespace command {
namespace {

constexpr const char *fit_note = "checkpoint_fit", *choice_note = "checkpoint_choice";

std::string ended_name(std::size_t i) {
  return "fit.ended." + std::to_string(i);
}

std::span<const double> numbers_of(const Eigen::VectorXd& vector) {
  return {vector.data(), static_cast<std::size_t>(vector.size())};
}

}  // namespace

Checkpoint::Checkpoint(std::string path, ef::Notes notes, std::string fit)
    : path_(std::move(path)), notes_(std::move(notes)) {
  if (std::filesystem::exists(path_)) read(fit);
  if (goes_on()) model_ = read_model(path_).flow;
  notes_[fit_note] = std::move(fit);
}

void Checkpoint::read(const std::string& fit) {
  namespace io = ef::io::detail;
  io::with_tensors(path_, [&](const ef::io::Tensors& file) {
    const ef::Notes found = io::read_info(file).notes;
    const auto note = [&](const char* key) {
      const auto at = found.find(key);
      return at == found.end() ? std::string() : at->second;
    };
    if (note(fit_note).empty()) return;
    if (note(fit_note) != fit)
      throw std::runtime_error(
          table::escaped(path_) +
          ": this is the checkpoint of another fit, of other rows or options: give the same "
          "ones to go on with it, or another --checkpoint, or remove the file");
    choice_ = note(choice_note);
    for (std::size_t i = 0; file.tensors.count(ended_name(i)) > 0; ++i)
      ended_.push_back(io::fit_numbers(file, ended_name(i)));
    if (file.tensors.count("fit.best") == 0) return;
    state_ = io::read_fit_state(file);
    state_->best = io::fit_numbers(file, "fit.best");
  });
}

std::string Checkpoint::found() const {
  std::string text;
  if (!choice_.empty()) text = "what the race had chosen";
  const auto add = [&](const std::string& what) { text += (text.empty() ? "" : ", ") + what; };
  if (!ended_.empty())
    add(std::to_string(ended_.size()) + (ended_.size() == 1 ? " flow" : " flows") + " trained to the end");
  if (state_) add("step " + std::to_string(state_->step) + " of the next");
  return text;
}

std::optional<Eigen::VectorXd> Checkpoint::begin() {
  if (next_ < ended_.size()) return ended_[next_++];
  return std::nullopt;
}

std::optional<ef::FitState> Checkpoint::take_state() {
  return std::exchange(state_, std::nullopt);
}

void Checkpoint::end(const Flow& flow) {
  ended_.emplace_back(flow.parameters());
  next_ = ended_.size();
  state_.reset();
}

void Checkpoint::write() const {
  namespace io = ef::io::detail;
  if (!model_) return;
  ef::Notes notes = notes_;
  if (!choice_.empty()) notes[choice_note] = choice_;
  ef::io::TensorWriter writer(io::metadata_of(io::architecture_of(*model_), notes));
  io::add_parameters<double>(writer, model_->named_parameters(), model_->theta());
  for (std::size_t i = 0; i < ended_.size(); ++i) writer.add<double>(ended_name(i), numbers_of(ended_[i]));
  if (state_) {
    io::add_fit_state(writer, *state_);
    writer.add<double>("fit.best", numbers_of(state_->best));
  }
  ef::io::write_file(path_, writer.finish());
  if (on_write_) on_write_();
}

void Fingerprint::add(const void* bytes, std::size_t count) {
  const auto* const each = static_cast<const unsigned char*>(bytes);
  for (std::size_t i = 0; i < count; ++i) hash_ = (hash_ ^ each[i]) * 0x100000001b3;
}

void Fingerprint::add(const Eigen::Ref<const Eigen::MatrixXd>& numbers) {
  for (Eigen::Index j = 0; j < numbers.cols(); ++j)
    for (Eigen::Index i = 0; i < numbers.rows(); ++i) {
      const double number = numbers(i, j);
      add(&number, sizeof number);
    }
}

void Fingerprint::add(const std::string& text) {
  add(text.data(), text.size());
}

std::string Fingerprint::text() const {
  return std::to_string(hash_);
}

}  // namespace command
