// The density of any table of numbers. The last fifth of its rows is the test, the rest trains. Prints the mean
// log-likelihood of a flow and of a Gaussian on training, held-out and test rows. Choose settings by the held-out
// rows only.
//
//     tabular [table.csv | table.npy]      the eruptions of Old Faithful unless given

#include <cstdio>
#include <exception>
#include <filesystem>

#include "helpers/flow_density.hpp"
#include "helpers/old_faithful.hpp"
#include "table/gaussian.hpp"
#include "table/mean.hpp"
#include "table/table.hpp"

namespace ef = eigenflow;

// "-12.34 ± 0.05": a mean and its standard error.
void print_mean(const Eigen::VectorXd& log_p) {
  const table::Mean mean(log_p);
  std::printf(" %10.3f ± %-7.3f", mean.value, mean.error);
}

void run(const std::filesystem::path& path) {
  const Eigen::MatrixXd x = table::read(path.string()).values;
  const Eigen::Index rows = x.rows() * 8 / 10;
  const Eigen::MatrixXd fitted = x.topRows(rows), test = x.bottomRows(x.rows() - rows);
  std::printf("%s: %d rows to fit to, %d to test, %d columns; mean log-likelihood in nats\n",
              path.filename().c_str(), static_cast<int>(rows), static_cast<int>(test.rows()),
              static_cast<int>(x.cols()));
  std::printf("%-10s %20s %20s %20s\n", "", "training", "held out", "test");

  const table::Gaussian gaussian(fitted);
  std::printf("%-10s", "Gaussian");
  print_mean(gaussian.log_prob(fitted));
  std::printf(" %20s", "");
  print_mean(gaussian.log_prob(test));

  const helpers::FlowDensity flow(fitted, {});
  std::printf("\n%-10s", "flow");
  print_mean(flow.log_prob(fitted));
  print_mean(flow.held_out());
  print_mean(flow.log_prob(test));
  std::printf("\n");
}

int main(int argc, char** argv) {
  try {
    run(argc > 1 ? argv[1] : helpers::old_faithful());
  } catch (const std::exception& error) {
    std::fprintf(stderr, "tabular: %s\n", error.what());
    return 1;
  }
}
