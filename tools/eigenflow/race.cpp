#include "race.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <optional>
#include <stdexcept>
#include <utility>

namespace command {
namespace {

using Eigen::Index;

constexpr Index few_rows = 10'000;  // fewer are judged in folds
constexpr Index default_folds = 5;
constexpr Index fewest_for_flows = 40;
constexpr Index linear_steps = 1000;
constexpr Index largest_batch = 256;  // many short steps go further in a given time
constexpr Index judges = 1000;        // rows that a heat is judged by, where folds have so many
constexpr double least_gain = 0.005, most_behind = 0.5;    // nats: of a heat that is worth a whole training
constexpr double heats_share = 0.3, mixtures_share = 0.1;  // of the time: of mixtures, of each kind of units
constexpr double patience = 1.1;         // times the time, after which the last fit is stopped
constexpr double work_per_second = 4e8;  // multiplications of a mixture's fit

// A density that takes part, and log p of the rows that each fold holds out.
struct Entry {
  Recipe recipe;
  std::vector<Eigen::VectorXd> held_out;  // of the first folds
  std::vector<Flow> flows;                // those that are fit for the end
  bool is_final = false;

  // The mean over the first folds, nats a row.
  double mean(std::size_t folds) const {
    double sum = 0, count = 0;
    for (std::size_t i = 0; i < std::min(folds, held_out.size()); ++i) {
      sum += held_out[i].sum();
      count += static_cast<double>(held_out[i].size());
    }
    const double mean = sum / count;
    return std::isfinite(mean) ? mean : -std::numeric_limits<double>::infinity();
  }
};

// A race on some rows.
class Race {
 public:
  Race(const FitRows& rows, const RaceOptions& options, Pace& pace)
      : rows_(rows), options_(options), pace_(pace) {
    few_ = rows.count() < few_rows;
    if (few_)
      plan_.folds = std::clamp<Index>(options.members > 1 ? options.members : default_folds, 2,
                                      std::max<Index>(2, rows.count() / 2));
    folds_ = folds_of(plan_, rows.count(), validation_of(options.training), options.training.seed);
    if (!options.steps) pace.limit(options.seconds);
    work_ = mixtures_share * work_per_second * (options.steps ? 180 : options.seconds);
    plan_.work = std::round(work_ / (!few_ ? 1.5 : mixture_folds() > 1 ? 40 : 10));
  }

  Raced run() {
    gaussian_ = enter(gaussian(), folds_.size());
    if (rows_.dim() > 0 && rows_.c.cols() == 0 && !rows_.has_circles()) enter_mixtures();
    if (rows_.count() >= fewest_for_flows) enter_flows();
    return few_ ? mean_of_all() : best_of_all();
  }

 private:
  // ---- entries

  Watch watch(std::string name, std::size_t fold) {
    Watch watch{.pace = pace_, .name = std::move(name), .known = &known_, .fold = static_cast<Index>(fold)};
    watch.mixture_work = plan_.work;
    return watch;
  }

  // Fits a recipe to the folds after those that it has, up to `folds`. The flows are kept for the end, or not.
  void fit(Entry& entry, std::size_t folds, const std::string& name, bool keep) {
    entry.recipe.training.seed = options_.training.seed;
    entry.recipe.training.learning_rate = options_.training.learning_rate;
    for (std::size_t f = entry.held_out.size(); f < folds; ++f) {
      const bool several = folds > 1;
      Watch own =
          watch(several && !keep ? name + " (" + std::to_string(f + 1) + " of " + std::to_string(folds) + ")"
                                 : name,
                f);
      if (keep) own.keep = options_.keep;
      if (!options_.steps)
        own.goes_on = [&](const ef::Epoch&) {
          return pace_.seconds() < (keep ? patience : 1) * options_.seconds;
        };
      Fitted fitted = fit_one(entry.recipe, rows_, folds_[f],
                              member_seed(options_.training.seed, static_cast<Index>(f)), own);
      entry.held_out.push_back(std::move(fitted.held_out));
      if (keep) entry.flows.push_back(std::move(fitted.flow));
      if (f == 0 && !keep && options_.keep && entry.mean(1) > kept_) {
        kept_ = entry.mean(1);
        options_.keep(with_edges(fitted.flow, rows_.supports));
      }
      history_ = std::move(fitted.history);
    }
  }

