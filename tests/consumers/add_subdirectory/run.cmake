include(${CMAKE_CURRENT_LIST_DIR}/../run.cmake)
start_afresh()
build_and_run_consumer(-DEIGENFLOW_SOURCE_DIR=${EIGENFLOW_SOURCE_DIR})
