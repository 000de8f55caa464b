# No CMake at all: two include paths and a compiler.
include(${CMAKE_CURRENT_LIST_DIR}/../run.cmake)
start_afresh()
separate_arguments(flags UNIX_COMMAND "${FLAGS}")
set(program_dir ${EIGENFLOW_SOURCE_DIR}/tests/consumers/program)
run(${COMPILER} -std=c++20 ${flags} -I${EIGENFLOW_SOURCE_DIR}/include -isystem ${EIGEN_INCLUDE_DIR}
    ${program_dir}/main.cpp ${program_dir}/second.cpp -o ${WORK_DIR}/program)
run(${WORK_DIR}/program)
