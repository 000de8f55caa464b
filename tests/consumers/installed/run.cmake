# Installed, then moved, to prefixes with spaces: the package must not remember where it was.
include(${CMAKE_CURRENT_LIST_DIR}/../run.cmake)
start_afresh()
run(${CMAKE_COMMAND} --install ${EIGENFLOW_BINARY_DIR} --prefix "${WORK_DIR}/first prefix")
file(RENAME "${WORK_DIR}/first prefix" "${WORK_DIR}/moved prefix")
set(prefix "-DCMAKE_PREFIX_PATH=${WORK_DIR}/moved prefix")
build_and_run_consumer(${prefix})

if(NOT GENERATOR MATCHES "Multi|Visual|Xcode")
  expect_build_type_notice(TRUE "" ${prefix})
  expect_build_type_notice(FALSE Release ${prefix})
endif()

# A component that cannot be had is missed at once, in words.
expect_refusal("eigenflow::io, model files, needs nlohmann/json" ${prefix} -DCOMPONENTS=io
               -DCMAKE_DISABLE_FIND_PACKAGE_nlohmann_json=ON)
expect_refusal("eigenflow has no component 'oi'" ${prefix} -DCOMPONENTS=oi)
# So is a version that it does not stand in for, and Eigen.
expect_refusal("version: 0.1" ${prefix} -DVERSION=0.2)
expect_refusal("Three ways to give it" ${prefix} -DCMAKE_DISABLE_FIND_PACKAGE_Eigen3=ON -DEIGENFLOW_EIGEN_INCLUDE_DIR=)
