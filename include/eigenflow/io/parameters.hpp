#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "eigenflow/authoring/layout.hpp"
#include "eigenflow/authoring/tile.hpp"
#include "eigenflow/io/allowance.hpp"
#include "eigenflow/io/safetensors.hpp"
#include "eigenflow/numerics/finite.hpp"

// theta as tensors, one for each named parameter, and back.

namespace eigenflow::io::detail {

/// Adds one tensor for each parameter of theta.
template <class Scalar>
void add_parameters(TensorWriter& writer, const std::vector<NamedParameter>& parameters,
                    std::span<const Scalar> theta) {
  for (const NamedParameter& p : parameters) {
    const Scalar* const numbers = theta.data() + p.offset;
    writer.add<Scalar>(p.path, p.rows, p.cols, p.rank, [&](std::int64_t i, std::int64_t j) {
      const Scalar number = numbers[i + j * p.rows];  // column-major in theta
      if (!eigenflow::detail::is_finite(number))
        reject("parameter '" + p.path + "' is not finite at (" + std::to_string(i) + ", " +
               std::to_string(j) + "): such a flow has no density, and is not saved");
      return number;
    });
  }
}

template <class Scalar>
Scalar number_at(const Tensor& tensor, std::int64_t i, const std::string& name) {
  const double wide = tensor.dtype == "F64" ? tensor.at<double>(i) : static_cast<double>(tensor.at<float>(i));
  const auto number = static_cast<Scalar>(wide);
  if (!eigenflow::detail::is_finite(wide) || !eigenflow::detail::is_finite(number))
    reject("tensor '" + name + "' has number " + std::to_string(i) +
           " beyond what a parameter can be: " + std::to_string(wide));
  return number;
}

/// The tensor of a parameter, which has its shape.
inline const Tensor& tensor_of(const Tensors& file, const NamedParameter& p) {
  const auto found = file.tensors.find(p.path);
  if (found == file.tensors.end()) reject("tensor '" + p.path + "' is missing");
  const Tensor& tensor = found->second;
  std::vector<std::int64_t> shape;
  if (p.rank > 0) shape.push_back(p.rows);
  if (p.rank > 1) shape.push_back(p.cols);
  const auto text = [](const std::vector<std::int64_t>& all) {
    std::string list = "(";
    for (const std::int64_t n : all) list += (list.size() > 1 ? ", " : "") + std::to_string(n);
    return list + ')';
  };
  if (tensor.shape != shape)
    reject("tensor '" + p.path + "' should have the shape " + text(shape) + ", but has " +
           text(tensor.shape));
  if (tensor.dtype != "F32" && tensor.dtype != "F64")
    reject("tensor '" + p.path + "' should be F32 or F64, but is " + tensor.dtype);
  return tensor;
}

/// The theta of the parameters that `name_all` lists, from tensors of exactly their names and shapes. Nothing is
/// allocated before that check. Tensors called fit.… belong to a checkpoint.
template <class Scalar, class NameAll>
VectorX<Scalar> read_parameters(const Tensors& file, const NameAll& name_all) {
  Eigen::Index size = 0;
  std::set<const Tensor*> known;
  name_all([&](const NamedParameter& p) {
    known.insert(&tensor_of(file, p));
    size += p.rows * p.cols;
  });
  for (const auto& [name, tensor] : file.tensors)
    if (!known.count(&tensor) && !is_fit_state(name))
      reject("tensor '" + name + "' belongs to no parameter of the architecture");

  VectorX<Scalar> theta(size);
  name_all([&](const NamedParameter& p) {
    const Tensor& tensor = tensor_of(file, p);
    for (Eigen::Index i = 0; i < p.rows; ++i)
      for (Eigen::Index j = 0; j < p.cols; ++j)
        theta[p.offset + i + j * p.rows] = number_at<Scalar>(tensor, i * p.cols + j, p.path);
  });
  return theta;
}

}  // namespace eigenflow::io::detail
