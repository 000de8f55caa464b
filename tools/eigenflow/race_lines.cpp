#include "race_lines.hpp"

#include <algorithm>
#include <cstdio>

namespace command {
namespace {

std::string short_number(const char* format, double value) {
  char text[32];
  std::snprintf(text, sizeof text, format, value);
  return text;
}

std::string line_of(const Entry& entry, const std::string& more) {
  const Training& training = entry.recipe.training;
  std::string text = short_number("%9.3f  ", -entry.mean(entry.held_out.size())) + words_of(entry.recipe);
  if (entry.recipe.is_trained())
    text += ", noise " + short_number("%.2g", *training.noise) + ", " +
            std::to_string(training.steps.value_or(0)) + " steps";
  return text + more;
}

// The short fits, the best of them last.
void add_heats(const Entries& entries, std::size_t heat_folds, std::vector<std::string>& lines) {
  constexpr std::size_t most = 3;
  std::vector<const Entry*> heats;
  for (std::size_t i = 0; i < entries.all.size(); ++i)
    if (i != entries.gaussian && entries.all[i].recipe.is_trained() && !entries.all[i].is_final)
      heats.push_back(&entries.all[i]);
  std::stable_sort(heats.begin(), heats.end(),
                   [&](const Entry* a, const Entry* b) { return a->mean(heat_folds) > b->mean(heat_folds); });
  const std::size_t shown = std::min(heats.size(), most), others = heats.size() - shown;
  for (std::size_t i = shown; i-- > 0;)
    lines.push_back(line_of(*heats[i], i + 1 == shown && others > 0
                                           ? "; " + std::to_string(others) +
                                                 (others == 1 ? " other was worse" : " others were worse")
                                           : ""));
}

std::string kept_line(const Entries& entries, const Plan& plan, const std::vector<std::size_t>& kept) {
  std::string line = "kept:";
  for (std::size_t k = 0; k < kept.size(); ++k) {
    const Entry& entry = entries.all[kept[k]];
    const std::size_t count = entry.flows.size();
    line += (k > 0 ? "," : "") +
            (kept.size() > 1 ? short_number(" %.3g of ", plan.parts[k].weight) : std::string(" ")) +
            (count > 1 ? "the mean of " + std::to_string(count) + " × " : "") + words_of(entry.recipe);
  }
  return line;
}

}  // namespace

std::vector<std::string> lines_of(const Entries& entries, const Plan& plan,
                                  const std::vector<std::size_t>& kept, const std::vector<Fold>& folds,
                                  std::size_t heat_folds) {
  std::vector<std::string> lines{"the race: negative log-likelihood of held-out rows, nats" +
                                 (folds.size() > 1
                                      ? ", in " + std::to_string(folds.size()) + " folds"
                                      : " over " + std::to_string(folds.front().size()) + " rows")};
  lines.push_back(line_of(entries.all[entries.gaussian], ""));
  if (entries.has_mixture()) lines.push_back(line_of(entries.all[entries.mixture], ""));
  add_heats(entries, heat_folds, lines);
  if (entries.worse != Entries::none)
    lines.push_back(line_of(entries.all[entries.worse], ", which the shorter training beats"));
  if (entries.has_flow()) {
    const Entry& flow = entries.all[entries.flow];
    lines.push_back(
        line_of(flow, flow.flows.size() > 1 ? ", each of " + std::to_string(flow.flows.size()) : ""));
  }
  lines.push_back(kept_line(entries, plan, kept));
  return lines;
}

}  // namespace command
