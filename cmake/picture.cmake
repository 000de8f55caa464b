# The picture toolkit of the examples, where the stb headers are. Tests and examples that draw are left out without it.
find_path(EIGENFLOW_STB_INCLUDE_DIR stb/stb_image_write.h DOC "Folder that holds stb/stb_image_write.h")
set(picture_source_dir ${PROJECT_SOURCE_DIR}/examples/picture)
if(EIGENFLOW_STB_INCLUDE_DIR AND EXISTS ${picture_source_dir}/CMakeLists.txt)
  add_subdirectory(${picture_source_dir})
else()
  message(STATUS "eigenflow: programs that draw are left out: the stb headers are missing (Debian: libstb-dev)")
endif()