  // A flow whose training comes to nothing is out of the race.
  bool fit_or_fail(Entry& entry, std::size_t folds, const std::string& name, bool keep) {
    try {
      fit(entry, folds, name, keep);
      return true;
    } catch (const std::runtime_error&) {
      constexpr double infinity = std::numeric_limits<double>::infinity();
      if (!keep) entry.held_out = {Eigen::VectorXd::Constant(1, -infinity)};
      return false;
    }
  }

  // The steps after which the clock stopped the last fit; 0: it took all.
  Index stopped() const {
    return history_.stopped == ef::Stopped::callback ? history_.epochs.back().steps : 0;
  }

  std::size_t enter(Recipe recipe, std::size_t folds) {
    Entry& entry = entries_.emplace_back(Entry{std::move(recipe), {}, {}, false});
    fit(entry, folds, words_of(entry.recipe), false);
    return entries_.size() - 1;
  }

  // The folds that choose a mixture: all, or one where the fits to all would take long.
  std::size_t mixture_folds() const {
    constexpr double passes = 80, components = 8;
    const auto dim = static_cast<double>(rows_.dim()), rows = static_cast<double>(rows_.count());
    const double each = passes * components * dim * (dim + 8) * rows;
    return each * static_cast<double>(folds_.size()) < work_ / 8 ? folds_.size() : 1;
  }

  void enter_mixtures() {
    const Index dim = rows_.dim(), used = rows_.count() - static_cast<Index>(folds_.front().size());
    const std::size_t folds = mixture_folds();
    std::size_t best = gaussian_;
    for (const bool white : {true, false}) {
      int worse = 0;
      for (const Index components : {2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64}) {
        if (components * (dim + 2) > used || worse >= 2 || out_of_time(mixtures_share * (white ? 1 : 2)))
          break;
        Recipe recipe{.architecture = {.base = Base::mixture, .layers = 0, .components = components}};
        recipe.white = white;
        const std::size_t here = enter(std::move(recipe), folds);
        if (entries_[here].mean(folds) > entries_[best].mean(folds)) {
          best = here;
          worse = 0;
        } else if (components >= entries_[best].recipe.architecture.components) {
          ++worse;
        }
      }
    }
    mixture_ = best;
    fit(entries_[best], folds_.size(), words_of(entries_[best].recipe), false);
  }

  // ---- flows

  // Given a context, a Gaussian whose mean and deviations are linear in what comes before: trained, because there is
  // no formula.
  Recipe gaussian() const {
    if (rows_.c.cols() == 0) return {.architecture = {.base = Base::normal, .layers = 0}};
    Recipe linear = flow(Kind::autoregressive, Map::affine, 1, {});
    linear.architecture.base = Base::normal;
    linear.training.steps = std::min<Index>(linear_steps, options_.steps.value_or(linear_steps));
    return linear;
  }

  bool out_of_time(double share) const {
    return !options_.steps && pace_.seconds() > share * options_.seconds;
  }

  // The steps of a heat, and the folds that it is judged by.
  std::size_t heat_folds() const {
    std::size_t folds = 1, rows = folds_.front().size();
    while (folds < folds_.size() && static_cast<Index>(rows) < judges) rows += folds_[folds++].size();
    return folds;
  }

  // A flow's short fit. Returns its place among the entries.
  std::size_t heat(Recipe recipe) {
    const std::size_t folds = heat_folds();
    const Index enough = options_.steps.value_or(enough_steps(rows_.count()));
    Index steps = std::max<Index>(1, enough / 5);
    if (!options_.steps) {
      Recipe probe = recipe;
      probe.training.steps = 6;
      Entry ignored{probe, {}, {}, false};
      fit_or_fail(ignored, 1, "the time of a step", false);
      const double step = pace_.seconds_per_step(), left = heats_share * options_.seconds / 8;
      const auto affordable = static_cast<Index>(left / (step * static_cast<double>(folds)));
      steps = std::clamp<Index>(affordable, 30, steps);
    }
    recipe.training.steps = steps;
    Entry entry{std::move(recipe), {}, {}, false};
    fit_or_fail(entry, folds, words_of(entry.recipe), false);
    step_seconds_.resize(entries_.size() + 1);
    step_seconds_.back() = pace_.seconds_per_step();
    entries_.push_back(std::move(entry));
    return entries_.size() - 1;
  }

