#include "support/contract/evaluate.hpp"

#include <algorithm>
#include <limits>
#include <new>

namespace contract {
namespace {

template <class S>
std::span<const S> span_of(const VectorX<S>& v) {
  return {v.data(), static_cast<std::size_t>(v.size())};
}

}  // namespace

template <class S>
Arena& poisoned_arena() {
  static Arena arena;
  constexpr std::size_t count = std::size_t{1} << 14;
  const ArenaScope scope(arena);
  std::fill_n(arena.allocate<S>(count), count, std::numeric_limits<S>::quiet_NaN());
  return arena;
}

template <class S>
Tile<S> make_tile(Arena& arena, const Problem<S>& problem, bool record) {
  Tile<S> tile = Tile<S>::allocate(arena, problem.x.rows(), problem.x.cols(), record);
  tile.values = problem.x;
  tile.log_det.setZero();
  new (&tile.context)
      eigenflow::ConstMatrixMap<S>(problem.context.data(), problem.x.rows(), problem.context.cols());
  return tile;
}

template <class S>
Evaluation<S> evaluate(const Subject<S>& subject, Direction direction, const Problem<S>& problem,
                       bool record) {
  Arena& arena = poisoned_arena<S>();
  const ArenaScope scope(arena);
  Tile<S> tile = make_tile(arena, problem, record);
  subject.run(direction, span_of(problem.theta), tile);
  return {tile.values, tile.log_det};
}

template <class S>
Pullback<S> pull_back(const Subject<S>& subject, Direction direction, const Problem<S>& problem,
                      const Cotangent<S>& cotangent, VectorX<S> grad) {
  Arena& arena = poisoned_arena<S>();
  const ArenaScope scope(arena);
  Tile<S> tile = make_tile(arena, problem, true);
  tile.attach_cotangents() = cotangent.log_det;
  tile.grad_values = cotangent.values;
  MatrixX<S> grad_context = MatrixX<S>::Zero(problem.context.rows(), problem.context.cols());
  new (&tile.grad_context)
      typename Tile<S>::Matrix(grad_context.data(), grad_context.rows(), grad_context.cols());
  subject.run_vjp(direction, span_of(problem.theta),
                  std::span<S>(grad.data(), static_cast<std::size_t>(grad.size())), tile);
  return {tile.grad_values, grad_context, grad};
}

#define EIGENFLOW_INSTANTIATE(S)                                                                       \
  template Arena& poisoned_arena<S>();                                                                 \
  template Tile<S> make_tile(Arena&, const Problem<S>&, bool);                                         \
  template Evaluation<S> evaluate(const Subject<S>&, Direction, const Problem<S>&, bool);              \
  template Pullback<S> pull_back(const Subject<S>&, Direction, const Problem<S>&, const Cotangent<S>&, \
                                 VectorX<S>);
EIGENFLOW_INSTANTIATE(float)
EIGENFLOW_INSTANTIATE(double)
EIGENFLOW_INSTANTIATE(Wide)
#undef EIGENFLOW_INSTANTIATE

}  // namespace contract
