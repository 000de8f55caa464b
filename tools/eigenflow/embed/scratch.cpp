#include "embed/scratch.hpp"

#include <eigenflow/authoring/arena.hpp>
#include <eigenflow/authoring/lanes.hpp>
#include <eigenflow/authoring/tile.hpp>
#include <eigenflow/nets/kernel/micro_kernel.hpp>

namespace command {
namespace {

using Tile = ef::Tile<double>;

// The most bytes of an arena that work(tile) takes for a tile of one row of zeros.
template <class Work>
std::size_t peak_of(const Flow& flow, bool record, const Work& work) {
  ef::Arena arena;
  {
    const ef::ArenaScope scope(arena);
    Tile tile = Tile::allocate(arena, 1, flow.dim(), record);
    tile.values.setZero();
    tile.log_det.setZero();
    if (flow.context_dim() > 0) tile.attach_context(flow.context_dim()).setZero();
    work(tile);
  }
  return arena.peak();
}

}  // namespace

Scratch measure_scratch(const Flow& flow) {
  const std::size_t evaluate = peak_of(flow, false, [&](Tile& tile) {
    flow.density().evaluate(flow.theta(), tile);
    flow.density().draw(flow.theta(), ef::Rng(0), 0, tile);
  });
  const std::size_t with_grad = peak_of(flow, true, [&](Tile& tile) {
    const auto tape = flow.density().evaluate(flow.theta(), tile);
    tile.attach_cotangents().setOnes();
    flow.density().evaluate_vjp(flow.theta(), {}, tape, tile);
  });
  return {evaluate, with_grad, static_cast<std::size_t>(ef::Lanes<double>::width),
          static_cast<std::size_t>(ef::nets::Block<double>::rows)};
}

}  // namespace command
