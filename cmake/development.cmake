# The flags of our own tests, examples and benchmarks. Users of the library do not get them.
option(EIGENFLOW_WERROR "Warnings are errors" OFF)
option(EIGENFLOW_FAST_MATH "Build with -ffast-math" OFF)
option(EIGENFLOW_NO_EXCEPTIONS "Build with -fno-exceptions -fno-rtti; of the tests only those that need neither" OFF)
option(EIGENFLOW_NATIVE "Build for the machine that compiles (-march=native)" OFF)
set(EIGENFLOW_SANITIZE "" CACHE STRING "Sanitizers, as in -fsanitize=: address,undefined or thread")

get_property(multi_config GLOBAL PROPERTY GENERATOR_IS_MULTI_CONFIG)
if(top_level AND NOT multi_config AND NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "Build type" FORCE)
endif()
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_CXX_EXTENSIONS OFF)

include(${CMAKE_CURRENT_LIST_DIR}/warnings.cmake)

# The vector instructions of the machine that compiles. With AVX-512, g++ 12 warns inside its own avx512fintrin.h.
add_library(eigenflow_dev_native INTERFACE)
target_link_libraries(eigenflow_dev_native INTERFACE eigenflow::native)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  target_compile_options(eigenflow_dev_native INTERFACE -Wno-uninitialized)
endif()

# Flags that must be the same in every object of a program.
add_library(eigenflow_dev_flags INTERFACE)
if(EIGENFLOW_FAST_MATH)
  target_compile_options(eigenflow_dev_flags INTERFACE -ffast-math)
endif()
if(EIGENFLOW_NO_EXCEPTIONS)
  target_compile_options(eigenflow_dev_flags INTERFACE -fno-exceptions -fno-rtti)
endif()
if(EIGENFLOW_NATIVE)
  target_link_libraries(eigenflow_dev_flags INTERFACE eigenflow_dev_native)
endif()
if(EIGENFLOW_SANITIZE)
  target_compile_options(eigenflow_dev_flags INTERFACE -fsanitize=${EIGENFLOW_SANITIZE} -fno-sanitize-recover=all
                                                       -fno-omit-frame-pointer -g1)
  target_link_options(eigenflow_dev_flags INTERFACE -fsanitize=${EIGENFLOW_SANITIZE})
endif()

# The library as our own programs link it.
add_library(eigenflow_dev INTERFACE)
target_link_libraries(eigenflow_dev INTERFACE eigenflow eigenflow_dev_flags eigenflow_dev_warnings)
if(EIGENFLOW_FAST_MATH)  # the umbrella header comes first, as in the programs of users: single headers reject the flag
  target_compile_options(eigenflow_dev INTERFACE "SHELL:-include eigenflow/eigenflow.hpp")
endif()
if(EIGENFLOW_OPENMP)
  find_package(OpenMP QUIET COMPONENTS CXX)
  if(OpenMP_CXX_FOUND)
    target_link_libraries(eigenflow_dev INTERFACE OpenMP::OpenMP_CXX)
  else()
    message(STATUS "eigenflow: no OpenMP for this compiler (clang on Debian: libomp-dev); building serial programs")
  endif()
endif()
