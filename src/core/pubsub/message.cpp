// SPDX-License-Identifier: Apache-2.0
#include "core/pubsub/message.hpp"

#include "base/protobuf.hpp"

namespace grapevine::pubsub {
namespace {

constexpr std::size_t seqno_size = 8;

Result<Check, RejectReason> check_signed(const MessageView& message) {
  if (!message.from) return unexpected(RejectReason::missing_author);
  if (!PeerId::from_bytes(*message.from)) return unexpected(RejectReason::bad_author);
  return Check::verify;
}

/// Presence counts, not content: go, rust and js refuse a field that is there and empty.
Result<Check, RejectReason> check_anonymous(const MessageView& message) {
  if (message.signature) return unexpected(RejectReason::unexpected_signature);
  if (message.from || message.seqno || message.key) {
    return unexpected(RejectReason::unexpected_auth_info);
  }
  return Check::accept;
}

}  // namespace

std::string_view name(MessageError error) {
  switch (error) {
    case MessageError::malformed:
      return "malformed";
    case MessageError::no_topic:
      return "no_topic";
    case MessageError::topic_too_long:
      return "topic_too_long";
  }
  return "unknown";
}

std::string_view name(RejectReason reason) {
  switch (reason) {
    case RejectReason::missing_signature:
      return "missing_signature";
    case RejectReason::unexpected_signature:
      return "unexpected_signature";
    case RejectReason::unexpected_auth_info:
      return "unexpected_auth_info";
    case RejectReason::missing_author:
      return "missing_author";
    case RejectReason::bad_author:
      return "bad_author";
    case RejectReason::bad_seqno:
      return "bad_seqno";
    case RejectReason::bad_key:
      return "bad_key";
    case RejectReason::invalid_signature:
      return "invalid_signature";
    case RejectReason::disputed_signature:
      return "disputed_signature";
    case RejectReason::self_origin:
      return "self_origin";
    case RejectReason::id_too_long:
      return "id_too_long";
  }
  return "unknown";
}

Result<MessageView, MessageError> parse_message(ByteView body) {
  MessageView message;
  message.body = body;
  base::FieldReader reader{body};
  for (;;) {
    const auto next = reader.next();
    if (!next) return unexpected(MessageError::malformed);
    if (!*next) break;
    const auto& field = **next;
    if (field.number > 6) continue;
    if (field.type != base::WireType::bytes) return unexpected(MessageError::malformed);
    switch (field.number) {
      case 1:
        message.from = field.bytes;
        break;
      case 2:
        message.data = field.bytes;
        break;
      case 3:
        message.seqno = field.bytes;
        break;
      case 4:
        message.topic = as_text(field.bytes);
        break;
      case 5:
        message.signature = field.bytes;
        break;
      default:
        message.key = field.bytes;
        break;
    }
  }
  if (message.topic.empty()) return unexpected(MessageError::no_topic);
  if (message.topic.size() > topic_size_max) return unexpected(MessageError::topic_too_long);
  return message;
}

Result<Check, RejectReason> check_fields(const MessageView& message, SignaturePolicy policy) {
  if (policy == SignaturePolicy::strict_no_sign) return check_anonymous(message);
  if (!message.signature) {
    if (policy == SignaturePolicy::strict_sign) return unexpected(RejectReason::missing_signature);
    return Check::accept;
  }
  if (policy == SignaturePolicy::strict_sign &&
      message.seqno.value_or(ByteView{}).size() != seqno_size) {
    return unexpected(RejectReason::bad_seqno);
  }
  return check_signed(message);
}

}  // namespace grapevine::pubsub
