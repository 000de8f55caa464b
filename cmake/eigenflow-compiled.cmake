# eigenflow::compiled: a static library with the parts of eigenflow that do not depend on your types (the network engine,
# the training loop, and load_flow where eigenflow::io is there), for float and double. Your build makes it once, with your
# build's flags; programs that link it compile in about half the time and give the same results. It is built only where a
# target links it.
#
# It must have the flags of the programs that link it. Those of CMAKE_CXX_FLAGS and CMAKE_BUILD_TYPE it has by itself;
# targets that bring flags, as eigenflow::native and OpenMP::OpenMP_CXX, go into EIGENFLOW_COMPILED_LINK before this file is
# read. A program with other vectors, or with OpenMP where the library has none, does not link.
set(EIGENFLOW_COMPILED_LINK "" CACHE STRING "Targets that eigenflow::compiled links, as eigenflow::native;OpenMP::OpenMP_CXX")

add_library(eigenflow_compiled STATIC EXCLUDE_FROM_ALL ${eigenflow_compiled_sources}/compiled.cpp)
add_library(eigenflow::compiled ALIAS eigenflow_compiled)
target_compile_definitions(eigenflow_compiled PUBLIC EIGENFLOW_COMPILED)
target_link_libraries(eigenflow_compiled PUBLIC eigenflow::eigenflow ${EIGENFLOW_COMPILED_LINK})
