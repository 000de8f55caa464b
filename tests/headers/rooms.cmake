# The rooms (folders by subject) of include/eigenflow, lowest first. A header includes headers of its own room and of
# rooms before it in this list, never of a later one. Run directly, this script also counts:
#
#   cmake -DINCLUDE_DIR=include -P tests/headers/rooms.cmake
#
# An arrow is a pair of rooms of which one includes the other. The detail/ of a room belongs to the room.
set(rooms
  text numerics                                # used everywhere
  authoring concepts                           # tools for writing a part; the contracts
  maps nets/kernel nets                        # functions of one number; the networks
  transformers conditioners compose layers bases  # the parts
  flow flow.hpp                                # a flow
  images                                       # flows of images
  objectives optim training fit.hpp ensemble fit_target.hpp importance_sample.hpp  # training
  any                                          # types chosen at run time
  parts.hpp                                    # the list of parts
  data io                                      # opt-in
  compiled.hpp eigenflow.hpp images.hpp io.hpp)  # umbrella headers

# room_of(HEADER VARIABLE): the longest entry of `rooms` that the header's path begins with.
function(room_of header variable)
  string(REGEX REPLACE "^eigenflow/" "" path ${header})
  set(best "")
  foreach(room IN LISTS rooms)
    string(FIND "${path}/" "${room}/" place)
    string(LENGTH "${room}" length)
    string(LENGTH "${best}" longest)
    if(place EQUAL 0 AND length GREATER longest)
      set(best ${room})
    endif()
  endforeach()
  set(${variable} "${best}" PARENT_SCOPE)
endfunction()

get_filename_component(INCLUDE_DIR ${INCLUDE_DIR} ABSOLUTE)
file(GLOB_RECURSE headers RELATIVE ${INCLUDE_DIR} ${INCLUDE_DIR}/eigenflow/*.hpp)
set(arrows "")
set(mistakes "")
set(folders "")
foreach(header IN LISTS headers)
  if(header STREQUAL "eigenflow/version.hpp")  # one line, which CMake reads too
    continue()
  endif()
  get_filename_component(folder ${header} DIRECTORY)
  list(APPEND folders ${folder})
  room_of(${header} from)
  if(from STREQUAL "")
    list(APPEND mistakes "${header} is in no room: add its folder to tests/headers/rooms.cmake")
    continue()
  endif()
  list(FIND rooms ${from} height)
  file(STRINGS ${INCLUDE_DIR}/${header} includes REGEX "^#include \"eigenflow/")
  foreach(include IN LISTS includes)
    string(REGEX REPLACE "^#include \"(.*)\".*" "\\1" target ${include})
    if(target STREQUAL "eigenflow/version.hpp")
      continue()
    endif()
    room_of(${target} to)
    if(to STREQUAL from)
      continue()
    endif()
    list(APPEND arrows "${from} -> ${to}")
    list(FIND rooms "${to}" depth)
    if(depth GREATER height)
      list(APPEND mistakes "${header} includes ${target}, but ${to} stands above ${from}")
    elseif(target MATCHES "/detail/")
      list(APPEND mistakes "${header} includes ${target}, which is private to ${to}")
    endif()
  endforeach()
endforeach()

list(LENGTH headers header_count)
list(REMOVE_DUPLICATES folders)
list(LENGTH folders folder_count)
list(REMOVE_DUPLICATES arrows)
list(LENGTH arrows arrow_count)
list(LENGTH mistakes mistake_count)
message("${header_count} headers in ${folder_count} folders, ${arrow_count} arrows between rooms, ${mistake_count} up or into private folders")
if(mistakes)
  string(REPLACE ";" "\n  " text "${mistakes}")
  message(FATAL_ERROR "the order of the rooms is broken:\n  ${text}")
endif()
