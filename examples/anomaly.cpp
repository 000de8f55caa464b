// Anomaly detection: a flow learns the density of normal rows. The score of a row is -log p(x), so improbable rows
// score high. Prints the area under the ROC curve (AUROC): the chance that an anomaly scores higher than a normal row.
//
//     anomaly                      drawn data: anomalies inside a ring, where a Gaussian cannot find them
//     anomaly TABLE...             the last column is the label, 1 for an anomaly; the first half of the normal
//                                  rows trains, all other rows are the test
//     anomaly --train T --test T   two tables; the test may have a column of labels after the features
//     anomaly ... --out FOLDER     writes FOLDER/anomaly.png and FOLDER/NAME_scores.csv (out/ unless given)
//
// Tables are .csv or .npy. All of them are fitted with the same options.

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <eigenflow/numerics/rng.hpp>
#include <exception>
#include <stdexcept>
#include <string>
#include <vector>

#include "helpers/anomaly_panels.hpp"
#include "helpers/anomaly_tables.hpp"
#include "helpers/flow_density.hpp"
#include "helpers/output.hpp"
#include "table/gaussian.hpp"
#include "table/roc.hpp"

namespace ef = eigenflow;
using helpers::AnomalyTable;
using helpers::Path;

// A ring of normal rows. One test row in ten is an anomaly, from inside of it.
AnomalyTable ring_with_anomalies() {
  ef::Rng rng(1);
  const auto ring = [&](Eigen::Index n) {
    Eigen::MatrixX3d draws(n, 3);
    rng.fill_normal(draws);
    Eigen::MatrixXd x(n, 2);
    for (Eigen::Index i = 0; i < n; ++i) {
      const double angle = std::atan2(draws(i, 0), draws(i, 1)), radius = 2 + 0.25 * draws(i, 2);
      x.row(i) << radius * std::cos(angle), radius * std::sin(angle);
    }
    return x;
  };
  AnomalyTable table{"ring", ring(2'000), Eigen::MatrixXd(2'000, 2), Eigen::VectorXd::Zero(2'000)};
  table.test.topRows(1'800) = ring(1'800);
  Eigen::MatrixX2d inside(200, 2);
  rng.fill_normal(inside);
  table.test.bottomRows(200) = 0.6 * inside;
  table.label.tail(200).setOnes();
  return table;
}

// Fits a flow and a Gaussian to each table, prints their AUROC, and draws the curves and the scores.
void run(const std::vector<AnomalyTable>& tables, const Path& folder) {
  std::vector<std::string> names;
  for (const AnomalyTable& table : tables) names.push_back(table.name);
  const double width = std::max(150.0, 330 / static_cast<double>(tables.size()));
  picture::Gallery gallery({.title = "Improbable rows are suspect",
                            .subtitle = "normal rows in blue, anomalies in red; grey: a Gaussian",
                            .rows = {"ROC", "scores"},
                            .columns = names,
                            .panel_width = width,
                            .panel_height = width,
                            .gap = 12,
                            .theme = picture::light_panels()});
  std::printf("%-16s %6s %6s %5s %10s  %8s %8s\n", "", "train", "test", "cols", "held out", "Gaussian",
              "flow");
  std::printf("%-16s %6s %6s %5s %10s  %8s %8s\n", "", "rows", "rows", "", "nats", "AUROC", "AUROC");
  double sum = 0, gaussian_sum = 0;
  int labelled = 0;
  for (std::size_t i = 0; i < tables.size(); ++i) {
    const AnomalyTable& table = tables[i];
    const helpers::FlowDensity flow(table.train, {});
    const Eigen::VectorXd score = -flow.log_prob(table.test);
    helpers::write_scores(folder / (table.name + "_scores.csv"), score, table.label);
    std::printf("%-16s %6d %6d %5d %10.3f", table.name.c_str(), static_cast<int>(table.train.rows()),
                static_cast<int>(table.test.rows()), static_cast<int>(table.train.cols()),
                flow.held_out().mean());
    if (table.label.size() > 0) {
      const table::Roc curve(score, table.label);
      const table::Roc gaussian(-table::Gaussian(table.train).log_prob(table.test), table.label);
      std::printf("  %8.2f %8.2f", 100 * gaussian.area(), 100 * curve.area());
      sum += curve.area();
      gaussian_sum += gaussian.area();
      ++labelled;
      const auto column = static_cast<int>(i);
      helpers::draw_roc(gallery.panel(0, column, {.x = {0, 1}, .y = {0, 1.01}}), curve, gaussian);
      helpers::draw_scores(gallery, 1, column, score, table.label);
    }
    std::printf("\n");
    std::fflush(stdout);
  }
  if (labelled > 1)
    std::printf("%-47s  %8.2f %8.2f\n", "mean", 100 * gaussian_sum / labelled, 100 * sum / labelled);
  if (labelled > 0) helpers::write(gallery, folder / "anomaly.png");
}

int main(int argc, char** argv) {
  try {
    std::vector<AnomalyTable> tables;
    Path train, test, folder = "out";
    for (int i = 1; i < argc; ++i) {
      const std::string word = argv[i];
      if (!word.starts_with("--")) {
        tables.push_back(helpers::read_labelled(word));
        continue;
      }
      if (i + 1 == argc || (word != "--train" && word != "--test" && word != "--out"))
        throw std::runtime_error("unknown option, or option without a value: " + word);
      (word == "--train" ? train : word == "--test" ? test : folder) = argv[++i];
    }
    if (train.empty() != test.empty()) throw std::runtime_error("give both --train and --test");
    if (!train.empty()) tables.push_back(helpers::read_train_and_test(train, test));
    if (tables.empty()) tables.push_back(ring_with_anomalies());
    run(tables, folder);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "anomaly: %s\n", error.what());
    return 1;
  }
}
