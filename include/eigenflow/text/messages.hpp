#pragma once

#include <Eigen/Core>
#include <cstddef>
#include <string>

#include "eigenflow/text/error.hpp"

namespace eigenflow::detail {

inline std::string shape(Eigen::Index rows, Eigen::Index cols) {
  return std::to_string(rows) + " × " + std::to_string(cols);
}

[[noreturn]] inline void reject_columns(const char* call, Eigen::Index rows, Eigen::Index cols,
                                        Eigen::Index dim) {
  std::string message = std::string(call) + " expects N × " + std::to_string(dim) +
                        " (rows are samples), but got " + shape(rows, cols);
  message += cols == 1 && rows == dim ? ": a single sample is a row, so pass x.transpose()"
             : rows == dim            ? ": pass x.transpose() if the columns are samples"
                                      : ": pass one column for each feature";
  reject(message);
}

[[noreturn]] inline void reject_storage(const char* call, Eigen::Index rows, Eigen::Index cols,
                                        Eigen::Index wanted_rows, Eigen::Index wanted_cols) {
  reject(std::string(call) + " writes " + shape(wanted_rows, wanted_cols) + ", but the storage given is " +
         shape(rows, cols) + ": resize it first");
}

/// Throws unless the gradient of an objective is empty or has one number for each parameter.
inline void check_gradient(const char* call, std::size_t given, std::size_t parameters) {
  if (given == 0 || given == parameters) return;
  reject(std::string(call) + " writes one number for each of the " + std::to_string(parameters) +
         " parameters of this flow, but the gradient given has " + std::to_string(given) +
         ": resize it, or give an empty one for only the loss");
}

}  // namespace eigenflow::detail
