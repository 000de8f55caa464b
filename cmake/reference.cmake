# cmake --build <build> --target reference: the interface as HTML in <build>/reference/html; a warning fails it.
find_program(EIGENFLOW_DOXYGEN doxygen DOC "Doxygen, for the target reference")
if(EIGENFLOW_DOXYGEN)
  add_custom_target(reference
    COMMAND ${CMAKE_COMMAND} -E make_directory ${PROJECT_BINARY_DIR}/reference
    COMMAND ${CMAKE_COMMAND} -E env EIGENFLOW_VERSION=${PROJECT_VERSION} EIGENFLOW_SOURCE=${PROJECT_SOURCE_DIR}
            EIGENFLOW_REFERENCE=${PROJECT_BINARY_DIR}/reference ${EIGENFLOW_DOXYGEN} ${PROJECT_SOURCE_DIR}/docs/Doxyfile
    VERBATIM)
else()
  message(STATUS "eigenflow: no target reference: Doxygen is missing (Debian: doxygen)")
endif()
