#pragma once

#include <Eigen/Core>
#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <eigenflow/io/file.hpp>
#include <filesystem>
#include <limits>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "cells.hpp"
#include "reader.hpp"

namespace table {

/// Whether a path stands for the standard output.
inline bool is_standard_output(const std::string& path) {
  return path == "-" || path == "/dev/stdout";
}

/// Where rows of numbers go, a block at a time: CSV, or .npy (float64) where the name ends so; "-" is the standard
/// output. A file has its name only once `finish` was called: until then, and after an error, what stood there
/// before is untouched. Devices and pipes are written directly. Throws std::runtime_error that names the file.
class Writer {
 public:
  Writer(const std::string& path, const std::vector<std::string>& names)
      : npy_(ends_in_npy(path)), columns_(static_cast<Eigen::Index>(names.size())) {
    if (!is_standard_output(path)) file_.emplace(path);
    text_ = npy_ ? npy_header() : line_of(names) + '\n';
    if (!npy_) return;
    flush();
    update_npy_header();  // so that a pipe, which has no way back, is refused at once
  }

  /// Appends rows, N × the names.
  void write(const Eigen::Ref<const Rows>& rows) { write(rows, {}); }
  /// The same with more cells at the end of each row, as Reader::beside has them. An .npy file takes numbers only, NaN
  /// for missing ones; throws std::runtime_error for other text.
  void write(const Eigen::Ref<const Rows>& rows, std::span<const std::string> beside) {
    for (Eigen::Index i = 0; i < rows.rows(); ++i) {
      const std::string* const more = beside.empty() ? nullptr : &beside[static_cast<std::size_t>(i)];
      if (npy_)
        append_bytes(rows.row(i), more);
      else
        append_line(rows.row(i), more);
      if (text_.size() > (std::size_t{1} << 16)) flush();
    }
    rows_ += rows.rows();
  }

  /// Ends the file and gives it its name.
  void finish() {
    flush();
    if (npy_) update_npy_header();
    if (file_)
      file_->finish();
    else if (std::fflush(stdout) != 0)
      fail();
  }

 private:
  static bool ends_in_npy(const std::string& path) {
    std::string ending = std::filesystem::path(path).extension().string();
    for (char& c : ending) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    return ending == ".npy";
  }
  [[noreturn]] static void fail() {
    throw std::runtime_error("standard output: cannot be written: " + std::generic_category().message(errno));
  }
  void flush() {
    if (file_)
      file_->write(std::as_bytes(std::span(text_)));
    else if (std::fwrite(text_.data(), 1, text_.size(), stdout) != text_.size())
      fail();
    text_.clear();
  }
  template <class Row>
  void append_line(const Row& row, const std::string* more) {
    for (Eigen::Index j = 0; j < row.size(); ++j) {
      if (j > 0) text_ += ',';
      append_number(row[j], text_);
    }
    if (more) (text_ += ',') += *more;
    text_ += '\n';
  }
  template <class Row>
  void append_bytes(const Row& row, const std::string* more) {
    const auto append = [&](double value) {
      text_.append(reinterpret_cast<const char*>(&value), sizeof value);
    };
    for (Eigen::Index j = 0; j < row.size(); ++j) append(row[j]);
    if (!more) return;
    for (Cells cells(*more, {}); cells.more();) {
      const Cell cell = cells.next();
      const std::optional<double> value = number(cell.text);
      if (!value && !is_missing(cell.text))
        throw std::runtime_error("an .npy file takes numbers only, but a cell is " + shown(cell.text) +
                                 ": write CSV, or leave its column out");
      append(value.value_or(std::numeric_limits<double>::quiet_NaN()));
    }
  }
  void update_npy_header() {
    const std::string header = npy_header();
    file_->write_over_beginning(std::as_bytes(std::span(header)));
  }
  // Version 1, of a fixed length: the number of rows is known at the end.
  std::string npy_header() const {
    std::string text = "{'descr': '<f8', 'fortran_order': False, 'shape': (" + std::to_string(rows_) + ',' +
                       (columns_ == 1 ? "" : ' ' + std::to_string(columns_)) + "), }";
    text.resize(117, ' ');
    return std::string("\x93NUMPY\x01\x00\x76\x00", 10) + text + '\n';
  }

  bool npy_;
  Eigen::Index columns_, rows_ = 0;
  std::optional<eigenflow::io::FileWriter> file_;  // none: the standard output
  std::string text_;
};

}  // namespace table
