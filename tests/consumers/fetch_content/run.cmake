# Fetched as an archive, the way a release is, so that a file left out of what users need is noticed.
include(${CMAKE_CURRENT_LIST_DIR}/../run.cmake)
start_afresh()
execute_process(COMMAND ${CMAKE_COMMAND} -E tar czf ${WORK_DIR}/eigenflow.tar.gz CMakeLists.txt cmake include src
                WORKING_DIRECTORY ${EIGENFLOW_SOURCE_DIR})
build_and_run_consumer(-DEIGENFLOW_ARCHIVE=${WORK_DIR}/eigenflow.tar.gz)
