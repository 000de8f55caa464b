#include "model.hpp"

#include <algorithm>
#include <charconv>
#include <numeric>
#include <utility>

#include "memory.hpp"
#include "table/cells.hpp"

namespace command {
namespace {

// The names that a note lists; none where it lists another number of them.
std::vector<std::string> noted(const ef::ModelInfo& info, const char* note, Eigen::Index count) {
  const auto found = info.notes.find(note);
  std::vector<std::string> names;
  if (found != info.notes.end() && !found->second.empty()) names = table::cells(found->second);
  if (static_cast<Eigen::Index>(names.size()) != count) names.clear();
  return names;
}

std::vector<std::string> made_up(const char* letter, Eigen::Index count) {
  std::vector<std::string> names;
  for (Eigen::Index j = 1; j <= count; ++j) names.push_back(letter + std::to_string(j));
  return names;
}

// The positions that a note lists, or the first ones.
void append_positions(const ef::ModelInfo& info, const char* note, Eigen::Index count,
                      std::vector<Eigen::Index>& positions) {
  std::vector<Eigen::Index> found;
  for (const std::string& text : noted(info, note, count)) {
    Eigen::Index& position = found.emplace_back(0);
    std::from_chars(text.data(), text.data() + text.size(), position);
    if (position < 1) break;
  }
  if (static_cast<Eigen::Index>(found.size()) != count || std::count(found.begin(), found.end(), 0) > 0) {
    found.resize(static_cast<std::size_t>(count));
    std::iota(found.begin(), found.end(), static_cast<Eigen::Index>(positions.size()) + 1);
  }
  positions.insert(positions.end(), found.begin(), found.end());
}

}  // namespace

Model load_model(const std::string& path) {
  auto [info, flow] = within_memory(path, "the model needs more than this machine has left",
                                    [&] { return read_model(path); });
  std::vector<std::string> columns = noted(info, columns_note, flow.dim());
  std::vector<std::string> context = noted(info, context_note, flow.context_dim());
  const bool named = !columns.empty() && static_cast<Eigen::Index>(context.size()) == flow.context_dim();
  if (!named) {
    columns = made_up("x", flow.dim());
    context = made_up("c", flow.context_dim());
  }
  std::vector<Eigen::Index> positions;
  append_positions(info, positions_note, flow.dim(), positions);
  append_positions(info, context_positions_note, flow.context_dim(), positions);
  const auto header = info.notes.find(header_note);
  const bool had_names = !named || header == info.notes.end() || header->second != "no";
  std::vector<Whole> whole = noted_whole(columns, info.notes);
  return {path,
          std::move(info),
          std::move(flow),
          std::move(columns),
          std::move(context),
          std::move(whole),
          std::move(positions),
          named,
          had_names};
}

Eigen::VectorXd Model::log_prob(const Eigen::Ref<const table::Rows>& rows, Eigen::Index draws) const {
  const Eigen::MatrixXd given = rows.rightCols(flow.context_dim());
  return log_probability(
      whole, draws, rows.leftCols(flow.dim()),
      [&](const Eigen::MatrixXd& x) -> Eigen::VectorXd { return flow.log_prob(x, given); });
}

Eigen::MatrixXd Model::sample(Eigen::Index n, const Eigen::Ref<const table::Rows>& given, ef::Rng& rng,
                              double temperature) const {
  Eigen::MatrixXd x = flow.sample(n, given, rng, temperature);
  for (Eigen::Index j = 0; j < x.cols(); ++j)
    if (const Whole& column = whole[static_cast<std::size_t>(j)]; column.is())
      for (double& value : x.col(j)) value = column.round(value);
  return x;
}

}  // namespace command
