#include "embed/scratch.hpp"

#include <algorithm>
#include <eigenflow/authoring/arena.hpp>
#include <eigenflow/authoring/lanes.hpp>
#include <eigenflow/authoring/tile.hpp>
#include <eigenflow/nets/kernel/micro_kernel.hpp>
#include <span>
#include <string>
#include <vector>

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

/// Calls work(theta) with each component of each Mixture chosen: which ones a sample takes decides how much it needs. All
/// mixtures of one depth choose the component of one number.
template <class Work>
void for_each_choice(const Flow& flow, const Work& work) {
  struct Logits {
    std::size_t depth;
    Eigen::Index offset, size;
  };
  std::vector<Logits> mixtures;
  std::vector<Eigen::Index> choice, size;  // by depth
  for (const ef::NamedParameter& parameter : flow.named_parameters()) {
    const std::string path = '.' + parameter.path;
    if (!path.ends_with(".logits")) continue;
    std::size_t depth = 0;
    for (std::size_t at = path.find(".components."); at != std::string::npos;
         at = path.find(".components.", at + 1))
      ++depth;
    choice.resize(std::max(choice.size(), depth + 1), 0);
    size.resize(choice.size(), 1);
    size[depth] = std::max(size[depth], parameter.rows);
    mixtures.push_back({depth, parameter.offset, parameter.rows});
  }
  ef::VectorX<double> theta = flow.parameters();
  for (bool more = true; more;) {
    for (const Logits& logits : mixtures) {
      theta.segment(logits.offset, logits.size).setConstant(-1e6);
      theta[logits.offset + choice[logits.depth] % logits.size] = 0;
    }
    work(std::span<const double>(theta.data(), static_cast<std::size_t>(theta.size())));
    more = false;
    for (std::size_t depth = 0; depth < choice.size() && !more; ++depth) {
      more = ++choice[depth] < size[depth];
      if (!more) choice[depth] = 0;
    }
  }
}

}  // namespace

Scratch measure_scratch(const Flow& flow) {
  std::size_t evaluate = 0, with_grad = 0;
  for_each_choice(flow, [&](std::span<const double> theta) {
    const std::size_t of_draw = peak_of(flow, false, [&](Tile& tile) {
      flow.density().evaluate(theta, tile);
      flow.density().draw(theta, ef::Rng(0), 0, tile);
    });
    const std::size_t of_grad = peak_of(flow, true, [&](Tile& tile) {
      flow.density().sample(theta, ef::Rng(0), 0, tile);  // where the chosen component has a density
      const auto tape = flow.density().evaluate(theta, tile);
      tile.attach_cotangents().setOnes();
      flow.density().evaluate_vjp(theta, {}, tape, tile);
    });
    evaluate = std::max(evaluate, of_draw);
    with_grad = std::max(with_grad, of_grad);
  });
  return {evaluate, with_grad, static_cast<std::size_t>(ef::Lanes<double>::width),
          static_cast<std::size_t>(ef::nets::Block<double>::rows)};
}

}  // namespace command
