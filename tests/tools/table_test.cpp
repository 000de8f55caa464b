// The readers and the writer of tables, held against files written out by hand or by NumPy 2.

#include "table/table.hpp"

#include <cmath>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <iterator>
#include <limits>
#include <memory>
#include <numbers>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "support/temporary_folder.hpp"
#include "table/gaussian.hpp"
#include "table/writer.hpp"

namespace {

std::shared_ptr<std::istream> stream(const std::string& text) {
  return std::make_shared<std::istringstream>(text);
}
Eigen::MatrixXd csv(const std::string& text, table::Header header = table::Header::sniff) {
  table::CsvReader reader(stream(text), "t.csv", header);
  return table::read_all(reader);
}
std::vector<std::string> names(const std::string& text) {
  return table::CsvReader(stream(text), "t.csv").names();
}

// A file as NumPy writes one, of the numbers that follow.
template <class Scalar>
std::string npy(const std::string& header, std::initializer_list<Scalar> numbers) {
  std::string text = header;
  text.resize(118, ' ');
  text.back() = '\n';
  text = std::string("\x93NUMPY\x01\x00\x76\x00", 10) + text;
  for (const Scalar number : numbers) text.append(reinterpret_cast<const char*>(&number), sizeof number);
  return text;
}
Eigen::MatrixXd read_npy(const std::string& bytes) {
  table::NpyReader reader(stream(bytes), "t.npy");
  return table::read_all(reader);
}

template <class Read>
std::string refusal(const Read& read) {
  try {
    read();
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return "nothing was refused";
}

std::string contents(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

const Eigen::MatrixXd two_by_three = (Eigen::MatrixXd(2, 3) << 1, 2, 3, 4, 5, 6).finished();

}  // namespace

TEST_CASE("csv: names, comments, quotes, blanks, separators") {
  CHECK(csv("1,2,3\n4,5,6\n") == two_by_three);
  CHECK(csv("# by hand\n\na,b,c\n1,2,3\n\n4,5,6") == two_by_three);
  CHECK(csv("\xEF\xBB\xBF\"a\";\"b\";\"c\"\r\n1; 2;3e0\r\n4;5 ;\"6\"\r\n") == two_by_three);
  CHECK(csv("1\t2\t3\n4\t5\t6\n") == two_by_three);
  CHECK(csv("1.000e+00 2.000e+00 3.000e+00\n  4  5   +6 \n") ==
        two_by_three);  // as numpy.savetxt, and by hand
  CHECK(names("length, weight\n1,2\n") == std::vector<std::string>{"length", "weight"});
  CHECK(names("\"a, or b\",\"say \"\"c\"\"\"\n1,2\n") == std::vector<std::string>{"a, or b", "say \"c\""});
  CHECK(names(",a\n0,1\n") ==
        std::vector<std::string>{"", "a"});  // a column of row numbers, as pandas writes it
  CHECK(names("1,nan\n").empty());
}

TEST_CASE("csv: the first line is what it is said to be") {
  CHECK(csv("7,8,9\n1,2,3\n4,5,6\n", table::Header::yes) == two_by_three);
  CHECK(csv("1,2,3\n4,5,6\n", table::Header::no) == two_by_three);
  CHECK(refusal([] { csv("a,b\n1,2\n", table::Header::no); }) == "t.csv:1: column 1: \"a\" is no number");
}

TEST_CASE("csv: what is refused says where") {
  CHECK(refusal([] { csv("a,b\n1,2\n3,x\n"); }) == "t.csv:3: column \"b\": \"x\" is no number");
  CHECK(refusal([] { csv("1,2\n,4\n"); }) == "t.csv:2: column 1: the number is missing");
  CHECK(refusal([] { csv("# one\n1,2\n\n3,nan\n"); }) == "t.csv:4: column 2: \"nan\" is no finite number");
  CHECK(refusal([] { csv("1,2\n3,1e999\n"); }) == "t.csv:2: column 2: \"1e999\" is no finite number");
  CHECK(refusal([] { csv("1,2\n3,4,5\n"); }) ==
        "t.csv:2: column 3: the line has 3 columns, but the first has 2");
  CHECK(refusal([] { csv("a,b,c\n1,2,3\n4\n"); }) ==
        "t.csv:3: column \"b\": the line has 1 column, but the first has 3");
  CHECK(refusal([] { csv(""); }) == "t.csv: there are no rows of numbers");
  CHECK(refusal([] { csv("# nothing\n\n"); }) == "t.csv: there are no rows of numbers");
  CHECK(refusal([] { csv("a,b\n"); }) == "t.csv: there are no rows of numbers");
}

TEST_CASE("csv: only the chosen columns must be numbers") {
  table::CsvReader reader(stream("who,a,b\nAda,1,2\n\"Grace, H.\",3,4\n"), "t.csv");
  reader.choose({2, 1});
  CHECK(table::read_all(reader) == (Eigen::MatrixXd(2, 2) << 2, 1, 4, 3).finished());
}

TEST_CASE("a table in blocks is the table, wherever lines and blocks end") {
  std::string text;
  Eigen::MatrixXd expected(40'000, 2);
  for (Eigen::Index i = 0; i < expected.rows(); ++i) {
    expected.row(i) << static_cast<double>(i), -0.25 * static_cast<double>(i);
    text += std::to_string(i) + ',' + std::to_string(expected(i, 1)) + (i % 3 == 0 ? "\r\n" : "\n");
  }
  text += "# " + std::string(200'000, '-') + '\n';  // a line longer than the buffer
  table::CsvReader reader(stream(text), "t.csv");
  table::Rows block(777, 2);
  Eigen::Index row = 0;
  for (Eigen::Index count; (count = reader.read(block)) > 0; row += count) {
    REQUIRE(row + count <= expected.rows());
    CHECK(block.topRows(count) == expected.middleRows(row, count));
  }
  CHECK(row == expected.rows());
}

TEST_CASE("npy: both orders, both types, one dimension") {
  const std::string c = "'fortran_order': False, 'shape': (2, 3), }",
                    f = "'fortran_order': True, 'shape': (2, 3), }";
  CHECK(read_npy(npy<double>("{'descr': '<f8', " + c, {1, 2, 3, 4, 5, 6})) == two_by_three);
  CHECK(read_npy(npy<float>("{'descr': '<f4', " + c, {1, 2, 3, 4, 5, 6})) == two_by_three);
  CHECK(read_npy(npy<double>("{'descr': '<f8', " + f, {1, 4, 2, 5, 3, 6})) == two_by_three);
  CHECK(read_npy(npy<float>("{'descr': '<f4', " + f, {1, 4, 2, 5, 3, 6})) == two_by_three);
  CHECK(read_npy(npy<double>("{'descr': '<f8', 'fortran_order': False, 'shape': (3,), }", {1, 2, 3})) ==
        Eigen::Vector3d(1, 2, 3));
  for (const std::string& order : {c, f}) {
    table::NpyReader reader(stream(npy<double>("{'descr': '<f8', " + order, {1, 2, 3, 4, 5, 6})), "t.npy");
    reader.choose({2, 0});
    table::Rows first(1, 2), second(3, 2);
    CHECK(reader.read(first) == 1);
    CHECK(reader.read(second) == 1);
    const bool fortran = order == f;
    CHECK(first == (table::Rows(1, 2) << (fortran ? 5 : 3), 1).finished());
    CHECK(second.topRows(1) == (table::Rows(1, 2) << 6, (fortran ? 2 : 4)).finished());
    CHECK(reader.read(second) == 0);
  }
}

TEST_CASE("npy: what is refused says why") {
  const std::string rest = "'fortran_order': False, 'shape': (2, 3), }";
  const auto refused = [](const std::string& bytes) { return refusal([&] { read_npy(bytes); }); };
  const auto of_shape = [](const std::string& shape) {
    return npy<double>("{'descr': '<f8', 'fortran_order': False, 'shape': " + shape + ", }", {});
  };
  CHECK(refused("\x93PK and so on") == "t.npy: is no .npy file");
  CHECK(refused(npy<std::int64_t>("{'descr': '<i8', " + rest, {1, 2, 3, 4, 5, 6})) ==
        "t.npy: holds numbers of type '<i8', but float32 or float64 is read: save x.astype('float64')");
  CHECK(refused(npy<double>("{'descr': '<f8', " + rest, {1, 2, 3, 4})) ==
        "t.npy: ends before its 2 × 3 numbers");
  CHECK(refused(of_shape("(1, 2, 3)")) ==
        "t.npy: holds an array of shape (1, 2, 3), but rows and columns are read: reshape it");
  CHECK(refused(of_shape("(0, 3)")) == "t.npy: holds no numbers: its shape is (0, 3)");
  CHECK(refused(of_shape("(4611686018427387904, 8)")) ==
        "t.npy: has a shape that makes no sense: (4611686018427387904, 8)");
  CHECK(refused(of_shape("(2x, 3)")) == "t.npy: has a shape that makes no sense: (2x, 3)");
  const double nan = std::numeric_limits<double>::quiet_NaN();
  CHECK(refused(npy<double>("{'descr': '<f8', " + rest, {1, 2, 3, 4, nan, 6})) ==
        "t.npy:2: column 2: nan is no finite number");
}

TEST_CASE("open: either kind by its first byte, and what is not there") {
  const TemporaryFolder folder;
  std::ofstream(folder / "a.txt") << "1,2,3\n4,5,6\n";
  std::ofstream(folder / "b.dat", std::ios::binary)
      << npy<double>("{'descr': '<f8', 'fortran_order': False, 'shape': (2, 3), }", {1, 2, 3, 4, 5, 6});
  CHECK(table::read((folder / "a.txt").string()).values == two_by_three);
  CHECK(table::read((folder / "b.dat").string()).values == two_by_three);
  CHECK(refusal([] { table::read("no/such.csv"); }) == "no/such.csv: cannot be opened");
  CHECK(refusal([&] { table::read(folder.path().string()); }) ==
        folder.path().string() + ": is a folder, not a table");
}

TEST_CASE("writer: what is written reads back, bit for bit") {
  const TemporaryFolder folder;
  table::Rows rows(3, 2);
  rows << 0.1, -1.0 / 3, 1e300, 5e-324, 0, 12345678901234567.0;
  for (const char* name : {"t.csv", "t.npy"}) {
    table::Writer writer((folder / name).string(), {"a", "b, c"});
    writer.write(rows.topRows(1));
    writer.write(rows.bottomRows(2));
    writer.finish();
    CHECK(table::read((folder / name).string()).values == rows);
  }
  CHECK(table::read((folder / "t.csv").string()).names == std::vector<std::string>{"a", "b, c"});
}

TEST_CASE("writer: nothing half-written") {
  const TemporaryFolder folder;
  const std::string path = (folder / "t.csv").string();
  std::ofstream(path) << "old\n";
  {
    table::Writer writer(path, {"a"});
    writer.write(table::Rows::Ones(100'000, 1));
  }  // an error came before the end
  CHECK(contents(path) == "old\n");
  CHECK(std::distance(std::filesystem::directory_iterator(folder.path()), {}) == 1);
  table::Writer writer(path, {"a"});
  writer.finish();
  CHECK(contents(path) == "a\n");
  CHECK(refusal([&] {
          table::Writer((folder / "no/t.csv").string(), {"a"});
        }).starts_with((folder / "no/t.csv").string() + ": cannot be written: "));
}

TEST_CASE("Gaussian: its own mean and covariance, whatever the units, and a constant column") {
  // Two columns of correlation 1/2, far from zero in units of their own, and a constant.
  Eigen::MatrixXd z(4, 2);
  z << 1, 1, 1, -1, -1, 1, -1, -1;
  const double log_two_pi = std::log(2 * std::numbers::pi);
  for (const double unit : {1e-200, 1e-3, 1.0, 1e7, 1e200}) {
    Eigen::MatrixXd x(4, 3);
    x.col(0) = unit * (z.col(0).array() + 1e3);
    x.col(1) = unit * (z.col(0) / 2 + std::sqrt(0.75) * z.col(1));
    x.col(2).setConstant(9.81);
    const Eigen::VectorXd log_p = table::Gaussian(x).log_prob(x);
    // Every row has a squared distance of 2; a constant column counts as a standard normal at its mean.
    const double expected = -1 - 1.5 * log_two_pi - 2 * std::log(unit) - 0.5 * std::log(0.75);
    for (Eigen::Index i = 0; i < 4; ++i) CHECK(log_p[i] == Approx(expected).epsilon(1e-5));
  }
}
