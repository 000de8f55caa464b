# Two builds of the library in one program, the second with renamed namespaces, as docs/performance.md advises.
include(${CMAKE_CURRENT_LIST_DIR}/../run.cmake)
start_afresh()
separate_arguments(flags UNIX_COMMAND "${FLAGS}")
set(compile ${COMPILER} -std=c++20 -O1 ${flags} -I${EIGENFLOW_SOURCE_DIR}/include -isystem ${EIGEN_INCLUDE_DIR})
run(${compile} -DPART=portable -c ${CMAKE_CURRENT_LIST_DIR}/part.cpp -o ${WORK_DIR}/portable.o)
run(${compile} -march=native -w -Deigenflow=eigenflow_native -DEigen=Eigen_native -DPART=native
    -c ${CMAKE_CURRENT_LIST_DIR}/part.cpp -o ${WORK_DIR}/native.o)
run(${COMPILER} ${flags} ${CMAKE_CURRENT_LIST_DIR}/main.cpp ${WORK_DIR}/portable.o ${WORK_DIR}/native.o
    -o ${WORK_DIR}/program)
run(${WORK_DIR}/program)
