# One program per file: tests/layers/planar_test.cpp becomes the target layers_planar_test and the test layers/planar.

# Catch2 v3 if CMake finds it, else the single header of v2 (Debian 12, Ubuntu 22.04). The main is compiled here with
# our flags: the distributions' library fits neither libc++ nor the sanitizers.
find_package(Catch2 CONFIG QUIET)
add_library(eigenflow_test_main STATIC support/catch_main.cpp)
target_include_directories(eigenflow_test_main PUBLIC ${CMAKE_CURRENT_SOURCE_DIR})
target_compile_features(eigenflow_test_main PUBLIC cxx_std_20)
target_link_libraries(eigenflow_test_main PUBLIC eigenflow_dev_flags)
target_compile_options(eigenflow_test_main PRIVATE ${EIGENFLOW_TEST_FLAGS})  # half the time of a Release build's -O3
if(TARGET Catch2::Catch2 AND Catch2_VERSION VERSION_GREATER_EQUAL 3)
  target_link_libraries(eigenflow_test_main PUBLIC Catch2::Catch2)
else()
  find_path(EIGENFLOW_CATCH2_INCLUDE_DIR catch2/catch.hpp DOC "Folder that holds catch2/catch.hpp (version 2)")
  if(NOT EIGENFLOW_CATCH2_INCLUDE_DIR)
    message(FATAL_ERROR "The tests need Catch2, version 2 or 3 (Debian: apt-get install catch2), or configure with "
                        "-DEIGENFLOW_BUILD_TESTS=OFF.")
  endif()
  target_include_directories(eigenflow_test_main SYSTEM PUBLIC ${EIGENFLOW_CATCH2_INCLUDE_DIR})
endif()

# The network engine, compiled once for all tests: see support/engine.hpp.
if(EIGENFLOW_FAST_MATH)  # the layers and their tests have different flags
  add_library(eigenflow_test_engine INTERFACE)
else()
  add_library(eigenflow_test_engine STATIC support/engine/float.cpp support/engine/double.cpp support/engine/long_double.cpp)
  target_link_libraries(eigenflow_test_engine PUBLIC eigenflow_test_flags)
  target_compile_definitions(eigenflow_test_engine INTERFACE EIGENFLOW_TEST_ENGINE)
endif()

# The contract tests, compiled once for all layers.
file(GLOB contract_sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/support/contract/*.cpp)
add_library(eigenflow_contract STATIC support/allocations.cpp ${contract_sources})
target_link_libraries(eigenflow_contract PUBLIC eigenflow_test_engine eigenflow_test_flags eigenflow_test_main)
if(EIGENFLOW_FAST_MATH)
  # The layers are compiled with -ffast-math, their tests without.
  target_compile_options(eigenflow_contract PRIVATE -fno-fast-math)
endif()

# eigenflow::compiled_io with the flags of the tests: all parts that a file may name, compiled once.
if(TARGET eigenflow::io)
  get_target_property(compiled_io_sources eigenflow_compiled_io SOURCES)
  add_library(eigenflow_test_io STATIC ${compiled_io_sources})
  target_link_libraries(eigenflow_test_io PUBLIC eigenflow_test_engine eigenflow_test_flags eigenflow::io)
  target_compile_options(eigenflow_test_io PRIVATE "SHELL:-include ${CMAKE_CURRENT_SOURCE_DIR}/support/engine.hpp")
  target_compile_definitions(eigenflow_test_io PUBLIC EIGENFLOW_COMPILED_IO)
endif()

# Idle OpenMP threads that spin would slow down the other tests.
set(test_environment OMP_WAIT_POLICY=passive)
if(EIGENFLOW_SANITIZE STREQUAL "thread")
  # Archer tells the sanitizer what LLVM's OpenMP runtime synchronises; the runtime itself is not instrumented,
  # and the system's runtime does not find the tool of the compiler by itself.
  execute_process(COMMAND ${CMAKE_CXX_COMPILER} -print-file-name=libarcher.so
    OUTPUT_VARIABLE archer OUTPUT_STRIP_TRAILING_WHITESPACE)
  list(APPEND test_environment "TSAN_OPTIONS=ignore_noninstrumented_modules=1:halt_on_error=1"
    "OMP_TOOL_LIBRARIES=${archer}")
endif()

if(EIGENFLOW_SANITIZE MATCHES "address")
  list(APPEND test_environment LSAN_OPTIONS=suppressions=${CMAKE_CURRENT_SOURCE_DIR}/support/leaks.supp)
endif()

# The programs that use several threads, labelled so.
add_custom_target(eigenflow_threads_tests)

function(eigenflow_add_unit_test source)
  file(RELATIVE_PATH path ${CMAKE_CURRENT_SOURCE_DIR} ${source})
  string(REGEX REPLACE "_test\\.cpp$" "" name ${path})
  string(REPLACE "/" "_" target ${name}_test)
  if((name MATCHES "^tools/" AND NOT TARGET eigenflow_picture) OR (name MATCHES "^io/" AND NOT TARGET eigenflow::io))
    return()
  endif()

  add_executable(${target} ${source})
  target_link_libraries(${target} PRIVATE eigenflow_contract eigenflow_test_flags eigenflow_test_main)
  if(name MATCHES "^(tools|examples)/")
    target_link_libraries(${target} PRIVATE eigenflow_picture)
  elseif(name MATCHES "^io/")
    target_link_libraries(${target} PRIVATE eigenflow_test_io)
    target_compile_definitions(${target} PRIVATE EIGENFLOW_TEST_DATA="${CMAKE_CURRENT_SOURCE_DIR}")
  endif()

  # A program in which no test runs fails (NoTests), so a mistyped tag cannot pass for success.
  file(STRINGS ${source} cases REGEX "TEST_CASE")
  file(STRINGS ${source} slow_lines REGEX "\\[slow\\]")
  list(LENGTH cases all)
  list(LENGTH slow_lines slow)
  file(STRINGS ${source} threads REGEX "^#include .(support/threads.hpp|thread).$")
  if(all GREATER slow)
    add_test(NAME ${name} COMMAND ${target} "~[slow]" --warn NoTests)
    set_tests_properties(${name} PROPERTIES ENVIRONMENT "${test_environment}")
    if(threads)
      set_tests_properties(${name} PROPERTIES LABELS threads)
      add_dependencies(eigenflow_threads_tests ${target})
    endif()
  endif()
  if(EIGENFLOW_SLOW_TESTS AND slow_lines)
    add_test(NAME ${name}.slow COMMAND ${target} "[slow]" --warn NoTests)
    set_tests_properties(${name}.slow PROPERTIES LABELS slow ENVIRONMENT "${test_environment}")
  endif()
endfunction()

file(GLOB_RECURSE test_sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*_test.cpp)
if(only_arithmetic)
  list(FILTER test_sources EXCLUDE REGEX "^${CMAKE_CURRENT_SOURCE_DIR}/(data|examples|io|tools)/")
endif()
foreach(source IN LISTS test_sources)
  eigenflow_add_unit_test(${source})
endforeach()
