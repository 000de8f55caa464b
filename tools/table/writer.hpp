#pragma once

#include <unistd.h>

#include <Eigen/Core>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "cells.hpp"
#include "reader.hpp"

namespace table {

/// Where rows of numbers go, a block at a time: CSV, or .npy (float64) where the name ends so; "-" is the standard
/// output. A file has its name only once `finish` was called: until then, and after an error, what stood there
/// before is untouched. Devices and pipes are written directly. Throws std::runtime_error that names the file.
class Writer {
 public:
  Writer(const std::string& path, std::vector<std::string> names)
      : path_(path == "-" ? "standard output" : path),
        npy_(std::filesystem::path(path).extension() == ".npy"),
        columns_(static_cast<Eigen::Index>(names.size())) {
    if (path == "-") {
      file_ = stdout;
    } else {
      std::error_code ignored;
      const bool replaces =
          !std::filesystem::exists(path, ignored) || std::filesystem::is_regular_file(path, ignored);
      const std::filesystem::path real = std::filesystem::canonical(path, ignored);  // a link stays a link
      target_ = ignored ? std::filesystem::path(path) : real;
      if (replaces) draft_ = target_.string() + '.' + std::to_string(::getpid()) + ".tmp";
      file_ = std::fopen(replaces ? draft_.c_str() : path.c_str(), "wb");
      if (!file_) fail();
    }
    text_ = npy_ ? npy_header() : line_of(names) + '\n';
  }
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;
  ~Writer() {
    if (file_ && file_ != stdout) std::fclose(file_);
    if (!draft_.empty()) std::remove(draft_.c_str());
  }

  /// Appends rows, N × the names.
  void write(const Eigen::Ref<const Rows>& rows) {
    for (Eigen::Index i = 0; i < rows.rows(); ++i) {
      if (npy_)
        text_.append(reinterpret_cast<const char*>(rows.row(i).data()),
                     static_cast<std::size_t>(columns_) * sizeof(double));
      else
        append_line(rows.row(i));
      if (text_.size() > (std::size_t{1} << 16)) flush();
    }
    rows_ += rows.rows();
  }

  /// Ends the file and gives it its name.
  void finish() {
    flush();
    if (npy_) {
      const std::string header = npy_header();
      if (std::fseek(file_, 0, SEEK_SET) != 0 ||
          std::fwrite(header.data(), 1, header.size(), file_) != header.size())
        fail();
    }
    if (std::fflush(file_) != 0) fail();
    if (file_ == stdout) return;
    if (std::fclose(std::exchange(file_, nullptr)) != 0) fail();
    if (!draft_.empty() && std::rename(draft_.c_str(), target_.c_str()) != 0) fail();
    draft_.clear();
  }

 private:
  [[noreturn]] void fail() const {
    throw std::runtime_error(path_ + ": cannot be written: " + std::generic_category().message(errno));
  }
  void flush() {
    if (std::fwrite(text_.data(), 1, text_.size(), file_) != text_.size()) fail();
    text_.clear();
  }
  template <class Row>
  void append_line(const Row& row) {
    for (Eigen::Index j = 0; j < row.size(); ++j) {
      if (j > 0) text_ += ',';
      append_number(row[j], text_);
    }
    text_ += '\n';
  }
  // Version 1, of a fixed length: the number of rows is known at the end.
  std::string npy_header() const {
    std::string text = "{'descr': '<f8', 'fortran_order': False, 'shape': (" + std::to_string(rows_) + ',' +
                       (columns_ == 1 ? "" : ' ' + std::to_string(columns_)) + "), }";
    text.resize(117, ' ');
    return std::string("\x93NUMPY\x01\x00\x76\x00", 10) + text + '\n';
  }

  std::string path_;
  bool npy_;
  Eigen::Index columns_, rows_ = 0;
  std::filesystem::path target_;
  std::string draft_;  // the file's name until it is whole
  std::FILE* file_ = nullptr;
  std::string text_;
};

}  // namespace table
