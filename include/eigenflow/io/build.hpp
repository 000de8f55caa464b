#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>

#include "eigenflow/any/any_base.hpp"
#include "eigenflow/any/any_layer.hpp"
#include "eigenflow/authoring/structure.hpp"
#include "eigenflow/io/allowance.hpp"
#include "eigenflow/text/error.hpp"

// From a structure as plain values to the parts themselves: the way back of authoring/structure.hpp.

namespace eigenflow::io {

template <class Scalar>
class Registry;

namespace detail {

using eigenflow::detail::is_constant;
using eigenflow::detail::is_tuple;
using eigenflow::detail::reject;
using eigenflow::detail::structure_of;

template <class T>
constexpr bool is_any = false;
template <class Scalar>
inline constexpr bool is_any<AnyLayer<Scalar>> = true;
template <class Scalar>
inline constexpr bool is_any<AnyBase<Scalar>> = true;

/// What a field of T gives.
template <class T, class Field>
using FieldValue = std::remove_cvref_t<std::invoke_result_t<decltype(std::declval<Field>().get), const T&>>;

inline std::string join(const std::string& path, const std::string& name) {
  return path.empty() ? name : path + '.' + name;
}

}  // namespace detail

/// Makes parts of what a file says of them. Every error is a std::invalid_argument that names the entry.
template <class Scalar>
class Builder {
 public:
  /// Type-erased parts are looked up in `registry`.
  explicit Builder(const Registry<Scalar>* registry, Allowance allowance = {})
      : registry_(registry), left_(allowance) {}

  /// Sets the number of features that the file states. Dimensions up to it do not count against the allowance: the pixels of
  /// an image share parameters, so a small file may have many features, which take no memory.
  void expect_features(std::int64_t features) {
    constexpr std::int64_t most = std::int64_t{1} << 31;
    if (features <= most) features_ = features;
  }

  /// A T of what the entry `path` says. Throws std::invalid_argument when it does not fit.
  template <class T>
  T build(const Value& value, const std::string& path) {
    if constexpr (std::is_same_v<T, bool>) {
      return get<bool>(value, path, "true or false");
    } else if constexpr (std::is_integral_v<T>) {
      const std::int64_t number = get<std::int64_t>(value, path, "an integer");
      if (!std::in_range<T>(number))
        reject(path + " is " + std::to_string(number) + ", which is out of range");
      if constexpr (std::is_same_v<T, Eigen::Index>) count_size(number, path);
      return static_cast<T>(number);
    } else if constexpr (std::is_floating_point_v<T>) {
      return static_cast<T>(real(value, path));
    } else if constexpr (std::is_enum_v<T>) {
      const std::string& name = get<std::string>(value, path, "a name");
      const auto names = names_of(T{});
      for (std::size_t i = 0; i < names.size(); ++i)
        if (names[i] == name) return static_cast<T>(i);
      reject(path + " is \"" + name + "\", which this version does not know");
    } else if constexpr (detail::is_tuple<T>) {
      return tuple<T>(value, path, std::make_index_sequence<std::tuple_size_v<T>>{});
    } else if constexpr (requires { typename T::Alternatives; }) {
      return alternative<T>(value, path, static_cast<typename T::Alternatives*>(nullptr));
    } else if constexpr (detail::is_any<T>) {
      return registry_->template build<T>(*this, value, path);
    } else if constexpr (Structured<T>) {
      return part<T>(value, path);
    } else {
      return list<T>(value, path);
    }
  }

 private:
  [[noreturn]] static void reject(const std::string& message) { eigenflow::detail::reject(message); }

  template <class T>
  static const T& get(const Value& value, const std::string& path, const char* kind) {
    const T* const found = value.as<T>();
    if (!found) reject(path + " should be " + kind);
    return *found;
  }

  void count_size(std::int64_t size, const std::string& path) {
    if (!counting_ || (size <= features_ && is_dimension(path))) return;
    if (size > left_.sizes || size < -left_.sizes)
      reject(path + " is " + std::to_string(size) +
             ", more than a file of this size can have parameters for");
    if (size > 0) left_.sizes -= size;
  }

  static bool is_dimension(const std::string& path) {
    return path.ends_with(".dim") || path.ends_with(".split") || path.ends_with(".pixels");
  }

  static double real(const Value& value, const std::string& path) {
    if (const std::int64_t* integer = value.as<std::int64_t>()) return static_cast<double>(*integer);
    if (const std::string* text = value.as<std::string>()) {
      if (*text == "inf") return std::numeric_limits<double>::infinity();
      if (*text == "-inf") return -std::numeric_limits<double>::infinity();
    }
    return get<double>(value, path, "a number");
  }

  // A list has a size by itself, which need not be counted; nor need what is in it, where that is no size.
  template <class T>
  T list(const Value& value, const std::string& path) {
    const Value::List& from = get<Value::List>(value, path, "a list");
    if constexpr (requires(T list) { list.push_back(std::declval<typename T::value_type>()); }) {
      T result;
      for (std::size_t i = 0; i < from.size(); ++i)
        result.push_back(build<typename T::value_type>(from[i], detail::join(path, std::to_string(i))));
      return result;
    } else {  // an Eigen vector
      T result(static_cast<Eigen::Index>(from.size()));
      for (std::size_t i = 0; i < from.size(); ++i)
        result[static_cast<Eigen::Index>(i)] =
            build<typename T::Scalar>(from[i], detail::join(path, std::to_string(i)));
      return result;
    }
  }

