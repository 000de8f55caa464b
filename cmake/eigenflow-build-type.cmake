# Included by the package and by the sources used from another project. Without a build type CMake compiles without
# optimisation, which a template library feels more than most: a program trains tens of times slower, and nothing says
# why. So this does, once a configuration, where a project with a single-configuration generator asks for neither a build
# type nor optimisation.
get_property(eigenflow_multi_config GLOBAL PROPERTY GENERATOR_IS_MULTI_CONFIG)
get_property(eigenflow_said_build_type GLOBAL PROPERTY EIGENFLOW_SAID_BUILD_TYPE)
if(NOT eigenflow_multi_config AND NOT eigenflow_said_build_type AND "${CMAKE_BUILD_TYPE}" STREQUAL ""
   AND NOT "${CMAKE_CXX_FLAGS}" MATCHES "-O[1-9sgf]")
  set_property(GLOBAL PROPERTY EIGENFLOW_SAID_BUILD_TYPE TRUE)
  message(NOTICE "eigenflow: CMAKE_BUILD_TYPE is empty, so programs are built without optimisation and flows train tens "
                 "of times slower. Configure with -DCMAKE_BUILD_TYPE=Release (or Debug, to say that it is meant so).")
endif()
