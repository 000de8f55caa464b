# Defines eigenflow::io, for model files, if nlohmann/json is found; used by the source tree and by the installed
# package.
if(NOT TARGET nlohmann_json::nlohmann_json)
  find_package(nlohmann_json CONFIG QUIET)
endif()
if(NOT TARGET nlohmann_json::nlohmann_json AND EIGENFLOW_FETCH_JSON)
  include(FetchContent)
  FetchContent_Declare(nlohmann_json URL https://github.com/nlohmann/json/releases/download/v3.11.2/json.tar.xz
                       URL_HASH SHA256=8c4b26bf4b422252e13f332bc5e388ec0ab5c3443d24399acb675e68278d341f)
  FetchContent_MakeAvailable(nlohmann_json)
endif()
if(TARGET nlohmann_json::nlohmann_json)
  if(NOT TARGET eigenflow::io)
    add_library(eigenflow::io INTERFACE IMPORTED GLOBAL)
    target_link_libraries(eigenflow::io INTERFACE eigenflow::eigenflow nlohmann_json::nlohmann_json)
  endif()
else()
  message(STATUS "eigenflow: no target eigenflow::io, model files, since nlohmann/json is missing (Debian: "
                 "nlohmann-json3-dev; or configure with -DEIGENFLOW_FETCH_JSON=ON to download it)")
endif()
