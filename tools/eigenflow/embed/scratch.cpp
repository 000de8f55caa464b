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
    flow.layers().forward(flow.layer_theta(), tile);
    flow.base().log_prob(flow.base_theta(), tile);
    flow.base().sample(flow.base_theta(), ef::Rng(0), 0, tile);
    flow.base().log_prob(flow.base_theta(), tile);
    flow.layers().inverse(flow.layer_theta(), tile);
  });
  const std::size_t with_grad = peak_of(flow, true, [&](Tile& tile) {
    const auto tape = flow.layers().forward(flow.layer_theta(), tile);
    flow.base().log_prob(flow.base_theta(), tile);
    tile.attach_cotangents().setOnes();
    flow.base().log_prob_vjp(flow.base_theta(), {}, tile);
    flow.layers().forward_vjp(flow.layer_theta(), {}, tape, tile);
  });
  return {evaluate, with_grad, static_cast<std::size_t>(ef::Lanes<double>::width),
          static_cast<std::size_t>(ef::detail::Block<double>::rows)};
}

}  // namespace command
