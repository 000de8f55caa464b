// Functions of the command that can be tested alone; tests/tools/command.sh tests the rest.

#include <Eigen/Core>
#include <cmath>
#include <limits>
#include <map>
#include <numbers>
#include <numeric>
#include <string>
#include <vector>

#include "eigenflow/numerics/equal_to_rounding.hpp"
#include "eigenflow/numerics/rng.hpp"
#include "look.hpp"
#include "near.hpp"
#include "nearest.hpp"
#include "numbers.hpp"
#include "paired.hpp"
#include "support/catch.hpp"
#include "units.hpp"
#include "whole.hpp"

using Catch::Matchers::ContainsSubstring;
using command::ColumnLook;

namespace {

Eigen::VectorXd normals(Eigen::Index n, std::uint64_t seed = 1) {
  Eigen::VectorXd x(n);
  eigenflow::Rng(seed).fill_normal(x);
  return x;
}
Eigen::Index left_out(const Eigen::MatrixXd& x) {
  return x.rows() - static_cast<Eigen::Index>(command::look_at(x).kept.size());
}
std::string said(const Eigen::MatrixXd& x) {
  std::string text;
  for (const std::string& line : command::lines_of(command::look_at(x), {"a", "b", "c"})) text += line + '\n';
  return text;
}

}  // namespace

TEST_CASE("rows far outside are left out, wherever they lie") {
  for (const double far : {100.0, -100.0, 1e6, -1e6, 1e300}) {
    Eigen::VectorXd x = 5 + 2 * normals(2000).array();
    x[7] = far;
    const command::Look look = command::look_at(x);
    CHECK(left_out(x) == 1);
    CHECK(look.columns[0].far == 1);
    CHECK(look.columns[0].farthest == far);
    CHECK(look.columns[0].low > -5);
    CHECK(look.columns[0].high < 15);
  }
  Eigen::MatrixXd x(2000, 2);
  x << normals(2000), 1e-3 * normals(2000, 2);
  x(3, 0) = 1e4;
  x(4, 1) = -1;
  CHECK(left_out(x) == 2);
  CHECK(command::look_at(x, true).kept.size() == 2000);
}

TEST_CASE("outliers of several sizes, and strewn ones up to a twentieth, are left out") {
  Eigen::VectorXd x = normals(2000);
  x.head(5) << 1e2, 1e3, -1e4, 1e5, 1e6;
  CHECK(left_out(x) == 5);
  x = normals(2000);
  x.head(60) = 1e5 * normals(60, 2).array().abs() + 1e3;
  CHECK(left_out(x) == 60);
}

TEST_CASE("what is no outlier is kept: tails, clusters, zeros, few rows") {
  const Eigen::ArrayXd z = normals(5000).array();
  CHECK(left_out(z) == 0);
  CHECK(left_out(z.exp()) == 0);
  CHECK(left_out((2 * z).exp()) == 0);
  CHECK(left_out(z.cube()) == 0);
  Eigen::VectorXd clusters = z;
  clusters.head(100).array() += 1000;  // 2 %: a rare cluster
  CHECK(left_out(clusters) == 0);
  CHECK_THAT(said(clusters),
             ContainsSubstring("100 rows lie far outside") && ContainsSubstring("are they meant?"));
  Eigen::VectorXd zeros = 230 + z;  // a mains voltage, and the mains are off
  zeros.head(500).setZero();
  CHECK(left_out(zeros) == 0);
  Eigen::VectorXd rain = z.exp();
  rain.head(3500).setZero();
  CHECK(left_out(rain) == 0);
  Eigen::VectorXd few = normals(15);
  few[0] = 1e6;
  CHECK(left_out(few) == 0);
  Eigen::VectorXd two(100);
  for (Eigen::Index i = 0; i < 100; ++i) two[i] = static_cast<double>(i % 2);
  CHECK(left_out(two) == 0);
  CHECK(left_out(Eigen::VectorXd::Constant(100, 0.1)) == 0);
}

