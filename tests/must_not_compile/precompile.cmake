# Compiles the header PRECOMPILED, which g++ and clang find beside it. Arguments: those of flags.cmake.
include(${CMAKE_CURRENT_LIST_DIR}/flags.cmake)
execute_process(COMMAND ${COMPILER} ${flags} -x c++-header ${PRECOMPILED} -o ${PRECOMPILED}.gch RESULT_VARIABLE result)
if(NOT result EQUAL 0)
  message(FATAL_ERROR "the headers do not compile")
endif()
