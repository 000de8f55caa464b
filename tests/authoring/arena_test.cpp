#include "eigenflow/authoring/arena.hpp"

#include <cstddef>
#include <cstdint>
#include <new>
#include <thread>

#include "support/allocations.hpp"
#include "support/catch.hpp"

namespace ef = eigenflow;

TEST_CASE("Arena: allocations are aligned, apart, and stay where they are") {
  ef::Arena arena;
  int* const first = arena.allocate<int>(3);
  double* const second = arena.allocate<double>(1);
  char* const large = arena.allocate<char>(1 << 20);  // more than the first block holds
  char* const none = arena.allocate<char>(0);
  for (const void* pointer : {static_cast<void*>(first), static_cast<void*>(second),
                              static_cast<void*>(large), static_cast<void*>(none)})
    CHECK(reinterpret_cast<std::uintptr_t>(pointer) % ef::Arena::alignment == 0);
  CHECK(static_cast<void*>(none) != static_cast<void*>(large));
  first[2] = 42;
  *second = 0.5;
  for (int i = 0; i < (1 << 20); ++i) large[i] = 1;
  CHECK(first[2] == 42);
  CHECK(*second == 0.5);
}

TEST_CASE("Arena: what is released is given out again") {
  ef::Arena arena;
  arena.allocate<int>(1);
  const auto mark = arena.mark();
  int* const inner = arena.allocate<int>(1);
  arena.release(mark);
  CHECK(arena.allocate<int>(1) == inner);
  arena.release(mark);
  {
    const ef::ArenaScope scope(arena);
    CHECK(arena.allocate<int>(1) == inner);
  }
  CHECK(arena.allocate<int>(1) == inner);
}

TEST_CASE("Arena: a mark in an earlier block gives the later ones back") {
  ef::Arena arena;
  int* const kept = arena.allocate<int>(1);
  *kept = 7;
  const auto mark = arena.mark();
  for (int i = 0; i < 3; ++i) arena.allocate<char>(1 << (17 + i));
  arena.release(mark);
  CHECK(*kept == 7);
  char* const again = arena.allocate<char>(1 << 17);
  again[0] = 1;
  CHECK(*kept == 7);
}

TEST_CASE("Arena: once it has seen its peak it takes nothing from the heap") {
  if (!allocations_are_counted()) return;
  ef::Arena arena;
  const auto work = [&] {
    const ef::ArenaScope scope(arena);
    for (int i = 0; i < 50; ++i) arena.allocate<double>(10'000);
  };
  work();
  const std::size_t before = allocation_count();
  work();
  work();
  CHECK(allocation_count() - before == 0);
}

TEST_CASE("Arena: a release never fails, even where the heap is used up") {
  if (!allocations_are_counted()) return;
  ef::Arena arena;
  {
    const ef::ArenaScope scope(arena);
    for (int i = 0; i < 3; ++i) arena.allocate<char>(std::size_t{1} << (17 + i));
    limit_allocations(1 << 16);
  }
  CHECK_THROWS_AS(arena.allocate<char>(1), std::bad_alloc);
  limit_allocations();
  const std::size_t before = allocation_count();
  char* const all = arena.allocate<char>(7 << 17);  // the three together, in one block
  all[0] = 1;
  CHECK(allocation_count() - before == 1);
}

TEST_CASE("Arena: what a thread keeps can be given back") {
  if (!allocations_are_counted()) return;
  const auto work = [] {
    ef::Arena& arena = ef::thread_arena();
    const ef::ArenaScope scope(arena);
    arena.allocate<char>(1 << 20)[0] = 1;
  };
  work();
  std::size_t before = allocation_count();
  work();
  CHECK(allocation_count() == before);
  ef::release_thread_memory();
  before = allocation_count();
  work();
  CHECK(allocation_count() > before);
}

TEST_CASE("Arena: every thread has its own") {
  ef::Arena* other = nullptr;
  std::thread([&] { other = &ef::thread_arena(); }).join();
  CHECK(other != &ef::thread_arena());
}

TEST_CASE("Arena: the most that was in use at once is known") {
  ef::Arena arena;
  {
    const ef::ArenaScope scope(arena);
    arena.allocate<char>(1);
    {
      const ef::ArenaScope inner(arena);
      arena.allocate<char>(100);      // two lines
      arena.allocate<char>(1 << 20);  // in another block
    }
    arena.allocate<char>(64);
  }
  CHECK(arena.peak() == 64 + 128 + (1 << 20));
}
