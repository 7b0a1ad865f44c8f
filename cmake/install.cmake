# SPDX-License-Identifier: Apache-2.0
# What `cmake --install` puts where: the program, the library as one archive with its headers, and the documents.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

# The modules are how the sources are cut; who links the library sees one.
add_library(grapevine_library STATIC)
set_target_properties(grapevine_library PROPERTIES OUTPUT_NAME grapevine LINKER_LANGUAGE CXX)
foreach(module base crypto multi identity multistream noise yamux identify ping pubsub gossipsub history session host net
        obs store api)
  get_target_property(type grapevine_${module} TYPE)
  if(type STREQUAL STATIC_LIBRARY)
    target_sources(grapevine_library PRIVATE $<TARGET_OBJECTS:grapevine_${module}>)
  endif()
endforeach()

install(TARGETS grapevine grapevine_library)
foreach(name gossip-demo main)  # as the demo's pages call it
  install(CODE "file(CREATE_LINK grapevine \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_BINDIR}/${name}\" SYMBOLIC)")
endforeach()
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/grapevine TYPE INCLUDE)
install(FILES README.md CHANGELOG.md CONTRIBUTING.md LICENSE THIRD_PARTY.md TYPE DOC)
install(DIRECTORY docs TYPE DOC)

set(package_folder ${CMAKE_INSTALL_LIBDIR}/cmake/grapevine)
configure_package_config_file(cmake/grapevine-config.cmake.in ${CMAKE_BINARY_DIR}/package/grapevine-config.cmake
                              INSTALL_DESTINATION ${package_folder} PATH_VARS CMAKE_INSTALL_INCLUDEDIR
                                                                              CMAKE_INSTALL_LIBDIR)
write_basic_package_version_file(${CMAKE_BINARY_DIR}/package/grapevine-config-version.cmake
                                 COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/package/grapevine-config.cmake
              ${CMAKE_BINARY_DIR}/package/grapevine-config-version.cmake DESTINATION ${package_folder})
