# Shared by the consumers' run.cmake. The arguments are those in CMakeLists.txt beside this file.

function(run)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE result)
  if(NOT result EQUAL 0)
    string(REPLACE ";" " " command "${ARGN}")
    message(FATAL_ERROR "consumers/${WAY} failed at: ${command}")
  endif()
endfunction()

function(start_afresh)
  file(REMOVE_RECURSE ${WORK_DIR})
  file(MAKE_DIRECTORY ${WORK_DIR})
endfunction()

# Configures, builds and runs the project in tests/consumers/<WAY>; further arguments go to its configuration.
function(build_and_run_consumer)
  run(${CMAKE_COMMAND} -S ${EIGENFLOW_SOURCE_DIR}/tests/consumers/${WAY} -B ${WORK_DIR}/build -G ${GENERATOR}
      -DCMAKE_CXX_COMPILER=${COMPILER} -DCMAKE_CXX_FLAGS=${FLAGS} -DCMAKE_BUILD_TYPE=Debug
      -DEigen3_DIR=${EIGEN3_DIR} -DEIGENFLOW_EIGEN_INCLUDE_DIR=${EIGENFLOW_EIGEN_INCLUDE_DIR} ${ARGN})
  run(${CMAKE_COMMAND} --build ${WORK_DIR}/build --config Debug)
  run(${CMAKE_CTEST_COMMAND} --test-dir ${WORK_DIR}/build -C Debug --no-tests=error --output-on-failure)
endfunction()
