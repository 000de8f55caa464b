#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <atomic>
#include <memory>
#include <span>

#include "eigenflow/authoring/arena.hpp"
#include "eigenflow/numerics/piece_count.hpp"

namespace eigenflow::detail {

/// The sum of the gradients of pieces, added in the order of the pieces, while threads finish them in any order.
///
/// The first piece that is not yet in the sum adds to it directly. Later pieces add to a buffer; there are as many
/// buffers as threads. Finished buffers are added in chunks of entries, so that all idle threads can share the work.
template <class Scalar>
class OrderedSum {
  using Index = Eigen::Index;
  struct Buffer {
    Scalar* data = nullptr;
    std::atomic<bool> taken = false;
    std::atomic<Index> finished = none;  // the piece that waits here to be added
    std::atomic<Index> left = 0;         // the chunks of it that are not added yet
  };

 public:
  /// A piece, from its start to its end. All pieces before it must have started.
  class Turn {
   public:
    Turn(OrderedSum& sum, Index piece) : sum_(sum), piece_(piece) {}
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;
    ~Turn() {
      if (sum_.entries() == 0) return;
      (*this)();  // a piece that threw may have no gradient yet, but later pieces wait for it
      sum_.finish(piece_, buffer_);
    }

    /// Where the piece adds its gradient. Waits while all buffers are in use.
    std::span<Scalar> operator()() const {
      if (!begun_) buffer_ = sum_.begin(piece_);
      begun_ = true;
      return buffer_ ? std::span<Scalar>(buffer_->data, sum_.sum_.size()) : sum_.sum_;
    }

   private:
    OrderedSum& sum_;
    Index piece_;
    mutable bool begun_ = false;
    mutable Buffer* buffer_ = nullptr;  // nullptr: the sum itself
  };

  /// Takes its memory from the arena, where it must stay until the last use.
  OrderedSum(Arena& arena, Index pieces, int threads, std::span<Scalar> sum)
      : sum_(sum),
        pieces_(pieces),
        chunks_(make<std::atomic<Index>>(arena, piece_count(entries(), chunk_entries))),
        buffers_(make<Buffer>(arena, std::min<Index>(pieces - 1, threads))) {
    for (Buffer& buffer : buffers_) buffer.data = arena.allocate<Scalar>(sum.size());
  }

  /// For threads without a further piece: helps to add the finished pieces if there is much to add.
  void help() {
    while (static_cast<Index>(chunks_.size()) >= worth_waiting) {
      const int seen = news_.load();
      add_finished();
      if (added() == pieces_) return;
      wait_for_news(seen);
    }
  }

 private:
  // An empty buffer for a piece, or nullptr if all earlier pieces are in the sum.
  Buffer* begin(Index piece) {
    for (;;) {
      const int seen = news_.load();
      add_finished();
      if (added() == piece) {
        if (piece == 0) std::fill(sum_.begin(), sum_.end(), Scalar(0));
        return nullptr;
      }
      if (!all_finished(piece))
        for (Buffer& buffer : buffers_)
          if (!buffer.taken.exchange(true)) {
            std::fill_n(buffer.data, sum_.size(), Scalar(0));
            return &buffer;
          }
      wait_for_news(seen);
    }
  }

  void finish(Index piece, Buffer* buffer) {
    if (buffer) {
      buffer->left.store(static_cast<Index>(chunks_.size()));
      buffer->finished.store(piece);
    } else {
      for (std::atomic<Index>& chunk : chunks_) chunk.store(2 * (piece + 1));
    }
    tell_news();
    add_finished();
  }

  static constexpr Index none = -1, chunk_entries = 1 << 14, worth_waiting = 8;

  template <class T>
  static std::span<T> make(Arena& arena, Index count) {
    const std::span<T> made(arena.allocate<T>(static_cast<std::size_t>(count)),
                            static_cast<std::size_t>(count));
    std::uninitialized_value_construct(made.begin(), made.end());
    return made;
  }

  Index entries() const { return static_cast<Index>(sum_.size()); }

  // How many pieces are in all chunks of the sum.
  Index added() const {
    Index least = pieces_;
    for (const std::atomic<Index>& chunk : chunks_) least = std::min(least, chunk.load() / 2);
    return least;
  }

  Buffer* finished(Index piece) {
    for (Buffer& buffer : buffers_)
      if (buffer.finished.load() == piece) return &buffer;
    return nullptr;
  }

  // True if the pieces before this one are finished, and other threads are adding the last of them.
  bool all_finished(Index piece) {
    for (Index i = added(); i < piece; ++i)
      if (!finished(i)) return false;
    return true;
  }

  // Adds the finished pieces that are next in order. A chunk that another thread is adding is left to that thread,
  // which checks again afterwards. Every thread checks after each piece, so no piece is forgotten.
  void add_finished() {
    bool any = false;
    for (std::size_t c = 0; c < chunks_.size(); ++c)
      while (add_next(c)) any = true;
    if (any) tell_news();
  }

  // The value of a chunk is twice the number of pieces in it, plus one while a thread adds to it.
  bool add_next(std::size_t c) {
    Index chunk = chunks_[c].load();
    if (chunk % 2 != 0) return false;
    Buffer* const buffer = finished(chunk / 2);
    if (!buffer || !chunks_[c].compare_exchange_strong(chunk, chunk + 1)) return false;
    const Index begin = static_cast<Index>(c) * chunk_entries,
                count = std::min(chunk_entries, entries() - begin);
    using Array = Eigen::Array<Scalar, Eigen::Dynamic, 1>;
    Eigen::Map<Array>(sum_.data() + begin, count) += Eigen::Map<const Array>(buffer->data + begin, count);
    chunks_[c].store(chunk + 2);
    if (buffer->left.fetch_sub(1) == 1) {
      buffer->finished.store(none);
      buffer->taken.store(false);
    }
    return true;
  }

  void tell_news() {
    news_.fetch_add(1);
    news_.notify_all();
  }
  void wait_for_news(int seen) const {
    for (int spins = 0; spins < 1000; ++spins)
      if (news_.load() != seen) return;
    news_.wait(seen);
  }

  std::span<Scalar> sum_;
  Index pieces_;
  std::span<std::atomic<Index>> chunks_;
  std::span<Buffer> buffers_;
  std::atomic<int> news_ = 0;
};

}  // namespace eigenflow::detail
