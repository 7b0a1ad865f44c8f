// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/bytes.hpp"
#include "base/result.hpp"

/// Protobuf fields, read and written by hand: no schema, no allocation. Groups are refused, so
/// nesting is what the caller recurses into (V15). Wraps protozero, whose exceptions end here.
namespace grapevine::base {

enum class WireType : std::uint8_t { varint = 0, fixed64 = 1, bytes = 2, fixed32 = 5 };

/// Why a protobuf message was refused.
enum class ProtobufError {
  truncated,      ///< a field runs over the end
  bad_varint,     ///< a varint longer than ten bytes
  bad_wire_type,  ///< a group, or a wire type that does not exist
  bad_tag,        ///< field number 0 or above 2^29 - 1
};
std::string_view name(ProtobufError error);

/// One field as it stands on the wire. `value` for varint and fixed types, `bytes` for
/// length-delimited ones.
struct Field {
  std::uint32_t number = 0;
  WireType type = WireType::varint;
  std::uint64_t value = 0;
  ByteView bytes{};
  ByteView whole{};  ///< tag, length and body

  bool is_bytes(std::uint32_t wanted) const { return number == wanted && type == WireType::bytes; }
  bool is_varint(std::uint32_t wanted) const {
    return number == wanted && type == WireType::varint;
  }
};

/// Walks the fields of one message in wire order.
class FieldReader {
 public:
  explicit FieldReader(ByteView message) : rest_{message} {}
  /// The next field; nullopt at the end. After an error the reader stays at its end.
  Result<std::optional<Field>, ProtobufError> next();

 private:
  ByteView rest_;
};

/// Appends fields to `out` in the order of the calls.
class FieldWriter {
 public:
  explicit FieldWriter(Bytes& out) : out_{out} {}
  void varint(std::uint32_t number, std::uint64_t value);
  void bytes(std::uint32_t number, ByteView value);
  void text(std::uint32_t number, std::string_view value) { bytes(number, as_bytes(value)); }
  /// The tag and length of a length-delimited field whose `size` bytes the caller appends next.
  void header(std::uint32_t number, std::size_t size);

 private:
  Bytes& out_;
};

/// Encoded size of a length-delimited field with a body of `size` bytes, tag and length included.
std::size_t bytes_field_size(std::uint32_t number, std::size_t size);

}  // namespace grapevine::base
