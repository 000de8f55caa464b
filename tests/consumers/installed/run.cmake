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
expect_rejection("eigenflow::io, model files, needs nlohmann/json" ${prefix} -DCOMPONENTS=io
               -DCMAKE_DISABLE_FIND_PACKAGE_nlohmann_json=ON)
expect_rejection("eigenflow has no component 'oi'" ${prefix} -DCOMPONENTS=oi)
# A version that it does not satisfy, and a missing Eigen, give messages too.
expect_rejection("version: 0.1" ${prefix} -DVERSION=0.2)
expect_rejection("Three ways to give it" ${prefix} -DCMAKE_DISABLE_FIND_PACKAGE_Eigen3=ON -DEIGENFLOW_EIGEN_INCLUDE_DIR=)
