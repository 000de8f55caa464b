#include "fit_options.hpp"

#include <cstdint>
#include <limits>
#include <map>
#include <memory>

#include "options.hpp"
#include "pace.hpp"
#include "subcommands.hpp"

namespace command {
namespace {

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
    return "expects " + all + ", but got \"" + text + '"';
  };
  return {number, ""};
}

}  // namespace

void add_fit_options(CLI::App& app, const std::string& command_line,
                     const std::function<void(const FitChoices&)>& run) {
  CLI::App* const sub = app.add_subcommand("fit", "Learn the density of a table and keep it in a file");
  const auto options = std::make_shared<FitChoices>();
  FitChoices& o = *options;
  o.command_line = command_line;
  Architecture& a = o.architecture;
  Training& t = o.training;
  constexpr std::uint64_t many = 1'000'000'000;
  add_text(*sub, "DATA", o.data.path, "A table, one sample a row")->required();
  add_text(*sub, "-o,--output", o.output, "The model file to write")->required()->type_name("MODEL");
  add_data_options(*sub, o.data);
  add_missing_option(*sub, o.data);
  o.data.text_advice =
      ": leave a column of text out by --exclude, or write it as columns of 0 and 1, one for each of its "
      "values";
  add_text(*sub, "--exclude", o.aside.exclude, "Columns that are left out; all others are fitted")
      ->type_name("NAMES")
      ->excludes(sub->get_option("--columns"));
  add_text(*sub, "--weights", o.aside.weights, "A column with the weight of each row, from 0 on")
      ->type_name("NAME");
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
  add_text(*sub, "--checkpoint", o.checkpoint,
           "Where a long fit is kept every few seconds: a model, from which the same command goes on")
      ->type_name("MODEL")
      ->group(fitting);
  add_whole(*sub, "--seed", t.seed, 0, std::numeric_limits<std::uint64_t>::max(), "Of all that is random")
      ->group(fitting);
  add_whole(*sub, "--threads", o.threads, 1, 1024, "Threads (default: all cores)")->group(fitting);
  sub->add_flag("--quiet", o.quiet, "Neither a progress bar nor a summary");
  for (CLI::Option* const of_race : {time, quick, thorough, like}) image->excludes(of_race);
  for (const char* const of_columns :
       {"--columns", "--context",    "--positive",    "--interval", "--periodic",
        "--integer", "--continuous", "--all-rows",    "--header",   "--no-header",
        "--decimal", "--type",       "--transformer", "--base",     "--bins",
        "--noise",   "--test-data",  "--components",  "--dropout",  "--units",
        "--members", "--checkpoint", "--exclude",     "--weights",  "--skip-missing"})
    image->excludes(sub->get_option(of_columns));
  sub->footer(
      "Examples:\n"
      "  eigenflow fit old_faithful.csv -o geyser.eigenflow\n"
      "  eigenflow fit weather.csv -o wind.eigenflow --columns speed,direction --context hour\n"
      "  eigenflow fit people.csv -o people.eigenflow --positive income --interval share:0:100 --seed 7\n"
      "  eigenflow fit survey.csv -o survey.eigenflow --weights weight --exclude id,name\n"
      "  zcat events.csv.gz | eigenflow fit - -o events.eigenflow --epochs 20 --hidden 128,128\n"
      "  eigenflow fit maps.npy -o maps.eigenflow --image 64x16x16 --architecture fast_flow");
  sub->callback([options, sub, layers, hidden, levels, run] {
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
