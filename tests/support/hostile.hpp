#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "eigenflow/eigenflow.hpp"
#include "eigenflow/io/model_file.hpp"
#include "support/allocations.hpp"

// Mutations of files, for tests/io/hostile_file_test.cpp and tests/fuzz/model_file.cpp.

namespace hostile {

namespace ef = eigenflow;

/// The parts of `valid_file`, and a few more that a mutation may contain.
inline const ef::io::Registry<float>& parts() {
  static const auto registry = [] {
    ef::io::Registry<float> r;
    r.add<ef::AnyChain<float>>()
        .add<ef::Stack<ef::AnyLayer<float>>>()
        .add<ef::Inverse<ef::AnyLayer<float>>>();
    r.add<ef::Planar<float>>()
        .add<ef::Permutation<float>>()
        .add<ef::Standardize<float>>()
        .add<ef::Radial<float>>();
    r.add<ef::Householder<float>>();
    r.add<ef::Coupling<ef::Affine<float, ef::AnyScale>, ef::Mlp<float>>>();
    r.add<ef::Autoregressive<ef::Affine<float, ef::AnyScale>, ef::MaskedMlp<float>>>();
    r.add<ef::StandardNormal<float>>().add<ef::DiagonalNormal<float>>();
    return r;
  }();
  return registry;
}

/// A small model file with every kind of content.
inline std::vector<std::byte> valid_file() {
  ef::Rng rng(1);
  ef::VectorX<float> mean(2), scale(2);
  mean << 0.5F, -1.25F;
  scale << 2.F, 3.F;
  const ef::Flow<ef::Planar<float>,
                 ef::Chain<ef::Standardize<float>, ef::Inverse<ef::Radial<float>>, ef::Permutation<float>>,
                 ef::AffineCoupling<float>>
      flow{ef::Planar<float>(2),
           ef::Chain{ef::Standardize<float>(mean, scale),
                     ef::Inverse<ef::Radial<float>>(ef::Radial<float>(2)), ef::Permutation<float>({1, 0})},
           ef::AffineCoupling<float>(2, {.hidden = {3}}), rng};
  ef::io::TensorWriter writer(
      ef::io::detail::metadata_of(ef::io::detail::architecture_of(flow), {{"note", "é"}}));
  ef::io::detail::add_parameters<float>(writer, flow.named_parameters(), flow.theta());
  return writer.finish();
}

/// Ends the program if more memory was in use than a file of this size may need.
class Bounded {
 public:
  explicit Bounded(std::size_t bytes) : most_(16 * bytes + (std::size_t{16} << 20)) { watch_peak(); }
  Bounded(const Bounded&) = delete;
  Bounded& operator=(const Bounded&) = delete;
  ~Bounded() {
    if (!peaks_are_known() || peak_bytes() <= most_) return;
    std::fprintf(stderr, "%zu bytes of memory were in use, and not %zu\n", peak_bytes(), most_);
    std::abort();
  }

 private:
  std::size_t most_;
};

/// Loads a flow from bytes, and scores a point if they are valid. Memory: at most 16 times their size plus 16 MB.
inline void read(std::span<const std::byte> bytes) {
  parts();
  const Bounded bounded(bytes.size());
  const ef::AnyFlow<float> flow = ef::parse_flow<float>(bytes, parts());
  if (flow.context_dim() == 0) flow.log_prob(Eigen::MatrixXf::Zero(1, flow.dim()));
}

/// The bytes of data behind a file's header.
inline std::size_t data_size(std::span<const std::byte> file) {
  std::uint64_t length = 0;
  std::memcpy(&length, file.data(), sizeof length);
  return file.size() - sizeof length - static_cast<std::size_t>(length);
}

/// Makes `count` random changes of a valid file and reads each result. Returns how many were rejected. Exceptions other
/// than std::invalid_argument are not caught.
inline int mutate(int count, std::uint64_t seed) {
  const std::vector<std::byte> whole = valid_file();
  ef::Rng rng(seed);
  int refused = 0;
  for (int i = 0; i < count; ++i) {
    std::vector<std::byte> bytes = whole;
    const int changes = 1 + rng.below(3);
    for (int k = 0; k < changes; ++k) {
      const std::size_t at = rng.below(bytes.size());
      const auto position = bytes.begin() + static_cast<std::ptrdiff_t>(at);
      switch (rng.below(6)) {
        case 0:
          bytes[at] ^= static_cast<std::byte>(1 << rng.below(8));
          break;
        case 1:
          bytes[at] = static_cast<std::byte>(rng.below(256));
          break;
        case 2:  // another digit, bracket or comma: the syntax of JSON
          bytes[at] = static_cast<std::byte>("0123456789-[]{},:\"e. "[rng.below(21)]);
          break;
        case 3:
          bytes.insert(position, static_cast<std::byte>("0123456789[]{},"[rng.below(15)]));
          break;
        case 4:
          bytes.erase(position);
          break;
        default: {  // a piece twice
          const std::size_t length = std::min(rng.below(std::size_t{40}), bytes.size() - at);
          const std::vector<std::byte> piece(position, position + static_cast<std::ptrdiff_t>(length));
          bytes.insert(position, piece.begin(), piece.end());
        }
      }
    }
    // In half of the cases the length of the header is correct, so that its content is read.
    if (rng.below(2) == 0) {
      const std::uint64_t length = bytes.size() - 8 - data_size(whole);
      std::memcpy(bytes.data(), &length, 8);
    }
    try {
      read(bytes);
    } catch (const std::invalid_argument&) {
      ++refused;
    }
  }
  return refused;
}

}  // namespace hostile
