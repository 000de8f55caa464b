// eigenflow fit: from a table to a model file.

#include <cmath>
#include <cstdio>
#include <eigenflow/io/model_file.hpp>
#include <iostream>
#include <map>
#include <memory>
#include <string>
#include <vector>
#ifdef _OPENMP
#include <omp.h>
#endif

#include "data.hpp"
#include "fit_data.hpp"
#include "model.hpp"
#include "numbers.hpp"
#include "output.hpp"
#include "subcommands.hpp"
#include "table/gaussian.hpp"
#include "table/text.hpp"
#include "train.hpp"
#include "usage_error.hpp"

namespace command {
namespace {

struct Options {
  DataOptions data;
  std::string output, test_data, hidden = "64,64";
  std::vector<std::string> positive, interval;
  double test = 0.1;
  int threads = 0;
  bool quiet = false;
  Architecture architecture;
  Training training;
  std::string command_line;
};

// The mean negative log-likelihood of rows in nats, with its standard error: as "4.123 ± 0.045".
std::string nats(const Eigen::VectorXd& log_prob) {
  const double mean = -log_prob.mean();
  const double spread = std::sqrt((log_prob.array() + mean).square().mean());
  char text[64];
  std::snprintf(text, sizeof text, "%.3f ± %.3f", mean,
                spread / std::sqrt(static_cast<double>(log_prob.size())));
  return text;
}

// log p(x | c) of the Gaussian with the mean and the covariance of the rows of the fit.
Eigen::VectorXd gaussian(const Sample& fitted, const Sample& at) {
  const auto joined = [](const Sample& sample) {
    Eigen::MatrixXd all(sample.x.rows(), sample.x.cols() + sample.c.cols());
    all << sample.x, sample.c;
    return all;
  };
  Eigen::VectorXd log_prob = table::Gaussian(joined(fitted)).log_prob(joined(at));
  if (fitted.c.cols() > 0) log_prob -= table::Gaussian(fitted.c).log_prob(at.c);
  return log_prob;
}

void set_threads(int threads) {
  if (threads <= 0) return;
#ifdef _OPENMP
  omp_set_num_threads(threads);
#else
  if (threads > 1) std::fprintf(stderr, "eigenflow: built without OpenMP: one thread alone\n");
#endif
}

void run(Options options) {
  check_model_output(options.output, {options.data.path, options.test_data});
  options.architecture.hidden = sizes_of(options.hidden, "--hidden");
  set_threads(options.threads);
  const std::unique_ptr<table::Reader> reader = options.data.open();
  const Columns columns = choose(*reader, options.data);
  const std::vector<ef::FeatureSupport> supports = supports_of(options.positive, options.interval, columns);
  Sample sample = read(*reader, columns);
  const Eigen::Index rows = sample.x.rows();
  check_edges(supports, sample, columns.features, reader->source());

  Sample test;
  if (!options.test_data.empty()) {
    test = read(*options.data.open(options.test_data), columns);
    check_edges(supports, test, columns.features, options.test_data);
  } else {
    test = hold_out(sample, options.test, options.training.seed);
  }

  const auto dim = static_cast<Eigen::Index>(columns.features.size());
  if (dim == 1 && columns.context.empty()) options.architecture.kind = Kind::autoregressive;
  options.training.progress = !options.quiet;
  const Trained trained = train(options.architecture, options.training, supports, sample.x, sample.c);

  ef::Notes notes = columns.notes();
  notes["data"] = table::escaped(options.data.path);  // which may be no UTF-8
  notes["rows"] = std::to_string(rows);
  notes["command"] = table::escaped(options.command_line);
  std::string held_out = "no rows were held out";
  if (test.x.rows() > 0) {
    notes["held_out"] = nats(trained.flow.log_prob(test.x, test.c)) + " nats over " +
                        std::to_string(test.x.rows()) + " rows; a Gaussian's " + nats(gaussian(sample, test));
    held_out = "held-out negative log-likelihood: " + notes["held_out"];
  }
  ef::save(trained.flow, options.output, notes);

  if (options.quiet) return;
  std::cout << rows << " rows of " << table::escaped(notes[columns_note])
            << (columns.context.empty() ? "" : " given " + table::escaped(notes[context_note]))
            << (columns.left_out.empty() ? "" : "; " + columns.left_out) << '\n'
            << trained.flow << trained.history.message << '\n'
            << held_out << '\n';
}

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
  sub->add_option("DATA", o.data.path, "A table, one sample a row")->required();
  sub->add_option("-o,--output", o.output, "The model file to write")->required()->type_name("MODEL");
  add_data_options(*sub, o.data);
  sub->add_option("--positive", o.positive, "Columns whose values are above zero")
      ->type_name("NAMES")
      ->expected(1)
      ->take_all();
  sub->add_option("--interval", o.interval, "A column whose values lie between two numbers")
      ->type_name("NAME:LOW:HIGH")
      ->expected(1)
      ->take_all();

