#pragma once

#include "eigenflow/io/standard_parts.hpp"

// Compiled once, in standard_parts.cpp: all layers and bases of the library take their time.

extern template eigenflow::io::Registry<float> eigenflow::io::standard_parts<float>();
extern template eigenflow::io::Registry<double> eigenflow::io::standard_parts<double>();
