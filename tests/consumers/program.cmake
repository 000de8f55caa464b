# The program that every consumer with a CMake project builds, and what it must not have been given with the library.
add_executable(program ${CMAKE_CURRENT_LIST_DIR}/program/main.cpp ${CMAKE_CURRENT_LIST_DIR}/program/second.cpp)
target_link_libraries(program PRIVATE eigenflow::eigenflow)
enable_testing()
add_test(NAME program COMMAND program)

get_target_property(options eigenflow::eigenflow INTERFACE_COMPILE_OPTIONS)
get_target_property(definitions eigenflow::eigenflow INTERFACE_COMPILE_DEFINITIONS)
if(options OR definitions OR TARGET eigenflow_dev)
  message(FATAL_ERROR "eigenflow::eigenflow gives its users more than include folders, the standard and Eigen")
endif()
if(NOT TARGET eigenflow::native)
  message(FATAL_ERROR "eigenflow::native is missing")
endif()
