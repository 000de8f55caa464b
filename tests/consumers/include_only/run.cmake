# No CMake at all: two include paths and a compiler, in C++20 and in C++23.
include(${CMAKE_CURRENT_LIST_DIR}/../run.cmake)
start_afresh()
separate_arguments(flags UNIX_COMMAND "${FLAGS}")
set(program_dir ${EIGENFLOW_SOURCE_DIR}/tests/consumers/program)
foreach(standard c++20 c++2b)  # c++2b: C++23 for every compiler
  run(${COMPILER} -std=${standard} ${flags} -I${EIGENFLOW_SOURCE_DIR}/include -isystem ${EIGEN_INCLUDE_DIR}
      ${program_dir}/main.cpp ${program_dir}/second.cpp -o ${WORK_DIR}/program)
  run(${WORK_DIR}/program)
endforeach()