  Recipe flow(Kind kind, Map map, Index layers, std::vector<Index> hidden) const {
    Recipe recipe;
    recipe.architecture = {.kind = kind, .map = map, .layers = layers, .hidden = std::move(hidden)};
    recipe.training = options_.training;
    const Training chosen = chosen_for(recipe.training, rows_.count(), rows_.dim());
    recipe.training.noise = chosen.noise;
    recipe.training.weight_decay = chosen.weight_decay;
    recipe.training.batch_size =
        options_.training.batch_size.value_or(std::min<Index>(*chosen.batch_size, largest_batch));
    recipe.training.epochs.reset();
    return recipe;
  }

  std::size_t better(std::size_t a, std::size_t b) const {
    return entries_[b].mean(heat_folds()) > entries_[a].mean(heat_folds()) ? b : a;
  }

  // First the start of a flow (its base, its units), then its kind, then its noise: each with what was best before it.
  void enter_flows() {
    std::optional<std::size_t> best;
    bool must = true;  // the first ones run in any case
    const auto run = [&](Recipe recipe) {
      if (out_of_time(heats_share + 2 * mixtures_share) && best && !must) return;
      const std::size_t here = heat(std::move(recipe));
      best = best ? better(*best, here) : here;
    };
    const auto vary = [&](const auto& change) {
      Recipe recipe = best ? entries_[*best].recipe : flow(Kind::autoregressive, Map::affine, 5, {64});
      change(recipe);
      run(std::move(recipe));
    };
    run(flow(Kind::autoregressive, Map::affine, 5, {64}));
    if (mixture_ != gaussian_)
      vary([&](Recipe& recipe) {
        recipe.architecture.base = Base::mixture;
        recipe.architecture.components = entries_[mixture_].recipe.architecture.components;
        recipe.white = entries_[mixture_].recipe.white;
      });
    must = false;
    vary([&](Recipe& recipe) { recipe.white = !recipe.white; });
    const bool heavy = units_of(rows_.inside).any_heavy();
    vary([&](Recipe& recipe) { recipe.architecture.base = heavy ? Base::normal : Base::student; });
    const auto kind = [&](Kind of, Map map, Index layers) {
      vary([&](Recipe& recipe) {
        recipe.architecture.kind = of;
        recipe.architecture.map = map;
        recipe.architecture.layers = layers;
        recipe.architecture.hidden = {64, 64};
      });
    };
    kind(Kind::autoregressive, Map::spline, 3);
    if (rows_.dim() + rows_.c.cols() > 1) kind(Kind::coupling, Map::spline, 5);
    if (!options_.training.noise)
      for (const double factor : {0.3, 2.0}) vary([&](Recipe& recipe) { *recipe.training.noise *= factor; });
    finish(*best);
  }

