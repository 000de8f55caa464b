include(${CMAKE_CURRENT_LIST_DIR}/../run.cmake)
start_afresh()
build_and_run_consumer(-DEIGENFLOW_SOURCE_DIR=${EIGENFLOW_SOURCE_DIR})

if(NOT GENERATOR MATCHES "Multi|Visual|Xcode")
  expect_build_type_notice(TRUE "" -DEIGENFLOW_SOURCE_DIR=${EIGENFLOW_SOURCE_DIR})
  expect_build_type_notice(FALSE Release -DEIGENFLOW_SOURCE_DIR=${EIGENFLOW_SOURCE_DIR})
endif()

# If the project has its own target for Eigen, CMake does not search for it.
start_afresh()
build_and_run_consumer(-DEIGENFLOW_SOURCE_DIR=${EIGENFLOW_SOURCE_DIR} -DOWN_EIGEN=${EIGEN_INCLUDE_DIR}
                       -DCMAKE_DISABLE_FIND_PACKAGE_Eigen3=ON)
