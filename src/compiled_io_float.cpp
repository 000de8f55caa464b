// Model files of float: see eigenflow/io/compiled.hpp.

#define EIGENFLOW_COMPILING_IO float
#include <eigenflow/io.hpp>
