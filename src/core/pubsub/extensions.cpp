// SPDX-License-Identifier: Apache-2.0
#include "core/pubsub/extensions.hpp"

#include "base/protobuf.hpp"

namespace grapevine::pubsub {

namespace {

/// Calls `take` with each field of a body that was checked before.
template <class Take>
void each_field(ByteView body, Take take) {
  base::FieldReader reader{body};
  for (auto field = reader.next(); field && *field; field = reader.next()) take(**field);
}

}  // namespace

void read_extensions(ByteView body, Extensions& out) {
  each_field(body, [&](const base::Field& field) {
    if (field.is_varint(partial_number)) out.partial_messages = field.value != 0;
    if (field.is_varint(test_number)) out.test = field.value != 0;
    if (field.is_varint(ping_pong_number)) out.ping_pong = field.value != 0;
  });
}

void read_partial(ByteView body, PartialView& out) {
  each_field(body, [&](const base::Field& field) {
    if (field.is_bytes(1)) out.topic = as_text(field.bytes);
    if (field.is_bytes(2)) out.group = field.bytes;
    if (field.is_bytes(3)) out.message = field.bytes;
    if (field.is_bytes(4)) out.metadata = field.bytes;
  });
}

bool read_ping_pong(ByteView body, PingPongView& out) {
  constexpr int fields_max = 8;
  base::FieldReader reader{body};
  for (int fields = 0; fields <= fields_max; ++fields) {
    const auto field = reader.next();
    if (!field) return false;
    if (!*field) return true;
    if ((*field)->is_bytes(1)) out.ping = (*field)->bytes;
    if ((*field)->is_bytes(2)) out.pong = (*field)->bytes;
  }
  return false;
}

Bytes extensions_body(const Extensions& extensions) {
  Bytes out;
  base::FieldWriter writer{out};
  if (extensions.partial_messages) writer.varint(partial_number, 1);
  if (extensions.ping_pong) writer.varint(ping_pong_number, 1);
  if (extensions.test) writer.varint(test_number, 1);
  return out;
}

SharedBytes test_field() {
  Bytes out;
  base::FieldWriter{out}.header(test_number, 0);
  return SharedBytes{std::move(out)};
}

SharedBytes ping_pong_field(const PingPongView& view) {
  std::size_t size = 0;
  if (view.ping) size += base::bytes_field_size(1, view.ping->size());
  if (view.pong) size += base::bytes_field_size(2, view.pong->size());
  Bytes out;
  base::FieldWriter writer{out};
  writer.header(ping_pong_number, size);
  if (view.ping) writer.bytes(1, *view.ping);
  if (view.pong) writer.bytes(2, *view.pong);
  return SharedBytes{std::move(out)};
}

SharedBytes partial_field(const PartialView& partial) {
  auto size = base::bytes_field_size(1, partial.topic.size()) +
              base::bytes_field_size(2, partial.group.size());
  if (partial.message) size += base::bytes_field_size(3, partial.message->size());
  if (partial.metadata) size += base::bytes_field_size(4, partial.metadata->size());
  Bytes out;
  out.reserve(base::bytes_field_size(partial_number, size));
  base::FieldWriter writer{out};
  writer.header(partial_number, size);
  writer.text(1, partial.topic);
  writer.bytes(2, partial.group);
  if (partial.message) writer.bytes(3, *partial.message);
  if (partial.metadata) writer.bytes(4, *partial.metadata);
  return SharedBytes{std::move(out)};
}

}  // namespace grapevine::pubsub
