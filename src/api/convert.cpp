// SPDX-License-Identifier: Apache-2.0
#include "api/convert.hpp"

#include <algorithm>

namespace grapevine {

Peer PeerAccess::to_peer(ByteView multihash) {
  Peer peer;
  std::ranges::copy(multihash, peer.bytes_.begin());
  peer.size_ = static_cast<std::uint8_t>(multihash.size());
  return peer;
}

namespace api {

namespace {

/// Keeps alive what a message's payloads look into: one allocation for both.
struct Kept {
  SharedBytes field;
  pubsub::MessageId id;
};

std::optional<std::uint64_t> number(const std::optional<ByteView>& bytes) {
  if (!bytes || bytes->size() != sizeof(std::uint64_t)) return std::nullopt;
  return base::ByteReader{*bytes}.u64();
}

}  // namespace

Peer to_peer(const PeerId& id) { return PeerAccess::to_peer(id.bytes()); }

PeerId to_peer_id(const Peer& peer) { return PeerId::from_bytes(peer.bytes()).value_or(PeerId{}); }

Message to_message(const pubsub::Message& message, std::shared_ptr<const std::string> topic,
                   const PeerId& via, bool local) {
  auto kept = std::make_shared<const Kept>(message.field, message.id);
  Message out;
  out.topic = std::move(topic);
  const auto id = kept->id.bytes();
  out.data = {kept, message.view.payload()};
  if (message.view.from && message.view.from->size() <= PeerId::size_max) {
    out.from = PeerAccess::to_peer(*message.view.from);
  }
  out.seqno = number(message.view.seqno);
  out.via = to_peer(via);
  out.local = local;
  out.id = {std::move(kept), id};
  return out;
}

Payload to_payload(SharedBytes bytes) {
  auto kept = std::make_shared<const SharedBytes>(std::move(bytes));
  const auto view = kept->view();
  return {std::move(kept), view};
}

Payload to_payload(const pubsub::MessageId& id) {
  auto kept = std::make_shared<const pubsub::MessageId>(id);
  const auto view = kept->bytes();
  return {std::move(kept), view};
}

ErrorCode code_of(host::DialError error) {
  switch (error) {
    case host::DialError::none_given:
    case host::DialError::unsupported:
      return ErrorCode::bad_address;
    case host::DialError::self:
      return ErrorCode::self_dial;
    case host::DialError::wrong_peer:
      return ErrorCode::wrong_peer;
    case host::DialError::limit:
      return ErrorCode::limit;
    case host::DialError::timeout:
      return ErrorCode::timeout;
    case host::DialError::cancelled:
      return ErrorCode::closed;
    case host::DialError::blocked:
      return ErrorCode::blocked;
    case host::DialError::resolve_failed:
    case host::DialError::refused:
    case host::DialError::unreachable:
    case host::DialError::negotiation_failed:
    case host::DialError::handshake_failed:
    case host::DialError::closed:
      break;
  }
  return ErrorCode::dial_failed;
}

Error error_of(const host::ConnectResult& result) {
  const auto error = result.error.value_or(host::DialError::closed);
  auto detail =
      "cannot connect: " + (result.detail.empty() ? std::string{host::name(error)} : result.detail);
  return {code_of(error), std::move(detail)};
}

Error error_of(host::StreamError error) {
  switch (error) {
    case host::StreamError::not_connected:
      return {ErrorCode::not_connected, "the peer is not connected"};
    case host::StreamError::too_many:
      return {ErrorCode::limit, "there are too many streams with this peer"};
    case host::StreamError::closing:
      break;
  }
  return {ErrorCode::closed, "the connection is closing"};
}

Error node_stopped() { return {ErrorCode::closed, "the node is stopped"}; }

Error on_network_thread() {
  return {ErrorCode::timeout,
          "this call waits, so it cannot be made from one of the node's callbacks"};
}

Expected<Multiaddr> parse_address(std::string_view text) {
  auto address = Multiaddr::parse(text);
  if (address) return *std::move(address);
  return std::unexpected(
      Error{ErrorCode::bad_address, "bad address: " + address.error().message()});
}

Expected<void> check_topic(std::string_view name) {
  if (!name.empty() && name.size() <= pubsub::topic_size_max) return {};
  return std::unexpected(Error{ErrorCode::bad_topic, "a topic's name is 1 to 1024 bytes long"});
}

}  // namespace api
}  // namespace grapevine
