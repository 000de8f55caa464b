#pragma once

#include <Eigen/Core>
#include <memory>
#include <ostream>
#include <span>
#include <string>
#include <type_traits>
#include <utility>

#include "eigenflow/authoring/layout.hpp"
#include "eigenflow/authoring/moved_from.hpp"
#include "eigenflow/authoring/reads_raw_context.hpp"
#include "eigenflow/authoring/structure.hpp"
#include "eigenflow/concepts/layer.hpp"
#include "eigenflow/text/error.hpp"
#include "eigenflow/text/name_of.hpp"

// The common part of AnyLayer and AnyBase: a part whose type is known only at run time.

namespace eigenflow::detail {

/// The interface of every part.
template <class Scalar>
class AnyPartInterface {
 public:
  AnyPartInterface() = default;
  AnyPartInterface& operator=(const AnyPartInterface&) = delete;
  virtual ~AnyPartInterface() = default;

  virtual std::string name() const = 0;
  virtual Eigen::Index dim() const = 0;
  virtual Eigen::Index context_dim() const = 0;
  virtual Eigen::Index rows_together() const = 0;
  virtual Eigen::Index parameter_count() const = 0;
  virtual void name_parameters(NameParameters& names) const = 0;
  virtual bool reads_raw_context() const = 0;
  virtual void initialise(std::span<Scalar> theta, Rng& rng) const = 0;
  virtual Value to_value() const = 0;

 protected:
  AnyPartInterface(const AnyPartInterface&) = default;
};

/// Its implementation for a part of type Part; `Interface` derives from AnyPartInterface.
template <class Part, class Interface>
class AnyPartModel : public Interface {
  using Scalar = typename Part::Scalar;

 public:
  explicit AnyPartModel(Part part) : part_(std::move(part)) {}

  std::string name() const final { return name_of<Part>("a part without a name"); }
  Eigen::Index dim() const final { return part_.dim(); }
  Eigen::Index context_dim() const final { return eigenflow::context_dim(part_); }
  Eigen::Index rows_together() const final { return eigenflow::rows_together(part_); }
  Eigen::Index parameter_count() const final { return eigenflow::parameter_count(part_); }
  void name_parameters(NameParameters& names) const final { Part::layout(part_, names); }
  bool reads_raw_context() const final { return detail::reads_raw_context(part_); }
  void initialise(std::span<Scalar> theta, Rng& rng) const final { part_.initialise(theta, rng); }
  Value to_value() const final {
    if constexpr (Structured<Part>)
      return detail::to_value(part_);
    else
      reject("this flow has " + name() +
             ", which cannot be saved: it has no structure() (see authoring/structure.hpp)");
  }

 protected:
  Part part_;
};

/// The tape of the inner part, in the arena of a tile that records.
template <class Tape, class Scalar>
const void* keep_tape(const Tape& tape, const Tile<Scalar>& tile) {
  if (!tile.record) return nullptr;
  return std::construct_at(tile.arena->template allocate<Tape>(1), tape);
}

/// A value behind an interface that has `clone()`: copies are independent of each other. A value that was moved from
/// is empty: it may be copied, assigned to and destroyed, and throws from every other call.
template <class Interface>
class AnyPart {
 public:
  explicit AnyPart(std::unique_ptr<Interface> part) : part_(std::move(part)) {}
  AnyPart(const AnyPart& other) : part_(other.part_ ? other.part_->clone() : nullptr) {}
  AnyPart(AnyPart&&) noexcept = default;
  AnyPart& operator=(const AnyPart& other) {
    part_ = other.part_ ? other.part_->clone() : nullptr;
    return *this;
  }
  AnyPart& operator=(AnyPart&&) noexcept = default;
  ~AnyPart() = default;

  /// Its parameters have names and offsets, but no typed views.
  template <class Visitor>
  struct Parameters {};
  template <class Visitor>
  static Parameters<Visitor> layout(const AnyPart& self, Visitor& visit) {
    if constexpr (std::is_same_v<Visitor, NameParameters>)
      self.part().name_parameters(visit);
    else if constexpr (std::is_same_v<Visitor, CountParameters>)
      visit.count = saturating_sum(visit.count, self.part().parameter_count());
    else if constexpr (std::is_same_v<Visitor, FindContextUnits>)
      visit.found = visit.found || !self.part().reads_raw_context();
    else
      visit.next += self.part().parameter_count();  // views skip it
    return {};
  }

  Eigen::Index dim() const { return part().dim(); }
  Eigen::Index context_dim() const { return part().context_dim(); }
  Eigen::Index rows_together() const { return part().rows_together(); }
  /// The name of the inner part.
  std::string part_name() const { return part().name(); }
  template <class Scalar>
  void initialise(std::span<Scalar> theta, Rng& rng) const {
    part().initialise(theta, rng);
  }
  Value to_value() const { return part().to_value(); }

 protected:
  const Interface& part() const {
    if (!part_) reject_moved_from(Interface::kind);
    return *part_;
  }
  Interface& part() {
    if (!part_) reject_moved_from(Interface::kind);
    return *part_;
  }

 private:
  std::unique_ptr<Interface> part_;
};

}  // namespace eigenflow::detail
