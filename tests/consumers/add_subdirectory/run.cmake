include(${CMAKE_CURRENT_LIST_DIR}/../run.cmake)
start_afresh()
build_and_run_consumer(-DEIGENFLOW_SOURCE_DIR=${EIGENFLOW_SOURCE_DIR})

if(NOT GENERATOR MATCHES "Multi|Visual|Xcode")
  expect_build_type_notice(TRUE "" -DEIGENFLOW_SOURCE_DIR=${EIGENFLOW_SOURCE_DIR})
  expect_build_type_notice(FALSE Release -DEIGENFLOW_SOURCE_DIR=${EIGENFLOW_SOURCE_DIR})
endif()

# With a target of its own for Eigen nothing is looked for.
start_afresh()
build_and_run_consumer(-DEIGENFLOW_SOURCE_DIR=${EIGENFLOW_SOURCE_DIR} -DOWN_EIGEN=${EIGEN_INCLUDE_DIR}
                       -DCMAKE_DISABLE_FIND_PACKAGE_Eigen3=ON)
