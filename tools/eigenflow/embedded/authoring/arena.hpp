#pragma once

#include <Eigen/Core>
#include <cstddef>
#include <cstdlib>
#include <type_traits>

namespace eigenflow {

/// The arena of an embedded flow: a bump allocator in memory of fixed size.
class Arena {
 public:
  static constexpr std::size_t alignment = 64;

  struct Mark {
    std::size_t used;
  };

  Arena() = default;  // without memory
  Arena(std::byte* memory, std::size_t size) : memory_(memory), size_(size) {}
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  template <class T>
  T* allocate(std::size_t count) {
    static_assert(std::is_trivially_destructible_v<T>, "an arena never runs destructors");
    const std::size_t bytes = count * sizeof(T) + (count == 0);
    const std::size_t wanted = (bytes + alignment - 1) / alignment * alignment;
    if (wanted > size_ - used_) std::abort();  // never: the size was measured
    std::byte* const result = memory_ + used_;
    used_ += wanted;
    return reinterpret_cast<T*>(result);
  }

  Mark mark() const { return {used_}; }
  void release(Mark mark) { used_ = mark.used; }

 private:
  std::byte* memory_ = nullptr;
  std::size_t size_ = 0;
  std::size_t used_ = 0;
};

/// At the end of its scope, releases everything allocated since its construction.
class ArenaScope {
 public:
  explicit ArenaScope(Arena& arena) : arena_(arena), mark_(arena.mark()) {}
  ArenaScope(const ArenaScope&) = delete;
  ArenaScope& operator=(const ArenaScope&) = delete;
  ~ArenaScope() { arena_.release(mark_); }

 private:
  Arena& arena_;
  Arena::Mark mark_;
};

}  // namespace eigenflow
