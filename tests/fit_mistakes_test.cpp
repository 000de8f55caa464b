#include <Eigen/Core>
#include <limits>
#include <string>

#include "eigenflow/bases/diagonal_normal.hpp"
#include "eigenflow/fit.hpp"
#include "eigenflow/layers/permutation.hpp"
#include "support/catch.hpp"
#include "support/contract/random.hpp"
#include "support/engine.hpp"

namespace ef = eigenflow;
using Catch::Matchers::ContainsSubstring;
using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

namespace {

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();

// What fit says to data and options that it refuses; it must leave the flow as it was.
template <class X>
std::string refusal(const X& x, const ef::FitOptions<double>& options) {
  ef::Rng rng(1);
  ef::Flow<ef::Permutation<double, 2>, ef::DiagonalNormal<double, 2>> flow{rng};
  const VectorXd before = flow.parameters();
  std::string message = "nothing";
  try {
    ef::fit(flow, x, options);
  } catch (const std::invalid_argument& error) {
    message = error.what();
    CHECK(flow.parameters() == before);
  }
  return message;
}

MatrixXd data(Index rows, Index cols = 2) {
  return contract::random_normal<double>(rows, cols, 1);
}

}  // namespace

TEST_CASE("fit names the row and the column of a number that is not finite") {
  for (const double bad : {not_a_number, infinity, -infinity}) {
    MatrixXd x = data(50);
    x(17, 1) = bad;
    CHECK_THAT(refusal(x, {.epochs = 1}), ContainsSubstring("row 17, column 1 is"));
    CHECK_THAT(refusal(data(50), {.epochs = 1, .validation = x}),
               ContainsSubstring("validation set") && ContainsSubstring("row 17, column 1 is"));
    CHECK_THAT(refusal(x.bottomRows(40), {.epochs = 1}), ContainsSubstring("row 7, column 1 is"));
  }
}

TEST_CASE("fit rejects data of another shape") {
  CHECK_THAT(refusal(data(50, 3), {}), ContainsSubstring("fit expects N × 2") && ContainsSubstring("50 × 3"));
  CHECK_THAT(refusal(data(2, 50), {}), ContainsSubstring("pass x.transpose()"));
  CHECK_THAT(refusal(MatrixXd(0, 2), {}), ContainsSubstring("x has no rows"));
  CHECK_THAT(refusal(data(50), {.validation = data(50, 1)}),
             ContainsSubstring("validation set") && ContainsSubstring("50 × 1"));
}

TEST_CASE("fit rejects to start from parameters that are not finite, and says so of them") {
  ef::Rng rng(1);
  ef::Flow<ef::Permutation<double, 2>, ef::DiagonalNormal<double, 2>> flow{rng};
  flow.parameters()[3] = not_a_number;
  CHECK_THROWS_WITH(ef::fit(flow, data(50)), ContainsSubstring("parameter 3 is nan"));
}

TEST_CASE("fit rejects a validation fraction that leaves nothing to train on") {
  for (const double fraction : {1.0, 1.5, -0.1, not_a_number, infinity})
    CHECK_THAT(refusal(data(50), {.validation_fraction = fraction}),
               ContainsSubstring("at least 0 and below 1"));
  CHECK(refusal(data(50), {.epochs = 1, .validation_fraction = 0.999}) == "nothing");
  CHECK(refusal(data(50), {.epochs = 1, .validation_fraction = 0}) == "nothing");
}

TEST_CASE("fit rejects numbers of steps, sizes and rates that mean nothing") {
  CHECK_THAT(refusal(data(50), {.batch_size = 0}), ContainsSubstring("batch size") && ContainsSubstring("0"));
  CHECK_THAT(refusal(data(50), {.batch_size = -3}), ContainsSubstring("-3"));
  CHECK_THAT(refusal(data(50), {.epochs = -1}), ContainsSubstring("cannot be negative"));
  CHECK_THAT(refusal(data(50), {.steps = -1}), ContainsSubstring("cannot be negative"));
  for (const double rate : {0.0, -1e-3, not_a_number, infinity})
    CHECK_THAT(refusal(data(50), {.learning_rate = rate}), ContainsSubstring("learning rate"));
  for (const double norm : {-1.0, not_a_number, infinity})
    CHECK_THAT(refusal(data(50), {.clip_norm = norm}), ContainsSubstring("clip norm"));
  CHECK_THAT(refusal(data(50), {.patience = -1}), ContainsSubstring("patience"));
}

TEST_CASE("fit rejects a schedule that is empty, or that gives a factor that is not finite") {
  CHECK_THAT(refusal(data(50), {.schedule = ef::Schedule{}}),
             ContainsSubstring("the schedule of fit is empty"));
  for (const double factor : {not_a_number, infinity, -infinity})
    CHECK_THAT(refusal(data(50), {.batch_size = 5,
                                  .schedule = [&](Index step, Index) { return step == 3 ? factor : 1.0; },
                                  .validation_fraction = 0}),
               ContainsSubstring("must give finite factors") && ContainsSubstring("at step 3"));
}

TEST_CASE("fit rejects patience where no validation loss is there to wait for") {
  CHECK_THAT(refusal(data(50), {.epochs = 1, .validation_fraction = 0, .patience = 3}),
             ContainsSubstring("patience of fit, 3 epochs") && ContainsSubstring("validation fraction is 0"));
  CHECK_THAT(refusal(data(9), {.epochs = 1, .patience = 3}),
             ContainsSubstring("validation fraction is 0.1") && ContainsSubstring("of 9 rows"));
  CHECK(refusal(data(10), {.epochs = 1, .patience = 3}) == "nothing");
  CHECK(refusal(data(50), {.epochs = 1, .validation_fraction = 0, .validation = data(5), .patience = 3}) ==
        "nothing");
}

TEST_CASE("fit rejects weights that do not fit") {
  const auto with = [](const VectorXd& weights) {
    return refusal(data(50), {.epochs = 1, .weights = weights});
  };
  CHECK_THAT(with(VectorXd::Ones(49)),
             ContainsSubstring("each of the 50 rows") && ContainsSubstring("got 49"));
  CHECK_THAT(with(VectorXd::Zero(50)), ContainsSubstring("all zero"));
  for (const double bad : {-0.5, not_a_number, infinity}) {
    VectorXd weights = VectorXd::Ones(50);
    weights[31] = bad;
    CHECK_THAT(with(weights), ContainsSubstring("weight 31 is"));
  }
}

TEST_CASE("fit rejects a split that leaves no weight on one side") {
  // Five of the fifty rows are held out. Without weight
  // there, every flow would have a validation loss of zero.
  VectorXd weights = VectorXd::Zero(50);
  bool validates_on_nothing = false, trains_on_nothing = false;
  for (Index i = 0; i < 50; ++i) {
    weights.setZero();
    weights[i] = 1;
    const std::string message = refusal(data(50), {.epochs = 1, .weights = weights});
    const bool training_row = message.find("held out for validation have weight zero") != std::string::npos;
    const bool held_out_row = message.find("held out every row with a positive weight") != std::string::npos;
    REQUIRE(training_row != held_out_row);
    validates_on_nothing = validates_on_nothing || training_row;
    trains_on_nothing = trains_on_nothing || held_out_row;
    REQUIRE(refusal(data(50), {.epochs = 1, .validation_fraction = 0, .weights = weights}) == "nothing");
  }
  CHECK(validates_on_nothing);
  CHECK(trains_on_nothing);
}
