#pragma once

#include <tuple>
#include <utility>

namespace eigenflow {

// An embedded flow is made already: what makes a part anew keeps its syntax alone.

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
