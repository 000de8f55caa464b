#include <Eigen/Core>
#include <algorithm>
#include <atomic>
#include <chrono>
#include <limits>
#include <span>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "eigenflow/authoring/parallel.hpp"
#include "support/allocations.hpp"
#include "support/catch.hpp"
#include "support/contract/random.hpp"
#include "support/threads.hpp"

// A batch in pieces, on any number of threads, whichever of them is slow: each piece once, sums in the order of the
// pieces to the last bit, exceptions, memory.

namespace ef = eigenflow;
using Eigen::Index;
using Eigen::VectorXf;

namespace {

constexpr double much = 1e9;  // work a row, so that threads are worth waking
constexpr Index height = 10;

std::span<float> span_of(VectorXf& x) {
  return {x.data(), static_cast<std::size_t>(x.size())};
}

// Waits for what another thread must do, or gives up after ten seconds.
template <class Condition>
bool eventually(const Condition& condition) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::yield();
  }
  return true;
}

// Numbers whose float sum depends on the order.
VectorXf addend(Index piece, Index size) {
  return (8 * contract::random_normal<float>(size, 1, static_cast<std::uint64_t>(piece + 1)).array()).exp();
}

struct Folded {
  double total;
  VectorXf grad;
  bool operator==(const Folded& other) const { return total == other.total && grad == other.grad; }
};

// Folds pieces in which delay(piece) is called before the gradient is asked for, and again before it is done.
template <class Delay>
Folded fold(Index pieces, Index size, int threads, const Delay& delay) {
  const ThreadCount count(threads);
  VectorXf grad = VectorXf::Constant(size, std::numeric_limits<float>::quiet_NaN());
  std::atomic<bool> whole{true};
  const auto work = [&](Index first, Index rows, const auto& gradient) {
    const Index piece = first / height;
    if (rows != (piece + 1 < pieces ? height : 1)) whole = false;
    delay(piece);
    const std::span<float> to = gradient();
    delay(piece);
    Eigen::Map<VectorXf>(to.data(), size) += addend(piece, size);
    return 1.0 / static_cast<double>(piece + 3);
  };
  const double total = ef::fold_pieces((pieces - 1) * height + 1, height, much, span_of(grad), work);
  CHECK(whole);
  return {total, grad};
}

void nothing(Index) {}

}  // namespace

TEST_CASE("pieces are worked on once each, by any number of threads") {
  for (const int threads : {1, 2, 3, 4, 7})
    for (const Index rows : {1, 9, 10, 11, 20, 95}) {
      const ThreadCount count(threads);
      std::vector<int> times(static_cast<std::size_t>(rows));
      ef::for_each_piece(rows, height, much, [&](Index first, Index n) {
        for (Index i = first; i < first + n; ++i) ++times[static_cast<std::size_t>(i)];
      });
      CHECK(times == std::vector<int>(static_cast<std::size_t>(rows), 1));
    }
}

