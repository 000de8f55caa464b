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

# Configures the same project with the given build type and says whether eigenflow remarked that there is none.
function(expect_build_type_notice expected build_type)
  execute_process(COMMAND ${CMAKE_COMMAND} -S ${EIGENFLOW_SOURCE_DIR}/tests/consumers/${WAY} -B ${WORK_DIR}/no_build_type
                          -G ${GENERATOR} -DCMAKE_CXX_COMPILER=${COMPILER} "-DCMAKE_BUILD_TYPE=${build_type}"
                          -DEigen3_DIR=${EIGEN3_DIR} -DEIGENFLOW_EIGEN_INCLUDE_DIR=${EIGENFLOW_EIGEN_INCLUDE_DIR} ${ARGN}
                  RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
  string(FIND "${output}" "eigenflow: CMAKE_BUILD_TYPE is empty" place)
  string(COMPARE NOTEQUAL ${place} -1 said)
  if(NOT result EQUAL 0 OR (expected AND NOT said) OR (said AND NOT expected))
    message(FATAL_ERROR "consumers/${WAY}, build type '${build_type}': the notice was to come: ${expected}, but:\n${output}")
  endif()
endfunction()

# Configures the same project, which must fail with a message that matches a regular expression.
function(expect_rejection expected)
  execute_process(COMMAND ${CMAKE_COMMAND} -S ${EIGENFLOW_SOURCE_DIR}/tests/consumers/${WAY} -B ${WORK_DIR}/rejected
                          -G ${GENERATOR} -DCMAKE_CXX_COMPILER=${COMPILER} -DCMAKE_BUILD_TYPE=Release
                          -DEigen3_DIR=${EIGEN3_DIR} -DEIGENFLOW_EIGEN_INCLUDE_DIR=${EIGENFLOW_EIGEN_INCLUDE_DIR} ${ARGN}
                  RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
  file(REMOVE_RECURSE ${WORK_DIR}/rejected)
  string(REGEX REPLACE "[ \n]+" " " line "${output}")
  if(result EQUAL 0 OR NOT line MATCHES "${expected}")
    message(FATAL_ERROR "consumers/${WAY}: expected the message '${expected}', but the result is ${result}:\n${output}")
  endif()
endfunction()
