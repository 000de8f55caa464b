#pragma once

#include <tuple>
#include <utility>

namespace eigenflow {

// An embedded flow exists already, so structure() only needs to compile.

template <class Get>
struct Option {
  const char* name;
  Get get;
};
template <class Get>
struct Constant {
  const char* name;
  Get get;
};
template <class Get>
Option(const char*, Get) -> Option<Get>;
template <class Get>
Constant(const char*, Get) -> Constant<Get>;

template <class T>
concept Structured = true;

}  // namespace eigenflow
