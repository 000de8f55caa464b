#include "race.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <string>
#include <utility>

#include "choice.hpp"
#include "race_lines.hpp"
#include "table/table.hpp"

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
constexpr int most_smaller = 3;                            // noises, each 0.3 times the one before
constexpr double unknown = std::numeric_limits<double>::lowest();
constexpr double patience = 1.1;         // times the time, after which the last fit is stopped
constexpr double work_per_second = 4e8;  // multiplications of a mixture's fit

// A race on some rows.
class Race {
 public:
  Race(const FitRows& rows, const RaceOptions& options, Pace& pace)
      : rows_(rows), options_(options), pace_(pace) {
    few_ = rows.count() < few_rows;
    if (options.checkpoint != nullptr && !options.checkpoint->choice().empty())
      chosen_ = choice_of(options.checkpoint->choice());
    if (few_)
      plan_.folds = std::clamp<Index>(options.members > 1 ? options.members : default_folds, 2,
                                      std::max<Index>(2, rows.count() / 2));
    if (chosen_) plan_.folds = chosen_->folds;
    folds_ = folds_of(plan_, rows.count(), validation_of(options.training), options.training.seed);
    if (!options.steps) pace.limit(options.seconds);
    work_ = mixtures_share * work_per_second * (options.steps ? 180 : options.seconds);
    plan_.work = std::round(work_ / (!few_ ? 1.5 : mixture_folds() > 1 ? 40 : 10));
    if (!chosen_) return;
    plan_.work = chosen_->work;
    kept_ = chosen_->of_heat;
  }

  Raced run() {
    entries_.gaussian = enter(chosen_ ? chosen_->gaussian : gaussian(), folds_.size());
    entries_.mixture = entries_.gaussian;
    if (chosen_) {
      if (chosen_->has_mixture) entries_.mixture = enter(chosen_->mixture, folds_.size());
      train_to_the_end(*chosen_, Entries::none);
    } else {
      if (rows_.dim() > 0 && rows_.c.cols() == 0 && !rows_.has_circles()) enter_mixtures();
      if (rows_.count() >= fewest_for_flows) enter_flows();
    }
    return few_ ? mean_of_all() : best_of_all();
  }

 private:
  // ---- entries

  Watch watch(std::string name, std::size_t fold) {
    Watch watch{.pace = pace_, .name = std::move(name), .known = &known_, .fold = static_cast<Index>(fold)};
    watch.mixture_work = plan_.work;
    return watch;
  }

  // What a fit is for: to judge the recipe; to judge it by flows that may be kept; to be kept.
  enum class Use { judge, heat, last };

  // Fits a recipe to the folds after those that it has, up to `folds`.
  void fit(Entry& entry, std::size_t folds, const std::string& name, Use use) {
    entry.recipe.training.seed = options_.training.seed;
    entry.recipe.training.learning_rate = options_.training.learning_rate;
    for (std::size_t f = entry.held_out.size(); f < folds; ++f) {
      const bool several = folds > 1 && use != Use::last;
      Watch own = watch(
          several ? name + " (" + std::to_string(f + 1) + " of " + std::to_string(folds) + ")" : name, f);
      if (use == Use::last) keep_in_checkpoint(own, f);
      if (!options_.steps)
        own.goes_on = [&](const ef::Epoch&) {
          return pace_.seconds() < (use == Use::last ? patience : 1) * options_.seconds;
        };
      Fitted fitted = fit_one(entry.recipe, rows_, folds_[f],
                              member_seed(options_.training.seed, static_cast<Index>(f)), own);
      entry.held_out.push_back({std::move(fitted.held_out), weights_of(folds_[f])});
      history_ = std::move(fitted.history);
      entry.was_stopped = entry.was_stopped || stopped() > 0;
      const bool is_news = use == Use::last || !chosen_;  // a checkpoint has what was before its choice
      if (f == 0 && options_.checkpoint != nullptr && is_news && entry.mean(1) > kept_) {
        kept_ = entry.mean(1);
        options_.checkpoint->set_model(model_of(fitted.flow, rows_));
        options_.checkpoint->write();
      }
      if (use != Use::judge) entry.flows.push_back(std::move(fitted.flow));
    }
  }

