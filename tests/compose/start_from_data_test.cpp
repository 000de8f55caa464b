// The start of compositions from data: every layer gets the rows as the layers before it made them, and runs over them
// once.
#include <vector>

#include "eigenflow/any/any_layer.hpp"
#include "eigenflow/bases/multivariate_normal.hpp"
#include "eigenflow/compose/chain.hpp"
#include "eigenflow/compose/columns.hpp"
#include "eigenflow/compose/inverse.hpp"
#include "eigenflow/compose/stack.hpp"
#include "eigenflow/flow.hpp"
#include "eigenflow/layers/act_norm.hpp"
#include "eigenflow/layers/coupling.hpp"
#include "eigenflow/layers/standardize_context.hpp"
#include "eigenflow/layers/whiten.hpp"
#include "support/catch.hpp"
#include "support/contract/random.hpp"
#include "support/engine.hpp"
#include "support/tiles.hpp"

namespace ef = eigenflow;
using ef::Direction;
using Eigen::Index;
using Eigen::MatrixXd;
using Tile = ef::Tile<double>;

namespace {

constexpr Index rows = 70, height = 32;
constexpr std::size_t tiles = 3;

/// What the probes of a composition saw: [values | log_det] of each tile.
struct Log {
  using Tiles = std::vector<MatrixXd>;
  std::vector<Tiles> starts = {}, runs = {};  // of each probe

  std::size_t add() {
    starts.emplace_back();
    runs.emplace_back();
    return starts.size() - 1;
  }
  std::size_t passes() const {
    std::size_t count = 0;
    for (const Tiles& seen : runs) count += seen.size();
    return count;
  }
};

MatrixXd joined(const Tile& tile) {
  MatrixXd both(tile.rows(), tile.cols() + 1);
  both << tile.values, tile.log_det;
  return both;
}

/// A coupling that writes what it gets into a log. If it does not start from data, it only runs.
template <bool starts>
class Probe : public ef::AffineCoupling<double> {
  using Base = ef::AffineCoupling<double>;

 public:
  Probe(Index dim, Log& log, Index context_dim = 0)
      : Base(dim, {.hidden = {3}}, context_dim), log_(&log), number_(log.add()) {}

  void initialise_from(std::span<double>, const ef::TileSource<double>& source, Direction) requires starts {
    source([&](const Tile& tile) { log_->starts[number_].push_back(joined(tile)); });
  }
  Tape forward(std::span<const double> theta, Tile& tile) const {
    log_->runs[number_].push_back(joined(tile));
    return Base::forward(theta, tile);
  }
  Tape inverse(std::span<const double> theta, Tile& tile) const {
    log_->runs[number_].push_back(joined(tile));
    return Base::inverse(theta, tile);
  }

 private:
  Log* log_;
  std::size_t number_;
};
using Start = Probe<true>;
using Run = Probe<false>;

/// Rows with a context of one column.
ef::TileSource<double> source() {
  return [](const auto& visit) {
    const MatrixXd x = contract::random_normal<double>(rows, 5, 3);
    const MatrixXd features = x.leftCols(4).array() * 3 + 1;
    Index first = 0;
    support::tiles_of<double>(features, height)([&](Tile& tile) {
      tile.attach_context(1) = x.col(4).segment(first, tile.rows());
      first += tile.rows();
      visit(tile);
    });
  };
}

template <class L>
std::vector<double> random_theta(const L& layer) {
  const MatrixXd numbers = contract::random_normal<double>(ef::parameter_count(layer), 1, 5);
  return {numbers.data(), numbers.data() + numbers.size()};
}

/// Starts the composition, and compares with the old formula: one run of all layers from the first on.
template <class L>
void check_start(L layer, Log& log, Direction direction) {
  std::vector<double> theta = random_theta(layer);
  layer.initialise_from(std::span<double>(theta), source(), direction);
  for (const Log::Tiles& seen : log.runs) CHECK((seen.size() == tiles || seen.empty()));
  for (Log::Tiles& seen : log.runs) seen.clear();
  source()([&](Tile& tile) {
    if (direction == Direction::forward)
      layer.forward(theta, tile);
    else
      layer.inverse(theta, tile);
  });
  std::size_t started = 0;
  for (std::size_t i = 0; i < log.starts.size(); ++i) {
    if (log.starts[i].empty()) continue;
    CHECK(log.starts[i] == log.runs[i]);
    ++started;
  }
  CHECK(started > 0);
}

}  // namespace

