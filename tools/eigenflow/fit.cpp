// eigenflow fit: from a table to a model file.

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <eigenflow/io/model_file.hpp>
#include <functional>
#include <iostream>
#include <limits>
#include <map>
#include <memory>
#include <string>
#include <vector>
#ifdef _OPENMP
#include <omp.h>
#endif

#include "data.hpp"
#include "fit_data.hpp"
#include "fit_images.hpp"
#include "judgement.hpp"
#include "look.hpp"
#include "memory.hpp"
#include "model.hpp"
#include "numbers.hpp"
#include "options.hpp"
#include "output.hpp"
#include "race.hpp"
#include "subcommands.hpp"
#include "table/text.hpp"
#include "train.hpp"
#include "usage_error.hpp"
#include "whole.hpp"

namespace command {
namespace {

struct Options {
  DataOptions data;
  std::string output, test_data, integer, continuous, hidden = "64,64";
  std::vector<std::string> positive, interval, periodic;
  double test = 0.1;
  int threads = 0;  // 0: all
  bool quiet = false, all_rows = false;
  Architecture architecture;
  Training training;
  std::string command_line;

  // Of a race
  double seconds = 180;
  Eigen::Index members = 0;
  std::string like, checkpoint;
  bool white = true;  // the flow begins as the Gaussian
  bool races = true;  // false: the architecture is given

