#include <eigenflow/io/standard_parts.hpp>

template eigenflow::io::Registry<float> eigenflow::io::standard_parts<float>();
template eigenflow::io::Registry<double> eigenflow::io::standard_parts<double>();
