#pragma once

// Model files, opt-in: this needs nlohmann/json (the CMake target eigenflow::io).

#include "eigenflow/numerics/ieee_begin.hpp"

#include "eigenflow/io/allowance.hpp"
#include "eigenflow/io/architecture.hpp"
#include "eigenflow/io/build.hpp"
#include "eigenflow/io/checkpoint.hpp"
#include "eigenflow/io/file.hpp"
#include "eigenflow/io/json.hpp"
#include "eigenflow/io/model_file.hpp"
#include "eigenflow/io/parameters.hpp"
#include "eigenflow/io/safetensors.hpp"
#include "eigenflow/io/standard_parts.hpp"
#ifdef EIGENFLOW_COMPILED
#include "eigenflow/compiled.hpp"
#endif
#ifdef EIGENFLOW_COMPILED_IO
#include "eigenflow/io/compiled.hpp"
#endif

#include "eigenflow/numerics/ieee_end.hpp"
