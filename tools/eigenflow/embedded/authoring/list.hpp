#pragma once

#include <Eigen/Core>
#include <cstddef>
#include <span>

namespace eigenflow {

/// A list of an embedded flow: a view of constants.
template <class T>
class List {
 public:
  constexpr List() = default;
  template <std::size_t Size>
  constexpr List(const T (&items)[Size]) : data_(items), size_(Size) {}

  constexpr std::size_t size() const { return size_; }
  constexpr bool empty() const { return size_ == 0; }
  constexpr const T& operator[](std::size_t i) const { return data_[i]; }
  constexpr const T* begin() const { return data_; }
  constexpr const T* end() const { return data_ + size_; }
  constexpr const T& front() const { return data_[0]; }
  constexpr const T& back() const { return data_[size_ - 1]; }
  // The constructor of std::span from a range is missing in some libraries.
  constexpr operator std::span<const T>() const { return {data_, size_}; }
  void push_back(const T&);  // never called: an embedded flow is made already

 private:
  const T* data_ = nullptr;
  std::size_t size_ = 0;
};

/// The same with Eigen indices.
template <class Scalar>
class Numbers {
 public:
  constexpr Numbers() = default;
  template <std::size_t Size>
  constexpr Numbers(const Scalar (&items)[Size]) : data_(items), size_(Size) {}

  constexpr Eigen::Index size() const { return size_; }
  constexpr const Scalar& operator[](Eigen::Index i) const { return data_[i]; }
  constexpr const Scalar* begin() const { return data_; }
  constexpr const Scalar* end() const { return data_ + size_; }

 private:
  const Scalar* data_ = nullptr;
  Eigen::Index size_ = 0;
};

}  // namespace eigenflow