TEST_CASE("marks of missing values are found by their digits, their repetition and their place") {
  const Eigen::ArrayXd z = normals(2000).array();
  const auto with = [&](double mark, Eigen::Index count, const Eigen::ArrayXd& others) {
    Eigen::VectorXd x = others;
    x.head(count).setConstant(mark);
    return left_out(x);
  };
  for (const double mark : {-999.0, 999.0, -9999.0, 99999.0, -99.9, 1e20, -32768.0, 9998.0, -888.0})
    CHECK(with(mark, 100, z) == 100);
  CHECK(with(-999, 700, z) == 700);
  CHECK(with(-999, 2, z) == 2);
  CHECK(with(-9, 100, z) == 0);
  CHECK(with(-99, 100, 50 + 15 * z) == 100);
  CHECK(with(-999, 100, 1e5 * z.exp()) == 100);  // near, but below zero where the others are not
  CHECK(with(999, 100, 1000 + 300 * z) == 0);    // among the others
  CHECK(with(0, 100, 230 + z) == 0);
  Eigen::VectorXd both = z;
  both.head(50).setConstant(-999);
  both.segment(50, 50).setConstant(9999);
  both[200] = 1e6;
  CHECK(left_out(both) == 101);
  CHECK_THAT(said(both), ContainsSubstring("\"a\": -999 stands in 50 rows") &&
                             ContainsSubstring("\"a\": 9999 stands in 50 rows") &&
                             ContainsSubstring("1 row lies far outside, as far as 1e+06") &&
                             ContainsSubstring("101 rows of 2000 left out"));
}

TEST_CASE("constant columns, copies and whole numbers are seen") {
  Eigen::MatrixXd x(400, 3);
  x.col(0) = normals(400);
  x.col(1).setConstant(0.1);
  for (Eigen::Index i = 0; i < 400; ++i) x(i, 2) = std::round(30 * std::abs(x(i, 0))) * 5;
  x.topRows(40) = x.bottomRows(40).eval();
  const command::Look look = command::look_at(x);
  CHECK(look.copies == 40);
  CHECK(look.columns[1].constant);
  CHECK_FALSE(look.columns[0].constant);
  CHECK(look.columns[0].unit == 0);
  CHECK(look.columns[2].unit == 5);
  CHECK_THAT(said(x), ContainsSubstring("\"b\": has the one value 0.1") &&
                          ContainsSubstring("40 rows repeat another row exactly"));
  CHECK(said(normals(400)).empty());
  using eigenflow::detail::equal_to_rounding;
  CHECK(equal_to_rounding(1.0, 1 + 8e-16));
  CHECK(equal_to_rounding(-1e300, -1e300));
  CHECK(equal_to_rounding(0.0, 0.0));
  CHECK_FALSE(equal_to_rounding(0.0, 1e-300));
  CHECK_FALSE(equal_to_rounding(1.0, 1 + 1e-13));
}

TEST_CASE("a whole number is the nearest multiple of the unit within the edges, and its notes read back") {
  const command::Whole tens = command::whole_within(10, eigenflow::positive());
  CHECK(tens.low == 10);
  CHECK(tens.round(3) == 10);
  CHECK(tens.round(26) == 30);
  const command::Whole within = command::whole_within(1, eigenflow::interval(0, 4.5));
  CHECK(within.round(0.1) == 1);
  CHECK(within.round(9) == 4);
  const command::Whole free = command::whole_within(1, eigenflow::real());
  CHECK_FALSE(std::signbit(free.round(-0.3)));
  std::map<std::string, std::string> notes;
  command::note_whole({"a,b", "x", "y"}, {tens, {}, within}, notes);
  const std::vector<command::Whole> read = command::noted_whole({"a,b", "x", "y"}, notes);
  CHECK((read[0].unit == 10 && read[0].low == 10 && std::isinf(read[0].high)));
  CHECK_FALSE(read[1].is());
  CHECK((read[2].unit == 1 && read[2].low == 1 && read[2].high == 4));
  // Names may repeat, and older files have no positions.
  const std::vector<command::Whole> twice = command::noted_whole({"x", "x", "x"}, [&] {
    std::map<std::string, std::string> of_one_name;
    command::note_whole({"x", "x", "x"}, {{}, tens, within}, of_one_name);
    return of_one_name;
  }());
  CHECK((!twice[0].is() && twice[1].unit == 10 && twice[2].unit == 1));
  std::map<std::string, std::string> old = notes;
  old.erase("integer_positions");
  CHECK(command::noted_whole({"x", "y", "a,b"}, old)[2].unit == 10);
  for (const command::Whole& column : command::noted_whole({"a,b", "a,b", "y"}, old))
    CHECK(column.unit != 10);
  notes["integer_units"] = "nan,-1";
  for (const command::Whole& column : command::noted_whole({"x", "y", "a,b"}, notes))
    CHECK_FALSE(column.is());
}

