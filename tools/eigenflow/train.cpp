#include "train.hpp"

#include <algorithm>
#include <cmath>
#include <eigenflow/bases/mixture.hpp>
#include <eigenflow/bases/multivariate_normal.hpp>
#include <eigenflow/fit.hpp>
#include <numbers>
#include <stdexcept>

#include "all_but.hpp"
#include "expectation.hpp"
#include "table/table.hpp"
#include "unit_noise.hpp"
#include "weighted_units.hpp"

namespace command {
namespace {

constexpr double kept_every = 10;  // seconds

// Angles about their mean direction, so that it does not matter where they are cut; other columns as they are.
Eigen::MatrixXd about_their_mean(Eigen::MatrixXd x, const std::vector<Eigen::Index>& circles,
                                 const Eigen::VectorXd& weights) {
  for (const Eigen::Index j : circles) {
    Eigen::ArrayXd sine = x.col(j).array().sin(), cosine = x.col(j).array().cos();
    if (weights.size() > 0) {
      sine *= weights.array();
      cosine *= weights.array();
    }
    const double direction = std::atan2(sine.sum(), cosine.sum());
    x.col(j) = x.col(j).unaryExpr(
        [&](double angle) { return std::remainder(angle - direction, 2 * std::numbers::pi); });
  }
  return x;
}

// The matrix that makes the blur of normal noise: of features that vary together, the noise does so too.
Eigen::MatrixXd blur_of(double noise, const FitRows& rows, const Scales& scales,
                        const Eigen::MatrixXd& inside, const Eigen::VectorXd& weights) {
  const std::vector<Eigen::Index> circles = ef::circles_of(rows.supports);
  Eigen::VectorXd sigma = noise * widths_of(scales.features, about_their_mean(inside, circles, weights));
  // The noise of a unit u, whose variance is u²/12, is a part of the blur.
  for (std::size_t j = 0; j < rows.units.size(); ++j) {
    double& s = sigma[static_cast<Eigen::Index>(j)];
    const double u = rows.units[j];
    if (u > 0 && rows.supports.empty()) s = std::sqrt(std::max(0.0, s * s - u * u / 12));
  }
  if (scales.correlations.size() == 0 || noise == 0) return sigma.asDiagonal();
  Eigen::MatrixXd blur = sigma.asDiagonal();
  const std::vector<Eigen::Index> real = all_but(rows.dim(), circles);
  blur(real, real) = sigma(real).asDiagonal() * scales.correlations;
  return blur;
}

// The linear map that layers are before they are trained, behind the units.
Eigen::MatrixXd start_of(const Flow& flow, const Flow& units) {
  const Eigen::Index dim = flow.dim();
  Eigen::MatrixXd corners = Eigen::MatrixXd::Zero(dim + 1, dim);
  corners.bottomRows(dim).setIdentity();
  const Eigen::MatrixXd z = flow.forward(units.inverse(corners).x).z;
  return (z.bottomRows(dim).rowwise() - z.row(0)).transpose();
}

// The flow with a base of Gaussians, fitted to the rows in the units that `units` gives them.
Flow with_mixture(const Flow& flow, const Flow& units, const Eigen::MatrixXd& inside,
                  const Eigen::VectorXd& weights, const Recipe& recipe, const Watch& watch) {
  using Normal = ef::MultivariateNormal<double>;
  using Any = ef::AnyBase<double>;
  const Eigen::Index components = recipe.architecture.components;
  const std::tuple<Eigen::Index, Eigen::Index, bool> key(watch.fold, components, recipe.white);
  Gaussians gaussians;
  if (watch.known != nullptr && watch.known->count(key) > 0) {
    gaussians = watch.known->at(key);
  } else {
    gaussians = fit_gaussians(units.forward(inside).z.transpose(), weights, components, recipe.training.seed,
                              watch.mixture_work);
    if (watch.known != nullptr) watch.known->emplace(key, gaussians);
  }
  gaussians = moved(gaussians, start_of(flow, units));
  Any base(ef::Mixture<Any>(gaussians.size(), Any(Normal(flow.dim()))));
  const Eigen::Index layers = flow.parameters().size(), count = ef::parameter_count(base);
  Eigen::VectorXd theta(layers + count);
  theta.head(layers) = flow.parameters();
  write_gaussians(gaussians, {theta.data() + layers, static_cast<std::size_t>(count)});
  return {flow.layers(), std::move(base), std::move(theta)};
}

// The units of the Gaussian with the mean and the covariance of the rows, whatever their tails.
void take_moments(Scales& scales, const Eigen::MatrixXd& inside, const Eigen::VectorXd& weights) {
  if (!scales.features.any_heavy()) return;  // which circles have not
  const Units moments = moments_of(inside, weights);
  for (Eigen::Index j = 0; j < inside.cols(); ++j) {
    if (!scales.features.heavy[static_cast<std::size_t>(j)]) continue;
    scales.features.middle[j] = moments.middle[j];
    scales.features.scale[j] = moments.scale[j];
    scales.features.heavy[static_cast<std::size_t>(j)] = false;
  }
  if (scales.correlations.rows() == inside.cols())
    scales.correlations = correlations_of(scales.features, inside, weights);
}

Eigen::VectorXd take_weights(const Eigen::VectorXd& weights, const std::vector<Eigen::Index>& rows) {
  if (weights.size() == 0) return {};
  return weights(rows);
}

Architecture without_mixture(Architecture architecture) {
  if (architecture.base == Base::mixture) architecture.base = Base::normal;
  return architecture;
}

// The rows that a flow is trained with.
struct Used {
  const Eigen::MatrixXd& inside;
  const Eigen::VectorXd& weights;
};

// The state of a training every few seconds in the checkpoint.
ef::Checkpoints checkpoints_of(const Flow& flow, Eigen::Index epoch_steps, const Watch& watch) {
  constexpr Eigen::Index between = 50;  // steps, at least
  ef::Checkpoints checkpoints;
  if (watch.checkpoint == nullptr) return checkpoints;
  checkpoints.every = std::max<Eigen::Index>(1, between / std::max<Eigen::Index>(1, epoch_steps));
  checkpoints.load = [&watch] { return watch.checkpoint->take_state(); };
  checkpoints.save = [&, last = -kept_every](const ef::FitState& state) mutable {
    if (watch.pace.seconds() < last + kept_every) return;
    last = watch.pace.seconds();
    watch.checkpoint->set_state(state);
    Flow best = flow;
    best.set_parameters(state.best);
    if (watch.keep) watch.keep(best);
    watch.checkpoint->write();
  };
  return checkpoints;
}

// Trains a flow, or takes what the checkpoint has of it.
ef::History train(Flow& flow, const FitRows& rows, const Scales& scales, const Used& used,
                  const std::vector<Eigen::Index>& held_out, const Training& training, std::uint64_t seed,
                  const Watch& watch) {
  if (watch.checkpoint != nullptr)
    if (const auto ended = watch.checkpoint->begin()) {
      if (ended->size() != flow.parameters().size())
        throw std::runtime_error(watch.checkpoint->path() + ": this is the checkpoint of another flow");
      flow.set_parameters(*ended);
      ef::History history;
      history.message = "the checkpoint had all steps";
      return history;
    }
  const Eigen::Index batch = std::min(*training.batch_size, used.inside.rows()),
                     epoch = used.inside.rows() / batch;
  watch.pace.begin(watch.name, training.steps.value_or(training.epochs.value_or(0) * epoch));
  UnitNoise objective{rows.units, &rows.x, rows.supports, {}, &watch.pace};
  if (*training.noise > 0) objective.blur = blur_of(*training.noise, rows, scales, used.inside, used.weights);
  ef::FitOptions<double> options{.epochs = training.epochs.value_or(0),
                                 .steps = training.steps.value_or(0),
                                 .batch_size = *training.batch_size,
                                 .learning_rate = training.learning_rate,
                                 .clip_norm = 5,
                                 .validation_fraction = 0,
                                 .validation_rows = held_out,
                                 .patience = training.patience,
                                 .weights = rows.weights,
                                 .seed = seed,
                                 .progress = watch.bar,
                                 .checkpoints = checkpoints_of(flow, epoch, watch)};
  if (watch.goes_on) options.callback = watch.goes_on;
  // A rate that falls does its best work at the end, which patience cuts off.
  if (training.patience == 0) options.schedule = ef::cosine_schedule();
  const ef::History history = ef::fit(flow, rows.inside, rows.c, options,
                                      ef::AdamW{.weight_decay = *training.weight_decay}, objective);
  if (history.stopped == ef::Stopped::non_finite && history.best_epoch < 0)
    throw CameToNothing(
        "the training came to nothing: " + history.message.substr(0, history.message.find(';')) +
        ", so that no model is written: lower --learning-rate or --noise, or look for numbers "
        "of extreme size in the table");
  if (watch.checkpoint != nullptr) watch.checkpoint->end(flow);
  return history;
}

}  // namespace

Eigen::Index enough_steps(Eigen::Index rows) {
  return std::clamp<Eigen::Index>(static_cast<Eigen::Index>(60 * std::sqrt(static_cast<double>(rows))), 1500,
                                  30'000);
}

Eigen::Index worth_of(const Eigen::VectorXd& weights, Eigen::Index rows) {
  if (weights.size() == 0) return rows;
  return std::clamp<Eigen::Index>(std::llround(effective_rows(weights)), 1, rows);
}

Training chosen_for(Training training, Eigen::Index rows, Eigen::Index features) {
  const auto n = static_cast<double>(rows), dim = static_cast<double>(features);
  const double batch = std::clamp(std::exp2(std::round(std::log2(n / 64))), 64.0, 1024.0);
  if (!training.batch_size) training.batch_size = static_cast<Eigen::Index>(batch);
  // The bandwidth of a kernel density falls as N^(-1/(4 + D)), and so does the blur that keeps a flow from spikes. It
  // costs about D h²/2 nats, which must stay small.
  if (!training.noise) training.noise = std::min(0.2 * std::pow(n, -1 / (4 + dim)), std::sqrt(0.06 / dim));
  if (!training.weight_decay) training.weight_decay = rows < 10'000 ? 1 : 0.1;
  if (!training.epochs && !training.steps) training.steps = enough_steps(rows);
  return training;
}

bool Recipe::is_trained() const {
  return architecture.layers > 0 || architecture.base == Base::student;
}

FitRows::FitRows(Eigen::MatrixXd rows, Eigen::MatrixXd given, Eigen::VectorXd weight,
                 std::vector<ef::FeatureSupport> edges, std::vector<double> whole, std::uint64_t seed)
    : x(std::move(rows)),
      c(std::move(given)),
      weights(std::move(weight)),
      supports(std::move(edges)),
      units(std::move(whole)),
      judged(x) {
  if (!units.empty()) {
    Eigen::MatrixXd noise(x.rows(), x.cols());
    ef::Rng(seed, 5).fill_uniform(noise);
    for (Eigen::Index j = 0; j < x.cols(); ++j) {
      const auto at = static_cast<std::size_t>(j);
      const ef::FeatureSupport support = supports.empty() ? ef::real() : supports[at];
      for (Eigen::Index i = 0; i < x.rows() && units[at] > 0; ++i)
        judged(i, j) = spread(x(i, j), units[at], support, noise(i, j));
    }
  }
  inside = without_edges(supports, judged);
  if (weights.size() > 0) weights *= static_cast<double>(weights.size()) / weights.sum();
}

Scales scales_of(const std::vector<ef::FeatureSupport>& supports, const Eigen::MatrixXd& inside,
                 const Eigen::MatrixXd& c, const Eigen::VectorXd& weights) {
  const std::vector<Eigen::Index> circles = ef::circles_of(supports);
  Scales scales{units_of(about_their_mean(inside, circles, weights), weights), units_of(c, weights), {}};
  for (const Eigen::Index j : circles) scales.features.heavy[static_cast<std::size_t>(j)] = false;
  const std::vector<Eigen::Index> real = all_but(inside.cols(), circles);
  if (!real.empty())
    scales.correlations = correlations_of(scales.features.of(real), inside(Eigen::all, real), weights);
  return scales;
}

Fitted fit_one(const Recipe& recipe, const FitRows& rows, const std::vector<Eigen::Index>& held_out,
               std::uint64_t seed, const Watch& watch) {
  const std::vector<Eigen::Index> used = all_but(rows.count(), held_out);
  const Eigen::MatrixXd inside = table::take_rows(rows.inside, used), c = table::take_rows(rows.c, used);
  const Eigen::VectorXd weights = take_weights(rows.weights, used);
  Scales scales = scales_of(rows.supports, inside, c, weights);
  if (!recipe.is_trained() && recipe.architecture.base != Base::mixture)
    take_moments(scales, inside, weights);
  const Training training = chosen_for(recipe.training, worth_of(weights, inside.rows()), rows.dim());
  Scales start = scales;
  if (!recipe.white) start.correlations.resize(0, 0);
  Flow flow = make_flow(without_mixture(recipe.architecture), start, ef::circles_of(rows.supports), seed);
  if (recipe.architecture.base == Base::mixture) {
    watch.pace.begin(watch.name);
    const Flow units = make_flow({.base = Base::normal, .layers = 0}, start, {}, 0);
    flow = with_mixture(flow, units, inside, weights, recipe, watch);
    flow.freeze("base");  // a step of the optimizer may be longer than a component is wide
  }

  ef::History history;
  if (recipe.is_trained())
    history = train(flow, rows, scales, {inside, weights}, held_out, training, seed, watch);
  Eigen::VectorXd log_prob(0);
  if (!held_out.empty())
    log_prob = with_edges(flow, rows.supports)
                   .log_prob(table::take_rows(rows.judged, held_out), table::take_rows(rows.c, held_out));
  return {std::move(flow), std::move(history), std::move(log_prob)};
}

}  // namespace command
