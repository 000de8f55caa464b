# An overlay port of a checkout: vcpkg install eigenflow --overlay-ports=packaging/vcpkg. A port of a release takes its
# sources from vcpkg_from_github instead.
get_filename_component(SOURCE_PATH "${CURRENT_PORT_DIR}/../.." ABSOLUTE)

vcpkg_cmake_configure(
  SOURCE_PATH "${SOURCE_PATH}"
  OPTIONS
    -DEIGENFLOW_BUILD_TESTS=OFF
    -DEIGENFLOW_BUILD_EXAMPLES=OFF
    -DEIGENFLOW_BUILD_BENCHMARKS=OFF
    -DEIGENFLOW_BUILD_TOOLS=OFF)
vcpkg_cmake_install()
vcpkg_cmake_config_fixup(CONFIG_PATH share/cmake/eigenflow)
vcpkg_fixup_pkgconfig()

# Headers alone: the same for every configuration.
file(REMOVE_RECURSE "${CURRENT_PACKAGES_DIR}/debug")
vcpkg_install_copyright(FILE_LIST "${SOURCE_PATH}/LICENSE")
