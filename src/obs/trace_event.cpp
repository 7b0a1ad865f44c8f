// SPDX-License-Identifier: Apache-2.0
#include "obs/trace_event.hpp"

#include <array>
#include <functional>
#include <limits>
#include <utility>
#include <vector>

#include "base/protobuf.hpp"
#include "base/varint.hpp"
#include "core/pubsub/rpc.hpp"
#include "obs/text.hpp"

namespace grapevine::obs {

namespace {

using gossipsub::Recorded;

/// A field of an event, for both formats: nested messages are lists of fields.
struct Field;
using Fields = std::vector<Field>;
struct Field {
  enum class Type { number, text, bytes, message };
  std::uint32_t number;
  std::string_view name;  ///< in JSON
  Type type;
  std::int64_t value = 0;
  std::string content = {};  ///< of texts and bytes
  Fields fields = {};
  bool repeated = false;  ///< those of one number follow each other
};

Field number(std::uint32_t at, std::string_view name, std::int64_t value) {
  return {at, name, Field::Type::number, value};
}
Field text(std::uint32_t at, std::string_view name, std::string_view value) {
  return {at, name, Field::Type::text, 0, std::string{value}};
}
Field bytes(std::uint32_t at, std::string_view name, ByteView value) {
  return {at, name, Field::Type::bytes, 0, to_text(value)};
}
Field message(std::uint32_t at, std::string_view name, Fields fields) {
  return {at, name, Field::Type::message, 0, {}, std::move(fields)};
}
Field each(Field field) {
  field.repeated = true;
  return field;
}

/// Our reasons in go's words where go has the same one.
std::string_view reason_in_go(std::string_view reason) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 8> words{{
      {"validator", "validation failed"},
      {"validator ignored", "validation ignored"},
      {"too many under check", "validation throttled"},
      {"self origin", "self originated message"},
      {"missing_signature", "missing signature"},
      {"unexpected_signature", "unexpected signature"},
      {"unexpected_auth_info", "unexpected auth info"},
      {"invalid_signature", "invalid signature"},
  }};
  for (const auto& [ours, theirs] : words) {
    if (ours == reason) return theirs;
  }
  return reason;
}

Fields ids_of(std::uint32_t at, const std::vector<ByteView>& ids) {
  Fields fields;
  for (const auto id : ids) fields.push_back(each(bytes(at, "messageIDs", id)));
  return fields;
}

Fields control_of(const pubsub::RpcView& rpc) {
  Fields fields;
  for (const auto& ihave : rpc.ihave) {
    auto inner = ids_of(2, ihave.ids);
    inner.insert(inner.begin(), text(1, "topic", ihave.topic));
    fields.push_back(each(message(1, "ihave", std::move(inner))));
  }
  if (!rpc.iwant.empty()) fields.push_back(each(message(2, "iwant", ids_of(1, rpc.iwant))));
  for (const auto topic : rpc.graft) {
    fields.push_back(each(message(3, "graft", {text(1, "topic", topic)})));
  }
  for (const auto& prune : rpc.prune) {
    Fields inner{text(1, "topic", prune.topic)};
    for (const auto& peer : prune.peers) inner.push_back(each(bytes(2, "peers", peer.peer_id)));
    fields.push_back(each(message(4, "prune", std::move(inner))));
  }
  if (!rpc.idontwant.empty()) {
    fields.push_back(each(message(5, "idontwant", ids_of(1, rpc.idontwant))));
  }
  return fields;
}

/// The parts of an RPC that was read, or made, here: no limit refuses it again.
Fields meta_of(ByteView frame, const pubsub::IdFunction& id) {
  constexpr auto no_limit = std::numeric_limits<std::size_t>::max();
  pubsub::RpcLimits limits;
  limits.size_max = limits.control_bytes_max = limits.publish_max = no_limit;
  limits.subscriptions_max = limits.control_elements_max = no_limit;
  limits.message_ids_max = limits.fields_max = no_limit;
  const auto rpc = pubsub::read_rpc(frame, limits);
  Fields fields;
  if (!rpc) return fields;
  for (const auto body : rpc->publish_bodies) {
    Fields inner;
    if (const auto view = pubsub::parse_message(body)) {
      if (const auto found = id(*view)) inner.push_back(bytes(1, "messageID", found->bytes()));
      inner.push_back(text(2, "topic", view->topic));
    }
    fields.push_back(each(message(1, "messages", std::move(inner))));
  }
  for (const auto& subscription : rpc->subscriptions) {
    fields.push_back(each(message(
        2, "subscription",
        {number(1, "subscribe", subscription.subscribe), text(2, "topic", subscription.topic)})));
  }
  if (auto control = control_of(*rpc); !control.empty()) {
    fields.push_back(message(3, "control", std::move(control)));
  }
  return fields;
}

/// What stands beside type, peer and time. The numbers of `Recorded::Kind` are go's types.
Field particulars(const Recorded& record, const pubsub::IdFunction& id) {
  const auto type = std::to_underlying(record.kind);
  const auto at = static_cast<std::uint32_t>(type) + 4;
  const auto peer = record.peer.bytes();
  const auto topic_at = [&](std::uint32_t field) { return text(field, "topic", record.topic); };
  const auto message_id = [&] { return bytes(1, "messageID", record.id.bytes()); };
  const auto rpc = [&](std::string_view name, std::string_view other) {
    return message(at, name,
                   {bytes(1, other, peer), message(2, "meta", meta_of(record.frame, id))});
  };
  switch (record.kind) {
    case Recorded::Kind::publish:
      return message(at, "publishMessage", {message_id(), topic_at(2)});
    case Recorded::Kind::reject:
      return message(at, "rejectMessage",
                     {message_id(), bytes(2, "receivedFrom", peer),
                      text(3, "reason", reason_in_go(record.reason)), topic_at(4)});
    case Recorded::Kind::duplicate:
      return message(at, "duplicateMessage",
                     {message_id(), bytes(2, "receivedFrom", peer), topic_at(3)});
    case Recorded::Kind::deliver:
      return message(at, "deliverMessage",
                     {message_id(), topic_at(2), bytes(3, "receivedFrom", peer)});
    case Recorded::Kind::peer_added:
      return message(at, "onNewOutboundStream",
                     {bytes(1, "peerID", peer), text(2, "proto", record.reason)});
    case Recorded::Kind::peer_removed:
      return message(at, "onClosedOutboundStream", {bytes(1, "peerID", peer)});
    case Recorded::Kind::rpc_received:
      return rpc("recvRPC", "receivedFrom");
    case Recorded::Kind::rpc_sent:
      return rpc("sendRPC", "sendTo");
    case Recorded::Kind::rpc_dropped:
      return rpc("dropRPC", "sendTo");
    case Recorded::Kind::join:
      return message(at, "join", {topic_at(1)});
    case Recorded::Kind::leave:
      return message(at, "leave", {topic_at(2)});
    case Recorded::Kind::graft:
      return message(at, "graft", {bytes(1, "peerID", peer), topic_at(2)});
    case Recorded::Kind::prune:
      return message(at, "prune", {bytes(1, "peerID", peer), topic_at(2)});
  }
  std::unreachable();
}

Fields fields_of(const TraceEvent& event, const pubsub::IdFunction& id) {
  return {number(1, "type", std::to_underlying(event.record.kind)),
          bytes(2, "peerID", event.self.bytes()), number(3, "timestamp", event.unix_nanoseconds),
          particulars(event.record, id)};
}

void write_protobuf(Bytes& out, const Fields& fields) {
  base::FieldWriter writer{out};
  for (const auto& field : fields) {
    switch (field.type) {
      case Field::Type::number:
        writer.varint(field.number, static_cast<std::uint64_t>(field.value));
        break;
      case Field::Type::text:
      case Field::Type::bytes:
        writer.text(field.number, field.content);
        break;
      case Field::Type::message:
        Bytes inner;
        write_protobuf(inner, field.fields);
        writer.bytes(field.number, inner);
        break;
    }
  }
}

void write_json(std::string& out, const Fields& fields);

void write_json(std::string& out, const Field& field) {
  switch (field.type) {
    case Field::Type::number:
      // The only boolean among them.
      out += field.name != "subscribe" ? std::to_string(field.value)
             : field.value != 0        ? "true"
                                       : "false";
      break;
    case Field::Type::text:
      append_json(out, field.content);
      break;
    case Field::Type::bytes:
      append_json_base64(out, as_bytes(field.content));
      break;
    case Field::Type::message:
      write_json(out, field.fields);
      break;
  }
}

/// Empty bytes are left out, as go does.
void write_json(std::string& out, const Fields& fields) {
  out += '{';
  bool first = true;
  for (std::size_t i = 0; i < fields.size();) {
    const auto& field = fields[i];
    if (field.type == Field::Type::bytes && field.content.empty()) {
      ++i;
      continue;
    }
    if (!std::exchange(first, false)) out += ',';
    append_json(out, field.name);
    out += ':';
    if (field.repeated) out += '[';
    const auto begin = i;
    for (; i < fields.size() && fields[i].number == field.number; ++i) {
      if (i > begin) out += ',';
      write_json(out, fields[i]);
    }
    if (field.repeated) out += ']';
  }
  out += '}';
}

}  // namespace

void append_json(std::string& out, const TraceEvent& event, const pubsub::IdFunction& id) {
  write_json(out, fields_of(event, id));
  out += '\n';
}

void append_protobuf(Bytes& out, const TraceEvent& event, const pubsub::IdFunction& id) {
  Bytes body;
  write_protobuf(body, fields_of(event, id));
  base::append_varint(out, body.size());
  append(out, body);
}

}  // namespace grapevine::obs
