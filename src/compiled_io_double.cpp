// Model files of double: see eigenflow/io/compiled.hpp.

#define EIGENFLOW_COMPILING_IO double
#include <eigenflow/io.hpp>
