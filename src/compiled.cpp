// The network engine and the training loop for float and double: see eigenflow/compiled.hpp.

#define EIGENFLOW_COMPILING
#include <eigenflow/eigenflow.hpp>
