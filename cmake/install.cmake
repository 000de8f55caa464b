# The headers and a relocatable package, for find_package(eigenflow CONFIG) and for pkg-config.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(package_dir ${CMAKE_INSTALL_DATADIR}/cmake/eigenflow)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.hpp")
# The sources of eigenflow::compiled, which is built with the flags of the program that uses it.
install(DIRECTORY ${PROJECT_SOURCE_DIR}/src/ DESTINATION ${package_dir}/src FILES_MATCHING PATTERN "*.cpp")
install(TARGETS eigenflow eigenflow_native EXPORT eigenflowTargets INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(EXPORT eigenflowTargets NAMESPACE eigenflow:: DESTINATION ${package_dir})

configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/eigenflowConfig.cmake.in
                              ${PROJECT_BINARY_DIR}/eigenflowConfig.cmake
                              INSTALL_DESTINATION ${package_dir} NO_SET_AND_CHECK_MACRO)
# Before 1.0 a minor version may change the interface.
write_basic_package_version_file(${PROJECT_BINARY_DIR}/eigenflowConfigVersion.cmake
                                 COMPATIBILITY SameMinorVersion ARCH_INDEPENDENT)
install(FILES ${PROJECT_BINARY_DIR}/eigenflowConfig.cmake ${PROJECT_BINARY_DIR}/eigenflowConfigVersion.cmake
              ${PROJECT_SOURCE_DIR}/cmake/eigenflow-eigen.cmake ${PROJECT_SOURCE_DIR}/cmake/eigenflow-build-type.cmake
              ${PROJECT_SOURCE_DIR}/cmake/eigenflow-io.cmake ${PROJECT_SOURCE_DIR}/cmake/eigenflow-compiled.cmake
        DESTINATION ${package_dir})

set(pkgconfig_dir ${CMAKE_INSTALL_DATADIR}/pkgconfig)
file(RELATIVE_PATH eigenflow_pc_to_prefix /${pkgconfig_dir}/ /)
string(REGEX REPLACE "/$" "" eigenflow_pc_to_prefix "${eigenflow_pc_to_prefix}")
configure_file(${PROJECT_SOURCE_DIR}/cmake/eigenflow.pc.in ${PROJECT_BINARY_DIR}/eigenflow.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/eigenflow.pc DESTINATION ${pkgconfig_dir})
