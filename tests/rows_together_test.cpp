// The height of tiles and shards follows from the parts of a flow.
#include <algorithm>
#include <span>
#include <vector>

#include "eigenflow/any/any_base.hpp"
#include "eigenflow/any/any_layer.hpp"
#include "eigenflow/bases/conditional_normal.hpp"
#include "eigenflow/bases/mixture.hpp"
#include "eigenflow/bases/with_circles.hpp"
#include "eigenflow/compose/columns.hpp"
#include "eigenflow/compose/inverse.hpp"
#include "eigenflow/compose/stack.hpp"
#include "eigenflow/conditioners/masked_mlp.hpp"
#include "eigenflow/fit.hpp"
#include "eigenflow/importance_sample.hpp"
#include "eigenflow/layers/act_norm.hpp"
#include "eigenflow/layers/autoregressive.hpp"
#include "eigenflow/layers/coupling.hpp"
#include "eigenflow/layers/planar.hpp"
#include "eigenflow/layers/standardize_context.hpp"
#include "eigenflow/objectives/reverse_kl.hpp"
#include "support/catch.hpp"
#include "support/contract/random.hpp"
#include "support/engine.hpp"

namespace ef = eigenflow;
using Eigen::Index;
using Eigen::MatrixXd;

namespace {

/// A network that wants few rows at a time.
template <class Network, int rows>
class Few : public Network {
 public:
  using Network::Network;
  static constexpr Index rows_together() { return rows; }
};
template <int rows>
using FewCoupling = ef::Coupling<ef::Affine<double>, Few<ef::Mlp<double>, rows>>;
template <int rows>
using FewAutoregressive = ef::Autoregressive<ef::Affine<double>, Few<ef::MaskedMlp<double>, rows>>;
template <int rows>
using FewNormal = ef::ConditionalNormal<double, Eigen::Dynamic, Few<ef::Mlp<double>, rows>>;

/// An ActNorm that notes the tiles that it gets.
struct Noting : ef::ActNorm<double> {
  using Base = ef::ActNorm<double>;

  Noting(Index dim, std::vector<Index>& noted) : Base(dim), heights(&noted) {}

  void initialise_from(std::span<double> theta, const ef::TileSource<double>& tiles,
                       ef::Direction direction) {
    tiles([&](const ef::Tile<double>& tile) { heights->push_back(tile.rows()); });
    Base::initialise_from(theta, tiles, direction);
  }
  Tape forward(std::span<const double> theta, ef::Tile<double>& tile) const {
    note(tile.rows());
    return Base::forward(theta, tile);
  }
  Tape inverse(std::span<const double> theta, ef::Tile<double>& tile) const {
    note(tile.rows());
    return Base::inverse(theta, tile);
  }

  std::vector<Index>* heights;

 private:
  void note(Index rows) const {
#ifdef _OPENMP
#pragma omp critical(noting)
#endif
    heights->push_back(rows);
  }
};

std::vector<Index> sorted(std::vector<Index>& heights) {
  std::vector<Index> taken;
  taken.swap(heights);
  std::sort(taken.begin(), taken.end());
  return taken;
}

}  // namespace

TEST_CASE("a part passes on the least rows of its parts") {
  const auto rows = [](const auto& part) { return ef::rows_together(part); };
  CHECK(rows(ef::Planar<double>(2)) == 256);
  CHECK(rows(ef::AffineCoupling<double>(2)) == 256);
  CHECK(rows(FewCoupling<16>(2)) == 16);
  CHECK(rows(FewCoupling<1000>(2)) == 256);
  CHECK(rows(FewCoupling<0>(2)) == 1);
  CHECK(rows(FewAutoregressive<8>(2)) == 8);
  CHECK(rows(ef::Chain(ef::Planar<double>(2), FewCoupling<16>(2), FewAutoregressive<8>(2))) == 8);
  CHECK(rows(ef::Stack(3, ef::Planar<double>(2))) == 256);
  CHECK(rows(ef::Stack(3, FewCoupling<16>(2))) == 16);
  CHECK(rows(ef::inverse(FewCoupling<16>(2))) == 16);
  CHECK(rows(ef::Columns(3, {0, 2}, FewCoupling<16>(2))) == 16);
  CHECK(rows(ef::StandardizeContext(FewCoupling<16>(2, {}, 1))) == 16);
  CHECK(rows(ef::AnyLayer<double>(FewCoupling<16>(2))) == 16);
  CHECK(rows(FewNormal<4>(2, 1)) == 4);
  CHECK(rows(ef::AnyBase<double>(FewNormal<4>(2, 1))) == 4);
  CHECK(rows(ef::WithCircles<FewNormal<4>>(3, {0}, FewNormal<4>(2, 1))) == 4);
  CHECK(rows(ef::Mixture(3, FewNormal<4>(2, 1))) == 4);
  ef::Rng rng(1);
  CHECK(rows(ef::Flow{FewCoupling<16>(2, {}, 1), FewNormal<4>(2, 1), rng}.density()) == 4);
}

TEST_CASE("a flow has the tiles and the shards of its parts") {
  ef::Rng rng(1);
  ef::Flow usual{ef::AffineCoupling<double>(2), rng};
  CHECK(usual.tile_rows() == 256);
  CHECK(usual.shard_rows() == 128);
  // 1.05 million parameters
  ef::Flow large{ef::AffineCoupling<double>(2, {.hidden = {1022, 1022}}), rng};
  CHECK(large.shard_rows() == 256);

  std::vector<Index> heights;
  ef::Flow flow{ef::Chain(Noting(2, heights), FewCoupling<16>(2, {.hidden = {4}})), rng};
  CHECK(flow.tile_rows() == 16);
  CHECK(flow.shard_rows() == 16);

  const MatrixXd x = contract::random_normal<double>(40, 2, 2);
  const std::vector<Index> cut{8, 16, 16};
  const auto log_prob = flow.log_prob(x);
  CHECK(sorted(heights) == cut);
  const auto log_prob_and_grad = flow.log_prob_and_grad(x);
  CHECK(sorted(heights) == cut);
  flow.sample(40, rng);
  CHECK(sorted(heights) == cut);
  Eigen::VectorXd grad(flow.parameters().size());
  const std::span<double> gradient(grad.data(), static_cast<std::size_t>(grad.size()));
  ef::MaximumLikelihood{}(flow, ef::Batch<double>::all(x), gradient);
  CHECK(sorted(heights) == cut);
  const auto target = [](const auto& point, auto&& slope) {
    slope = -point;
    return -point.squaredNorm() / 2;
  };
  ef::ReverseKl{}(flow, target, 40, ef::Rng(3), gradient);
  CHECK(sorted(heights) == cut);
  ef::importance_sample(flow, target, 40, rng);
  CHECK(sorted(heights) == cut);

  ef::fit(flow, x, {.epochs = 1, .batch_size = 20, .validation_fraction = 0, .progress = false});
  CHECK(std::count(heights.begin(), heights.end(), 16) >= 2);
  CHECK(*std::max_element(heights.begin(), heights.end()) == 16);

  // A row has one density in tiles of any height.
  for (Index i = 0; i < 3; ++i) CHECK(log_prob[i] == Approx(log_prob_and_grad.log_prob[i]));
}
