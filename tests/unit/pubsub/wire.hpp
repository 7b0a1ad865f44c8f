// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <initializer_list>
#include <string_view>

#include "base/protobuf.hpp"
#include "base/text.hpp"
#include "base/varint.hpp"
#include "core/pubsub/rpc.hpp"

/// Wire bytes for tests, made field by field.
namespace grapevine::wire {

inline Bytes hex(std::string_view text) {
  auto bytes = base::from_hex(text);
  ASSERT(bytes.has_value());
  return *std::move(bytes);
}

inline Bytes field(std::uint32_t number, ByteView content) {
  Bytes out;
  base::FieldWriter{out}.bytes(number, content);
  return out;
}
inline Bytes field(std::uint32_t number, std::string_view content) {
  return field(number, as_bytes(content));
}
inline Bytes number(std::uint32_t field_number, std::uint64_t value) {
  Bytes out;
  base::FieldWriter{out}.varint(field_number, value);
  return out;
}

inline Bytes join(std::initializer_list<ByteView> parts) {
  Bytes out;
  for (const auto part : parts) append(out, part);
  return out;
}

inline Bytes repeat(ByteView part, std::size_t times) {
  Bytes out;
  out.reserve(part.size() * times);
  for (std::size_t i = 0; i < times; ++i) append(out, part);
  return out;
}

/// All pieces of a packed RPC in one.
inline Bytes join(const pubsub::PackedRpc& packed) {
  Bytes out;
  for (const auto& piece : packed.pieces) append(out, piece);
  return out;
}

/// The frame of a packed RPC without its length prefix, which must be right.
inline Bytes frame_of(const pubsub::PackedRpc& packed) {
  const auto all = join(packed);
  base::ByteReader in{all};
  const auto frame = base::take_frame(in, all.size());
  ASSERT(frame && *frame && in.empty());
  return to_bytes(**frame);
}

}  // namespace grapevine::wire
