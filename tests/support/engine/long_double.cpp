#include "eigenflow/nets/compiled.hpp"

EIGENFLOW_NETS(template, long double)
