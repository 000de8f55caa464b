#pragma once

#include <Eigen/Core>
#include <cstdio>

#include "report.hpp"
#include "support/allocations.hpp"

/// The calls of an embedded flow, none of which may take from the heap.
template <class Model>
class Embedded {
 public:
  using Scalar = typename Model::Scalar;
  using Vector = Eigen::Matrix<Scalar, Eigen::Dynamic, 1>;
  using Point = typename Model::Point;
  using Context = typename Model::Context;

  Embedded(const Model& model, std::size_t& allocations) : model_(model), allocations_(allocations) {}

  Vector log_prob(const Vector& x, const Vector& c) const {
    return Vector::Constant(1, call(x, c, [&](const auto&... at) { return model_.log_prob(at...); }));
  }
  Vector log_prob_and_grad(const Vector& x, const Vector& c) const {
    const auto r = call(x, c, [&](const auto&... at) { return model_.log_prob_and_grad(at...); });
    Vector all(1 + Model::dim + Model::context_dim);
    all << r.log_prob, r.grad, r.grad_context;
    return all;
  }
  Vector forward(const Vector& x, const Vector& c) const {
    const auto r = call(x, c, [&](const auto&... at) { return model_.forward(at...); });
    return both(r.z, r.log_det);
  }
  Vector inverse(const Vector& z, const Vector& c) const {
    const auto r = call(z, c, [&](const auto&... at) { return model_.inverse(at...); });
    return both(r.x, r.log_det);
  }
  Vector sample(unsigned seed, const Vector& c) const {
    typename Model::Rng rng(seed);
    return counted([&] {
      if constexpr (Model::context_dim > 0)
        return model_.sample(Context(c), rng);
      else
        return model_.sample(rng);
    });
  }
  Vector sample_and_log_prob(unsigned seed, const Vector& c) const {
    typename Model::Rng rng(seed);
    const auto r = counted([&] {
      if constexpr (Model::context_dim > 0)
        return model_.sample_and_log_prob(Context(c), rng);
      else
        return model_.sample_and_log_prob(rng);
    });
    return both(r.x, r.log_prob);
  }

 private:
  template <class Work>
  auto counted(const Work& work) const {
    const std::size_t before = allocation_count();
    const auto result = work();
    allocations_ += allocation_count() - before;
    return result;
  }
  template <class Call>
  auto call(const Vector& x, const Vector& c, const Call& work) const {
    return counted([&] {
      if constexpr (Model::context_dim > 0)
        return work(Point(x), Context(c));
      else
        return work(Point(x));
    });
  }
  static Vector both(const Point& x, Scalar number) {
    Vector all(Model::dim + 1);
    all << x, number;
    return all;
  }

  const Model& model_;
  std::size_t& allocations_;
};

/// Writes what the model says, and returns how often it took from the heap.
template <class Model>
std::size_t check(const Model& model, std::FILE* out) {
  std::size_t allocations = 0;
  report<typename Model::Scalar>(out, Model::dim, Model::context_dim, Embedded<Model>(model, allocations));
  return allocations;
}