TEST_CASE("the probability of a whole number is the mass of its unit, and a bound for any number of points") {
  // A density that falls steeply, beside a standard normal: over a unit u, log P(v) has a closed form.
  const auto log_density = [](const Eigen::MatrixXd& x) -> Eigen::VectorXd {
    return (-x.col(0).array().square() / 2 - std::log(2 * std::numbers::pi) / 2 - 3 * x.col(1).array())
        .matrix();
  };
  const double unit = 2;
  const std::vector<command::Whole> whole{{}, {unit}};
  Eigen::MatrixXd x(3, 2);
  x << 0.3, 4, -1, -2, 0.3, 4;
  const Eigen::VectorXd at_point = log_density(x);
  const double exact = std::log(std::sinh(3 * unit / 2) / (3 * unit / 2)) + std::log(unit);
  double error = 10;
  for (const Eigen::Index draws : {16, 256, 4096}) {
    const Eigen::VectorXd log_p = command::log_probability(whole, draws, x, log_density);
    const double now = (log_p - at_point).array().abs().maxCoeff() - exact;
    CHECK(std::abs(now) < error / 4);
    error = std::abs(now);
    CHECK(log_p[0] == log_p[2]);
  }
  CHECK(error < 2e-3);
  CHECK(command::log_probability({{}, {}}, 16, x, log_density) == at_point);
  // Points that the density has none of count: a quarter of the mass of the unit around 0.25 lies below zero.
  const auto uniform = [](const Eigen::MatrixXd& at) -> Eigen::VectorXd {
    return (at.col(0).array() < 0)
        .select(Eigen::ArrayXd::Constant(at.rows(), -std::numeric_limits<double>::infinity()), 0.0);
  };
  CHECK(command::log_probability({{1}}, 1000, Eigen::MatrixXd::Constant(1, 1, 0.25), uniform)[0] ==
        Approx(std::log(0.75)).margin(2e-3));
}

TEST_CASE("units are means and deviations, but those of the core where tails are heavy") {
  const Eigen::Index n = 2000;
  Eigen::MatrixXd x(n, 5);
  x.col(0) = 5 + 3 * normals(n).array();
  x.col(1) = 5 + 3 * normals(n).array();
  x.col(1).head(40) = 1e4 + normals(40, 2).array();  // 2 %: a cluster far away
  x.col(2) = normals(n).array().abs().log();
  x.col(3) = normals(n).array() * (normals(n, 3).array() < 0.5).select(Eigen::ArrayXd::Ones(n), 100.0);
  x.col(4).setConstant(0.1);
  const command::Units units = command::units_of(x);
  CHECK(units.heavy == std::vector<bool>{false, true, false, false, false});
  CHECK(units.constant == std::vector<bool>{false, false, false, false, true});
  CHECK(units.scale[0] == Approx(3).epsilon(0.05));
  CHECK(units.middle[1] == Approx(5).epsilon(0.1));
  CHECK(units.scale[1] == Approx(3).epsilon(0.1));
  CHECK(units.scale[4] == 1);
  CHECK(command::near_rows(command::units_of(x.leftCols(2)), x.leftCols(2)).size() == 1960);
  const Eigen::VectorXd widths = command::widths_of(units, x);
  CHECK(widths[0] <= units.scale[0]);
  CHECK(widths[1] == units.scale[1]);
  CHECK(widths[4] == 0);
  // One outlier, and as many rows as say something.
  Eigen::VectorXd one = normals(n);
  one[3] = 1e6;
  CHECK(command::units_of(one).heavy[0]);
  CHECK(command::units_of(one).scale[0] == Approx(1).epsilon(0.1));
  CHECK_FALSE(command::units_of(Eigen::VectorXd(one.head(20))).heavy[0]);
}

