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
#include "table/mean.hpp"
#include "table/roc.hpp"
#include "table/writer.hpp"
#include "tools/foreign_tables.hpp"

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
  CHECK(refusal([] { csv("a,b\n1,2\n", table::Header::no); }) == "t.csv:1: column 1: \"a\" is not a number");
}

TEST_CASE("csv: what is refused says where") {
  CHECK(refusal([] { csv("a,b\n1,2\n3,x\n"); }) == "t.csv:3: column \"b\": \"x\" is not a number");
  CHECK(refusal([] { csv("1,2\n,4\n"); }) == "t.csv:2: column 1: the number is missing");
  CHECK(refusal([] { csv("# one\n1,2\n\n3,nan\n"); }) == "t.csv:4: column 2: \"nan\" is not a finite number");
  CHECK(refusal([] { csv("1,2\n3,1e999\n"); }) ==
        "t.csv:2: column 2: \"1e999\" is beyond the range of a number, which ends at 1.8e308");
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

TEST_CASE("csv: separators are found outside of quotes, by all of the first rows") {
  const auto read = [](const std::string& text, const std::vector<std::string>& expected) {
    CHECK(names(text) == expected);
    return csv(text);
  };
  const Eigen::MatrixXd square = (Eigen::MatrixXd(2, 2) << 1.5, 2, 3, 4).finished();
  CHECK(read("\"Wert, mV\";\"Zeit\"\n\"1.5\";\"2\"\n\"3\";\"4\"\n", {"Wert, mV", "Zeit"}) == square);
  CHECK(read("Wert, mV;Zeit, s\n1.5;2\n3;4\n", {"Wert, mV", "Zeit, s"}) == square);
  CHECK(read("\"a b\" \"c;d\"\n1.5 2\n\"3\" \"4\"\n", {"a b", "c;d"}) == square);
  CHECK(read("\"a b\"\t\"c,d\"\n1.5\t2\n3\t4\n", {"a b", "c,d"}) == square);
  CHECK(read("Wait time\tEruption time\n1.5\t2\n3\t4\n", {"Wait time", "Eruption time"}) == square);
  CHECK(read("a, first\n1\n2\n", {"a, first"}) == Eigen::Vector2d(1, 2));
  CHECK(read("\"a\nb\",\"c \"\"d\"\"\"\n1.5,2\n3,4\n", {"a\nb", "c \"d\""}) == square);
  CHECK(read("a,b\r1.5,2\r\r3,4", {"a", "b"}) == square);
  CHECK(read("# by \"hand\"\r\na,b\r\n1.5,2\r\n3,4\r\n", {"a", "b"}) == square);
  CHECK(refusal([] { csv("a\tb\n1\t2\n\t\n"); }) == "t.csv:3: column \"a\": the number is missing");
  CHECK(refusal([] { csv("\"a\nb\",c\n1,2\n3,x\n"); }) == "t.csv:4: column \"c\": \"x\" is not a number");
}

TEST_CASE("csv: nothing behind quotes is lost") {
  CHECK(refusal([] { csv("a,b\n\"1\"5,2\n"); }) == "t.csv:2: column \"a\": \"\"1\"5\" is not a number");
  CHECK(refusal([] { csv("a b\n\"1\"5 2\n"); }) == "t.csv:2: column \"a\": \"\"1\"5\" is not a number");
  CHECK(refusal([] { csv("a,b\n1\"5\",2\n"); }) == "t.csv:2: column \"a\": \"1\"5\"\" is not a number");
  CHECK(refusal([] { csv("a,b\n1,\"2\n3,4\n"); }) == "t.csv: line 2: quotes open and do not close");
  CHECK(csv("a,b\n\"1\" ,\t\"2\"\n") == Eigen::RowVector2d(1, 2));
}

TEST_CASE("csv: row names and an index of rows are no data") {
  const Eigen::MatrixXd two = (Eigen::MatrixXd(2, 2) << 176.5, 59, 177, 72).finished();
  for (const char* const text :
       {"\"height\" \"weight\"\n\"1\" 176.5 59\n\"2\" 177 72\n", "height weight\n1 176.5 59\n2 177 72\n",
        "height,weight\nAda,176.5,59\nGrace,177,72\n",
        "\"height\";\"weight\"\n\"7\";176.5;59\n\"3\";177;72\n", ",height,weight\n0,176.5,59\n1,177,72\n",
        "\"\",\"height\",\"weight\"\n\"1\",176.5,59\n\"2\",177,72\n",
        ",,height,weight\nx,3,176.5,59\ny,4,177,72\n"}) {
    table::CsvReader reader(stream(text), "t.csv");
    CHECK(table::read_all(reader) == two);
    CHECK(reader.label(reader.chosen()[0]) == "height");
    CHECK(reader.label(reader.chosen()[1]) == "weight");
  }
  CHECK(csv("\"1\" 176.5 59\n\"2\" 177 72\n") == two);               // col.names = FALSE
  CHECK(csv("height weight\nnan 176.5 59\nGrace 177 72\n") == two);  // a row is called so
  const Eigen::Vector2d height(176.5, 177);
  CHECK(csv("height\n1 176.5\n2 177\n") == height);
  CHECK(csv("\"a \\\"b\\\", c\" \"d\"\n\"1\" 176.5 59\n\"2\" 177 72\n") == two);
  CHECK(names("\"a \\\"b\\\", c\" \"d\"\n\"1\" 176.5 59\n") == std::vector<std::string>{"a \"b\", c", "d"});
  CHECK(refusal([] { csv("a,b\n5,176.5,59\n3,177,72\n"); }) ==
        "t.csv:2: column 3: the line has 3 columns, but the first has 2 names: if the first column holds "
        "names of "
        "rows, name it too");
  std::string long_one = "a b\n";
  for (int i = 0; i < 200; ++i) long_one += "\"row\" 2 3\n";
  CHECK(refusal([&] { csv(long_one + "\"last\" 4\n"); }) ==
        "t.csv:202: column \"b\": the line has 1 column, but the first has 2, without the names of rows");
  table::CsvReader reader(stream(",x\n5,1\n6,2\n"), "t.csv");
  CHECK(reader.index() == 1);
  CHECK(reader.label(0) == "column1");
  reader.choose({0});
  CHECK(table::read_all(reader) == Eigen::Vector2d(5, 6));
}

TEST_CASE("csv: the first line is asked about where it is unclear") {
  const auto asks = [](const std::string& text) {
    CHECK(refusal([&] { csv(text); }).find("--header, or --no-header") != std::string::npos);
    CHECK_NOTHROW(table::CsvReader(stream(text), "t.csv", table::Header::yes));
    CHECK_NOTHROW(table::CsvReader(stream(text), "t.csv", table::Header::no));
  };
  for (const char* const text :
       {"0,1,2\n1.5,2.5,3.5\n2.5,3.5,4.5\n", "0\n1.5\n2.5\n", "2019,2020\n1.5,2.5\n2.5,3.5\n",
        ",0,1\n0,1.5,2.5\n", "28,1,x\n30,2,3\n", "5.1,3.5,setosa\n4.9,3,setosa\n", "1.5x,2.5y\n1,2\n",
        "?,?\n1,2\n", "id,2019,2020\n1,2,3\n"})
    asks(text);
  CHECK(refusal([] { csv("28,?,NA\n30,1,2\n"); }) == "t.csv:1: column 2: \"?\" is not a number");
  CHECK(names("\"2019\",\"2020\"\n1.5,2.5\n") == std::vector<std::string>{"2019", "2020"});
  CHECK(names("NA,Mg\n1,2\n") == std::vector<std::string>{"NA", "Mg"});
  CHECK(csv("1,2,3\n4,5,6\n") == two_by_three);
  CHECK(csv("0,1,2") == Eigen::RowVector3d(0, 1, 2));  // no names of nothing
}

TEST_CASE("csv: decimal commas are asked about, and read") {
  const auto comma = [](const std::string& text) {
    CHECK(refusal([&] { csv(text); }).find("--decimal comma") != std::string::npos);
    table::CsvReader reader(stream(text), "t.csv", table::Header::sniff, table::Decimal::comma);
    return table::read_all(reader);
  };
  const Eigen::MatrixXd square = (Eigen::MatrixXd(2, 2) << 1.5, 2, 3, -45e-3).finished();
  CHECK(comma("1,5;2\n3;-4,5e-2\n") == square);
  CHECK(comma("a;b\n1,5;2\n3;-4,5e-2\n") == square);
  CHECK(comma("Height, cm\tWeight\n1,5\t2\n3\t-4,5e-2\n") == square);
  CHECK(comma("a b\n1,5 2\n3 -4,5e-2\n") == square);
  CHECK(comma("a,b\n\"1,5\",2\n3,\"-4,5e-2\"\n") == square);
  CHECK(comma("x\n1,5\n2,5\n") == Eigen::Vector2d(1.5, 2.5));
  CHECK(comma("\"a\";\"b\"\n\"1\";1,5;2\n\"2\";3;-4,5e-2\n") == square);
  CHECK(refusal([] { table::CsvReader(stream("x;y\n1,5;2\n"), "t.csv"); }) ==
        "t.csv: numbers have a comma, as \"1,5\": if it stands before a fraction, give --decimal comma");
  std::string late = "x;y\n";
  for (int i = 0; i < 200; ++i) late += "1;2\n";
  CHECK(refusal([&] { csv(late + "1,5;2\n"); }) ==
        "t.csv:202: column \"x\": \"1,5\" is not a number (with a decimal comma it is: --decimal comma)");
  const auto refuses = [](const std::string& text, table::Decimal decimal) {
    return refusal([&] {
      table::CsvReader reader(stream(text), "t.csv", table::Header::sniff, decimal);
      table::read_all(reader);
    });
  };
  CHECK(refuses("x;y\n1.234,5;2\n", table::Decimal::comma) ==
        "t.csv:2: column \"x\": \"1.234,5\" is not a number");
  CHECK(refuses("x;y\n1.5;2\n", table::Decimal::comma) ==
        "t.csv:2: column \"x\": \"1.5\" is not a number with a decimal comma");
  CHECK(refuses("x;y\n1,5;2\n", table::Decimal::point).find("(with a decimal comma it is") !=
        std::string::npos);
}

TEST_CASE("columns have labels of their own, whatever the names") {
  table::CsvReader reader(stream("x,y,x,,x.1\n1,2,3,4,5\n"), "t.csv");
  std::vector<std::string> labels;
  for (Eigen::Index j = 0; j < reader.columns(); ++j) labels.push_back(reader.label(j));
  CHECK(labels == std::vector<std::string>{"x.1_", "y", "x.3", "column4", "x.1"});
  CHECK(refusal([] { csv("x,y,x\n1,2,z\n"); }) == "t.csv:2: column \"x\" (column 3): \"z\" is not a number");
  std::string wide;
  for (int j = 0; j < 100'000; ++j) wide += "name" + std::to_string(j) + ',';
  CHECK(table::CsvReader(stream(wide + "last\n"), "t.csv").columns() == 100'001);
}

TEST_CASE("what is no table is refused at once, and says what to do") {
  const auto says = [](const std::string& bytes, const std::string& text) {
    const std::string message = refusal([&] { csv(bytes); });
    INFO(message);
    CHECK(message.find(text) != std::string::npos);
  };
  const std::string zeros(100, '\0');
  says("\x1F\x8B\x08" + zeros, "zcat FILE");
  says("PK\x03\x04" + zeros + "arr_0.npy", "np.save");
  says("PK\x03\x04" + zeros + "xl/workbook.xml", "Excel");
  says("PK\x03\x04" + zeros + "a.csv", "zip archive");
  says("PAR1\x15" + zeros, "Parquet");
  says("BZh91AY&SY" + zeros, "bzip2");
  says(std::string("\xFF\xFE") + std::string("a\0,\0b\0\n\0", 8), "UTF-16");
  says(std::string("\xFE\xFF") + std::string("\0a\0,\0b\0\n", 8), "UTF-16");
  says(std::string("a\0,\0b\0\n\0", 8), "UTF-16");
  says(zeros, "zero bytes");
  CHECK(names("PAR1,PAR2\n1,2\n") == std::vector<std::string>{"PAR1", "PAR2"});
  CHECK(refusal([] { csv("a,b\n" + std::string(309, '9') + ",2\n"); }) ==
        "t.csv:2: column \"a\": \"" + std::string(40, '9') +
            "...\" is beyond the range of a number, which ends at 1.8e308");
  CHECK(refusal([] { csv("a\x1B[31mb,c\n\x1B]0;x\x07,\xE9\n"); }) ==
        "t.csv:2: column \"a\\x1b[31mb\": \"\\x1b]0;x\\x07\" is not a number");
  CHECK(refusal([] {
          csv("a,b\n\xC2\x9B"
              "31m,2\n");
        }) == "t.csv:2: column \"a\": \"\\u009b31m\" is not a number");
  CHECK(refusal([] { csv(std::string(std::size_t{70} << 20, '1')); }) ==
        "t.csv: line 1 has no end: is this a table?");
  CHECK(refusal([] { csv(std::string(std::size_t{70} << 20, '\n')); }).find("nothing but empty lines") !=
        std::string::npos);
}

TEST_CASE("text: what is UTF-8, and what a terminal may see") {
  for (const char* const good : {"", "plain", "\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x98\x80", "\xEF\xBF\xBF"})
    CHECK(table::is_utf8(good));
  for (const char* const bad :
       {"\xE9", "\xC3", "\xC0\x80", "\xE0\x80\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\x80"})
    CHECK(!table::is_utf8(bad));
  CHECK(table::escaped("a\tb\n\x01\x7F\xE9 \xC3\xA9 \xE2\x80\xAE \xE2\x81\xA6") ==
        "a\\tb\\n\\x01\\x7f\\xe9 \xC3\xA9 \\u202e \\u2066");
  CHECK(table::escaped("a\nb\r", "\n") == "a\nb\\r");
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

TEST_CASE("npy: the header is a literal of Python, however it is written") {
  for (const char* const fortran :
       {"{'descr': '<f8', 'fortran_order': True, 'shape': (2, 3)}",
        "{'shape':(2,3),'descr':'<f8','fortran_order':True}",
        "{'descr': '<f8', 'shape': (2, 3), 'fortran_order': True }",
        "{\"fortran_order\" :True , \"shape\" : ( 2L , 3L ,) , \"descr\" : \"f8\"}",
        "{\n 'descr': u'<f8',\n 'extra': [1, None, {'a': (1)}],\n 'shape': [2, 3], 'fortran_order': True,\n}",
        "{'fortran_order': False, 'descr': '=f8', 'shape': (2, 3), 'fortran_order': True}"})
    CHECK(read_npy(npy<double>(fortran, {1, 4, 2, 5, 3, 6})) == two_by_three);
  const std::string text = "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 3), }\n";
  for (const char version : {'\x01', '\x02', '\x03', '\x04'}) {
    std::string bytes = std::string("\x93NUMPY") + version;
    bytes += {'\0', static_cast<char>(text.size()), '\0'};
    if (version > '\x01') bytes += std::string(2, '\0');
    bytes += text;
    for (const double number : {1., 2., 3., 4., 5., 6.})
      bytes.append(reinterpret_cast<const char*>(&number), 8);
    if (version < '\x04')
      CHECK(read_npy(bytes) == two_by_three);
    else
      CHECK(refusal([&] { read_npy(bytes); }) ==
            "t.npy: has version 4 of the .npy format, but 1 to 3 are read");
  }
}

TEST_CASE("npy: what is refused says why") {
  const std::string rest = "'fortran_order': False, 'shape': (2, 3), }";
  const auto refused = [](const std::string& bytes) { return refusal([&] { read_npy(bytes); }); };
  const auto of_shape = [](const std::string& shape) {
    return npy<double>("{'descr': '<f8', 'fortran_order': False, 'shape': " + shape + ", }", {});
  };
  CHECK(refused("\x93PK and so on") == "t.npy: is not an .npy file");
  CHECK(
      refused(npy<std::int64_t>("{'descr': '<i8', " + rest, {1, 2, 3, 4, 5, 6})) ==
      "t.npy: holds numbers of type '<i8', but float32, float64 or uint8 is read: save x.astype('float64')");
  CHECK(refused(npy<double>("{'descr': '<f8', " + rest, {1, 2, 3, 4})) ==
        "t.npy: ends before its 2 × 3 numbers");
  CHECK(refused(of_shape("(1, 2, 3)")) ==
        "t.npy: holds an array of shape (1, 2, 3), but rows and columns are read: reshape it");
  CHECK(refused(of_shape("(0, 3)")) == "t.npy: holds no numbers: its shape is (0, 3)");
  CHECK(refused(of_shape("(4611686018427387904, 8)")) ==
        "t.npy: has a shape that makes no sense: (4611686018427387904, 8)");
  CHECK(refused(of_shape("(2x, 3)"))
            .starts_with("t.npy: has a header that is not a Python dictionary, from \"x, 3)"));
  CHECK(refused(of_shape("(-2, 3)")) == "t.npy: has a strange shape");
  CHECK(refused(of_shape("6")) == "t.npy: has a header with a strange shape");
  CHECK(refused(npy<double>("{'descr': '<f8', 'shape': (1, 1)}", {1})) ==
        "t.npy: has a header without fortran_order");
  CHECK(refused(npy<double>("{'descr': [('a', '<f8'), ('b', '<f8')], " + rest, {1, 2}))
            .starts_with("t.npy: holds records of several fields"));
  CHECK(refused(npy<double>("[('descr', '<f8')]", {1})) ==
        "t.npy: has a header that is not a Python dictionary");
  CHECK(refused(npy<double>("{" + std::string(100, '('), {1}))
            .starts_with("t.npy: has a header that is not a Python dictionary"));
  const double nan = std::numeric_limits<double>::quiet_NaN();
  CHECK(refused(npy<double>("{'descr': '<f8', " + rest, {1, 2, 3, 4, nan, 6})) ==
        "t.npy:2: column 2: nan is not a finite number");
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

TEST_CASE("Mean: the mean and its standard error") {
  const table::Mean mean(Eigen::Array4d(1, 3, 1, 3));
  CHECK(mean.value == 2);
  CHECK(mean.error == 0.5);
  CHECK(mean.text() == "2.000 ± 0.500");
}

TEST_CASE("Roc: its area is the chance that an anomaly scores higher, half for equal scores") {
  const auto area = [](const Eigen::Vector4d& score) {
    return table::Roc(score, Eigen::Vector4d(0, 0, 1, 1)).area();
  };
  CHECK(area({1, 2, 3, 4}) == 1);
  CHECK(area({3, 4, 1, 2}) == 0);
  CHECK(area({1, 3, 2, 4}) == 0.75);
  CHECK(area({1, 2, 2, 4}) == 0.875);
  CHECK(area({1, 1, 1, 1}) == 0.5);
}

TEST_CASE("writer: names that look like numbers stay names, .NPY is .npy") {
  const TemporaryFolder folder;
  const auto write = [&](const char* name, const std::vector<std::string>& names) {
    table::Writer writer((folder / name).string(), names);
    writer.write(table::Rows::Constant(1, static_cast<Eigen::Index>(names.size()), 1.5));
    writer.finish();
    return table::read((folder / name).string());
  };
  const std::vector<std::string> odd{"2019", "", "NA", "#x", "a \"b\"", "nan", "1,5"};
  const table::Table table = write("odd.csv", odd);
  CHECK(table.names == std::vector<std::string>{"2019", "column2", "NA", "#x", "a \"b\"", "nan", "1,5"});
  CHECK(write("t.NPY", {"a", "b"}).values == Eigen::RowVector2d(1.5, 1.5));
}

TEST_CASE("writer: links lead to the file, even to one that is not there yet") {
  namespace fs = std::filesystem;
  const TemporaryFolder folder;
  fs::create_symlink("target.csv", folder / "link.csv");
  fs::create_symlink("loop.csv", folder / "loop.csv");
  for (int i = 0; i < 2; ++i) {
    table::Writer writer((folder / "link.csv").string(), {"a"});
    writer.finish();
    CHECK(fs::is_symlink(folder / "link.csv"));
    CHECK(contents(folder / "target.csv") == "a\n");
  }
  CHECK(refusal([&] { table::Writer((folder / "loop.csv").string(), {"a"}); }).find("cannot be written") !=
        std::string::npos);
  CHECK(refusal([&] {
          table::Writer writer("/dev/full", {"a"});
          writer.finish();
        }) == "/dev/full: cannot be written: No space left on device");
  CHECK(fs::is_character_file("/dev/full"));
}

// ---- Tables of other programs

TEST_CASE("tables of Python's csv, of pandas and of R are read as they were written") {
  foreign::check_tables(600);
}

TEST_CASE("a hundred thousand tables of other programs", "[slow]") {
  foreign::check_tables(100'000);
}
