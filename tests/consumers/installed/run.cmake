# Installed, then moved: the package must not remember where it was.
include(${CMAKE_CURRENT_LIST_DIR}/../run.cmake)
start_afresh()
run(${CMAKE_COMMAND} --install ${EIGENFLOW_BINARY_DIR} --prefix ${WORK_DIR}/first)
file(RENAME ${WORK_DIR}/first ${WORK_DIR}/moved)
build_and_run_consumer(-DCMAKE_PREFIX_PATH=${WORK_DIR}/moved)

if(NOT GENERATOR MATCHES "Multi|Visual|Xcode")
  expect_build_type_notice(TRUE "" -DCMAKE_PREFIX_PATH=${WORK_DIR}/moved)
  expect_build_type_notice(FALSE Release -DCMAKE_PREFIX_PATH=${WORK_DIR}/moved)
endif()
