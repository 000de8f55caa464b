#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>

#include "eigenflow/any/any_base.hpp"
#include "eigenflow/any/any_layer.hpp"
#include "eigenflow/flow.hpp"
#include "eigenflow/io/architecture.hpp"
#include "eigenflow/io/build.hpp"
#include "eigenflow/io/model_file.hpp"
#include "eigenflow/io/standard_parts.hpp"

// What the CMake target eigenflow::compiled_io holds, for float and double: reading model files into run-time flows, and
// with it all parts that files may name. io.hpp includes this file where that target is linked.

#define EIGENFLOW_COMPILED_FOR(Template, Scalar)                                                        \
  Template io::Registry<Scalar> io::standard_parts<Scalar>();                                           \
  Template AnyFlow<Scalar> make_flow<Scalar>(const std::string&, Rng&, const io::Registry<Scalar>&);    \
  Template AnyFlow<Scalar> parse_flow<Scalar>(std::span<const std::byte>, const io::Registry<Scalar>&); \
  Template LoadedModel<Scalar> load_model<Scalar>(const std::filesystem::path&,                         \
                                                  const io::Registry<Scalar>&);                         \
  Template AnyFlow<Scalar> load_flow<Scalar>(const std::filesystem::path&, const io::Registry<Scalar>&);

namespace eigenflow {

EIGENFLOW_COMPILED_FOR(extern template, float)
EIGENFLOW_COMPILED_FOR(extern template, double)
#ifdef EIGENFLOW_COMPILING_IO  // the scalar type that a source of the library is for
EIGENFLOW_COMPILED_FOR(template, EIGENFLOW_COMPILING_IO)
#endif

}  // namespace eigenflow

#undef EIGENFLOW_COMPILED_FOR
