# SPDX-License-Identifier: Apache-2.0
# libprotobuf's own code for proto/rpc.proto, which our codec is compared with.
find_package(Protobuf REQUIRED)
set(proto_out ${CMAKE_BINARY_DIR}/proto)
file(MAKE_DIRECTORY ${proto_out})
add_custom_command(
  OUTPUT ${proto_out}/rpc.pb.cc ${proto_out}/rpc.pb.h
  COMMAND protobuf::protoc --proto_path=${PROJECT_SOURCE_DIR}/proto --cpp_out=${proto_out} rpc.proto
  DEPENDS ${PROJECT_SOURCE_DIR}/proto/rpc.proto)
add_library(rpc_oracle STATIC ${proto_out}/rpc.pb.cc)
# Debug code of proto2 reports topics that are no UTF-8 on standard error; any bytes are topics here.
target_compile_options(rpc_oracle PRIVATE -w -DNDEBUG)
target_include_directories(rpc_oracle SYSTEM PUBLIC ${proto_out})
target_link_libraries(rpc_oracle PUBLIC protobuf::libprotobuf)
set(UNIT_LIBS rpc_oracle)
