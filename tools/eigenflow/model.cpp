#include "model.hpp"

#include <algorithm>
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

bool is_number(const std::string& name) {
  return !name.empty() && name.find_first_not_of("0123456789") == std::string::npos;
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
  const bool numbered = std::all_of(columns.begin(), columns.end(), is_number) &&
                        std::all_of(context.begin(), context.end(), is_number);
  std::vector<Whole> whole = noted_whole(columns, info.notes);
  return {path,  std::move(info), std::move(flow), std::move(columns), std::move(context), std::move(whole),
          named, numbered};
}

Eigen::VectorXd Model::log_prob(const Eigen::Ref<const table::Rows>& rows) const {
  return flow.log_prob(rows.leftCols(flow.dim()), rows.rightCols(flow.context_dim()));
}

Eigen::MatrixXd Model::sample(Eigen::Index n, const Eigen::Ref<const table::Rows>& given,
                              ef::Rng& rng) const {
  Eigen::MatrixXd x = flow.sample(n, given, rng);
  for (Eigen::Index j = 0; j < x.cols(); ++j)
    if (const Whole& column = whole[static_cast<std::size_t>(j)]; column.is())
      for (double& value : x.col(j)) value = column.round(value);
  return x;
}

}  // namespace command
