add_library(eigenflow_dev_warnings INTERFACE)
if(CMAKE_CXX_COMPILER_ID MATCHES "GNU|Clang")
  target_compile_options(eigenflow_dev_warnings INTERFACE -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow
                                                          $<$<BOOL:${EIGENFLOW_WERROR}>:-Werror>)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
    # False alarms inside Eigen 5 (InnerProduct.h) and g++'s own vector headers.
    target_compile_options(eigenflow_dev_warnings INTERFACE -Wno-maybe-uninitialized)
  endif()
endif()