  template <class T, std::size_t... I>
  T tuple(const Value& value, const std::string& path, std::index_sequence<I...>) {
    const Value::List& from = get<Value::List>(value, path, "a list");
    if (from.size() != sizeof...(I))
      reject(path + " should have " + std::to_string(sizeof...(I)) + " entries, but has " +
             std::to_string(from.size()));
    return T{build<std::tuple_element_t<I, T>>(from[I], detail::join(path, std::to_string(I)))...};
  }

  // One of several types, by its tag.
  template <class T, class... Ts>
  T alternative(const Value& value, const std::string& path, const std::variant<Ts...>*) {
    const Value* const type = value.find("type");
    const std::string* const name = type ? type->as<std::string>() : nullptr;
    std::optional<T> result;
    const auto consider = [&]<class A>(std::type_identity<A>) {
      if (name && *name == eigenflow::detail::tag_of<A>()) result = T(build<A>(value, path));
    };
    (consider(std::type_identity<Ts>{}), ...);
    if (!result)
      reject(path + (name ? " is a " + *name + ", which this version does not know" : " has no type"));
    return *result;
  }

  template <class T>
  T part(const Value& value, const std::string& path) {
    const Value::Object& from = get<Value::Object>(value, path, "an object");
    std::size_t known = 0;
    if constexpr (eigenflow::detail::Tagged<T>) {
      const Value* const type = value.find("type");
      const std::string name = eigenflow::detail::tag_of<T>();
      if (!type || !type->as<std::string>() || *type->as<std::string>() != name)
        reject(path + " is " +
               (type && type->as<std::string>() ? "a " + *type->as<std::string>() : "of no type") +
               " in the file, where a " + name +
               " is expected: load it into a flow of the file's parts, or have load_flow make one");
      ++known;
    }
    constexpr auto fields = detail::structure_of<T>();
    T result = std::apply(
        [&](const auto&... field) {
          // Braces: in order.
          std::tuple<detail::FieldValue<T, std::remove_cvref_t<decltype(field)>>...> arguments{
              this->template field<T>(field, value, path, known)...};
          if (left_.arrays != Allowance::unlimited) take_outline<T>(arguments, path);
          return construct<T>(std::move(arguments), path);
        },
        fields);
    std::size_t constants = 0;
    if (const Value* const group = value.find("constants"))
      if (const Value::Object* const all = group->as<Value::Object>(); all && !all->empty())
        constants = all->size() - 1;  // the group itself counts for one
    if (known != from.size() + constants) reject(path + " has entries that this version does not know");
    return result;
  }

  template <class T, class Field>
  detail::FieldValue<T, Field> field(const Field& field, const Value& value, const std::string& path,
                                     std::size_t& known) {
    using Wanted = detail::FieldValue<T, Field>;
    const Value* from = &value;
    if constexpr (detail::is_constant<Field>) from = value.find("constants");
    const Value* const entry = from ? from->find(field.name) : nullptr;
    if (entry) {
      ++known;
      if constexpr (!detail::is_constant<Field>) return build<Wanted>(*entry, detail::join(path, field.name));
      const bool counting = std::exchange(counting_, false);  // the places of a permutation are no sizes
      Wanted constant = build<Wanted>(*entry, detail::join(path, field.name));
      counting_ = counting;
      return constant;
    }
    // Options that came later than the file have the value that they had before.
    if constexpr (requires(const Wanted& wanted) { wanted.left_out(); })
      return Wanted{};
    else if constexpr (std::is_aggregate_v<T> && std::is_default_constructible_v<T>)
      return std::invoke(field.get, T{});
    else
      reject(detail::join(path, field.name) + " is missing");
  }

  // Takes what a T will have from the allowance: as its outline says, or else the networks among its arguments, which
  // have one input and one output or more.
  template <class T, class... Arguments>
  void take_outline(const std::tuple<Arguments...>& arguments, const std::string& path) {
    detail::Outline outline(left_, path);
    const auto networks = [&](const auto& options) {
      if constexpr (requires { options.dense_layers(1, 1, [](const auto&) {}); })
        options.dense_layers(1, 1, [&](const auto& layer) { outline.part("", layer); });
      if constexpr (requires { options.conv_layers(1, 1, [](const auto&) {}); })
        options.conv_layers(1, 1, [&](const auto& layer) { outline.part("", layer); });
      if constexpr (requires { options.gate_layers([](const auto&) {}); })
        options.gate_layers([&](const auto& layer) { outline.part("", layer); });
    };
    std::apply(
        [&](const auto&... argument) {
          if constexpr (requires { T::outline(outline, argument...); })
            T::outline(outline, argument...);
          else
            (networks(argument), ...);
        },
        arguments);
  }

  template <class T, class... Arguments>
  static T construct(std::tuple<Arguments...> arguments, const std::string& path) {
    if constexpr (std::is_constructible_v<T, Arguments...> && sizeof...(Arguments) > 0) {
      return std::make_from_tuple<T>(std::move(arguments));
    } else if constexpr (requires { T{std::declval<Arguments>()...}; }) {
      return std::apply([](auto&... argument) { return T{std::move(argument)...}; }, arguments);
    } else {  // a type that knows them itself
      const T made{};
      const auto check = [&](const auto& field, const auto& argument) {
        if (std::invoke(field.get, made) != argument)
          reject(detail::join(path, field.name) + " differs from that of the type of this flow");
      };
      std::apply(
          [&](const auto&... field) {
            std::apply([&](const auto&... argument) { (check(field, argument), ...); }, arguments);
          },
          detail::structure_of<T>());
      return made;
    }
  }

  const Registry<Scalar>* registry_;
  Allowance left_;
  std::int64_t features_ = 0;
  bool counting_ = true;
};

}  // namespace eigenflow::io
