# SPDX-License-Identifier: Apache-2.0
# What every target of the project is compiled with.
add_compile_options(-Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -ffp-contract=off -fno-omit-frame-pointer)
add_compile_definitions(_GLIBCXX_ASSERTIONS)
# For every target: Asio's executors differ in layout with and without it, and one program must not hold both.
add_compile_definitions(BOOST_ASIO_NO_DEPRECATED)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "" FORCE)
endif()
set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O2 -g1")
set(CMAKE_CXX_FLAGS_DEBUG "-O0 -g1")
if(GRAPEVINE_SANITIZE)
  # vptr asks a pipe whether memory is readable: it cries wolf where a test runs out of descriptors.
  add_compile_options(-fsanitize=${GRAPEVINE_SANITIZE} -fno-sanitize-recover=all -fno-sanitize=vptr)
  add_link_options(-fsanitize=${GRAPEVINE_SANITIZE})
  set(CMAKE_CXX_FLAGS_DEBUG "-O1 -g1")
endif()
if(GRAPEVINE_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()

find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(OpenSSL 3.0 REQUIRED)
pkg_check_modules(sodium REQUIRED IMPORTED_TARGET libsodium)
pkg_check_modules(secp256k1 REQUIRED IMPORTED_TARGET libsecp256k1)
pkg_check_modules(sqlite3 REQUIRED IMPORTED_TARGET sqlite3)
pkg_check_modules(snappy REQUIRED IMPORTED_TARGET snappy)
find_package(Boost 1.81 REQUIRED COMPONENTS json)
