# Makes sure that the target Eigen3::Eigen exists; used by the source tree and by the installed package.
# Sets eigenflow_eigen_problem to a message for the user, or leaves it empty.
set(eigenflow_eigen_problem "")

if(NOT TARGET Eigen3::Eigen)
  if(EIGENFLOW_EIGEN_INCLUDE_DIR)
    if(EXISTS "${EIGENFLOW_EIGEN_INCLUDE_DIR}/Eigen/Core")
      add_library(Eigen3::Eigen INTERFACE IMPORTED GLOBAL)
      target_include_directories(Eigen3::Eigen SYSTEM INTERFACE "${EIGENFLOW_EIGEN_INCLUDE_DIR}")
    else()
      set(eigenflow_eigen_problem "EIGENFLOW_EIGEN_INCLUDE_DIR should be the folder that holds Eigen/Core, but there "
                                  "is no such file in ${EIGENFLOW_EIGEN_INCLUDE_DIR}.")
    endif()
  else()
    # No version here: find_package(Eigen3 3.4) rejects Eigen 5, and a range up to 5 rejects some packages of 3.4.0.
    find_package(Eigen3 CONFIG QUIET)
    if(NOT Eigen3_FOUND)
      set(eigenflow_eigen_problem
          "eigenflow needs Eigen 3.4 or newer. Three ways to give it:\n"
          "  1. install it where CMake looks (Debian and Ubuntu: apt-get install libeigen3-dev), or name its prefix "
          "in CMAKE_PREFIX_PATH;\n"
          "  2. name a folder that holds Eigen/Core: -DEIGENFLOW_EIGEN_INCLUDE_DIR=<folder>;\n"
          "  3. let your project define the target Eigen3::Eigen before it adds eigenflow, for example by FetchContent:\n"
          "       FetchContent_Declare(eigen URL https://gitlab.com/libeigen/eigen/-/archive/3.4.0/eigen-3.4.0.tar.gz)\n"
          "       FetchContent_MakeAvailable(eigen)")
    elseif(Eigen3_VERSION VERSION_LESS 3.4)
      set(eigenflow_eigen_problem "eigenflow needs Eigen 3.4 or newer, but CMake found ${Eigen3_VERSION} in ${Eigen3_DIR}; "
                                  "set Eigen3_DIR or EIGENFLOW_EIGEN_INCLUDE_DIR to a newer one.")
    endif()
  endif()
endif()
string(CONCAT eigenflow_eigen_problem ${eigenflow_eigen_problem})
