add_library(eigenflow_dev_warnings INTERFACE)
if(CMAKE_CXX_COMPILER_ID MATCHES "GNU|Clang")
  target_compile_options(eigenflow_dev_warnings INTERFACE -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow
                                                          $<$<BOOL:${EIGENFLOW_WERROR}>:-Werror>)
endif()
