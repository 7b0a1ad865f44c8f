# SPDX-License-Identifier: Apache-2.0
# libprotobuf's own code for proto/trace.proto, which our encoder is compared with.
find_package(Protobuf REQUIRED)
set(proto_out ${CMAKE_BINARY_DIR}/proto)
file(MAKE_DIRECTORY ${proto_out})
add_custom_command(
  OUTPUT ${proto_out}/trace.pb.cc ${proto_out}/trace.pb.h
  COMMAND protobuf::protoc --proto_path=${PROJECT_SOURCE_DIR}/proto --cpp_out=${proto_out} trace.proto
  DEPENDS ${PROJECT_SOURCE_DIR}/proto/trace.proto)
add_library(trace_oracle STATIC ${proto_out}/trace.pb.cc)
# Debug code of proto2 reports topics that are no UTF-8 on standard error; any bytes are topics here.
target_compile_options(trace_oracle PRIVATE -w -DNDEBUG)
target_include_directories(trace_oracle SYSTEM PUBLIC ${proto_out})
target_link_libraries(trace_oracle PUBLIC protobuf::libprotobuf)
set(UNIT_LIBS trace_oracle grapevine_sim)
