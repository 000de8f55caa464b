#pragma once

#include "eigenflow/io/standard_parts.hpp"

// Compiled once, in standard_parts.cpp, because all layers and bases of the library compile slowly.

extern template eigenflow::io::Registry<float> eigenflow::io::standard_parts<float>();
extern template eigenflow::io::Registry<double> eigenflow::io::standard_parts<double>();
