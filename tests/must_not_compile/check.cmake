# Arguments: those of flags.cmake, and SOURCE.

include(${CMAKE_CURRENT_LIST_DIR}/flags.cmake)

function(fail text)
  message(NOTICE "${SOURCE}: ${text}")  # FATAL_ERROR would break the lines of the compiler's messages
  message(FATAL_ERROR "must_not_compile failed")
endfunction()

file(STRINGS ${SOURCE} first_line LIMIT_COUNT 1)
if(NOT first_line MATCHES "^// expect: (.+)$")
  fail("the first line must be '// expect: <text of the message>'")
endif()
set(expected "${CMAKE_MATCH_1}")

# A file that defines a macro has headers of its own.
file(STRINGS ${SOURCE} macros REGEX "^#define ")
if(NOT macros)
  list(APPEND flags -include ${PRECOMPILED})
endif()

function(compile result output)
  execute_process(COMMAND ${COMPILER} ${flags} -fsyntax-only ${ARGN} ${SOURCE}
                  RESULT_VARIABLE code OUTPUT_VARIABLE text ERROR_VARIABLE text)
  set(${result} ${code} PARENT_SCOPE)
  set(${output} "${text}" PARENT_SCOPE)
endfunction()

compile(right_result right_output)
if(NOT right_result EQUAL 0)
  fail("the right version does not compile:\n${right_output}")
endif()
compile(wrong_result wrong_output -DEIGENFLOW_MUST_NOT_COMPILE)
if(wrong_result EQUAL 0)
  fail("the wrong version compiles")
endif()
# Only the messages of the compiler count: the source lines that it quotes may have the text too.
string(REGEX MATCHALL "[^\n]*(error|note):[^\n]*" messages "${wrong_output}")
string(FIND "${messages}" "${expected}" place)
if(place EQUAL -1)
  fail("the wrong version is rejected, but without the message '${expected}':\n${wrong_output}")
endif()
message(STATUS "${SOURCE}: rejected with its message")
