// Reads words and declares those that a model may be called, as a header does.

#include "embed/names.hpp"

#include <iostream>
#include <string>

int main() {
  std::cout << "struct Probe {};\n";
  for (std::string name; std::getline(std::cin, name);)
    if (command::is_cpp_name(name))
      std::cout << "namespace " << name << "_model {}\ninline constexpr Probe " << name << "{};\n";
}
