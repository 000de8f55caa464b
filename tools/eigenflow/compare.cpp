// eigenflow compare: which of two models gives the same rows the higher density.

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "data.hpp"
#include "draws.hpp"
#include "given.hpp"
#include "model.hpp"
#include "numbers.hpp"
#include "options.hpp"
#include "paired.hpp"
#include "subcommands.hpp"
#include "table/cells.hpp"
#include "table/text.hpp"
#include "usage_error.hpp"

namespace command {
namespace {

using Places = std::vector<Eigen::Index>;
using Names = std::vector<std::string>;

struct Options {
  std::string a, b;
  DataOptions data;
  std::vector<std::string> given;
  Eigen::Index draws = 16;
};

// The place of a name; the size of the list if it is not there.
std::size_t place_of(const std::string& name, const Names& names) {
  return static_cast<std::size_t>(std::find(names.begin(), names.end(), name) - names.begin());
}

std::string unit_of(const Whole& column) {
  return column.is() ? "whole numbers in units of " + decimal(column.unit) : "a continuous column";
}

// Densities over different columns, or of a number and of its unit, cannot be compared.
void check_comparable(const Model& a, const Model& b) {
  Names in_a = a.columns, in_b = b.columns;
  std::sort(in_a.begin(), in_a.end());
  std::sort(in_b.begin(), in_b.end());
  if (in_a != in_b)
    throw std::runtime_error("the models have densities of different columns: " + a.path + " of " +
                             table::line_of(a.columns) + ", " + b.path + " of " + table::line_of(b.columns) +
                             ": fit both to the same --columns");
  for (std::size_t j = 0; j < a.columns.size(); ++j) {
    const Whole &of_a = a.whole[j], &of_b = b.whole[place_of(a.columns[j], b.columns)];
    if (of_a.unit != of_b.unit)
      throw std::runtime_error("column " + table::shown(a.columns[j]) + " is " + unit_of(of_a) + " to " +
                               a.path + ", but " + unit_of(of_b) + " to " + b.path +
                               ": fit both with the same --integer and --continuous");
  }
}

// Where the features of both models, and the contexts that are not given, are in the table.
struct Shared {
  std::unique_ptr<table::Reader> reader;
  Places a, b;
};

Shared open_shared(const Model& a, const Model& b, const Options& options) {
  const bool given = !options.given.empty();
  DataOptions data = options.data;
  if (a.context.empty()) data.context.clear();
  Shared shared;
  shared.reader = given ? open_features(a, data, data.path) : open_for(a, data, data.path);
  shared.a = shared.reader->chosen();
  for (const std::string& name : b.columns) shared.b.push_back(shared.a[place_of(name, a.columns)]);
  if (given || b.context.empty()) return shared;
  const Places own = a.context.empty() ? find_contexts(b, options.data, *shared.reader) : Places();
  for (std::size_t j = 0; j < b.context.size(); ++j) {
    const std::size_t same = place_of(b.context[j], a.context);
    if (!own.empty()) {
      shared.b.push_back(own[j]);
    } else if (same < a.context.size()) {
      shared.b.push_back(shared.a[a.columns.size() + same]);
    } else if (options.data.context.empty()) {
      const Places found = find_contexts(b, options.data, *shared.reader);
      shared.b.push_back(found[j]);
    } else {
      throw UsageError("--context names the columns of " + a.path + ", but " + b.path +
                       " is conditioned on others (" + table::line_of(b.context) +
                       "): give the columns of the table those names, and leave --context out");
    }
  }
  return shared;
}

// The columns of both models, each once; `places` become places among them.
Places merged(Places& a, Places& b) {
  Places all;
  for (Places* const places : {&a, &b})
    for (Eigen::Index& place : *places) {
      const auto at = std::find(all.begin(), all.end(), place) - all.begin();
      if (at == static_cast<std::ptrdiff_t>(all.size())) all.push_back(place);
      place = at;
    }
  return all;
}

// The score of rows that have the columns of a model at these places, and the given context if there is one.
Eigen::VectorXd scores(const Model& model, const table::Rows& given, const Places& places,
                       const Eigen::Ref<const table::Rows>& rows, Eigen::Index draws) {
  table::Rows own(rows.rows(), static_cast<Eigen::Index>(places.size()) + given.cols());
  for (std::size_t j = 0; j < places.size(); ++j) own.col(static_cast<Eigen::Index>(j)) = rows.col(places[j]);
  own.rightCols(given.cols()).rowwise() = given.row(0);
  return model.log_prob(own, draws);
}

void say_model(const char* letter, const std::string& path, double mean, Eigen::Index without) {
  std::printf("%s  %s: mean log p %.5f nats", letter, table::escaped(path).c_str(), mean);
  if (without > 0)
    std::printf("; %td rows without a finite log p are left out of the means",
                static_cast<std::ptrdiff_t>(without));
  std::printf("\n");
}

void say_verdict(const PairedScores& scores) {
  using Verdict = PairedScores::Verdict;
  const Verdict verdict = scores.verdict();
  const bool beyond = (scores.without_a() == 0) != (scores.without_b() == 0);
  const char *const better = verdict == Verdict::a ? "A" : "B", *const worse =
                                                                    verdict == Verdict::a ? "B" : "A";
  if (verdict == Verdict::even && scores.difference() == 0 && scores.wins_a() + scores.wins_b() == 0)
    std::printf("A and B give all rows the same density\n");
  else if (verdict == Verdict::even && scores.finite() < 3)
    std::printf("these rows cannot tell which is better: there are too few\n");
  else if (verdict == Verdict::even)
    std::printf(
        "these rows cannot tell which is better: the difference is %.1f standard errors, not above %.1f\n",
        scores.errors(), telling_errors(scores.finite()));
  else if (beyond)
    std::printf("%s is better: it gives every row a finite log p, %s does not\n", better, worse);
  else if (scores.standard_error() > 0)
    std::printf("%s is better: the difference is %.1f standard errors\n", better, scores.errors());
  else
    std::printf("%s is better: the difference is the same in all rows\n", better);
}

void say(const PairedScores& scores, const Model& a, const Model& b, const std::string& source) {
  std::printf("%td rows of %s in %s\n", static_cast<std::ptrdiff_t>(scores.rows()),
              table::escaped(table::line_of(a.columns)).c_str(), table::escaped(source).c_str());
  say_model("A", a.path, scores.mean_a(), scores.without_a());
  say_model("B", b.path, scores.mean_b(), scores.without_b());
  std::printf("A - B: %.5f ± %.5f nats a row, with the standard error of paired differences\n",
              scores.difference(), scores.standard_error());
  std::printf("A is higher in %td rows, B in %td\n", static_cast<std::ptrdiff_t>(scores.wins_a()),
              static_cast<std::ptrdiff_t>(scores.wins_b()));
  say_verdict(scores);
}

table::Rows context_of(const Model& model, const std::vector<std::string>& given) {
  return given.empty() || model.context.empty() ? table::Rows(1, 0) : given_context(model, given);
}

void run(const Options& options) {
  const Model a = load_model(options.a), b = load_model(options.b);
  check_comparable(a, b);
  if (!options.given.empty() && a.context.empty() && b.context.empty())
    throw UsageError("--given is the context of a conditional model, but neither model has one");
  const table::Rows given_a = context_of(a, options.given), given_b = context_of(b, options.given);
  Shared shared = open_shared(a, b, options);
  shared.reader->choose(merged(shared.a, shared.b));
  say_draws(a, options.draws);
  PairedScores paired;
  for_each_block(*shared.reader, [&](const auto& rows) {
    paired.add(scores(a, given_a, shared.a, rows, options.draws),
               scores(b, given_b, shared.b, rows, options.draws));
  });
  say_left_out(*shared.reader);
  say(paired, a, b, shared.reader->source());
}

}  // namespace

void add_compare(CLI::App& app) {
  CLI::App* const sub =
      app.add_subcommand("compare", "Say which of two models gives rows the higher density");
  const auto options = std::make_shared<Options>();
  add_text(*sub, "A", options->a, "A model file")->required();
  add_text(*sub, "B", options->b, "Another, of the same columns")->required();
  add_text(*sub, "DATA", options->data.path, "A table that neither model was fitted to")->required();
  add_data_options(*sub, options->data);
  CLI::Option* const context = sub->get_option("--context");
  add_missing_option(*sub, options->data);
  sub->add_option("--given", options->given, "The context of all rows, in place of columns of DATA")
      ->type_name("NAME=NUMBER,...")
      ->expected(1)
      ->take_all()
      ->excludes(context);
  add_draws_option(*sub, options->draws);
  sub->footer(
      "A row's difference is its log p by A minus that by B. One model is called better if the mean "
      "difference "
      "is\n"
      "beyond the 95 % interval of zero. A model may be conditional and the other not, or on other "
      "columns.\n\n"
      "Examples:\n"
      "  eigenflow compare spline.eigenflow affine.eigenflow held_out.csv\n"
      "  eigenflow compare noon.eigenflow all_day.eigenflow noon.csv --given hour=12");
  sub->callback([options] { run(*options); });
}

}  // namespace command
