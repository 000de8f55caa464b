# Of COMPILER, FLAGS (as on a command line), INCLUDE_DIRS (a list) and PRECOMPILED (a header): `flags`, the list that all
# compilations have in common.
separate_arguments(flags UNIX_COMMAND "${FLAGS}")
list(PREPEND flags -std=c++20)
foreach(dir IN LISTS INCLUDE_DIRS)
  if(dir)
    list(APPEND flags -isystem ${dir})
  endif()
endforeach()