TEST_CASE("rows of another table that lie as far as those left out are left out, in every column") {
  Eigen::MatrixXd x(2000, 2);
  x << normals(2000), normals(2000, 2);
  for (Eigen::Index i = 0; i < 20; ++i) x.row(i) << 3.0 * static_cast<double>(i), 1000;  // named by b alone
  const command::Look look = command::look_at(x);
  REQUIRE(look.kept.size() == 1980);
  Eigen::MatrixXd other(4, 2);
  other << 0, 0, 9, 0, 1000, 0, 0, 1000;
  CHECK(command::kept_rows(look.columns, other) == std::vector<Eigen::Index>{0, 1});
}

TEST_CASE("names reach the terminal with their control characters escaped") {
  Eigen::MatrixXd x = normals(100);
  x(0, 0) = 1e6;
  for (const std::string& line : command::lines_of(command::look_at(x), {"\x1b[31mred"}))
    CHECK(line.find('\x1b') == std::string::npos);
}

TEST_CASE("options: no number but a finite one of the range") {
  const command::NumberRange share{.low = 0, .high = 0.9}, above{.low = 0, .above = true};
  for (const char* text : {"nan", "-nan", "inf", "-inf", "1e400", "", " ", "x", "0.91", "-0.1", "1,5"})
    CHECK_THROWS_AS(command::number_of(text, share, "--o"), command::UsageError);
  CHECK(command::number_of("0.9", share, "--o") == 0.9);
  CHECK_THROWS_WITH(command::number_of("0", above, "--o"),
                    "--o expects a finite number above 0, but got \"0\"");
  for (const char* text : {"-1", "1.0", "nan", "", "18446744073709551616", "+3", "0x1", "1e3"})
    CHECK_THROWS_AS(command::whole_of(text, 0, std::numeric_limits<std::uint64_t>::max(), "--o"),
                    command::UsageError);
  CHECK(command::whole_of("18446744073709551615", 0, std::numeric_limits<std::uint64_t>::max(), "--o") ==
        std::numeric_limits<std::uint64_t>::max());
  for (const char* text : {"nan", "nan%", "0", "100%", "1", "-1%", "%", "1e-400"})
    CHECK_THROWS_AS(command::share_of(text, "--o"), command::UsageError);
  CHECK(command::share_of("1%", "--o") == 0.01);
}

TEST_CASE("the nearest name") {
  const std::vector<std::string> names{"fit", "score", "sample", "info", "embed", "plot"};
  CHECK(command::nearest("fti", names) == "fit");
  CHECK(command::nearest("scroe", names) == "score");
  CHECK(command::nearest("samples", names) == "sample");
  CHECK(command::nearest("emb", names) == "embed");
  CHECK(command::nearest("paint", names).empty());
  CHECK(command::nearest("", names).empty());
  CHECK(command::nearest("x", {"y", "X"}) == "X");
  CHECK(command::nearest("x", {"y", "z"}).empty());
  CHECK(command::nearest("WAITING", {"eruption", "waiting"}) == "waiting");
  CHECK(command::or_nearest("wating", {"waiting"}) == ": do you mean \"waiting\"?");
  CHECK(command::or_nearest("depth", {"waiting"}).empty());
  CHECK(command::nearest(std::string(100000, 'a'), names).empty());
  CHECK(command::edits("kitten", "sitting") == 3);
  CHECK(command::edits("ab", "ba") == 1);
}