  // The whole training of the best of the heats, as many flows of it as the time allows.
  void finish(std::size_t best) {
    const std::size_t folds = heat_folds();
    const double flow = entries_[best].mean(folds), gaussian = entries_[gaussian_].mean(folds),
                 mixture = entries_[mixture_].mean(folds);
    if (!std::isfinite(flow)) return;
    if (few_ && (flow < gaussian + least_gain || flow < mixture - most_behind)) return;
    Entry entry{entries_[best].recipe, {}, {}, true};
    Index members = few_ ? (options_.members > 0 ? options_.members : static_cast<Index>(folds_.size())) : 1;
    members = std::min(members, static_cast<Index>(folds_.size()));
    const Index enough = options_.steps.value_or(enough_steps(rows_.count()));
    Index steps = enough;
    if (!options_.steps) {
      const double step = step_seconds_[best],
                   left = std::max(5.0, 0.92 * options_.seconds - pace_.seconds());
      const auto affordable = static_cast<Index>(left / step);
      members = std::clamp<Index>(2 * affordable / enough, 1, members);
      steps = std::clamp<Index>(affordable / members, 30, enough);
    }
    entry.recipe.training.steps = steps;
    for (Index m = 0; m < members; ++m) {
      pace_.expect(static_cast<double>((members - m - 1) * steps) *
                   (step_seconds_.empty() ? 0 : step_seconds_[best]));
      if (!fit_or_fail(entry, static_cast<std::size_t>(m + 1),
                       members > 1 ? "flow " + std::to_string(m + 1) + " of " + std::to_string(members)
                                   : words_of(entry.recipe),
                       true))
        break;
      stop_ = stopped();
      if (stop_ > 0) break;
    }
    pace_.expect(-1);
    if (entry.flows.empty()) return;
    flow_ = entries_.size();
    entries_.push_back(std::move(entry));
  }

  // ---- the end

  Part part_of(const Entry& entry, double weight) const {
    Part part{.recipe = entry.recipe, .weight = weight};
    if (entry.is_final && few_) part.members = static_cast<Index>(entry.flows.size());
    if (entry.is_final) part.stop = stop_;
    return part;
  }

  Raced best_of_all() {
    std::size_t best = gaussian_;
    for (const std::size_t i : finalists())
      if (entries_[i].mean(1) > entries_[best].mean(1)) best = i;
    plan_.parts = {part_of(entries_[best], 1)};
    return finished({best});
  }

  // The weights that make the mean density of the held-out rows the highest.
  Raced mean_of_all() {
    const std::vector<std::size_t> finals = finalists();
    const std::size_t folds = flow_ < entries_.size() ? entries_[flow_].held_out.size() : folds_.size();
    Index count = 0;
    for (std::size_t f = 0; f < folds; ++f) count += entries_[gaussian_].held_out[f].size();
    Eigen::MatrixXd density(count, static_cast<Index>(finals.size()));
    for (std::size_t k = 0; k < finals.size(); ++k)
      for (std::size_t f = 0, at = 0; f < folds; ++f) {
        const Eigen::VectorXd& log_prob = entries_[finals[k]].held_out[f];
        density.col(static_cast<Index>(k)).segment(static_cast<Index>(at), log_prob.size()) = log_prob;
        at += static_cast<std::size_t>(log_prob.size());
      }
    density = (density.colwise() - density.rowwise().maxCoeff().eval()).array().exp().max(1e-300);
    const auto size = static_cast<double>(finals.size());
    Eigen::VectorXd weights = Eigen::VectorXd::Constant(static_cast<Index>(finals.size()), 1 / size);
    for (int pass = 0; pass < 500; ++pass) {
      const Eigen::VectorXd sum = density * weights;
      weights = weights.cwiseProduct(density.transpose() * sum.cwiseInverse()) / static_cast<double>(count);
    }
    // The Gaussian stays in any case, for rows far outside of all others, where a flow may say anything.
    weights[0] = std::max(weights[0], 1 / static_cast<double>(rows_.count() + 1));
    std::vector<std::size_t> kept;
    double sum = 0;
    for (std::size_t k = 0; k < finals.size(); ++k)
      if (k == 0 || weights[static_cast<Index>(k)] >= 0.01) {
        kept.push_back(finals[k]);
        plan_.parts.push_back(
            part_of(entries_[finals[k]], std::round(weights[static_cast<Index>(k)] * 1e6) / 1e6));
        sum += plan_.parts.back().weight;
      }
    for (Part& part : plan_.parts) part.weight /= sum;
    return finished(kept);
  }

  std::vector<std::size_t> finalists() const {
    std::vector<std::size_t> finals{gaussian_};
    if (mixture_ != gaussian_) finals.push_back(mixture_);
    if (flow_ < entries_.size()) finals.push_back(flow_);
    return finals;
  }

