# Included by the package, and by the sources if another project uses them. Without a build type, CMake compiles without
# optimisation, and a program trains tens of times slower. So this prints a notice, once per configuration, if a project
# with a single-configuration generator has neither a build type nor an optimisation flag.
get_property(eigenflow_multi_config GLOBAL PROPERTY GENERATOR_IS_MULTI_CONFIG)
get_property(eigenflow_said_build_type GLOBAL PROPERTY EIGENFLOW_SAID_BUILD_TYPE)
if(NOT eigenflow_multi_config AND NOT eigenflow_said_build_type AND "${CMAKE_BUILD_TYPE}" STREQUAL ""
   AND NOT "${CMAKE_CXX_FLAGS}" MATCHES "-O[1-9sgf]")
  set_property(GLOBAL PROPERTY EIGENFLOW_SAID_BUILD_TYPE TRUE)
  message(NOTICE "eigenflow: CMAKE_BUILD_TYPE is empty, so programs are built without optimisation and flows train tens "
                 "of times slower. Configure with -DCMAKE_BUILD_TYPE=Release (or Debug, to say that it is meant so).")
endif()
