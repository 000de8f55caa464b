# eigenflow::compiled and eigenflow::compiled_io give the bits of the headers alone, and do not link with programs of other
# flags.
include(${CMAKE_CURRENT_LIST_DIR}/../run.cmake)
start_afresh()
run(${CMAKE_COMMAND} -S ${CMAKE_CURRENT_LIST_DIR} -B ${WORK_DIR}/build -G ${GENERATOR} -DCMAKE_CXX_COMPILER=${COMPILER}
    "-DCMAKE_CXX_FLAGS=${FLAGS} -O1" -DCMAKE_BUILD_TYPE=Debug -DEigen3_DIR=${EIGEN3_DIR}
    -DEIGENFLOW_EIGEN_INCLUDE_DIR=${EIGENFLOW_EIGEN_INCLUDE_DIR} -DEIGENFLOW_SOURCE_DIR=${EIGENFLOW_SOURCE_DIR})
foreach(pair "compiled;headers" "compiled_io;io")
  foreach(part IN LISTS pair)
    run(${CMAKE_COMMAND} --build ${WORK_DIR}/build --target ${part})
    execute_process(COMMAND ${WORK_DIR}/build/${part} ${WORK_DIR} OUTPUT_VARIABLE bits_${part} RESULT_VARIABLE result)
    if(NOT result EQUAL 0)
      message(FATAL_ERROR "consumers/compiled: the program '${part}' ended with ${result}")
    endif()
  endforeach()
  list(GET pair 0 with)
  list(GET pair 1 without)
  if(NOT bits_${with} STREQUAL bits_${without} OR bits_${without} STREQUAL "")
    message(FATAL_ERROR "consumers/compiled: the bits differ\nwith eigenflow::${with}:\n${bits_${with}}\nheaders alone:\n${bits_${without}}")
  endif()
endforeach()
if(CMAKE_HOST_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
  execute_process(COMMAND ${CMAKE_COMMAND} --build ${WORK_DIR}/build --target other_flags
                  RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(result EQUAL 0 OR NOT output MATCHES "CompiledWith")
    message(FATAL_ERROR "consumers/compiled: the linker must reject a program with other flags, but:\n${output}")
  endif()
endif()
