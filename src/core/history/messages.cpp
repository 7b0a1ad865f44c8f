// SPDX-License-Identifier: Apache-2.0
#include "core/history/messages.hpp"

#include "base/protobuf.hpp"
#include "base/varint.hpp"
#include "core/history/limits.hpp"
#include "core/pubsub/message.hpp"

namespace grapevine::history {

namespace {

using base::Field;
using base::FieldWriter;

/// `message` of Answer has the number of RPC.publish, so that the bytes of the field are the same.
constexpr std::uint32_t message_number = 2;

Bytes framed(ByteView content) {
  Bytes frame;
  base::append_varint(frame, content.size());
  append(frame, content);
  return frame;
}

/// Calls `take` with each field; false from it, or what is no protobuf, is malformed.
template <class Take>
Result<void, Fault> each_field(ByteView message, Take take) {
  base::FieldReader reader{message};
  for (;;) {
    const auto next = reader.next();
    if (!next) return unexpected(Fault::malformed);
    if (!*next) return {};
    if (!take(**next)) return unexpected(Fault::malformed);
  }
}

bool take_number(const Field& field, std::uint64_t& to) {
  to = field.value;
  return field.type == base::WireType::varint;
}

bool take_text(const Field& field, std::string& to) {
  if (field.type != base::WireType::bytes) return false;
  to = as_text(field.bytes);
  return true;
}

bool take_request_field(const Field& field, Request& request) {
  switch (field.number) {
    case 1:
      return take_text(field, request.topic);
    case 2:
      return take_text(field, request.cursor);
    case 3:
      return take_number(field, request.age_max_ms.emplace());
    case 4:
      return take_number(field, request.age_min_ms);
    case 5:
      return take_number(field, request.count_max);
    case 6:
      return take_number(field, request.bytes_max);
    default:
      return true;
  }
}

bool take_end_field(const Field& field, End& end) {
  std::uint64_t number = 0;
  switch (field.number) {
    case 1:
      if (!take_number(field, number)) return false;
      // A status of a later version: we know only that it is not good.
      end.status =
          number <= std::uint64_t{4} ? End::Status{static_cast<int>(number)} : End::Status::failed;
      return true;
    case 2:
      return take_text(field, end.cursor);
    case 3:
      return take_number(field, end.lost);
    case 4:
      if (!take_number(field, number)) return false;
      end.more = number != 0;
      return true;
    default:
      return true;
  }
}

Result<End, Fault> read_end(ByteView message) {
  End end;
  const auto taken =
      each_field(message, [&](const Field& field) { return take_end_field(field, end); });
  if (!taken) return unexpected(taken.error());
  if (end.cursor.size() > cursor_size_max) return unexpected(Fault::too_large);
  return end;
}

}  // namespace

std::string_view name(Fault fault) {
  switch (fault) {
    case Fault::malformed:
      return "malformed";
    case Fault::too_large:
      return "too_large";
    case Fault::too_much:
      return "too_much";
    case Fault::not_asked:
      return "not_asked";
    case Fault::wrong_topic:
      return "wrong_topic";
  }
  return "unknown";
}

std::string_view name(End::Status status) {
  switch (status) {
    case End::Status::ok:
      return "ok";
    case End::Status::busy:
      return "busy";
    case End::Status::not_kept:
      return "not_kept";
    case End::Status::unknown_cursor:
      return "unknown_cursor";
    case End::Status::failed:
      return "failed";
  }
  return "unknown";
}

Bytes encode(const Request& request) {
  Bytes content;
  FieldWriter writer{content};
  writer.text(1, request.topic);
  if (!request.cursor.empty()) writer.text(2, request.cursor);
  if (request.age_max_ms) writer.varint(3, *request.age_max_ms);
  if (request.age_min_ms > 0) writer.varint(4, request.age_min_ms);
  if (request.count_max > 0) writer.varint(5, request.count_max);
  if (request.bytes_max > 0) writer.varint(6, request.bytes_max);
  return framed(content);
}

Bytes encode(const End& end) {
  Bytes content;
  FieldWriter writer{content};
  writer.varint(1, static_cast<std::uint64_t>(end.status));
  if (!end.cursor.empty()) writer.text(2, end.cursor);
  if (end.lost > 0) writer.varint(3, end.lost);
  if (end.more) writer.varint(4, 1);
  Bytes answer;
  FieldWriter{answer}.bytes(3, content);
  return framed(answer);
}

Bytes encode_head(const Entry& entry) {
  Bytes age;
  FieldWriter{age}.varint(1, entry.age_ms);
  Bytes head;
  base::append_varint(head, age.size() + entry.field.size());
  append(head, age);
  return head;
}

Result<Request, Fault> read_request(ByteView frame) {
  Request request;
  const auto taken =
      each_field(frame, [&](const Field& field) { return take_request_field(field, request); });
  if (!taken) return unexpected(taken.error());
  if (request.topic.empty()) return unexpected(Fault::malformed);
  if (request.topic.size() > pubsub::topic_size_max || request.cursor.size() > cursor_size_max) {
    return unexpected(Fault::too_large);
  }
  return request;
}

/// A message, or an end: never both, and each once.
Result<Answer, Fault> read_answer(const SharedBytes& frame) {
  Entry entry;
  std::optional<ByteView> end;
  const auto taken = each_field(frame, [&](const Field& field) {
    if (field.number == 1) return take_number(field, entry.age_ms);
    if (field.is_bytes(message_number)) {
      const bool once = entry.field.empty() && !end;
      const auto minimal = base::bytes_field_size(message_number, field.bytes.size());
      entry.field = frame.slice(field.whole);
      return once && field.whole.size() == minimal;
    }
    if (field.is_bytes(3)) {
      const bool once = entry.field.empty() && !end;
      end = field.bytes;
      return once;
    }
    return field.number > 3;
  });
  if (!taken) return unexpected(taken.error());
  if (end) {
    auto read = read_end(*end);
    if (!read) return unexpected(read.error());
    return *std::move(read);
  }
  if (entry.field.empty()) return unexpected(Fault::malformed);
  return entry;
}

}  // namespace grapevine::history
