# SPDX-License-Identifier: Apache-2.0

# grapevine_module(NAME DEPS module... LIBS target...): the static library grapevine_NAME of all sources in this folder.
# VERIFY_INTERFACE_HEADER_SETS compiles each of its headers alone (target all_verify_interface_header_sets).
function(grapevine_module name)
  cmake_parse_arguments(arg "" "" "DEPS;LIBS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cpp)
  file(GLOB headers CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.hpp)
  list(FILTER sources EXCLUDE REGEX "/main\\.cpp$")
  set(library grapevine_${name})
  list(TRANSFORM arg_DEPS PREPEND grapevine_)
  if(sources)
    set(scope PUBLIC)
    add_library(${library} STATIC ${sources})
  else()
    set(scope INTERFACE)
    add_library(${library} INTERFACE)
  endif()
  target_sources(${library} ${scope} FILE_SET HEADERS BASE_DIRS ${PROJECT_SOURCE_DIR}/src FILES ${headers})
  set_target_properties(${library} PROPERTIES VERIFY_INTERFACE_HEADER_SETS ON)
  target_include_directories(${library} ${scope} ${PROJECT_SOURCE_DIR}/src ${PROJECT_SOURCE_DIR}/include)
  target_link_libraries(${library} ${scope} ${arg_DEPS} ${arg_LIBS})
endfunction()