TEST_CASE("every layer of a Stack starts from what the layers before it make of the rows") {
  for (const Direction direction : {Direction::forward, Direction::inverse}) {
    Log log;
    const ef::Stack stack(4, [&](Index) { return ef::Chain(ef::ActNorm<double>(4), Start(4, log)); });
    check_start(stack, log, direction);
  }
}

TEST_CASE("so does every layer of compositions in compositions") {
  for (const Direction direction : {Direction::forward, Direction::inverse}) {
    Log log;
    const auto block = [&](Index) {
      const auto norm = [](Index dim) { return ef::ActNorm<double>(dim); };
      return ef::Chain(ef::Columns(4, {3, 0}, ef::Chain(norm(2), Start(2, log), norm(2))),
                       ef::inverse(ef::Chain(Start(4, log), norm(4), Run(4, log))),
                       ef::AnyLayer<double>(ef::Chain(Start(4, log), norm(4))),
                       ef::StandardizeContext(ef::Chain(norm(4), Start(4, log, 1))),
                       ef::Columns(4, {1, 2, 3}, ef::Stack(2, [&](Index) { return Start(3, log); })));
    };
    const ef::Chain all(ef::Whiten<double>(4), ef::inverse(ef::Stack(3, block)), Start(4, log));
    check_start(all, log, direction);
  }
}

TEST_CASE("a start of K layers costs K passes, and none behind the last layer that starts") {
  for (const Index count : {1, 3, 12})
    for (const Direction direction : {Direction::forward, Direction::inverse}) {
      Log log;
      ef::Stack stack(count,
                      [&](Index) { return ef::Chain(ef::ActNorm<double>(4), ef::Stack(1, Run(4, log))); });
      std::vector<double> theta = random_theta(stack);
      stack.initialise_from(std::span<double>(theta), source(), direction);
      // In the direction `inverse` the probe of a block is before its ActNorm.
      const Index runs = direction == Direction::forward ? count - 1 : count;
      CHECK(log.passes() == static_cast<std::size_t>(runs) * tiles);
      // What has started looks at no data.
      stack.initialise_from(std::span<double>(theta), source(), direction);
      CHECK(log.passes() == static_cast<std::size_t>(runs) * tiles);
    }
}

TEST_CASE("layers that do not start from data are not run over it") {
  Log log;
  ef::Chain chain(ef::Stack(2, [&](Index) { return Run(4, log); }), ef::inverse(Run(4, log)));
  std::vector<double> theta = random_theta(chain);
  chain.initialise_from(std::span<double>(theta), source());
  CHECK(log.passes() == 0);
}

TEST_CASE("a base starts from what the layers make of the rows, in one more pass") {
  Log log;
  ef::Rng rng(1);
  ef::Flow flow{ef::Stack(3, [&](Index) { return ef::Chain(ef::ActNorm<double>(4), Run(4, log)); }),
                ef::MultivariateNormal<double>(4), rng};
  flow.initialise_from(source());
  CHECK(log.passes() == 3 * tiles);
  MatrixXd z(rows, 4);
  Index first = 0;
  source()([&](Tile& tile) {
    flow.layers().forward(flow.layer_theta(), tile);
    z.middleRows(first, tile.rows()) = tile.values;
    first += tile.rows();
  });
  CHECK((flow.base_parameters().mean - z.colwise().mean().transpose()).norm() < 1e-12);
}
