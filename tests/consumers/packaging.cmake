# Arguments: SOURCE_DIR, VERSION, DESCRIPTION of the project.
file(READ ${SOURCE_DIR}/packaging/vcpkg/vcpkg.json port)
foreach(field name version-semver description license)
  string(JSON ${field} GET "${port}" ${field})  # fails when it is no JSON
endforeach()
file(READ ${SOURCE_DIR}/packaging/conan/conanfile.py recipe)
string(FIND "${recipe}" "description = \"${DESCRIPTION}\"" place)
if(NOT "${version-semver}" STREQUAL "${VERSION}" OR NOT "${description}" STREQUAL "${DESCRIPTION}" OR place EQUAL -1)
  message(FATAL_ERROR "packaging/ is to say eigenflow ${VERSION}, \"${DESCRIPTION}\", but vcpkg.json says "
                      "${version-semver}, \"${description}\"")
endif()
find_program(PYTHON python3)
if(PYTHON)
  foreach(recipe conanfile.py test_package/conanfile.py)
    execute_process(COMMAND ${PYTHON} -c "import ast, sys; ast.parse(open(sys.argv[1]).read())"
                            ${SOURCE_DIR}/packaging/conan/${recipe} COMMAND_ERROR_IS_FATAL ANY)
  endforeach()
endif()
