#include "plan.hpp"

#include <utility>

namespace command {

std::vector<Fold> folds_of(const Plan& plan, Eigen::Index rows, double validation, std::uint64_t seed) {
  if (plan.folds > 0) return folds_of(rows, plan.folds, seed);
  return {share_of(rows, validation, seed)};
}

std::uint64_t member_seed(std::uint64_t seed, Eigen::Index member) {
  return member == 0 ? seed : ef::Rng(seed, 8).fork(static_cast<std::uint64_t>(member))();
}

Flow joined(const Plan& plan, const std::vector<std::vector<Flow>>& flows, const FitRows& rows) {
  std::vector<Flow> all;
  std::vector<double> weights;
  double sum = 0;
  for (std::size_t i = 0; i < flows.size(); ++i) sum += plan.parts[i].weight;
  sum /= 1 - rows.far.share;
  for (std::size_t i = 0; i < flows.size(); ++i)
    for (const Flow& flow : flows[i]) {
      all.push_back(flow);
      weights.push_back(plan.parts[i].weight / sum / static_cast<double>(flows[i].size()));
    }
  if (rows.far.any()) {
    all.push_back(rows.far.density.front());
    weights.push_back(rows.far.share);
  }
  if (all.size() == 1) return with_edges(all.front(), rows.supports);
  return with_edges(average_of(all, Eigen::Map<const Eigen::VectorXd>(
                                        weights.data(), static_cast<Eigen::Index>(weights.size()))),
                    rows.supports);
}

Flow model_of(const Flow& flow, const FitRows& rows) {
  Plan plan;
  plan.parts.emplace_back();
  return joined(plan, {{flow}}, rows);
}

Planned follow(const Plan& plan, const FitRows& rows, double validation, std::uint64_t seed,
               const Watch& watch) {
  const std::vector<Fold> folds = folds_of(plan, rows.count(), validation, seed);
  std::vector<std::vector<Flow>> flows;
  ef::History history;
  for (const Part& part : plan.parts) {
    std::vector<Flow>& own = flows.emplace_back();
    Recipe recipe = part.recipe;
    recipe.training.seed = seed;
    const Eigen::Index count = std::max<Eigen::Index>(1, part.members);
    const double start = watch.pace.seconds();
    for (Eigen::Index m = 0; m < count; ++m) {
      Watch each = watch;
      each.mixture_work = plan.work;
      each.name =
          count > 1 ? "flow " + std::to_string(m + 1) + " of " + std::to_string(count) : words_of(recipe);
      watch.pace.expect(m + 1 == count ? 0
                        : m == 0       ? -1
                                       : (watch.pace.seconds() - start) / static_cast<double>(m) *
                                       static_cast<double>(count - m - 1));
      if (watch.checkpoint != nullptr)
        each.keep = [&](const Flow& best) {
          if (flows.size() == 1 && own.empty()) watch.checkpoint->set_model(model_of(best, rows));
        };
      if (part.stop > 0 && m + 1 == count)
        each.goes_on = [stop = part.stop](const ef::Epoch& epoch) { return epoch.steps < stop; };
      const bool all_rows = part.members == 0 && (plan.folds > 0 || !recipe.is_trained());
      Fitted fitted = fit_one(recipe, rows, all_rows ? Fold() : folds[static_cast<std::size_t>(m)],
                              member_seed(seed, m), each);
      own.push_back(std::move(fitted.flow));
      if (recipe.is_trained()) history = std::move(fitted.history);
      if (watch.checkpoint == nullptr) continue;
      watch.checkpoint->set_model(joined(plan, flows, rows));
      watch.checkpoint->write();
    }
  }
  return {joined(plan, flows, rows), std::move(history)};
}

}  // namespace command
