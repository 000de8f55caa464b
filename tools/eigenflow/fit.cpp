// eigenflow fit: from a table to a model file.

#include "fit_options.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <eigenflow/io/model_file.hpp>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <vector>
#ifdef _OPENMP
#include <omp.h>
#endif

#include "checkpoint.hpp"
#include "data.hpp"
#include "fit_data.hpp"
#include "fit_images.hpp"
#include "interrupt.hpp"
#include "judgement.hpp"
#include "look.hpp"
#include "memory.hpp"
#include "model.hpp"
#include "numbers.hpp"
#include "offers.hpp"
#include "output.hpp"
#include "race.hpp"
#include "subcommands.hpp"
#include "table/text.hpp"
#include "train.hpp"
#include "usage_error.hpp"
#include "weighted_units.hpp"
#include "whole.hpp"

namespace command {
namespace {

void set_threads(int threads) {
  if (threads <= 0) return;
#ifdef _OPENMP
  omp_set_num_threads(threads);
#else
  if (threads > 1) std::fprintf(stderr, "eigenflow: built without OpenMP: it uses one thread\n");
#endif
}

void check(const FitChoices& options) {
  check_model_output(options.output, {options.data.path, options.test_data});
  if (!options.checkpoint.empty())
    check_model_output(options.checkpoint, {options.data.path, options.test_data});
  if (options.data.path == "-" && options.test_data == "-")
    throw UsageError("the standard input cannot be read twice: give DATA or --test-data as a file");
  if (options.training.patience > 0 && options.training.validation == 0)
    throw UsageError("--patience waits for a better validation loss: it needs --validation above 0");
}

Sample read_sample(table::Reader& reader, const Columns& columns) {
  return within_memory(reader.source(), "fit a part of its rows, or fewer columns by --columns",
                       [&] { return read(reader, columns); });
}

std::vector<double> units_of(const std::vector<Whole>& whole) {
  std::vector<double> units;
  for (const Whole& column : whole) units.push_back(column.unit);
  return std::any_of(whole.begin(), whole.end(), [](const Whole& column) { return column.is(); })
             ? units
             : std::vector<double>();
}

// What is said of the columns: what the look at them found, which have heavy tails, and which are whole.
std::vector<std::string> remarks(const Look& look, const Scales& scales, Base base, const Columns& columns,
                                 const std::vector<Whole>& whole) {
  std::vector<std::string> names = columns.features;
  names.insert(names.end(), columns.context.begin(), columns.context.end());
  std::vector<std::string> lines = lines_of(look, names);
  const std::size_t count = columns.features.size();
  std::string heavy;
  for (std::size_t j = 0; j < names.size(); ++j)
    if (j < count ? scales.features.heavy[j] : scales.context.heavy[j - count])
      heavy += (heavy.empty() ? "" : ", ") + table::shown(names[j]);
  if (!heavy.empty())
    lines.push_back(
        heavy +
        ": a few values far outside make most of the deviation. The fit takes its units from nine "
        "tenths of the rows" +
        (scales.features.any_heavy() && base == Base::by_tails
             ? ", and a base with heavy tails (--base normal undoes that)"
             : ""));
  for (std::size_t j = 0; j < whole.size(); ++j)
    if (whole[j].is())
      lines.push_back(table::shown(columns.features[j]) + ": whole numbers, spread over " +
                      (whole[j].unit == 1 ? "1" : "their unit, " + decimal(whole[j].unit)) +
                      " each (--continuous takes them as they are)");
  return lines;
}

// A flow of images, in place of one of columns.
void run_images(const FitChoices& options) {
  if (!options.test_data.empty())
    throw UsageError("--test-data is for tables: images are held out by --test");
  if (options.image_flow == ImageFlow::fast_flow && (options.hidden_given || options.levels_given))
    throw UsageError(
        "--hidden and --levels are of a glow: give --architecture glow, or leave them out for a fast_flow");
  ImageFit fit{.path = options.data.path,
               .output = options.output,
               .command_line = options.command_line,
               .image = options.image,
               .flow = options.image_flow,
               .levels = options.levels,
               .test = options.test,
               .quiet = options.quiet,
               .training = options.training};
  if (options.layers_given) fit.steps = options.architecture.layers;
  if (options.hidden_given) {
    const std::vector<Eigen::Index> widths = sizes_of(options.hidden, "--hidden");
    if (widths.size() != 1)
      throw UsageError("--hidden of a glow is one number of channels, but got " +
                       table::shown(options.hidden));
    fit.hidden = widths.front();
  }
  fit_images(fit);
}

// The plan of the one architecture that the options give.
Plan given_plan(const FitChoices& options, const FitRows& rows) {
  Plan plan;
  Part& part = plan.parts.emplace_back();
  part.recipe = {options.architecture, options.white, chosen_for(options.training, rows.worth(), rows.dim())};
  if (options.members > 1) plan.folds = part.members = options.members;
  return plan;
}

Plan noted_plan(const std::string& path) {
  const ef::ModelInfo info = read_model(path).info;
  const auto found = info.notes.find(recipe_note);
  if (found == info.notes.end())
    throw std::runtime_error(path +
                             ": this model does not say how it was fitted, as models of a fit to a table do");
  try {
    return plan_of(found->second);
  } catch (const std::exception& error) {
    throw std::runtime_error(path + ": its note \"recipe\" cannot be read: " + error.what());
  }
}

// The layers of a flow, or the size of a mean of several; and whether it has more parameters than the table numbers.
void say_flow(const Flow& flow, const Plan& plan, Eigen::Index numbers, bool has_far) {
  Eigen::Index densities = has_far ? 1 : 0;
  for (const Part& part : plan.parts) densities += std::max<Eigen::Index>(1, part.members);
  const Eigen::Index parameters = flow.parameters().size();
  if (densities == 1)
    std::cout << flow;
  else
    std::cout << "The mean of " << densities << " densities of " << flow.dim() << " features, " << parameters
              << " parameters\n";
  if (parameters > numbers * densities)
    std::cout << "more parameters than numbers in the table (" << numbers
              << "): only held-out rows can say whether it is right\n";
}

bool races(const FitChoices& options) {
  return options.races && options.like.empty();
}

// What tells this fit from others: its rows and its options, but the time.
std::string fingerprint(const FitChoices& options, const FitRows& rows) {
  Fingerprint print;
  for (const Eigen::MatrixXd* const numbers : {&rows.x, &rows.c, &rows.inside}) print.add(*numbers);
  print.add(Eigen::MatrixXd(rows.weights));
  print.add(text_of(given_plan(options, rows)) + ' ' + decimal(options.training.validation) + ' ' +
            std::to_string(options.training.seed) + ' ' + std::to_string(options.members) +
            (races(options) ? " race" : "") + (options.like.empty() ? "" : " like"));
  return print.text();
}

// The checkpoint, if there is to be one, and what is said of it.
std::optional<Checkpoint> open_checkpoint(const FitChoices& options, const FitRows& rows,
                                          const ef::Notes& notes) {
  std::optional<Checkpoint> checkpoint;
  if (options.checkpoint.empty()) return checkpoint;
  checkpoint.emplace(options.checkpoint, notes, fingerprint(options, rows));
  if (options.quiet) return checkpoint;
  const std::string name = table::escaped(options.checkpoint);
  if (checkpoint->goes_on())
    std::cout << "goes on from " << name << ": " << checkpoint->found() << std::endl;
  else
    std::cout << "kept in " << name << " while it runs: if it is stopped, the same command goes on from there"
              << std::endl;
  return checkpoint;
}

// Fits what the options say: a race, what another fit has chosen, or one architecture.
Raced fit_rows(const FitChoices& options, const FitRows& rows, const ef::Notes& notes, Pace& pace) {
  const Training& training = options.training;
  std::optional<Checkpoint> checkpoint = open_checkpoint(options, rows, notes);
  Checkpoint* const kept = checkpoint ? &*checkpoint : nullptr;
  const std::string nothing = "no model is written";
  Interrupt interrupt(
      nothing + (kept != nullptr ? ", and there is nothing yet for " + options.checkpoint + " to keep"
                                 : " (--checkpoint FILE keeps what is done)"),
      options.checkpoint + " has what is done: the same command goes on from there");
  if (kept != nullptr) {
    if (kept->goes_on()) interrupt.set_kept();
    kept->set_on_write([&interrupt] { interrupt.set_kept(); });
  }
  Raced fitted = [&]() -> Raced {
    if (races(options))
      return race(rows,
                  {.seconds = options.seconds,
                   .steps = training.steps,
                   .members = options.members,
                   .training = training,
                   .checkpoint = kept},
                  pace);
    const Plan plan = options.like.empty() ? given_plan(options, rows) : noted_plan(options.like);
    Watch watch{.pace = pace, .name = "", .bar = !options.quiet};
    watch.checkpoint = kept;
    const double validation = options.like.empty() ? training.validation : validation_of(training);
    Raced followed{follow(plan, rows, validation, training.seed, watch), plan, {}};
    followed.lines = {followed.planned.history.message};
    return followed;
  }();
  if (kept != nullptr)
    ef::save(fitted.planned.flow, options.checkpoint, notes);  // nothing is left to go on with
  return fitted;
}

// Rows of weight 0 are left out, and the weights are checked. Returns what is said of them; nothing without weights.
std::string weigh(Sample& sample, const Columns& columns, const std::string& source) {
  if (columns.weights_position == 0) return {};
  const std::vector<Eigen::Index> rows = weighted_rows(sample, columns, source);
  const Eigen::Index zeros = sample.x.rows() - static_cast<Eigen::Index>(rows.size());
  if (zeros > 0) sample = take(sample, rows);
  char worth[32];
  std::snprintf(worth, sizeof worth, "%.1f", effective_rows(sample.w));
  return "weights " + table::shown(columns.weights) + ": the rows are worth " + worth +
         " rows of one weight, (sum w)²/sum w²" +
         (zeros > 0 ? "; " + std::to_string(zeros) + (zeros == 1 ? " row" : " rows") + " of weight 0 left out"
                    : "");
}

// The share that some rows have of all.
double weight_share(const std::vector<Eigen::Index>& rows, const Sample& all) {
  if (all.w.size() == 0) return static_cast<double>(rows.size()) / static_cast<double>(all.x.rows());
  double sum = 0;
  for (const Eigen::Index i : rows) sum += all.w[i];
  return sum / all.w.sum();
}

void run(FitChoices options) {
  check(options);
  set_threads(options.threads);
  if (!options.image.empty()) return run_images(options);
  Pace pace(!options.quiet, !races(options));
  pace.begin("reading the table");
  options.architecture.hidden = sizes_of(options.hidden, "--hidden");
  const std::unique_ptr<table::Reader> reader = options.data.open();
  const Columns columns = choose(*reader, options.data, options.aside);
  const std::vector<ef::FeatureSupport> supports =
      supports_of(options.positive, options.interval, options.periodic, columns);
  Sample sample = read_sample(*reader, columns);
  say_left_out(*reader);
  const Eigen::Index rows = sample.x.rows();
  check_edges(supports, sample, columns.features, reader->source());
  const std::string of_weights = weigh(sample, columns, reader->source());
  const Look look = look_at(joined(sample), options.all_rows);
  const std::vector<Whole> whole =
      whole_columns(options.integer, options.continuous, look, columns, supports, reader->source());
  const Eigen::Index left_out = sample.x.rows() - static_cast<Eigen::Index>(look.kept.size());
  const Sample far = take(sample, look.far);
  const double far_share = weight_share(look.far, sample);
  if (left_out > 0) sample = take(sample, look.kept);

  Sample test;
  Eigen::Index test_left_out = 0;
  if (!options.test_data.empty()) {
    const std::unique_ptr<table::Reader> other = options.data.open(options.test_data);
    test = read_sample(*other, columns);
    say_left_out(*other);
    check_edges(supports, test, columns.features, options.test_data);
    weigh(test, columns, options.test_data);
    const std::vector<Eigen::Index> kept = kept_rows(look.columns, joined(test));
    test_left_out = test.x.rows() - static_cast<Eigen::Index>(kept.size());
    if (test_left_out > 0) test = take(test, kept);
  } else {
    test = hold_out(sample, options.test, options.training.seed);
  }

  const Scales scales = scales_of(supports, without_edges(supports, sample.x), sample.c, sample.w);
  ef::Notes notes = columns.notes();
  notes["data"] = table::escaped(options.data.path);  // which may be no UTF-8
  notes["rows"] = std::to_string(rows);
  notes["command"] = table::escaped(options.command_line);
  note_whole(columns.features, whole, notes);
  if (!columns.weights.empty()) notes["weights"] = table::escaped(columns.weights);
  if (reader->left_out() > 0) notes["rows_with_missing_values"] = std::to_string(reader->left_out());
  if (left_out > 0) notes["rows_left_out"] = std::to_string(left_out);
  ef::io::check_notes(notes);
  if (!options.quiet) {
    std::cout << rows << " rows of " << table::escaped(notes[columns_note])
              << (columns.context.empty() ? "" : " given " + table::escaped(notes[context_note]))
              << (columns.left_out.empty() ? "" : "; " + columns.left_out) << '\n';
    pace.pause();
    if (!of_weights.empty()) std::cout << of_weights << '\n';
    for (const std::string& line : remarks(look, scales, options.architecture.base, columns, whole))
      std::cout << line << '\n';
    if (far.x.rows() > 0)
      std::cout << "rows far outside have a share of " << decimal(std::round(far_share * 1e6) / 1e6)
                << " of the model, a wide density of their own: they are unlikely, not impossible\n";
    if (const std::string offers = offers_of(sample.x, columns, look, supports, whole, options.continuous);
        !offers.empty())
      std::cout << "the columns look as if these options suited them: " << table::escaped(offers) << '\n';
    std::cout << std::flush;
  }

  const auto dim = static_cast<Eigen::Index>(columns.features.size());
  if (dim == 1 && columns.context.empty()) options.architecture.kind = Kind::autoregressive;
  Raced fitted = within_memory(
      reader->source(),
      "fit fewer rows or columns, or a smaller flow by --layers, --hidden, --bins and --batch", [&] {
        FitRows all(sample.x, sample.c, sample.w, supports, units_of(whole), options.training.seed);
        all.far = density_of_far(all.inside, without_edges(supports, far.x), far_share, supports);
        return fit_rows(options, all, notes, pace);
      });
  pace.pause();
  notes[recipe_note] = text_of(fitted.plan);
  const Planned& trained = fitted.planned;

  std::string held_out = "no rows were held out";
  if (test.x.rows() > 0) {
    const std::vector<std::string> lines = judgement(trained.flow, sample, test, test_left_out);
    notes["held_out"] = lines[0];
    held_out = "held-out negative log-likelihood: " + lines[0];
    if (lines.size() > 1) {
      notes["held_out_near"] = lines[1];
      held_out += "\n                                  " + lines[1];
    }
  }
  ef::save(trained.flow, options.output, notes);
  if (trained.history.stopped == ef::Stopped::non_finite)
    std::fprintf(stderr, "eigenflow: %s\n", trained.history.message.c_str());

  if (options.quiet) return;
  say_flow(trained.flow, fitted.plan, sample.x.size(), far.x.rows() > 0);
  for (const std::string& line : fitted.lines) std::cout << line << '\n';
  std::cout << held_out << '\n';
}

}  // namespace

void add_fit(CLI::App& app, const std::string& command_line) {
  add_fit_options(app, command_line, run);
}

}  // namespace command
