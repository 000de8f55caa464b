#include <cmath>

double portable();
double native();

// In both orders, so that each part meets memory that the other has used.
int main() {
  const double first = portable(), second = native();
  return portable() == first && native() == second && std::abs(first - second) < 1e-5 ? 0 : 1;
}
