# The picture toolkit of the examples, if the stb headers are found. Without it there are no tests and examples that
# draw.
find_path(EIGENFLOW_STB_INCLUDE_DIR stb/stb_image_write.h DOC "Folder that holds stb/stb_image_write.h")
if(NOT EIGENFLOW_STB_INCLUDE_DIR)
  message(STATUS "eigenflow: programs that draw are left out: the stb headers are missing (Debian: libstb-dev)")
elseif(EXISTS ${PROJECT_SOURCE_DIR}/tools/picture/CMakeLists.txt)
  add_subdirectory(${PROJECT_SOURCE_DIR}/tools/picture)
endif()
