// SPDX-License-Identifier: Apache-2.0
#include "base/protobuf.hpp"

#include <algorithm>
#include <iterator>
#include <protozero/varint.hpp>
#include <utility>

namespace grapevine::base {
namespace {

constexpr std::uint64_t field_number_max = (std::uint64_t{1} << 29) - 1;

/// A varint off the front of `in`. Its end is found first, so that protozero never has a reason to
/// throw. Encodings that are not minimal are accepted and bits above the 64th dropped, as every
/// protobuf reader does.
Result<std::uint64_t, ProtobufError> take_value(ByteReader& in) {
  const auto bytes = in.rest();
  if (!bytes.empty() && bytes[0] < 0x80) return in.u8();
  const auto longest = std::min<std::size_t>(bytes.size(), protozero::max_varint_length);
  std::size_t last = 0;
  while (last < longest && bytes[last] >= 0x80) ++last;
  if (last == longest) {
    return unexpected(longest < protozero::max_varint_length ? ProtobufError::truncated
                                                             : ProtobufError::bad_varint);
  }
  const auto text = as_text(in.take(last + 1));
  const char* at = text.data();
  return protozero::decode_varint(&at, text.data() + text.size());
}

std::uint64_t little_endian(ByteView bytes) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) value |= std::uint64_t{bytes[i]} << (8 * i);
  return value;
}

Result<Field, ProtobufError> take_body(ByteReader& in, Field field) {
  if (field.type == WireType::fixed32 || field.type == WireType::fixed64) {
    const std::size_t size = field.type == WireType::fixed32 ? 4 : 8;
    if (in.remaining() < size) return unexpected(ProtobufError::truncated);
    field.value = little_endian(in.take(size));
    return field;
  }
  const auto number = take_value(in);
  if (!number) return unexpected(number.error());
  if (field.type == WireType::varint) {
    field.value = *number;
    return field;
  }
  if (*number > in.remaining()) return unexpected(ProtobufError::truncated);
  field.bytes = in.take(static_cast<std::size_t>(*number));
  return field;
}

Result<Field, ProtobufError> take_field(ByteReader& in) {
  const auto start = in.rest();
  const auto tag = take_value(in);
  if (!tag) return unexpected(tag.error());
  const auto type = static_cast<std::uint8_t>(*tag & 7);
  if (type > std::to_underlying(WireType::fixed32) || type == 3 || type == 4) {
    return unexpected(ProtobufError::bad_wire_type);
  }
  const auto number = *tag >> 3;
  if (number == 0 || number > field_number_max) return unexpected(ProtobufError::bad_tag);
  auto field =
      take_body(in, Field{.number = static_cast<std::uint32_t>(number), .type = WireType{type}});
  if (field) field->whole = start.first(start.size() - in.remaining());
  return field;
}

void append_value(Bytes& out, std::uint64_t value) {
  protozero::write_varint(std::back_inserter(out), value);
}

void append_tag(Bytes& out, std::uint32_t number, WireType type) {
  ASSERT(number >= 1 && number <= field_number_max);
  append_value(out, (std::uint64_t{number} << 3) | std::to_underlying(type));
}

}  // namespace

std::string_view name(ProtobufError error) {
  switch (error) {
    case ProtobufError::truncated:
      return "truncated";
    case ProtobufError::bad_varint:
      return "bad_varint";
    case ProtobufError::bad_wire_type:
      return "bad_wire_type";
    case ProtobufError::bad_tag:
      return "bad_tag";
  }
  return "unknown";
}

Result<std::optional<Field>, ProtobufError> FieldReader::next() {
  if (rest_.empty()) return std::nullopt;
  ByteReader in{rest_};
  const auto field = take_field(in);
  rest_ = field ? in.rest() : rest_.last(0);
  if (!field) return unexpected(field.error());
  return *field;
}

void FieldWriter::varint(std::uint32_t number, std::uint64_t value) {
  append_tag(out_, number, WireType::varint);
  append_value(out_, value);
}

void FieldWriter::bytes(std::uint32_t number, ByteView value) {
  header(number, value.size());
  append(out_, value);
}

void FieldWriter::header(std::uint32_t number, std::size_t size) {
  append_tag(out_, number, WireType::bytes);
  append_value(out_, size);
}

std::size_t bytes_field_size(std::uint32_t number, std::size_t size) {
  const auto tag = std::uint64_t{number} << 3;
  return static_cast<std::size_t>(protozero::length_of_varint(tag)) +
         static_cast<std::size_t>(protozero::length_of_varint(size)) + size;
}

}  // namespace grapevine::base
