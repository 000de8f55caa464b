#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <eigenflow/io/build.hpp>
#include <string>

#include "model.hpp"

// Reading an architecture, whose entries a loaded flow has proved.

namespace command {

/// A Value as the C++ type that the library makes of it.
template <class T>
T as(const ef::Value& value) {
  return ef::io::Builder<double>(nullptr).build<T>(value, "");
}
template <class T>
T as(const ef::Value& value, const char* member) {
  return as<T>(*value.find(member));
}

inline const ef::Value& constant(const ef::Value& value, const char* name) {
  return *value.find("constants")->find(name);
}
inline std::string type_of(const ef::Value& value) {
  const ef::Value* const type = value.find("type");
  return type && type->as<std::string>() ? *type->as<std::string>() : std::string();
}

}  // namespace command
