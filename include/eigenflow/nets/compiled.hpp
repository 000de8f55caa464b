#pragma once

#include <span>

#include "eigenflow/nets/activate.hpp"
#include "eigenflow/nets/conv_network_conditioner.hpp"
#include "eigenflow/nets/kernel/dense.hpp"
#include "eigenflow/nets/kernel/dense_row.hpp"
#include "eigenflow/nets/kernel/multiply.hpp"
#include "eigenflow/nets/kernel/triangular.hpp"
#include "eigenflow/nets/masked_network.hpp"
#include "eigenflow/nets/network_conditioner.hpp"

// The network engine for one scalar type, compiled once for several sources of a program. In a header,
//
//   EIGENFLOW_NETS(extern template, float)
//
// says that another source has it, and EIGENFLOW_NETS(template, float) compiles it there. eigenflow::compiled has it for
// float and double, the tests for long double too.

#define EIGENFLOW_NETS(Template, Scalar)                                                                   \
  namespace eigenflow::nets {                                                                              \
  Template void activate(Activation, double, const Scalar*, Scalar*, Eigen::Index);                        \
  Template void multiply(const LeftOperand<Scalar>&, Eigen::Index, const RightOperand<Scalar>&,            \
                         Eigen::Index, const Result<Scalar>&, Eigen::Index, const AfterPanel&);            \
  Template void dense(const Panels<Scalar>&, const Scalar*, const Scalar*, const Panels<Scalar>&,          \
                      const Part&, bool, const AfterPanel&);                                               \
  Template void dense_grad_x(const Panels<Scalar>&, const Scalar*, const Panels<Scalar>&, const Part&,     \
                             const Scalar*, const ColumnSums<Scalar>*, Arena&, const AfterPanel&);         \
  Template void dense_grad_w(const Panels<Scalar>&, const Panels<Scalar>&, Scalar*, std::span<const Part>, \
                             Arena&);                                                                      \
  Template void dense_one_row(const Scalar*, const Scalar*, Eigen::Index, const Scalar*, Scalar*,          \
                              Eigen::Index, Eigen::Index);                                                 \
  Template void triangular_multiply(const Triangular<Scalar>&, const Panels<Scalar>&);                     \
  Template void triangular_solve(const Triangular<Scalar>&, const Panels<Scalar>&);                        \
  Template class NetworkConditioner<Scalar>;                                                               \
  Template class MaskedNetwork<Scalar>;                                                                    \
  Template class ConvNetworkConditioner<Scalar>;                                                           \
  }
