#pragma once

#include <string>
#include <vector>

/// An architecture as model files have it: together, all parts that they can hold.
struct Architecture {
  std::string name, scalar, layers, base;
};

std::vector<Architecture> architectures();
