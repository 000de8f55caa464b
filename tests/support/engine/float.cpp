#include "eigenflow/nets/compiled.hpp"

EIGENFLOW_NETS(template, float)
