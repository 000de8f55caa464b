// Anomaly detection: a flow learns the density of normal rows, and what it finds improbable is suspect. The
// score of a row is -log p(x); AUROC is the chance that an anomaly scores higher than a normal row.
//
//     anomaly                      drawn data: anomalies in the hollow of a ring, where no Gaussian sees them
//     anomaly TABLE...             the last column is the label, 1 for an anomaly; the first half of the normal
//                                  rows trains, all other rows are the test
//     anomaly --train T --test T   rows without labels to learn from; the test may have a label column more
//     anomaly ... --out FOLDER     writes FOLDER/anomaly.png and the score of every test row,
//                                  FOLDER/NAME_scores.csv (out/ unless given)
//
// Tables are .csv or .npy. One setting serves all tables.

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <eigenflow/numerics/rng.hpp>
#include <exception>
#include <filesystem>
#include <fstream>
#include <numeric>
#include <stdexcept>
#include <string>
#include <vector>

#include "flow_density.hpp"
#include "picture/picture.hpp"
#include "table/gaussian.hpp"
#include "table/table.hpp"

namespace ef = eigenflow;
using Path = std::filesystem::path;

// Rows to learn from and rows to judge, with a label each (1: anomaly) where they are known.
struct Task {
  std::string name;
  Eigen::MatrixXd train, test;
  Eigen::VectorXd label;
};

// ---- The tasks

Eigen::VectorXd checked_labels(const Eigen::VectorXd& label, const std::string& name) {
  for (Eigen::Index i = 0; i < label.size(); ++i)
    if (label[i] != 0 && label[i] != 1)
      throw std::runtime_error(name + ": the last column is no label, row " + std::to_string(i) +
                               " has neither 0 nor 1");
  if (label.size() == 0 || label.minCoeff() == label.maxCoeff())
    throw std::runtime_error(name + ": the labels of the test are all the same, so there is no curve");
  return label;
}

