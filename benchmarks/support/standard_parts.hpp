#pragma once

#include <eigenflow/io/standard_parts.hpp>

// Compiled once, in standard_parts.cpp, for the programs that go through all parts.

extern template eigenflow::io::Registry<float> eigenflow::io::standard_parts<float>();
extern template eigenflow::io::Registry<double> eigenflow::io::standard_parts<double>();
