// The readers of the examples' tables, held against files written out by hand or by NumPy 2.

#include "table/table.hpp"

#include <cstdint>
#include <initializer_list>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "support/catch.hpp"

namespace {

Eigen::MatrixXd csv(const std::string& text) {
  std::istringstream in(text);
  return table::read_csv(in, "t.csv").values;
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
  std::istringstream in(bytes);
  return table::read_npy(in, "t.npy");
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

const Eigen::MatrixXd two_by_three = (Eigen::MatrixXd(2, 3) << 1, 2, 3, 4, 5, 6).finished();

}  // namespace

TEST_CASE("csv: names, comments, quotes, blanks, separators") {
  CHECK(csv("1,2,3\n4,5,6\n") == two_by_three);
  CHECK(csv("# by hand\n\na,b,c\n1,2,3\n\n4,5,6") == two_by_three);
  CHECK(csv("\xEF\xBB\xBF\"a\";\"b\";\"c\"\r\n1; 2;3e0\r\n4;5 ;\"6\"\r\n") == two_by_three);
  CHECK(csv("1\t2\t3\n4\t5\t6\n") == two_by_three);
  std::istringstream in("length, weight\n1,2\n");
  CHECK(table::read_csv(in, "t.csv").names == std::vector<std::string>{"length", "weight"});
}

TEST_CASE("csv: what is refused says where") {
  CHECK(refusal([] { csv("a,b\n1,2\n3,x\n"); }) == "t.csv, line 3, column 2 (b): \"x\" is no finite number");
  CHECK(refusal([] { csv("1,2\n,4\n"); }) == "t.csv, line 2, column 1 is empty");
  CHECK(refusal([] { csv("1,2\n3,nan\n"); }) == "t.csv, line 2, column 2: \"nan\" is no finite number");
  CHECK(refusal([] { csv("1,2\n3,4,5\n"); }) ==
        "t.csv, line 2 has 3 columns, but the lines before it have 2");
  CHECK(refusal([] { csv("a,b\n"); }) == "t.csv has no rows of numbers");
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
}

TEST_CASE("npy: what is refused says why") {
  const std::string rest = "'fortran_order': False, 'shape': (2, 3), }";
  const auto refused = [](const std::string& bytes) { return refusal([&] { read_npy(bytes); }); };
  CHECK(refused("PK and so on, an npz") == "t.npy is no .npy file");
  CHECK(refused(npy<std::int64_t>("{'descr': '<i8', " + rest, {1, 2, 3, 4, 5, 6})) ==
        "t.npy holds numbers of type '<i8', but float32 or float64 is read: save x.astype('float64')");
  CHECK(refused(npy<double>("{'descr': '<f8', " + rest, {1, 2, 3, 4})) ==
        "t.npy ends after 4 of 2 × 3 numbers");
  CHECK(refused(npy<double>("{'descr': '<f8', 'fortran_order': False, 'shape': (1, 2, 3), }", {})) ==
        "t.npy holds an array of shape (1, 2, 3), but rows and columns are read: reshape it");
  CHECK(refused(npy<double>("{'descr': '<f8', 'fortran_order': False, 'shape': (0, 3), }", {})) ==
        "t.npy holds no numbers: its shape is (0, 3)");
}

TEST_CASE("read: a path that is not there, and one of another kind") {
  CHECK(refusal([] { table::read("no/such.csv"); }) == "cannot open no/such.csv");
}
