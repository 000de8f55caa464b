// Rows of tables with columns beside them that are kept as text, and rows with missing numbers that are left out.

#include <Eigen/Core>
#include <cstring>
#include <limits>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "table/table.hpp"

using Catch::Matchers::ContainsSubstring;
using Strings = std::vector<std::string>;
using Numbers = std::vector<Eigen::Index>;

namespace {

constexpr double missing = std::numeric_limits<double>::quiet_NaN();

std::unique_ptr<table::CsvReader> csv(const std::string& text,
                                      table::Decimal decimal = table::Decimal::sniff) {
  return std::make_unique<table::CsvReader>(std::make_shared<std::istringstream>(text), "t.csv",
                                            table::Header::yes, decimal);
}

// Rows of three columns, in C or Fortran order.
std::unique_ptr<table::NpyReader> npy(const Eigen::MatrixXd& x, bool fortran) {
  std::string header = "{'descr': '<f8', 'fortran_order': " + std::string(fortran ? "True" : "False") +
                       ", 'shape': (" + std::to_string(x.rows()) + ", " + std::to_string(x.cols()) + "), }";
  header.resize(117, ' ');
  std::string bytes = std::string("\x93NUMPY\x01\x00\x76\x00", 10) + header + '\n';
  const table::Rows rows = x;
  bytes.append(reinterpret_cast<const char*>(fortran ? x.data() : rows.data()),
               static_cast<std::size_t>(x.size()) * sizeof(double));
  return std::make_unique<table::NpyReader>(std::make_shared<std::istringstream>(bytes), "t.npy");
}

}  // namespace

TEST_CASE("kept cells are written as they stand in the table, in commas and with decimal points") {
  const auto reader =
      csv("a;b;c\n1,50;x;\"p;q\"\n2;\"3\";NA\n3;;\"say \"\"hi\"\"\"\n", table::Decimal::comma);
  reader->choose({0});
  reader->keep({2, 0, 1});
  table::Rows rows(8, 1);
  REQUIRE(reader->read(rows) == 3);
  CHECK(reader->beside() == Strings{"\"p;q\",1.50,x", "NA,2,\"3\"", "\"say \"\"hi\"\"\",3,"});
  CHECK(reader->numbers() == Numbers{1, 2, 3});
  CHECK(reader->read(rows) == 0);
  CHECK(reader->beside().empty());
}

TEST_CASE("rows with missing numbers are left out and counted, across blocks") {
  const auto reader = csv("a,b,c\n1,x,1\n,y,2\n3,z,3\nNaN,u,4\n-,v,5\n6,,6\n");
  reader->choose({0, 2});
  reader->keep({1});
  reader->set_missing(table::Missing::leave_out);
  table::Rows rows(2, 2);
  REQUIRE(reader->read(rows) == 2);
  CHECK(rows == (table::Rows(2, 2) << 1, 1, 3, 3).finished());
  CHECK(reader->numbers() == Numbers{1, 3});
  REQUIRE(reader->read(rows) == 1);
  CHECK(reader->beside() == Strings{""});
  CHECK(reader->numbers() == Numbers{6});
  CHECK(reader->read(rows) == 0);
  CHECK((reader->left_out() == 3 && reader->rows_read() == 3));
}

TEST_CASE("only missing numbers are left out, and the advice is about them alone") {
  const auto message = [](const std::string& text, table::Missing what) {
    const auto reader = csv(text);
    reader->set_missing(what, ": there is advice");
    try {
      table::read_all(*reader);
    } catch (const std::runtime_error& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  CHECK(message("a\nNA\n", table::Missing::reject) ==
        "t.csv:2: column \"a\": \"NA\" is not a number: there is advice");
  CHECK(message("a\n1\nfoo\n", table::Missing::leave_out) ==
        "t.csv:3: column \"a\": \"foo\" is not a number");
  CHECK_THAT(message("a\n1\ninf\n", table::Missing::leave_out), ContainsSubstring("is not a finite number"));
  CHECK_THAT(message("a\nNA\nNA\n", table::Missing::leave_out),
             ContainsSubstring("no row is left: 2 have missing values"));
}

TEST_CASE("the same for arrays of NumPy, in both orders") {
  Eigen::MatrixXd x(5, 3);
  x << 1, 10, 100, missing, 20, 200, 3, missing, 300, missing, 40, 400, 5, 50, 500.5;
  for (const bool fortran : {false, true}) {
    const auto reader = npy(x, fortran);
    reader->choose({2, 0});
    reader->keep({1});
    reader->set_missing(table::Missing::leave_out);
    table::Rows rows(2, 2);  // the second block has one row, and one that is left out
    REQUIRE(reader->read(rows) == 1);
    CHECK(rows.row(0) == Eigen::RowVector2d(100, 1));
    REQUIRE(reader->read(rows) == 1);
    CHECK(rows.row(0) == Eigen::RowVector2d(300, 3));
    CHECK(reader->beside() == Strings{"nan"});
    REQUIRE(reader->read(rows) == 1);
    CHECK(reader->beside() == Strings{"50"});
    CHECK(reader->numbers() == Numbers{5});
    CHECK(reader->read(rows) == 0);
    CHECK(reader->left_out() == 2);
    CHECK_THROWS_WITH(table::read_all(*npy(x, fortran)), ContainsSubstring("t.npy:2: column 1: "));
  }
}