  // Of images
  std::string image;
  ImageFlow image_flow = ImageFlow::fast_flow;
  Eigen::Index levels = 2;
  bool layers_given = false, hidden_given = false, levels_given = false;
};

void set_threads(int threads) {
  if (threads <= 0) return;
#ifdef _OPENMP
  omp_set_num_threads(threads);
#else
  if (threads > 1) std::fprintf(stderr, "eigenflow: built without OpenMP: one thread alone\n");
#endif
}

void check(const Options& options) {
  check_model_output(options.output, {options.data.path, options.test_data});
  if (!options.checkpoint.empty())
    check_model_output(options.checkpoint, {options.data.path, options.test_data});
  if (options.data.path == "-" && options.test_data == "-")
    throw UsageError("the standard input cannot be read twice: give DATA or --test-data as a file");
  if (options.training.patience > 0 && options.training.validation == 0)
    throw UsageError("--patience waits for a better validation loss: it wants --validation above 0");
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
void run_images(const Options& options) {
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
Plan given_plan(const Options& options, const FitRows& rows) {
  Plan plan;
  Part& part = plan.parts.emplace_back();
  part.recipe = {options.architecture, options.white, chosen_for(options.training, rows.count(), rows.dim())};
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
void say_flow(const Flow& flow, const Plan& plan, Eigen::Index numbers) {
  Eigen::Index densities = 0;
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

// Fits what the options say: a race, what another fit has chosen, or one architecture.
Raced fit_rows(const Options& options, const FitRows& rows, const ef::Notes& notes) {
  const bool races = options.races && options.like.empty();
  Pace pace(!options.quiet, !races);
  const Training& training = options.training;
  std::function<void(const Flow&)> keep;
  if (!options.checkpoint.empty())
    keep = [&](const Flow& flow) { ef::save(flow, options.checkpoint, notes); };
  if (races) {
    const RaceOptions how{.seconds = options.seconds,
                          .steps = training.steps,
                          .members = options.members,
                          .training = training,
                          .keep = keep};
    return race(rows, how, pace);
  }
  const Plan plan = options.like.empty() ? given_plan(options, rows) : noted_plan(options.like);
  const Watch watch{.pace = pace, .name = "", .bar = !options.quiet, .keep = keep};
  const double validation = options.like.empty() ? training.validation : validation_of(training);
  Raced fitted{follow(plan, rows, validation, training.seed, watch), plan, {}};
  fitted.lines = {fitted.planned.history.message};
  return fitted;
}

void run(Options options) {
  check(options);
  set_threads(options.threads);
  if (!options.image.empty()) return run_images(options);
  options.architecture.hidden = sizes_of(options.hidden, "--hidden");
  const std::unique_ptr<table::Reader> reader = options.data.open();
  const Columns columns = choose(*reader, options.data);
  const std::vector<ef::FeatureSupport> supports =
      supports_of(options.positive, options.interval, options.periodic, columns);
  Sample sample = read_sample(*reader, columns);
  const Eigen::Index rows = sample.x.rows();
  check_edges(supports, sample, columns.features, reader->source());
  const Look look = look_at(joined(sample), options.all_rows);
  const std::vector<Whole> whole =
      whole_columns(options.integer, options.continuous, look, columns, supports, reader->source());
  const Eigen::Index left_out = rows - static_cast<Eigen::Index>(look.kept.size());
  if (left_out > 0) sample = take(sample, look.kept);

  Sample test;
  Eigen::Index test_left_out = 0;
  if (!options.test_data.empty()) {
    const std::unique_ptr<table::Reader> other = options.data.open(options.test_data);
    test = read_sample(*other, columns);
    check_edges(supports, test, columns.features, options.test_data);
    const std::vector<Eigen::Index> kept = kept_rows(look.columns, joined(test));
    test_left_out = test.x.rows() - static_cast<Eigen::Index>(kept.size());
    if (test_left_out > 0) test = take(test, kept);
  } else {
    test = hold_out(sample, options.test, options.training.seed);
  }

  const Scales scales = scales_of(supports, without_edges(supports, sample.x), sample.c);
  ef::Notes notes = columns.notes();
  notes["data"] = table::escaped(options.data.path);  // which may be no UTF-8
  notes["rows"] = std::to_string(rows);
  notes["command"] = table::escaped(options.command_line);
  note_whole(columns.features, whole, notes);
  if (left_out > 0) notes["rows_left_out"] = std::to_string(left_out);
  ef::io::check_notes(notes);
  if (!options.quiet) {
    std::cout << rows << " rows of " << table::escaped(notes[columns_note])
              << (columns.context.empty() ? "" : " given " + table::escaped(notes[context_note]))
              << (columns.left_out.empty() ? "" : "; " + columns.left_out) << '\n';
    for (const std::string& line : remarks(look, scales, options.architecture.base, columns, whole))
      std::cout << line << '\n';
    std::cout << std::flush;
  }

  const auto dim = static_cast<Eigen::Index>(columns.features.size());
  if (dim == 1 && columns.context.empty()) options.architecture.kind = Kind::autoregressive;
  Raced fitted = within_memory(
      reader->source(),
      "fit fewer rows or columns, or a smaller flow by --layers, --hidden, --bins and --batch", [&] {
        return fit_rows(options,
                        FitRows(sample.x, sample.c, supports, units_of(whole), options.training.seed), notes);
      });
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
  say_flow(trained.flow, fitted.plan, sample.x.size());
  for (const std::string& line : fitted.lines) std::cout << line << '\n';
  std::cout << held_out << '\n';
}

enum class Unit { standard, white };

// One of a few names, handed on as its number.
template <class Enum>
CLI::Validator choice(const std::map<std::string, Enum>& names) {
  const auto number = [names](std::string& text) -> std::string {
    const auto found = names.find(text);
    if (found != names.end()) {
      text = std::to_string(static_cast<int>(found->second));
      return {};
    }
    std::string all;
    for (const auto& [name, value] : names) all += (all.empty() ? "" : " or ") + name;
    return "wants " + all + ", but got \"" + text + '"';
  };
  return {number, ""};
}

}  // namespace

void add_fit(CLI::App& app, const std::string& command_line) {
  CLI::App* const sub = app.add_subcommand("fit", "Learn the density of a table and keep it in a file");
  const auto options = std::make_shared<Options>();
  Options& o = *options;
  o.command_line = command_line;
  Architecture& a = o.architecture;
  Training& t = o.training;
  constexpr std::uint64_t many = 1'000'000'000;
  add_text(*sub, "DATA", o.data.path, "A table, one sample a row")->required();
  add_text(*sub, "-o,--output", o.output, "The model file to write")->required()->type_name("MODEL");
  add_data_options(*sub, o.data);
  sub->add_option("--positive", o.positive, "Columns whose values are above zero")
      ->type_name("NAMES")
      ->expected(1)
      ->take_all();
  sub->add_option("--interval", o.interval, "A column whose values lie between two numbers")
      ->type_name("NAME:LOW:HIGH")
      ->expected(1)
      ->take_all();
  sub->add_option("--periodic", o.periodic,
                  "A column of angles, for which two numbers are one point: phi:0:360")
      ->type_name("NAME:LOW:HIGH")
      ->expected(1)
      ->take_all();
  add_text(*sub, "--integer", o.integer, "Columns of whole numbers (found where there are more than a few)")
      ->type_name("NAMES");
  add_text(*sub, "--continuous", o.continuous, "Columns that are none, though their values are whole")
      ->type_name("NAMES");
  sub->add_flag("--all-rows", o.all_rows,
                "Fit rows too that lie far outside or have a mark of missing values");

  const std::string model = "Architecture", fitting = "Training", images = "Images";
  CLI::Option* const image =
      add_text(*sub, "--image", o.image,
               "Rows are images or feature maps: channels x height x width, as 64x16x16")
          ->type_name("CxHxW")
          ->group(images);
  sub->add_option("--architecture", o.image_flow,
                  "fast_flow, which finds defects, or glow, which samples images")
      ->transform(choice<ImageFlow>({{"fast_flow", ImageFlow::fast_flow}, {"glow", ImageFlow::glow}}))
      ->type_name("fast_flow|glow")
      ->needs(image)
      ->group(images);
  CLI::Option* const levels =
      add_whole(*sub, "--levels", o.levels, 1, 20, "Levels of a glow, each of which halves the sides")
          ->needs(image)
          ->group(images);
  sub->add_option("--type", a.kind,
                  "coupling, fast both ways, or autoregressive, one feature after the other")
      ->transform(choice<Kind>({{"coupling", Kind::coupling}, {"autoregressive", Kind::autoregressive}}))
      ->type_name("coupling|autoregressive")
      ->group(model);
  sub->add_option("--transformer", a.map, "spline or affine")
      ->transform(choice<Map>({{"spline", Map::spline}, {"affine", Map::affine}}))
      ->type_name("spline|affine")
      ->group(model);
  sub->add_option(
         "--base", a.base,
         "normal, student for heavy tails, or a mixture of normals (default: by the tails of the columns)")
      ->transform(
          choice<Base>({{"normal", Base::normal}, {"student", Base::student}, {"mixture", Base::mixture}}))
      ->type_name("normal|student|mixture")
      ->group(model);
  CLI::Option* const layers =
      add_whole(*sub, "--layers", a.layers, 0, 1000, "Layers; of a flow of images its steps (8)")
          ->group(model);
  CLI::Option* const hidden =
      sub->add_option("--hidden", o.hidden, "Widths of the hidden layers of each network")
          ->type_name("W,W...")
          ->capture_default_str()
          ->group(model);
  add_whole(*sub, "--bins", a.bins, 2, 1000, "Bins of a spline")->group(model);
  add_whole(*sub, "--components", a.components, 1, 10'000, "Normals of a base that is a mixture")
      ->group(model);
  add_number(*sub, "--dropout", a.dropout, {.low = 0, .high = 0.9},
             "Share of the hidden values that a step leaves out")
      ->group(model);

  sub->add_option("--units", o.white,
                  "A flow begins with white units, and so as the Gaussian, or with standard ones")
      ->transform(choice<Unit>({{"white", Unit::white}, {"standard", Unit::standard}}))
      ->type_name("white|standard")
      ->group(model);

  const std::string racing = "Race";
  CLI::Option* const time =
      sub->add_option_function<std::string>(
             "--time", [&o](const std::string& text) { o.seconds = seconds_of(text, "--time"); },
             "How long the race may take, as 90s, 3m or 1h")
          ->type_name("TIME")
          ->default_str("3m")
          ->group(racing);
  CLI::Option* const quick = sub->add_flag_callback(
                                    "--quick", [&o] { o.seconds = 20; }, "At most 20 seconds")
                                 ->excludes(time)
                                 ->group(racing);
  CLI::Option* const thorough = sub->add_flag_callback(
                                       "--thorough", [&o] { o.seconds = 1200; }, "At most 20 minutes")
                                    ->excludes(time)
                                    ->excludes(quick)
                                    ->group(racing);
  add_whole(*sub, "--members", o.members, 1, 1000,
            "Flows to average, each with its own held-out rows (default: 5 for few rows)")
      ->group(racing);
  CLI::Option* const like =
      add_text(*sub, "--like", o.like, "Fit what the race of that model has chosen, without a race")
          ->type_name("MODEL")
          ->group(racing);

  CLI::Option* const epochs =
      add_whole(*sub, "--epochs", t.epochs, 1, many, "Passes over the rows (default: by their number)")
          ->group(fitting);
  add_whole(*sub, "--steps", t.steps, 1, many, "Steps of the optimizer, in place of epochs")
      ->excludes(epochs)
      ->group(fitting);
  add_whole(*sub, "--batch", t.batch_size, 1, many, "Rows a step (default: by the number of rows)")
      ->group(fitting);
  add_number(*sub, "--learning-rate", t.learning_rate, {.low = 0, .above = true}, "Of the first step")
      ->group(fitting);
  add_number(*sub, "--weight-decay", t.weight_decay, {.low = 0}, "Pull of the weights to zero")
      ->group(fitting);
  add_number(*sub, "--noise", t.noise, {.low = 0},
             "Blur of the training rows, in standard deviations (default: by their number)")
      ->group(fitting);
  add_number(*sub, "--validation", t.validation, {.low = 0, .high = 0.9},
             "Share of the rows that the best parameters are chosen by")
      ->group(fitting);
  add_whole(*sub, "--patience", t.patience, 0, many,
            "Stop after so many epochs without a better validation loss")
      ->group(fitting);
  CLI::Option* const share = add_number(*sub, "--test", o.test, {.low = 0, .high = 0.9},
                                        "Share of the rows that is held out to judge the model by")
                                 ->group(fitting);
  add_text(*sub, "--test-data", o.test_data, "Another table to judge it by")
      ->excludes(share)
      ->type_name("DATA")
      ->group(fitting);
  add_text(*sub, "--checkpoint", o.checkpoint, "Where the best model so far is written every few seconds")
      ->type_name("MODEL")
      ->group(fitting);
  add_whole(*sub, "--seed", t.seed, 0, std::numeric_limits<std::uint64_t>::max(), "Of all that is random")
      ->group(fitting);
  add_whole(*sub, "--threads", o.threads, 1, 1024, "Threads (default: all cores)")->group(fitting);
  sub->add_flag("--quiet", o.quiet, "Neither a progress bar nor a summary");
  for (CLI::Option* const of_race : {time, quick, thorough, like}) image->excludes(of_race);
  for (const char* const of_columns :
       {"--columns",     "--context",  "--positive", "--interval",  "--periodic",  "--integer",
        "--continuous",  "--all-rows", "--header",   "--no-header", "--decimal",   "--type",
        "--transformer", "--base",     "--bins",     "--noise",     "--test-data", "--components",
        "--dropout",     "--units",    "--members",  "--checkpoint"})
    image->excludes(sub->get_option(of_columns));
  sub->footer(
      "Examples:\n"
      "  eigenflow fit old_faithful.csv -o geyser.eigenflow\n"
      "  eigenflow fit weather.csv -o wind.eigenflow --columns speed,direction --context hour\n"
      "  eigenflow fit people.csv -o people.eigenflow --positive income --interval share:0:100 --seed 7\n"
      "  zcat events.csv.gz | eigenflow fit - -o events.eigenflow --epochs 20 --hidden 128,128\n"
      "  eigenflow fit maps.npy -o maps.eigenflow --image 64x16x16 --architecture fast_flow");
  sub->callback([options, sub, layers, hidden, levels] {
    for (const char* const of_architecture : {"--type", "--transformer", "--base", "--layers", "--hidden",
                                              "--bins", "--components", "--dropout", "--units", "--epochs"})
      if (sub->get_option(of_architecture)->count() > 0) options->races = false;
    options->layers_given = layers->count() > 0;
    options->hidden_given = hidden->count() > 0;
    options->levels_given = levels->count() > 0;
    run(*options);
  });
}

}  // namespace command
