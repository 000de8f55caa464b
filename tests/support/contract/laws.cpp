#include "support/contract/laws.hpp"

#include <cmath>
#include <string>
#include <vector>

#include "support/contract/random.hpp"
#include "support/layer_contract.hpp"

namespace contract {
namespace {

constexpr Index a_few_rows = 7;
constexpr Index more_than_a_tile = 257;

/// A theta in float, so that every type starts from the same numbers.
struct Start {
  std::string name;
  VectorX<float> theta;
  bool moderate;  // of a size that training reaches: accuracy is required, not only a small residual
};

std::vector<Start> starts(const Subject<float>& subject, float size) {
  const Index count = subject.parameter_count();
  VectorX<float> initial = VectorX<float>::Zero(count);
  Rng rng(1);
  subject.initialise({initial.data(), static_cast<std::size_t>(count)}, rng);
  if (count == 0) return {{"none", initial, true}};
  std::vector<Start> all{{"zero", VectorX<float>::Zero(count), true},
                         {"initial", initial, true},
                         {"random", size * random_normal<float>(count, 1, 2), true}};
  // The residual is tested for several draws of theta, since one may miss half of a constraint.
  for (std::uint64_t draw = 0; draw < 8; ++draw) {
    const VectorX<float> normal = random_normal<float>(count, 1, 30 + draw);
    VectorX<float> wild = normal;  // sizes from 10⁻²⁰ to 10⁶
    Rng exponents(40 + draw);
    for (float& value : wild)
      value = std::copysign(std::pow(10.0F, 26 * exponents.uniform<float>() - 20), value);
    const std::string number = ", draw " + std::to_string(draw);
    all.push_back({"of size 3" + number, 3 * size * normal, false});
    if (draw % 2 == 0 || size < 1) continue;
    all.push_back({"of size 1000" + number, 1000 * normal, false});
    all.push_back({"of all sizes" + number, wild, false});
  }
  return all;
}

template <class S>
Problem<S> problem(const Subject<S>& subject, const VectorX<float>& theta, Index rows, std::uint64_t seed,
                   const Options& options) {
  const MatrixX<S> draws = random_normal<S>(rows, subject.dim() + subject.context_dim(), seed);
  return {theta.template cast<S>(), static_cast<S>(options.spread) * draws.leftCols(subject.dim()),
          draws.rightCols(subject.context_dim())};
}

std::vector<Direction> directions(const Options& options) {
  if (options.bijection) return {Direction::forward, Direction::inverse};
  return {Direction::forward};
}

void check_reference(const Candidates& candidates, const Start& start, const Options& options) {
  for (const Direction direction : directions(options)) {
    const std::string where =
        candidates.name + ", long double, theta " + start.name + ", " + to_string(direction);
    const Problem<Wide> few = problem(*candidates.reference, start.theta, 5, 21, options);
    check_derivatives(*candidates.reference, direction, few, options.bijection, where);
    check_taylor(*candidates.reference, direction, few, where);
  }
}

template <class S>
void check_instance(const Subject<S>& subject, const Subject<Wide>& reference, const Start& start,
                    const Options& options, const std::string& name) {
  const Problem<S> few = problem(subject, start.theta, a_few_rows, 22, options);
  if (options.bijection) {
    check_residual(subject, reference, few, name);
    if (options.finite_inverse) check_finite_inverse(subject, few, name);
    if (start.moderate) check_round_trip(subject, reference, few, name);
  }
  check_overflow(subject, options.bijection, few.theta, name);
  for (const Direction direction : directions(options)) {
    const std::string where = name + ", " + to_string(direction);
    check_accumulation(subject, direction, few, where);
    if (!start.moderate) continue;
    check_precision(subject, reference, direction, few, where);
    if constexpr (std::is_same_v<S, double>) check_taylor(subject, direction, few, where);
    check_rows(subject, reference, direction, few, where);
    check_extremes<S>(subject, direction, few.theta, options.extreme_exponent, where);
    if (start.name != "random" && start.name != "none") continue;
    const Problem<S> many = problem(subject, start.theta, more_than_a_tile, 23, options);
    check_accumulation(subject, direction, many, where + ", 257 rows");
    check_rows(subject, reference, direction, many, where + ", 257 rows");
    check_isolation(subject, direction, problem(subject, start.theta, 37, 24, options), where);
    check_allocations(subject, direction, many, where);
  }
}

}  // namespace

void obey_the_laws(const Candidates& candidates, const Options& options) {
  for (const Start& start : starts(*candidates.floats.front(), static_cast<float>(options.theta_size))) {
    if (start.moderate) check_reference(candidates, start, options);
    const std::string theta = ", theta " + start.name;
    std::string form = ", dynamic D";
    for (const auto& subject : candidates.floats) {
      check_instance(*subject, *candidates.reference, start, options,
                     candidates.name + ", float" + form + theta);
      form = ", static D";
    }
    form = ", dynamic D";
    for (const auto& subject : candidates.doubles) {
      check_instance(*subject, *candidates.reference, start, options,
                     candidates.name + ", double" + form + theta);
      form = ", static D";
    }
  }
}

}  // namespace contract
