#pragma once

#include <Eigen/Core>
#include <concepts>
#include <memory>
#include <span>
#include <string>
#include <type_traits>
#include <utility>

#include "eigenflow/any/any_layer.hpp"
#include "eigenflow/any/any_part.hpp"
#include "eigenflow/any/describe.hpp"
#include "eigenflow/authoring/start_context.hpp"
#include "eigenflow/concepts/base.hpp"
#include "eigenflow/flow.hpp"

namespace eigenflow {

namespace detail {

template <class Scalar>
class AnyBaseInterface : public AnyPartInterface<Scalar> {
 public:
  static constexpr const char* kind = "base";
  virtual std::unique_ptr<AnyBaseInterface> clone() const = 0;
  virtual std::string description() const = 0;
  virtual const void* log_prob(std::span<const Scalar> theta, Tile<Scalar>& tile) const = 0;
  virtual void log_prob_vjp(std::span<const Scalar> theta, std::span<Scalar> grad, const void* tape,
                            Tile<Scalar>& tile) const = 0;
  virtual bool has_temperature() const = 0;
  virtual void sample(std::span<const Scalar> theta, const Rng& rng, Eigen::Index first_row,
                      Tile<Scalar>& tile, Scalar temperature) const = 0;
  virtual void sample_vjp(std::span<const Scalar> theta, std::span<Scalar> grad, const Rng& rng,
                          Eigen::Index first_row, Tile<Scalar>& tile) const = 0;
  virtual void start_context(const TileSource<Scalar>& tiles) = 0;
  virtual void initialise_from(std::span<Scalar> theta, const TileSource<Scalar>& tiles) = 0;
};

template <Base B>
class AnyBaseModel final : public AnyPartModel<B, AnyBaseInterface<typename B::Scalar>> {
  using Scalar = typename B::Scalar;
  using AnyPartModel<B, AnyBaseInterface<Scalar>>::part_;
  using BaseTape = decltype(add_log_prob(std::declval<const B&>(), {}, std::declval<Tile<Scalar>&>()));

 public:
  using AnyPartModel<B, AnyBaseInterface<Scalar>>::AnyPartModel;

  std::unique_ptr<AnyBaseInterface<Scalar>> clone() const override {
    return std::make_unique<AnyBaseModel>(*this);
  }
  std::string description() const override { return description_of(part_); }
  const void* log_prob(std::span<const Scalar> theta, Tile<Scalar>& tile) const override {
    return keep_tape(add_log_prob(part_, theta, tile), tile);
  }
  void log_prob_vjp(std::span<const Scalar> theta, std::span<Scalar> grad, const void* tape,
                    Tile<Scalar>& tile) const override {
    pull_back_log_prob(part_, theta, grad, *static_cast<const BaseTape*>(tape), tile);
  }
  bool has_temperature() const override { return eigenflow::has_temperature(part_); }
  void sample(std::span<const Scalar> theta, const Rng& rng, Eigen::Index first_row, Tile<Scalar>& tile,
              Scalar temperature) const override {
    sample_at(temperature, part_, theta, rng, first_row, tile);
  }
  void sample_vjp(std::span<const Scalar> theta, std::span<Scalar> grad, const Rng& rng,
                  Eigen::Index first_row, Tile<Scalar>& tile) const override {
    if constexpr (requires { part_.sample_vjp(theta, grad, rng, first_row, tile); })
      part_.sample_vjp(theta, grad, rng, first_row, tile);
    else if constexpr (!Parameterless<B>)
      reject("a sample of " + this->name() +
             " is not a smooth function of its parameters: choose another base for reverse KL");
  }
  void start_context(const TileSource<Scalar>& tiles) override { detail::start_context(part_, tiles); }
  void initialise_from(std::span<Scalar> theta, const TileSource<Scalar>& tiles) override {
    if constexpr (starts_from_data<B>()) part_.initialise_from(theta, tiles);
  }
};

}  // namespace detail

/// A base whose type is known only at run time.
template <class Scalar_>
class AnyBase : public detail::AnyPart<detail::AnyBaseInterface<Scalar_>> {
  using Part = detail::AnyPart<detail::AnyBaseInterface<Scalar_>>;
  using Part::part;

 public:
  using Scalar = Scalar_;
  static constexpr int static_dim = Eigen::Dynamic;

  template <class B>
  requires(!std::same_as<B, AnyBase> && Base<B>) explicit AnyBase(B base)
      : Part(std::make_unique<detail::AnyBaseModel<B>>(std::move(base))) {
    static_assert(std::is_same_v<typename B::Scalar, Scalar>,
                  "an AnyBase and its base must have the same scalar type");
  }

  /// As "ConditionalNormal<mlp> (3 of context, 64 × 64, relu)".
  std::string description() const { return part().description(); }

  struct Tape {
    const void* tape;  // of the inner base, in the arena
  };

  Tape log_prob(std::span<const Scalar> theta, Tile<Scalar>& tile) const {
    return {part().log_prob(theta, tile)};
  }
  void log_prob_vjp(std::span<const Scalar> theta, std::span<Scalar> grad, Tape tape,
                    Tile<Scalar>& tile) const {
    part().log_prob_vjp(theta, grad, tape.tape, tile);
  }
  bool has_temperature() const { return part().has_temperature(); }
  void sample(std::span<const Scalar> theta, const Rng& rng, Eigen::Index first_row, Tile<Scalar>& tile,
              Scalar temperature = 1) const {
    part().sample(theta, rng, first_row, tile, temperature);
  }
  /// Throws std::invalid_argument if the samples are not a smooth function of the parameters (a mixture).
  void sample_vjp(std::span<const Scalar> theta, std::span<Scalar> grad, const Rng& rng,
                  Eigen::Index first_row, Tile<Scalar>& tile) const {
    part().sample_vjp(theta, grad, rng, first_row, tile);
  }
  void start_context(const TileSource<Scalar>& tiles) { part().start_context(tiles); }
  void initialise_from(std::span<Scalar> theta, const TileSource<Scalar>& tiles) {
    part().initialise_from(theta, tiles);
  }
};

/// A flow whose layers and base are known only at run time, such as the flow of a file. It has every call of Flow.
template <class Scalar>
using AnyFlow = Flow<AnyChain<Scalar>, AnyBase<Scalar>>;

}  // namespace eigenflow