  Eigen::VectorXd weights_of(const Fold& fold) const {
    if (rows_.weights.size() == 0) return {};
    return rows_.weights(fold);
  }

  // The state of a last training is kept, and its flow if it is the best so far.
  void keep_in_checkpoint(Watch& own, std::size_t fold) {
    own.checkpoint = options_.checkpoint;
    own.keep = [this, fold](const Flow& flow) {
      if (fold > 0) return;  // a flow of the first fold is there, which no other can be compared with
      const Flow model = with_edges(flow, rows_.supports);
      const Fold& rows = folds_[fold];
      const double here =
          Judged{model.log_prob(table::take_rows(rows_.judged, rows), table::take_rows(rows_.c, rows)),
                 weights_of(rows)}
              .mean();
      if (!(here > kept_)) return;
      kept_ = here;
      options_.checkpoint->set_model(model_of(flow, rows_));
    };
  }

  // A flow whose training comes to nothing is out of the race.
  bool fit_or_fail(Entry& entry, std::size_t folds, const std::string& name, Use use) {
    try {
      fit(entry, folds, name, use);
      return true;
    } catch (const CameToNothing&) {
      constexpr double infinity = std::numeric_limits<double>::infinity();
      if (use != Use::last) entry.held_out = {{Eigen::VectorXd::Constant(1, -infinity), {}}};
      return false;
    }
  }

  // The steps after which the clock stopped the last fit; 0: it took all.
  Index stopped() const {
    return history_.stopped == ef::Stopped::callback ? history_.epochs.back().steps : 0;
  }

