# Takes the C++ out of the documents, so that it is compiled and run with the tests.
#
# Blocks are fenced, and every fence names its language. A ```cpp block becomes C++ in one of three ways:
#   - with `int main` it is a program;
#   - with a line that begins with `template`, `struct` or `class` it stands outside of functions, and the blocks after it
#     may use what it declares;
#   - otherwise it is the body of a function, which sees the names of preamble.hpp.
# Its includes go to the top of the file. Blocks that are not to be compiled are ```text.

# eigenflow_extract_snippets(DIR OUT_PROGRAMS FILES...): writes DIR/snippets.cpp, which holds all blocks that are not
# programs, and one file for each program, whose paths are in OUT_PROGRAMS afterwards.
function(eigenflow_extract_snippets dir out_programs)
  file(MAKE_DIRECTORY ${dir})
  set(programs "")
  set(includes "")
  set(snippets "")
  set(calls "")
  foreach(document IN LISTS ARGN)
    get_filename_component(stem ${document} NAME_WE)
    string(TOLOWER ${stem} stem)
    file(READ ${document} text)
    set(line 1)
    while(TRUE)
      string(FIND "${text}" "\n```" fence)
      if(fence EQUAL -1)
        break()
      endif()
      # The line of the fence: what it says after the three ticks.
      eigenflow_cut(before text ${fence} "${text}")
      eigenflow_count_lines(line "${before}\n")
      string(SUBSTRING "${text}" 4 -1 text)
      string(FIND "${text}" "\n" end)
      eigenflow_cut(language text ${end} "${text}")
      if(NOT language MATCHES "^(cpp|text|sh|cmake|python|json)$")
        message(FATAL_ERROR "${document}:${line}: a fenced block must be cpp, text, sh, cmake, python or json, but is '${language}'")
      endif()
      string(FIND "${text}" "\n```" end)
      if(end EQUAL -1)
        message(FATAL_ERROR "${document}:${line}: this fenced block has no end")
      endif()
      eigenflow_cut(code text ${end} "${text}")
      string(SUBSTRING "${text}" 4 -1 text)
      set(first_line ${line})
      eigenflow_count_lines(line "${code}\n")
      if(NOT language STREQUAL "cpp")
        continue()
      endif()

      set(name ${stem}_line_${first_line})
      math(EXPR code_line "${first_line} + 1")
      set(place "#line ${code_line} \"${document}\"")
      if(code MATCHES "int main")
        eigenflow_write(${dir}/${name}.cpp "${place}${code}\n")
        list(APPEND programs ${dir}/${name}.cpp)
        continue()
      endif()
      string(REGEX MATCHALL "#include [^\n]*" own_includes "${code}")
      list(APPEND includes ${own_includes})
      string(REGEX REPLACE "#include [^\n]*" "" code "${code}")
      if(code MATCHES "\n(template|struct|class) ?[<A-Z]")
        string(APPEND snippets "${place}${code}\n\n")
      else()
        string(APPEND snippets "struct ${name} : Preamble {\nvoid run() {\n${place}${code}\n}\n};\n\n")
        string(APPEND calls "  report(\"${document}:${first_line}\");\n  ${name}().run();\n")
      endif()
    endwhile()
  endforeach()
  list(REMOVE_DUPLICATES includes)
  list(JOIN includes "\n" includes)
  eigenflow_write(${dir}/snippets.cpp "#include \"preamble.hpp\"\n${includes}\n\n${snippets}int main() {\n${calls}}\n")
  set(${out_programs} "${programs}" PARENT_SCOPE)
endfunction()

# Splits `text` at `position`.
function(eigenflow_cut out_before out_after position text)
  string(SUBSTRING "${text}" 0 ${position} before)
  string(SUBSTRING "${text}" ${position} -1 after)
  set(${out_before} "${before}" PARENT_SCOPE)
  set(${out_after} "${after}" PARENT_SCOPE)
endfunction()

# Adds the number of lines that end in `text`.
function(eigenflow_count_lines counter text)
  string(REGEX REPLACE "[^\n]" "" ends "${text}")
  string(LENGTH "${ends}" count)
  math(EXPR count "${${counter}} + ${count}")
  set(${counter} ${count} PARENT_SCOPE)
endfunction()

# Writes a file, and leaves it alone when it says so already: nothing is compiled again for nothing.
function(eigenflow_write path text)
  if(EXISTS ${path})
    file(READ ${path} old)
    if(old STREQUAL text)
      return()
    endif()
  endif()
  file(WRITE ${path} "${text}")
endfunction()
