#pragma once

#include <Eigen/Core>
#include <concepts>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "eigenflow/text/name_of.hpp"

// A part (a layer, transformer, base, an options struct) says once, in its `structure`, what makes it anew beside
// theta: the arguments of one of its constructors, in order, each by a name and the member that gives it:
//
//   static constexpr auto structure() {
//     return std::tuple(Option{"dim", &Scale::dim}, Constant{"mean", &Scale::mean});
//   }
//
// Where that constructor computes what no constant expression can (a logarithm), a part that `eigenflow embed` should
// write says the arguments of a constexpr one too, in `constexpr_structure()`.
//
// Such a member gives a bool, an integer, a real number, an enumeration that has names (see `names_of`), a list
// of these (std::vector, an Eigen vector, std::tuple), or a part that has a structure of its own. A part without
// data needs none. Model files and type-erased layers derive from it what they need.
//
// A value may have `left_out()`. If it is true, files do not mention the value; if they do not, it is default-constructed.

namespace eigenflow {

/// What the builder of a flow chooses: a width, a number of bins. Flows that differ in one differ in architecture.
template <class Get>
struct Option {
  const char* name;
  Get get;
};
/// What belongs to a model as its parameters do, without being trained: a permutation, the statistics of data.
template <class Get>
struct Constant {
  const char* name;
  Get get;
};
template <class Get>
Option(const char*, Get) -> Option<Get>;
template <class Get>
Constant(const char*, Get) -> Constant<Get>;

namespace detail {

/// A T elsewhere, copied with its owner: values of two words, whatever they hold.
template <class T>
class Boxed {
 public:
  explicit Boxed(T value) : value_(std::make_unique<T>(std::move(value))) {}
  Boxed(const Boxed& other) : value_(other.value_ ? std::make_unique<T>(*other.value_) : nullptr) {}
  Boxed(Boxed&&) noexcept = default;
  Boxed& operator=(const Boxed& other) { return *this = Boxed(other); }
  Boxed& operator=(Boxed&&) noexcept = default;
  ~Boxed() = default;

  T* get() const { return value_.get(); }

 private:
  std::unique_ptr<T> value_;
};

}  // namespace detail

/// A structure as plain values, as a file has them.
class Value {
 public:
  using List = std::vector<Value>;
  using Object = std::vector<std::pair<std::string, Value>>;  // in order

  template <class T>
  requires(std::same_as<T, bool> || std::same_as<T, std::int64_t> || std::same_as<T, double> ||
           std::same_as<T, std::string> || std::same_as<T, List> || std::same_as<T, Object>) Value(T value)
      : value_(Held<T>(std::move(value))) {}

  /// The value as one of bool, std::int64_t, double, std::string, List, Object; null when it is another.
  template <class T>
  const T* as() const {
    const auto* const held = std::get_if<Held<T>>(&value_);
    if constexpr (small<T>)
      return held;
    else
      return held ? held->get() : nullptr;
  }
  template <class T>
  T* as() {
    return const_cast<T*>(std::as_const(*this).as<T>());
  }
  /// A member of an object; null when there is none.
  const Value* find(std::string_view name) const {
    if (const Object* object = as<Object>())
      for (const auto& [key, value] : *object)
        if (key == name) return &value;
    return nullptr;
  }

 private:
  template <class T>
  static constexpr bool small = std::is_arithmetic_v<T>;
  template <class T>
  using Held = std::conditional_t<small<T>, T, detail::Boxed<T>>;

  std::variant<bool, std::int64_t, double, detail::Boxed<std::string>, detail::Boxed<List>,
               detail::Boxed<Object>>
      value_;
};

/// A part whose structure is known: see the top of this file.
template <class T>
concept Structured = requires {
  T::structure();
}
|| requires(const T& part) {
  { part.to_value() } -> std::same_as<Value>;
}
|| std::is_empty_v<T>;

namespace detail {

template <class Field>
constexpr bool is_constant = false;
template <class Get>
inline constexpr bool is_constant<Constant<Get>> = true;

/// The fields of a structure; none for a part without data.
template <class T>
constexpr auto structure_of() {
  if constexpr (requires { T::structure(); })
    return T::structure();
  else
    return std::tuple();
}

template <class T>
constexpr bool is_tuple = false;
template <class... T>
inline constexpr bool is_tuple<std::tuple<T...>> = true;

template <class T>
Value to_value(const T& x);

template <class List>
Value list_of(const List& list) {
  Value::List values;
  for (const auto& x : list) values.push_back(to_value(x));
  return values;
}

template <class T>
void add_entry(Value::Object& entries, const char* name, const T& value) {
  if constexpr (requires { value.left_out(); })
    if (value.left_out()) return;
  entries.emplace_back(name, to_value(value));
}

template <class T>
Value part_to_value(const T& part) {
  Value::Object options, constants;
  if constexpr (Tagged<T>) options.emplace_back("type", tag_of<T>());
  std::apply(
      [&](const auto&... field) {
        (add_entry(is_constant<std::remove_cvref_t<decltype(field)>> ? constants : options, field.name,
                   std::invoke(field.get, part)),
         ...);
      },
      structure_of<T>());
  if (!constants.empty()) options.emplace_back("constants", std::move(constants));
  return options;
}

template <class T>
Value to_value(const T& x) {
  if constexpr (std::is_same_v<T, bool>)
    return Value(x);
  else if constexpr (std::is_integral_v<T>)
    return Value(static_cast<std::int64_t>(x));
  else if constexpr (std::is_floating_point_v<T>)
    return Value(static_cast<double>(x));
  else if constexpr (std::is_enum_v<T>)
    return Value(std::string(names_of(x)[static_cast<std::size_t>(x)]));
  else if constexpr (is_tuple<T>)
    return std::apply([](const auto&... part) { return Value(Value::List{to_value(part)...}); }, x);
  else if constexpr (requires { x.to_value(); })
    return x.to_value();
  else if constexpr (Structured<T>)
    return part_to_value(x);
  else
    return list_of(x);
}

}  // namespace detail

}  // namespace eigenflow
