#pragma once

#include <algorithm>
#include <cstddef>
#include <new>
#include <type_traits>
#include <vector>

namespace eigenflow {

/// A bump allocator with mark and release: the memory of tiles, tapes and packing buffers.
///
/// Allocation is a pointer increment; `release(mark)` frees everything since the mark. Blocks are never moved, so
/// pointers stay valid until their release. When everything is released, the blocks are merged into one that holds
/// the peak, so that there is no heap allocation after the first tile of a size. Only for trivially destructible
/// types.
class Arena {
  friend class ArenaPeak;

 public:
  static constexpr std::size_t alignment = 64;  // one cache line, and the widest vector register

  struct Mark {
    std::size_t block;
    std::size_t used;
  };

  Arena() = default;
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;
  ~Arena() { free_blocks(); }

  template <class T>
  T* allocate(std::size_t count) {
    static_assert(std::is_trivially_destructible_v<T>, "an arena never runs destructors");
    static_assert(alignof(T) <= alignment, "an arena aligns to a cache line at most");
    return static_cast<T*>(bytes(count * sizeof(T)));
  }

  Mark mark() const { return {current_, blocks_.empty() ? 0 : blocks_[current_].used}; }

  /// The peak of the bytes in use.
  std::size_t peak() const { return peak_; }

  void release(Mark mark) noexcept {
    if (blocks_.empty()) return;
    for (std::size_t i = mark.block + 1; i <= current_; ++i) {
      in_use_ -= blocks_[i].used;
      blocks_[i].used = 0;
    }
    current_ = mark.block;
    in_use_ -= blocks_[current_].used - mark.used;
    blocks_[current_].used = mark.used;
    if (current_ == 0 && mark.used == 0 && blocks_.size() > 1) melt();
  }

  /// Frees all blocks. Everything must have been released before.
  void clear() noexcept {
    free_blocks();
    next_block_ = first_block;
  }

 private:
  struct Block {
    std::byte* data;
    std::size_t size;
    std::size_t used;
  };

  static constexpr std::size_t first_block = std::size_t{1} << 16;

  void* bytes(std::size_t wanted) {
    wanted = (std::max<std::size_t>(wanted, 1) + alignment - 1) / alignment * alignment;
    void* const result = take(wanted);
    in_use_ += wanted;
    peak_ = std::max(peak_, in_use_);
    return result;
  }

  void* take(std::size_t wanted) {
    while (current_ < blocks_.size()) {
      Block& block = blocks_[current_];
      if (block.size - block.used >= wanted) {
        std::byte* result = block.data + block.used;
        block.used += wanted;
        return result;
      }
      if (current_ + 1 == blocks_.size()) break;
      ++current_;
    }
    add_block(std::max(next_block_, wanted));
    current_ = blocks_.size() - 1;
    blocks_[current_].used = wanted;
    return blocks_[current_].data;
  }

  void add_block(std::size_t size) {
    blocks_.reserve(blocks_.size() + 1);  // before the block exists, so that a failure leaks nothing
    auto* data = static_cast<std::byte*>(::operator new[](size, std::align_val_t{alignment}));
    blocks_.push_back({data, size, 0});
    next_block_ = 2 * size;
  }

  // The destructor of ArenaScope merges the blocks. If that allocation fails, the next one tries again.
  void melt() noexcept {
    std::size_t total = 0;
    for (const Block& block : blocks_) total += block.size;
    free_blocks();  // keeps room for one
    next_block_ = total;
    if (auto* data =
            static_cast<std::byte*>(::operator new[](total, std::align_val_t{alignment}, std::nothrow)))
      blocks_.push_back({data, total, 0});
  }

  void free_blocks() noexcept {
    for (const Block& block : blocks_) ::operator delete[](block.data, std::align_val_t{alignment});
    blocks_.clear();
    current_ = 0;
  }

  std::vector<Block> blocks_;
  std::size_t current_ = 0;
  std::size_t next_block_ = first_block;
  std::size_t in_use_ = 0;
  std::size_t peak_ = 0;
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

/// Measures the peak of the bytes in use, above those at its construction. Only one at a time.
class ArenaPeak {
 public:
  explicit ArenaPeak(Arena& arena) : arena_(arena), before_(arena.in_use_), peak_(arena.peak_) {
    arena.peak_ = arena.in_use_;
  }
  ArenaPeak(const ArenaPeak&) = delete;
  ArenaPeak& operator=(const ArenaPeak&) = delete;
  ~ArenaPeak() { arena_.peak_ = std::max(arena_.peak_, peak_); }

  std::size_t bytes() const { return arena_.peak_ - before_; }

 private:
  Arena& arena_;
  std::size_t before_, peak_;
};

/// Every thread has one arena, shared by all flows that it evaluates, so that a const flow needs no storage.
inline Arena& thread_arena() {
  static thread_local Arena arena;
  return arena;
}

/// Frees the memory that this thread keeps for evaluating flows: as much as its largest call so far needed (a fit
/// with T threads keeps T - 1 gradients in the caller's thread). The next call allocates again. Other threads keep
/// their memory until they end. Do not call it from within a layer or an objective.
///
/// The memory is thread_local: do not evaluate a flow in the destructor of a static or thread_local object,
/// which may run after the memory is freed.
inline void release_thread_memory() {
  thread_arena().clear();
}

}  // namespace eigenflow
