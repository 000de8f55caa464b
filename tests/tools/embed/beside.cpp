// A header beside the library and beside another header, which another file of the program includes too.

#include <cstdio>
#include <eigenflow/eigenflow.hpp>
#include <random>

#include "planar.hpp"
#include "spline.hpp"

int main() {
  eigenflow::Rng theirs(3);
  spline_model::Rng ours(3);
  std::mt19937_64 standard(3);
  if (spline.sample(theirs) != spline.sample(ours)) return 1;
  const spline_model::Point x = spline.sample(standard);
  eigenflow::Flow<eigenflow::Radial<double, 2>> flow(theirs);
  const bool finite = flow.log_prob(x.transpose())[0] < 0 && spline.log_prob({0.5, 1}) < 0;
  return finite && planar.log_prob(x) < 0 && planar.stack_bytes < 100000 ? 0 : 1;
}
