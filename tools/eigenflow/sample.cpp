// eigenflow sample: rows drawn from a model.

#include <algorithm>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "data.hpp"
#include "given.hpp"
#include "model.hpp"
#include "options.hpp"
#include "output.hpp"
#include "subcommands.hpp"
#include "table/writer.hpp"
#include "usage_error.hpp"

namespace command {
namespace {

struct Options {
  std::string model, output = "-";
  std::optional<Eigen::Index> count;
  std::uint64_t seed = 0;
  double temperature = 1;
  std::vector<std::string> given;
  DataOptions context;
};

// A row of the output: the features, then the context.
void write(table::Writer& writer, const Eigen::MatrixXd& x, const Eigen::Ref<const table::Rows>& context) {
  table::Rows rows(x.rows(), x.cols() + context.cols());
  rows.leftCols(x.cols()) = x;
  for (Eigen::Index i = 0; i < rows.rows(); ++i)
    rows.row(i).tail(context.cols()) = context.row(context.rows() == 1 ? 0 : i);
  writer.write(rows);
}

// `count` samples for each row of the table of contexts.
void sample_each(const Model& model, const Options& options, table::Writer& writer) {
  const std::unique_ptr<table::Reader> reader = open_contexts(model, options.context);
  const Eigen::Index each = options.count.value_or(1);
  ef::Rng rng(options.seed);
  for_each_block(*reader, [&](const Eigen::Ref<const table::Rows>& rows) {
    if (each == 1) return write(writer, model.sample(rows.rows(), rows, rng, options.temperature), rows);
    for (Eigen::Index i = 0; i < rows.rows(); ++i)
      write(writer, model.sample(each, rows.row(i), rng, options.temperature), rows.row(i));
  });
}

void check_temperature(const Model& model, double temperature) {
  if (temperature != 1 && !model.flow.base().has_temperature())
    throw UsageError("--temperature multiplies the noise of a normal base, but the base of " + model.path +
                     " is " + model.flow.base().part_name() +
                     ": leave it out, or fit a model with --base normal");
}

void run(const Options& options) {
  check_output(options.output, Output::text, {options.model, options.context.path});
  const Model model = load_model(options.model);
  check_temperature(model, options.temperature);
  std::vector<std::string> names = model.columns;
  names.insert(names.end(), model.context.begin(), model.context.end());
  if (!options.context.path.empty()) {
    if (model.context.empty()) throw UsageError(model.path + " has no context: it takes no --context-file");
    table::Writer writer(options.output, names);
    sample_each(model, options, writer);
    return writer.finish();
  }

  if (!options.count) throw UsageError("the number of samples is missing: give -n N");
  const table::Rows context = given_context(model, options.given);
  table::Writer writer(options.output, names);
  ef::Rng rng(options.seed);
  const Eigen::Index piece = std::clamp<Eigen::Index>((1 << 20) / (model.flow.dim() + 1), 64, 1 << 15);
  for (Eigen::Index first = 0; first < *options.count; first += piece)
    write(writer, model.sample(std::min(piece, *options.count - first), context, rng, options.temperature),
          context);
  writer.finish();
}

}  // namespace

void add_sample(CLI::App& app) {
  CLI::App* const sub = app.add_subcommand("sample", "Draw rows from a model");
  const auto options = std::make_shared<Options>();
  add_text(*sub, "MODEL", options->model, "A model file")->required();
  add_whole(*sub, "-n,--count", options->count, 0, std::uint64_t{1} << 53,
            "How many rows; with --context-file, for each row of it (1)");
  add_text(*sub, "-o,--output", options->output, "Where to write: CSV, or .npy where the name ends so")
      ->capture_default_str();
  add_whole(*sub, "--seed", options->seed, 0, std::numeric_limits<std::uint64_t>::max(),
            "Another seed, other rows");
  add_number(*sub, "--temperature", options->temperature, {.low = 0},
             "Multiplies the noise of a normal base: below 1, rows are more typical and less diverse");
  CLI::Option* const given =
      sub->add_option("--given", options->given, "The context, for a conditional model")
          ->type_name("NAME=NUMBER,...")
          ->expected(1)
          ->take_all();
  add_text(*sub, "--context-file", options->context.path, "A table of contexts")
      ->excludes(given)
      ->type_name("DATA");
  add_text(*sub, "--context", options->context.context, "Its columns, where the model's names are not there")
      ->type_name("NAMES");
  add_reading_options(*sub, options->context);
  sub->footer(
      "A conditional model's context is written behind its features.\n\n"
      "Examples:\n"
      "  eigenflow sample geyser.eigenflow -n 1000 -o more.csv\n"
      "  eigenflow sample geyser.eigenflow -n 1000 --temperature 0.7\n"
      "  eigenflow sample wind.eigenflow -n 100 --given hour=12\n"
      "  eigenflow sample wind.eigenflow --context-file hours.csv -o wind.npy");
  sub->callback([options] { run(*options); });
}

}  // namespace command