// A ring of normal rows; one test row in ten is an anomaly from its hollow.
Task drawn() {
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
  Task task{"ring", ring(2'000), Eigen::MatrixXd(2'000, 2), Eigen::VectorXd::Zero(2'000)};
  task.test.topRows(1'800) = ring(1'800);
  Eigen::MatrixX2d hollow(200, 2);
  rng.fill_normal(hollow);
  task.test.bottomRows(200) = 0.6 * hollow;
  task.label.tail(200).setOnes();
  return task;
}

Task labelled(const Path& path) {
  const Eigen::MatrixXd table = table::read(path.string()).values;
  const Eigen::Index features = table.cols() - 1;
  const Eigen::VectorXd label = checked_labels(table.col(features), path.string());
  const auto normals = static_cast<Eigen::Index>((label.array() == 0).count());
  std::vector<Eigen::Index> train, test;
  for (Eigen::Index i = 0; i < label.size(); ++i)
    (label[i] == 0 && 2 * static_cast<Eigen::Index>(train.size()) < normals - normals % 2 ? train : test)
        .push_back(i);
  const Eigen::MatrixXd judged = table::take_rows(table, test);
  return {path.stem().string(), table::take_rows(table, train).leftCols(features), judged.leftCols(features),
          judged.col(features)};
}

Task apart(const Path& train, const Path& test) {
  Task task{test.stem().string(), table::read(train.string()).values, table::read(test.string()).values, {}};
  const Eigen::Index features = task.train.cols();
  if (task.test.cols() == features + 1) {
    task.label = checked_labels(task.test.col(features), test.string());
    task.test = task.test.leftCols(features).eval();
  }
  if (task.test.cols() != features)
    throw std::runtime_error(test.string() + " has " + std::to_string(task.test.cols()) + " columns, but " +
                             train.string() + " has " + std::to_string(features) +
                             ": give the same features, and at most a label after them");
  return task;
}

// ---- How good scores are

// The receiver operating characteristic: shares of the normal rows (x) and of the anomalies (y) that score
// above a threshold, as it falls. Rows of equal score are one step.
struct Roc {
  Eigen::VectorXd false_alarms, found;

  Roc(const Eigen::VectorXd& score, const Eigen::VectorXd& label) {
    std::vector<Eigen::Index> order(static_cast<std::size_t>(score.size()));
    std::iota(order.begin(), order.end(), 0);
    std::sort(order.begin(), order.end(),
              [&](Eigen::Index a, Eigen::Index b) { return score[a] > score[b]; });
    std::vector<double> x{0}, y{0};
    double normal = 0, anomalous = 0;
    for (std::size_t i = 0; i < order.size(); ++i) {
      (label[order[i]] == 1 ? anomalous : normal) += 1;
      if (i + 1 < order.size() && score[order[i + 1]] == score[order[i]]) continue;
      x.push_back(normal);
      y.push_back(anomalous);
    }
    const auto count = static_cast<Eigen::Index>(x.size());
    false_alarms = Eigen::Map<Eigen::VectorXd>(x.data(), count) / normal;
    found = Eigen::Map<Eigen::VectorXd>(y.data(), count) / anomalous;
  }

  double area() const {
    const Eigen::Index steps = found.size() - 1;
    return (false_alarms.tail(steps) - false_alarms.head(steps)).dot(found.tail(steps) + found.head(steps)) /
           2;
  }
};

// ---- Pictures

const picture::Rgb flow_colour = picture::hex(0x1f5fa8), anomaly_colour = picture::hex(0xd1493f),
                   other_colour = picture::hex(0x9a96a5);

void draw_roc(picture::Panel panel, const Roc& flow, const Roc& gaussian) {
  panel.line(Eigen::Vector2d(0, 1), Eigen::Vector2d(0, 1), {.colour = other_colour, .width = 0.5});
  panel.line(gaussian.false_alarms, gaussian.found, {.colour = other_colour, .width = 1.2});
  panel.line(flow.false_alarms, flow.found, {.colour = flow_colour, .width = 1.8});
  char text[40];
  std::snprintf(text, sizeof text, "AUROC %.1f", 100 * flow.area());
  panel.note(text, picture::Corner::bottom_right);
}

// Histograms of the scores of normal rows and of anomalies, each as shares of its own rows. The highest
// scores may be far out: those above the 98th percentile fall into the last bin.
void draw_scores(picture::Gallery& gallery, int column, const Eigen::VectorXd& score,
                 const Eigen::VectorXd& label) {
  constexpr Eigen::Index bins = 40;
  std::vector<double> sorted(score.data(), score.data() + score.size());
  std::sort(sorted.begin(), sorted.end());
  const auto quantile = [&](double q) {
    return sorted[static_cast<std::size_t>(q * static_cast<double>(sorted.size() - 1))];
  };
  const double low = quantile(0), high = std::max(quantile(0.98), low + 1e-9);
  Eigen::ArrayX2d share = Eigen::ArrayX2d::Zero(bins, 2);
  for (Eigen::Index i = 0; i < score.size(); ++i) {
    const double at = std::clamp((score[i] - low) / (high - low), 0.0, 1.0) * static_cast<double>(bins);
    share(std::min(static_cast<Eigen::Index>(at), bins - 1), label[i] == 1 ? 1 : 0) += 1;
  }
  share.rowwise() /= share.colwise().sum();
  const double top = 1.1 * share.maxCoeff();
  auto panel = gallery.panel(1, column, {.x = {low, high}, .y = {0, top}, .equal_aspect = false});
  Eigen::VectorXd x(2 * bins + 2), y(2 * bins + 2);
  for (const int kind : {0, 1}) {
    y[0] = y[2 * bins + 1] = 0;
    for (Eigen::Index b = 0; b <= bins; ++b)
      x[2 * b] = x[2 * b + 1] = low + (high - low) * static_cast<double>(b) / static_cast<double>(bins);
    for (Eigen::Index b = 0; b < bins; ++b) y[2 * b + 1] = y[2 * b + 2] = share(b, kind);
    panel.line(x, y, {.colour = kind == 1 ? anomaly_colour : flow_colour, .width = 1.4});
  }
}

void write_scores(const Path& path, const Eigen::VectorXd& score, const Eigen::VectorXd& label) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream file(path);
  file.precision(9);
  file << (label.size() > 0 ? "score,label\n" : "score\n");
  for (Eigen::Index i = 0; i < score.size(); ++i) {
    file << score[i];
    if (label.size() > 0) file << ',' << label[i];
    file << '\n';
  }
  if (!file) throw std::runtime_error("cannot write " + path.string());
}

// ---- The whole

void run(const std::vector<Task>& tasks, const Path& folder) {
  std::vector<std::string> names;
  for (const Task& task : tasks) names.push_back(task.name);
  const double width = std::max(150.0, 330 / static_cast<double>(tasks.size()));
  picture::Gallery gallery({.title = "What is improbable is suspect",
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
  int judged = 0;
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    const Task& task = tasks[i];
    const table::FlowDensity flow(task.train, {});
    const Eigen::VectorXd score = -flow.log_prob(task.test);
    write_scores(folder / (task.name + "_scores.csv"), score, task.label);
    std::printf("%-16s %6d %6d %5d %10.3f", task.name.c_str(), static_cast<int>(task.train.rows()),
                static_cast<int>(task.test.rows()), static_cast<int>(task.train.cols()),
                flow.held_out().mean());
    if (task.label.size() > 0) {
      const Roc curve(score, task.label);
      const Roc gaussian(-table::Gaussian(task.train).log_prob(task.test), task.label);
      std::printf("  %8.2f %8.2f", 100 * gaussian.area(), 100 * curve.area());
      sum += curve.area();
      gaussian_sum += gaussian.area();
      ++judged;
      const auto column = static_cast<int>(i);
      draw_roc(gallery.panel(0, column, {.x = {0, 1}, .y = {0, 1.01}}), curve, gaussian);
      draw_scores(gallery, column, score, task.label);
    }
    std::printf("\n");
    std::fflush(stdout);
  }
  if (judged > 1)
    std::printf("%-47s  %8.2f %8.2f\n", "mean", 100 * gaussian_sum / judged, 100 * sum / judged);
  if (judged > 0) {
    gallery.write_png(folder / "anomaly.png");
    std::printf("%s\n", (folder / "anomaly.png").c_str());
  }
}

int main(int argc, char** argv) {
  try {
    std::vector<Path> tables;
    Path train, test, folder = "out";
    for (int i = 1; i < argc; ++i) {
      const std::string word = argv[i];
      const bool option = word.starts_with("--");
      if (option && (i + 1 == argc || (word != "--train" && word != "--test" && word != "--out")))
        throw std::runtime_error(word + " is no option, or misses its file");
      if (option)
        (word == "--train" ? train : word == "--test" ? test : folder) = argv[++i];
      else
        tables.emplace_back(word);
    }
    if (train.empty() != test.empty()) throw std::runtime_error("--train and --test go together");

    std::vector<Task> tasks;
    for (const Path& path : tables) tasks.push_back(labelled(path));
    if (!train.empty()) tasks.push_back(apart(train, test));
    if (tasks.empty()) tasks.push_back(drawn());
    run(tasks, folder);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "anomaly: %s\n", error.what());
    return 1;
  }
}