  std::size_t enter(Recipe recipe, std::size_t folds) {
    Entry& entry = entries_.all.emplace_back(Entry{.recipe = std::move(recipe)});
    fit(entry, folds, words_of(entry.recipe), Use::judge);
    return entries_.all.size() - 1;
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
    std::size_t best = entries_.gaussian;
    for (const bool white : {true, false}) {
      int worse = 0;
      for (const Index components : {2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64}) {
        if (components * (dim + 2) > used || worse >= 2 || out_of_time(mixtures_share * (white ? 1 : 2)))
          break;
        Recipe recipe{.architecture = {.base = Base::mixture, .layers = 0, .components = components}};
        recipe.white = white;
        const std::size_t here = enter(std::move(recipe), folds);
        if (entries_.all[here].mean(folds) > entries_.all[best].mean(folds)) {
          best = here;
          worse = 0;
        } else if (components >= entries_.all[best].recipe.architecture.components) {
          ++worse;
        }
      }
    }
    entries_.mixture = best;
    fit(entries_.all[best], folds_.size(), words_of(entries_.all[best].recipe), Use::judge);
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

  // The folds that heats are judged by.
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
      Entry ignored{.recipe = probe};
      fit_or_fail(ignored, 1, "the time of a step", Use::judge);
      const double step = pace_.seconds_per_step(), left = heats_share * options_.seconds / 8;
      const auto affordable = static_cast<Index>(left / (step * static_cast<double>(folds)));
      steps = std::clamp<Index>(affordable, 30, steps);
    }
    recipe.training.steps = steps;
    Entry entry{.recipe = std::move(recipe)};
    fit_or_fail(entry, folds, words_of(entry.recipe), Use::heat);
    step_seconds_.resize(entries_.all.size() + 1);
    step_seconds_.back() = pace_.seconds_per_step();
    entries_.all.push_back(std::move(entry));
    return entries_.all.size() - 1;
  }

  Recipe flow(Kind kind, Map map, Index layers, std::vector<Index> hidden) const {
    Recipe recipe;
    recipe.architecture = {.kind = kind, .map = map, .layers = layers, .hidden = std::move(hidden)};
    recipe.training = options_.training;
    const Training chosen = chosen_for(recipe.training, rows_.worth(), rows_.dim());
    recipe.training.noise = chosen.noise;
    recipe.training.weight_decay = chosen.weight_decay;
    recipe.training.batch_size =
        options_.training.batch_size.value_or(std::min<Index>(*chosen.batch_size, largest_batch));
    recipe.training.epochs.reset();
    return recipe;
  }

  std::size_t better(std::size_t a, std::size_t b) const {
    return entries_.all[b].mean(heat_folds()) > entries_.all[a].mean(heat_folds()) ? b : a;
  }

  // First the start of a flow (its base, its units), then its kind, then its noise: each with what was best before it.
  void enter_flows() {
    std::optional<std::size_t> best;
    bool must = true;  // the first ones run in any case
    const auto run = [&](Recipe recipe) {
      if (out_of_time(heats_share + 2 * mixtures_share) && best && !must) return false;
      const std::size_t here = heat(std::move(recipe));
      const std::size_t now = best ? better(*best, here) : here;
      if (now != here) entries_.all[here].flows.clear();
      if (best && now != *best) entries_.all[*best].flows.clear();
      best = now;
      return now == here;
    };
    const auto vary = [&](const auto& change) {
      Recipe recipe = best ? entries_.all[*best].recipe : flow(Kind::autoregressive, Map::affine, 5, {64});
      change(recipe);
      return run(std::move(recipe));
    };
    run(flow(Kind::autoregressive, Map::affine, 5, {64}));
    if (entries_.mixture != entries_.gaussian)
      vary([&](Recipe& recipe) {
        recipe.architecture.base = Base::mixture;
        recipe.architecture.components = entries_.all[entries_.mixture].recipe.architecture.components;
        recipe.white = entries_.all[entries_.mixture].recipe.white;
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
    if (!options_.training.noise) {
      const auto times = [&](double factor) {
        return vary([&](Recipe& recipe) { *recipe.training.noise *= factor; });
      };
      for (int smaller = 0; smaller < most_smaller && times(0.3);) ++smaller;  // as sharp as the rows are
      times(2);
    }
    finish(*best);
  }

  // The whole training of the best of the heats, as many flows of it as the time allows.
  void finish(std::size_t best) {
    const std::size_t folds = heat_folds();
    const double flow = entries_.all[best].mean(folds),
                 gaussian = entries_.all[entries_.gaussian].mean(folds),
                 mixture = entries_.all[entries_.mixture].mean(folds);
    if (!std::isfinite(flow)) return;
    if (few_ && (flow < gaussian + least_gain || flow < mixture - most_behind)) return;
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
    Choice choice{.folds = plan_.folds, .work = plan_.work};
    choice.gaussian = entries_.all[entries_.gaussian].recipe;
    choice.has_mixture = entries_.has_mixture();
    choice.mixture = entries_.all[entries_.mixture].recipe;
    choice.heat = choice.flow.recipe = entries_.all[best].recipe;
    choice.flow.recipe.training.steps = steps;
    choice.flow.members = members;
    // A training that the clock stopped would not be the same again.
    choice.of_heat = entries_.all[best].was_stopped
                         ? unknown
                         : entries_.all[best].mean(std::min(folds, static_cast<std::size_t>(members)));
    if (options_.checkpoint != nullptr) {
      options_.checkpoint->choose(text_of(choice));
      options_.checkpoint->write();
    }
    train_to_the_end(choice, best);
  }

  // The last training. `heat` is the place of the shorter one, or none where a checkpoint has the choice.
  void train_to_the_end(const Choice& choice, std::size_t heat) {
    Entry entry{.recipe = choice.flow.recipe, .is_final = true};
    const Index members = choice.flow.members;
    const double step = heat < step_seconds_.size() ? step_seconds_[heat] : 0;
    for (Index m = 0; m < members; ++m) {
      pace_.expect(static_cast<double>((members - m - 1) * entry.recipe.training.steps.value_or(0)) * step);
      if (!fit_or_fail(entry, static_cast<std::size_t>(m + 1), member_name(entry, m, members), Use::last))
        break;
      stop_ = stopped();
      if (stop_ > 0) break;
    }
    pace_.expect(-1);
    const std::size_t both = std::min(heat_folds(), static_cast<std::size_t>(members));
    if (!entry.flows.empty() && !(entry.mean(both) < choice.of_heat)) {
      entries_.flow = entries_.all.size();
    } else if (choice.of_heat > unknown) {
      take_heat(choice, heat, std::max(heat_folds(), entry.flows.size()));
      if (!entry.flows.empty()) entries_.worse = entries_.all.size();
      entry.flows.clear();
      stop_ = 0;
    }
    entries_.all.push_back(std::move(entry));
  }

  // The shorter training was better: its flows, and more of them.
  void take_heat(const Choice& choice, std::size_t heat, std::size_t members) {
    Entry entry{.recipe = choice.heat};
    if (heat != Entries::none) {
      entry = entries_.all[heat];
      entries_.all[heat].flows.clear();
    }
    entry.is_final = true;
    fit(entry, members, words_of(entry.recipe), Use::heat);
    entries_.flow = entries_.all.size();
    entries_.all.push_back(std::move(entry));
  }

  static std::string member_name(const Entry& entry, Index member, Index members) {
    return members > 1 ? "flow " + std::to_string(member + 1) + " of " + std::to_string(members)
                       : words_of(entry.recipe);
  }

  // ---- the end

  Part part_of(const Entry& entry, double weight) const {
    Part part{.recipe = entry.recipe, .weight = weight};
    if (entry.is_final && few_) part.members = static_cast<Index>(entry.flows.size());
    if (entry.is_final) part.stop = stop_;
    return part;
  }

  Raced best_of_all() {
    std::size_t best = entries_.gaussian;
    for (const std::size_t i : finalists())
      if (entries_.all[i].mean(1) > entries_.all[best].mean(1)) best = i;
    plan_.parts = {part_of(entries_.all[best], 1)};
    return finished({best});
  }

  // The shares that make the mean density of the held-out rows the highest.
  Raced mean_of_all() {
    const std::vector<std::size_t> finals = finalists();
    std::vector<const Entry*> densities;
    for (const std::size_t i : finals) densities.push_back(&entries_.all[i]);
    Eigen::VectorXd shares = best_shares(
        densities, entries_.has_flow() ? entries_.all[entries_.flow].held_out.size() : folds_.size());
    // The Gaussian stays in any case, for rows far outside of all others, where a flow may say anything.
    shares[0] = std::max(shares[0], 1 / static_cast<double>(rows_.count() + 1));
    std::vector<std::size_t> kept;
    double sum = 0;
    for (std::size_t k = 0; k < finals.size(); ++k)
      if (const double share = shares[static_cast<Index>(k)]; k == 0 || share >= 0.01) {
        kept.push_back(finals[k]);
        plan_.parts.push_back(part_of(entries_.all[finals[k]], std::round(share * 1e6) / 1e6));
        sum += plan_.parts.back().weight;
      }
    for (Part& part : plan_.parts) part.weight /= sum;
    return finished(kept);
  }

  std::vector<std::size_t> finalists() const {
    std::vector<std::size_t> finals{entries_.gaussian};
    if (entries_.has_mixture()) finals.push_back(entries_.mixture);
    if (entries_.has_flow()) finals.push_back(entries_.flow);
    return finals;
  }

  // The flows of the kept entries: those that follow from the rows at once are fitted to all of them.
  Raced finished(const std::vector<std::size_t>& kept) {
    std::vector<std::vector<Flow>> flows;
    for (const std::size_t i : kept) {
      Entry& entry = entries_.all[i];
      if (entry.flows.empty()) {
        Watch all = watch(words_of(entry.recipe), folds_.size());
        all.known = nullptr;
        const Fold held_out = !few_ && entry.recipe.is_trained() ? folds_.front() : Fold();
        entry.flows.push_back(fit_one(entry.recipe, rows_, held_out, options_.training.seed, all).flow);
      }
      flows.push_back(entry.flows);
    }
    return {{joined(plan_, flows, rows_), history_},
            plan_,
            lines_of(entries_, plan_, kept, folds_, heat_folds())};
  }

  const FitRows& rows_;
  const RaceOptions& options_;
  Pace& pace_;
  bool few_ = true;
  std::optional<Choice> chosen_;  // by the race that a checkpoint is of
  Plan plan_;
  std::vector<Fold> folds_;
  double work_ = 0;
  KnownMixtures known_;
  Entries entries_;
  std::vector<double> step_seconds_;  // of entries that are flows
  ef::History history_;
  Index stop_ = 0;
  double kept_ = -std::numeric_limits<double>::infinity();  // nats of the model that the checkpoint has
};

}  // namespace

Raced race(const FitRows& rows, const RaceOptions& options, Pace& pace) {
  return Race(rows, options, pace).run();
}

}  // namespace command
