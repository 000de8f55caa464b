#pragma once

#include <CLI/CLI.hpp>
#include <Eigen/Core>
#include <functional>
#include <string>
#include <vector>

#include "fit_data.hpp"
#include "fit_images.hpp"
#include "train.hpp"

namespace command {

/// The options of fit.
struct FitChoices {
  DataOptions data;
  Aside aside;
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

/// Adds the subcommand, which calls `run` with its options.
void add_fit_options(CLI::App& app, const std::string& command_line,
                     const std::function<void(const FitChoices&)>& run);

}  // namespace command
