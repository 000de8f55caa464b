#include "eigenflow/authoring/moving_rows.hpp"

#include <vector>

#include "support/catch.hpp"
#include "support/contract/random.hpp"
#include "support/tiles.hpp"

namespace ef = eigenflow;
using Eigen::Index;
using Eigen::MatrixXd;
using Tile = ef::Tile<double>;

namespace {

// Steps that rounding tells apart, by the order of their application.
void step(Index k, Tile& tile) {
  tile.values = (tile.values.array() * (1.1 + 0.3 * static_cast<double>(k))).sin();
  tile.log_det += tile.values.col(0) / 3;
}

MatrixXd joined(ef::MovingRows<double>& rows, Index count) {
  MatrixXd all(count, 3);
  Index first = 0;
  rows.visit([&](Tile& tile) {
    all.middleRows(first, tile.rows()) << tile.values, tile.log_det;
    tile.values.setConstant(7);  // what a visitor writes is gone
    first += tile.rows();
  });
  CHECK(first == count);
  return all;
}

}  // namespace

TEST_CASE("rows move through the steps, tile by tile, however many of them are kept") {
  const MatrixXd x = contract::random_normal<double>(23, 2, 1);
  for (const Index most : {0, 3 * 5 - 1, 3 * 5, 3 * 12, 1 << 22}) {
    const ef::TileSource<double> source = support::tiles_of<double>(x, 5);
    ef::KeptRows<double> rows(source, most);
    const Index kept = std::min<Index>(most / (3 * 5) * 5, 23);
    std::vector<Index> calls;
    for (Index done = 0; done <= 4; ++done) {
      MatrixXd expected(23, 3);
      Index first = 0;
      source([&](Tile& tile) {
        for (Index k = 0; k < done; ++k) step(k, tile);
        expected.middleRows(first, tile.rows()) << tile.values, tile.log_det;
        first += tile.rows();
      });
      CHECK(joined(rows, 23) == expected);
      CHECK(joined(rows, 23) == expected);
      if (most < 3 * 23) {
        // The kept rows go through a step once, the others through all of them at each visit.
        for (Index k = 0; k < done; ++k)
          CHECK(calls[static_cast<std::size_t>(k)] == kept + 2 * (done - k) * (23 - kept));
      }
      calls.push_back(0);
      rows.move([&calls, done](Tile& tile) {
        calls[static_cast<std::size_t>(done)] += tile.rows();
        step(done, tile);
      });
    }
    CHECK(calls.back() == 0);  // nobody looked behind it
    if (kept == 23) CHECK(calls.front() == 23);
  }
}

TEST_CASE("an inner layer moves its part of the rows") {
  const MatrixXd x = contract::random_normal<double>(7, 2, 2);
  const ef::TileSource<double> source = support::tiles_of<double>(x, 3);
  ef::KeptRows<double> rows(source);
  {
    ef::InnerRows<double> second(rows, [](Tile& tile, const auto& use) {
      Tile inner =
          tile.with_values(Tile::Matrix(tile.values.col(1).data(), tile.rows(), 1), tile.grad_values);
      use(inner);
    });
    second.visit([](const Tile& tile) { CHECK(tile.cols() == 1); });
    second.move([](Tile& tile) { tile.values *= 2; });
  }
  MatrixXd moved(7, 2);
  Index first = 0;
  rows.visit([&](const Tile& tile) {
    moved.middleRows(first, tile.rows()) = tile.values;
    first += tile.rows();
  });
  CHECK(moved.col(0) == x.col(0));
  CHECK(moved.col(1) == 2 * x.col(1));
}