TEST_CASE("two models on the same rows: the differences are paired") {
  using Verdict = command::PairedScores::Verdict;
  const Eigen::VectorXd hard = 10 * normals(400), noise = 0.1 * normals(400, 2);
  const Eigen::VectorXd better = hard.array() + 0.05 + noise.array();
  command::PairedScores scores;
  scores.add(better.head(150), hard.head(150));  // in pieces, as a table is read
  scores.add(better.tail(250), hard.tail(250));
  const Eigen::ArrayXd d = (better - hard).array();
  CHECK(std::abs(scores.difference() - d.mean()) < 1e-12);
  CHECK(std::abs(scores.mean_a() - better.mean()) < 1e-12);
  CHECK(std::abs(scores.standard_error() - std::sqrt((d - d.mean()).square().sum() / 399 / 400)) < 1e-12);
  CHECK(scores.wins_a() == (d > 0).count());
  CHECK(scores.wins_a() + scores.wins_b() == 400);
  CHECK(scores.verdict() == Verdict::a);

  command::PairedScores reversed, same, few, one;
  reversed.add(hard, better);
  CHECK(reversed.verdict() == Verdict::b);
  same.add(hard, hard);
  CHECK((same.verdict() == Verdict::even && same.errors() == 0));
  few.add(Eigen::Vector2d(1, 2), Eigen::Vector2d(0, 0));
  CHECK(few.verdict() == Verdict::even);
  one.add(Eigen::VectorXd::Ones(1), Eigen::VectorXd::Zero(1));
  CHECK(one.verdict() == Verdict::even);
}

TEST_CASE("a row without a density is left out of the means, and decides") {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  command::PairedScores scores;
  scores.add(Eigen::Vector4d(-1, -2, -3, -4), Eigen::Vector4d(0, -infinity, 0, std::nan("")));
  CHECK((scores.rows() == 4 && scores.finite() == 2));
  CHECK((scores.without_a() == 0 && scores.without_b() == 2));
  CHECK((scores.wins_a() == 2 && scores.wins_b() == 2));
  CHECK((scores.mean_a() == -2 && scores.mean_b() == 0));
  CHECK(scores.verdict() == command::PairedScores::Verdict::a);
}

TEST_CASE("the standard errors that tell are quantiles of Student's t") {
  // Tables of Student's t, 97.5 %, for n - 1 degrees of freedom.
  CHECK(std::abs(command::telling_errors(4) - 3.182) < 0.03);
  CHECK(std::abs(command::telling_errors(11) - 2.228) < 0.002);
  CHECK(std::abs(command::telling_errors(31) - 2.042) < 0.001);
  CHECK(std::abs(command::telling_errors(1000001) - 1.960) < 0.001);
  CHECK(std::isinf(command::telling_errors(2)));
}

TEST_CASE("the rows nearest to a context") {
  Eigen::MatrixXd contexts(100, 2);
  for (Eigen::Index i = 0; i < 100; ++i) contexts.row(i) << static_cast<double>(i), 7;
  const command::NearRows near = command::nearest_rows(contexts, Eigen::RowVector2d(20, 1e9), 5);
  CHECK(near.rows == std::vector<Eigen::Index>{18, 19, 20, 21, 22});  // the constant column does not count
  const Eigen::ArrayXd first = contexts.col(0).array();
  const double deviation = std::sqrt((first - first.mean()).square().mean());
  CHECK(std::abs(near.distance - 2 / deviation) < 0.01 * near.distance);
  CHECK(command::nearest_rows(contexts, Eigen::RowVector2d(20, 7), 4).rows.size() == 5);  // and those as near
  CHECK(command::nearest_rows(contexts, Eigen::RowVector2d(20, 7), 1000).rows.size() == 100);
  CHECK(command::nearest_rows(contexts, Eigen::RowVector2d(20, 7), 1).distance == 0);
}
