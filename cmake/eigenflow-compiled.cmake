# eigenflow::compiled: a static library with the parts of eigenflow that do not depend on your types (the network engine and
# the training loop), for float and double. eigenflow::compiled_io, where eigenflow::io is there: these and load_flow,
# with all parts that model files may name. Your build makes them once, with your build's flags; programs that link them
# compile in a fraction of the time and give the same results. They are built only where a target links them.
#
# They must have the flags of the programs that link them. Those of CMAKE_CXX_FLAGS and CMAKE_BUILD_TYPE they have by themselves;
# targets that bring flags, as eigenflow::native and OpenMP::OpenMP_CXX, go into EIGENFLOW_COMPILED_LINK before this file is
# read. A program with other vectors, or with OpenMP where the library has none, does not link.
set(EIGENFLOW_COMPILED_LINK "" CACHE STRING "Targets that eigenflow::compiled links, as eigenflow::native;OpenMP::OpenMP_CXX")

add_library(eigenflow_compiled STATIC EXCLUDE_FROM_ALL ${eigenflow_compiled_sources}/compiled.cpp)
add_library(eigenflow::compiled ALIAS eigenflow_compiled)
target_compile_definitions(eigenflow_compiled PUBLIC EIGENFLOW_COMPILED)
target_link_libraries(eigenflow_compiled PUBLIC eigenflow::eigenflow ${EIGENFLOW_COMPILED_LINK})

if(TARGET eigenflow::io)
  add_library(eigenflow_compiled_io STATIC EXCLUDE_FROM_ALL
              ${eigenflow_compiled_sources}/compiled_json.cpp ${eigenflow_compiled_sources}/compiled_io_float.cpp
              ${eigenflow_compiled_sources}/compiled_io_double.cpp)
  add_library(eigenflow::compiled_io ALIAS eigenflow_compiled_io)
  target_compile_definitions(eigenflow_compiled_io PUBLIC EIGENFLOW_COMPILED_IO)
  target_link_libraries(eigenflow_compiled_io PUBLIC eigenflow_compiled eigenflow::io)
endif()