  const std::string model = "Architecture", fitting = "Training";
  sub->add_option("--type", a.kind,
                  "coupling, fast both ways, or autoregressive, one feature after the other")
      ->transform(choice<Kind>({{"coupling", Kind::coupling}, {"autoregressive", Kind::autoregressive}}))
      ->type_name("coupling|autoregressive")
      ->group(model);
  sub->add_option("--transformer", a.map, "spline or affine")
      ->transform(choice<Map>({{"spline", Map::spline}, {"affine", Map::affine}}))
      ->type_name("spline|affine")
      ->group(model);
  sub->add_option("--base", a.base, "normal, or student for heavy tails")
      ->transform(choice<Base>({{"normal", Base::normal}, {"student", Base::student}}))
      ->type_name("normal|student")
      ->group(model);
  sub->add_option("--layers", a.layers, "Layers")
      ->check(CLI::Range(0, 1000))
      ->capture_default_str()
      ->group(model);
  sub->add_option("--hidden", o.hidden, "Widths of the hidden layers of each network")
      ->type_name("W,W...")
      ->capture_default_str()
      ->group(model);
  sub->add_option("--bins", a.bins, "Bins of a spline")
      ->check(CLI::Range(2, 1000))
      ->capture_default_str()
      ->group(model);

  sub->add_option("--epochs", t.epochs, "Passes over the rows (default: by their number)")
      ->check(CLI::PositiveNumber)
      ->group(fitting);
  sub->add_option("--steps", t.steps, "Steps of the optimizer, in place of epochs")
      ->check(CLI::PositiveNumber)
      ->group(fitting);
  sub->add_option("--batch", t.batch_size, "Rows a step (default: by the number of rows)")
      ->check(CLI::PositiveNumber)
      ->group(fitting);
  sub->add_option("--learning-rate", t.learning_rate, "Of the first step")
      ->check(CLI::PositiveNumber)
      ->capture_default_str()
      ->group(fitting);
  sub->add_option("--weight-decay", t.weight_decay, "Pull of the weights to zero")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str()
      ->group(fitting);
  sub->add_option("--noise", t.noise,
                  "Blur of the training rows, in standard deviations (default: by their number)")
      ->check(CLI::NonNegativeNumber)
      ->group(fitting);
  sub->add_option("--validation", t.validation, "Share of the rows that the best parameters are chosen by")
      ->check(CLI::Range(0.0, 0.9))
      ->capture_default_str()
      ->group(fitting);
  sub->add_option("--patience", t.patience, "Stop after so many epochs without a better validation loss")
      ->check(CLI::NonNegativeNumber)
      ->group(fitting);
  CLI::Option* const share =
      sub->add_option("--test", o.test, "Share of the rows that is held out to judge the model by")
          ->check(CLI::Range(0.0, 0.9))
          ->capture_default_str()
          ->group(fitting);
  sub->add_option("--test-data", o.test_data, "Another table to judge it by")
      ->excludes(share)
      ->type_name("DATA")
      ->group(fitting);
  sub->add_option("--seed", t.seed, "Of all that is random")->capture_default_str()->group(fitting);
  sub->add_option("--threads", o.threads, "Threads (default: all cores)")
      ->check(CLI::PositiveNumber)
      ->group(fitting);
  sub->add_flag("--quiet", o.quiet, "Neither a progress bar nor a summary");
  sub->footer(
      "Examples:\n"
      "  eigenflow fit old_faithful.csv -o geyser.eigenflow\n"
      "  eigenflow fit weather.csv -o wind.eigenflow --columns speed,direction --context hour\n"
      "  eigenflow fit people.csv -o people.eigenflow --positive income --interval share:0:100 --seed 7\n"
      "  zcat events.csv.gz | eigenflow fit - -o events.eigenflow --epochs 20 --hidden 128,128");
  sub->callback([options] { run(*options); });
}

}  // namespace command