TEST_CASE("a fold has the bits of one thread, whichever thread is late") {
  const auto slow = [](Index modulus, Index rest) {
    return [=](Index piece) {
      if (piece % modulus == rest) std::this_thread::sleep_for(std::chrono::microseconds(300));
    };
  };
  for (const Index size : {5, 16384, 150'001})  // less than a chunk, a chunk, as many as are worth sharing
    for (const Index pieces : {2, 3, 9}) {
      const Folded expected = fold(pieces, size, 1, nothing);
      VectorXf sum = VectorXf::Zero(size), backwards = sum;
      for (Index i = 0; i < pieces; ++i) sum += addend(i, size);
      for (Index i = pieces; i-- > 0;) backwards += addend(i, size);
      CHECK(expected.grad == sum);
      if (pieces > 2 && size > 5) CHECK(sum != backwards);
      for (const int threads : {2, 3, 4, 7}) {
        INFO("size " << size << ", " << pieces << " pieces, " << threads << " threads");
        CHECK(fold(pieces, size, threads, nothing) == expected);
        CHECK(fold(pieces, size, threads, slow(pieces, 0)) == expected);
        CHECK(fold(pieces, size, threads, slow(pieces, pieces - 1)) == expected);
        CHECK(fold(pieces, size, threads, slow(2, 1)) == expected);
      }
    }
}

TEST_CASE("a fold without a gradient is a sum in the order of the pieces") {
  const auto sum = [](int threads) {
    const ThreadCount count(threads);
    return ef::fold_pieces(95, height, much, std::span<float>(), [](Index first, Index n, const auto&) {
      return 1.0 / static_cast<double>(first + 3 * n);
    });
  };
  for (const int threads : {2, 3, 7}) CHECK(sum(threads) == sum(1));
}

TEST_CASE("the first piece that throws is what the caller gets, from any number of threads") {
  const auto outcome = [](int threads, Index first_bad, Index second_bad, bool before) {
    const ThreadCount count(threads);
    VectorXf grad(150'001);
    const auto check = [&](Index piece) {
      if (piece == first_bad || piece == second_bad) throw std::runtime_error(std::to_string(piece));
    };
    std::string folded = "nothing", each = "nothing";
    try {
      ef::fold_pieces(95, height, much, span_of(grad), [&](Index first, Index, const auto& gradient) {
        if (before) check(first / height);
        gradient();
        check(first / height);
        return 0.0;
      });
    } catch (const std::runtime_error& error) {
      folded = error.what();
    }
    try {
      ef::for_each_piece(95, height, much, [&](Index first, Index) { check(first / height); });
    } catch (const std::runtime_error& error) {
      each = error.what();
    }
    CHECK(folded == each);
    return folded;
  };
  for (const int threads : {1, 2, 3, 7})
    for (Index piece = 0; piece < 10; ++piece)
      for (const bool before : {false, true}) {
        CHECK(outcome(threads, piece, piece, before) == std::to_string(piece));
        CHECK(outcome(threads, piece, 9 - piece, before) == std::to_string(std::min(piece, 9 - piece)));
      }
  CHECK(fold(9, 150'001, 2, nothing) == fold(9, 150'001, 1, nothing));
}

#ifdef _OPENMP

TEST_CASE(
    "a thread that is held up delays neither the pieces behind it nor takes a buffer for each of them") {
  constexpr Index size = 100'000, pieces = 12;
  const Folded expected = fold(pieces, size, 1, nothing);
  for (const int threads : {2, 3, 4}) {
    std::atomic<Index> started{0};
    std::atomic<bool> others_went_on{true}, held{true};
    const auto hold_first = [&](Index piece) {
      if (piece > 0) {
        ++started;
        return;
      }
      if (!held.exchange(false)) return;
      // Each of the buffers is filled, then every other thread has a piece for which there is none.
      const Index twice = 2 * threads + (threads - 1);
      if (!eventually([&] { return started >= twice; })) others_went_on = false;
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
      if (started != twice) others_went_on = false;
    };
    ef::release_thread_memory();
    ef::Arena& arena = ef::thread_arena();
    const ef::ArenaPeak peak(arena);
    CHECK(fold(pieces, size, threads, hold_first) == expected);
    CHECK(others_went_on);
    CHECK(peak.bytes() < (static_cast<std::size_t>(threads) + 1) * size * sizeof(float));
  }
}

TEST_CASE("pieces take nothing from the heap after the first call, whichever thread takes them") {
  if (!allocations_are_counted()) return;
  const auto some_memory = [] {
    ef::Arena& arena = ef::thread_arena();
    const ef::ArenaScope scope(arena);
    arena.allocate<char>(300'000)[0] = 1;
  };
  const auto call = [&](Index rows, bool hold_caller) {
    std::atomic<int> taken{0};
    std::atomic<bool> others_came{true};
    ef::for_each_piece(rows, height, much, [&](Index first, Index n) {
      if (n == height) some_memory();
      ++taken;
      if (hold_caller && first == 0 && !eventually([&] { return taken == 4; })) others_came = false;
    });
    CHECK(others_came);
  };
  const ThreadCount two(2);
  call(height + 1, false);  // the other thread gets nothing, or the short piece
  const std::size_t before = allocation_count();
  ef::detail::thread_company().judge(0, 0, 1);  // a busy machine must not make it a call of one thread
  call(4 * height, true);                       // the other thread gets three pieces
  CHECK(allocation_count() == before);
}

TEST_CASE("a thread works alone while teams lose time, and tries again") {
  using ef::detail::Company;
  const double now = omp_get_wtime();
  Company company;
  CHECK(company.pays());
  company.judge(now - 0.001, now, 0.002);  // saved a millisecond, then lost half of it
  company.judge(now - 0.001, now, 0.0005);
  CHECK(company.pays());
  company.judge(now - 1, now, 0.5);  // a long stop counts 20 ms
  CHECK(!company.pays());
  const auto tries_again = [&](double seconds_ago) {
    Company late;
    for (int attempt = 0; attempt < 9; ++attempt) late.judge(now - seconds_ago - 1, now - seconds_ago, 0.5);
    return late.pays();
  };
  CHECK(!tries_again(1));
  CHECK(tries_again(2.1));
}

#endif