  // The flows of the kept entries: those that follow from the rows at once are fitted to all of them.
  Raced finished(const std::vector<std::size_t>& kept) {
    std::vector<std::vector<Flow>> flows;
    for (const std::size_t i : kept) {
      Entry& entry = entries_[i];
      if (entry.flows.empty()) {
        Watch all = watch(words_of(entry.recipe), folds_.size());
        all.known = nullptr;
        const Fold held_out = !few_ && entry.recipe.is_trained() ? folds_.front() : Fold();
        entry.flows.push_back(fit_one(entry.recipe, rows_, held_out, options_.training.seed, all).flow);
      }
      flows.push_back(entry.flows);
    }
    return {{joined(plan_, flows, rows_.supports), history_}, plan_, lines_of(kept)};
  }

  std::vector<std::string> lines_of(const std::vector<std::size_t>& kept) const {
    std::vector<std::string> lines{"the race: negative log-likelihood of held-out rows, nats" +
                                   (few_ ? ", in " + std::to_string(folds_.size()) + " folds"
                                         : " over " + std::to_string(folds_.front().size()) + " rows")};
    const auto line = [&](std::size_t i, const std::string& more) {
      const Entry& entry = entries_[i];
      char number[32];
      std::snprintf(number, sizeof number, "%9.3f  ", -entry.mean(entry.held_out.size()));
      const Training& training = entry.recipe.training;
      std::string text = number + words_of(entry.recipe);
      if (entry.recipe.is_trained()) {
        char noise[32];
        std::snprintf(noise, sizeof noise, "%.2g", *training.noise);
        text +=
            std::string(", noise ") + noise + ", " + std::to_string(training.steps.value_or(0)) + " steps";
      }
      lines.push_back(text + more);
    };
    line(gaussian_, "");
    if (mixture_ != gaussian_) line(mixture_, "");
    std::vector<std::size_t> heats;
    for (std::size_t i = 0; i < entries_.size(); ++i)
      if (i != gaussian_ && entries_[i].recipe.is_trained() && !entries_[i].is_final) heats.push_back(i);
    std::stable_sort(heats.begin(), heats.end(), [&](std::size_t a, std::size_t b) {
      return entries_[a].mean(heat_folds()) > entries_[b].mean(heat_folds());
    });
    const std::size_t shown = std::min<std::size_t>(heats.size(), 3);
    for (std::size_t i = shown; i-- > 0;)
      line(heats[i], i + 1 == shown && heats.size() > shown
                         ? "; " + std::to_string(heats.size() - shown) + " others were worse"
                         : "");
    if (flow_ < entries_.size())
      line(flow_, entries_[flow_].flows.size() > 1
                      ? ", each of " + std::to_string(entries_[flow_].flows.size())
                      : "");
    std::string end = "kept:";
    for (std::size_t k = 0; k < kept.size(); ++k) {
      char share[32];
      std::snprintf(share, sizeof share, " %.3g of ", plan_.parts[k].weight);
      const std::size_t count = entries_[kept[k]].flows.size();
      end += (k > 0 ? "," : "") + (kept.size() > 1 ? std::string(share) : std::string(" ")) +
             (count > 1 ? "the mean of " + std::to_string(count) + " × " : "") +
             words_of(entries_[kept[k]].recipe);
    }
    lines.push_back(std::move(end));
    return lines;
  }

  const FitRows& rows_;
  const RaceOptions& options_;
  Pace& pace_;
  bool few_ = true;
  Plan plan_;
  std::vector<Fold> folds_;
  double work_ = 0;
  KnownMixtures known_;
  std::vector<Entry> entries_;
  std::vector<double> step_seconds_;  // of entries that are flows
  std::size_t gaussian_ = 0, mixture_ = 0, flow_ = std::numeric_limits<std::size_t>::max();
  ef::History history_;
  Index stop_ = 0;
  double kept_ = -std::numeric_limits<double>::infinity();  // nats of the density that was kept last
};

}  // namespace

Raced race(const FitRows& rows, const RaceOptions& options, Pace& pace) {
  return Race(rows, options, pace).run();
}

}  // namespace command
