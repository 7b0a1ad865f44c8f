// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/bytes.hpp"
#include "base/shared_bytes.hpp"

/// What gossipsub v1.3 and its extensions add to an RPC; the registry extensions.proto has the
/// numbers. An extension is named twice on the wire: in the control message that says it is
/// supported, and by the field of the RPC that carries its body.
namespace grapevine::pubsub {

/// The extensions one side says it supports; unknown ones are passed over. gossipsub v1.3, "The
/// Extensions Control Message".
struct Extensions {
  bool partial_messages = false;
  bool test = false;  ///< of the Extensions message itself, between implementations

  bool ping_pong = false;  ///< experimental, of nim-libp2p: what one side sends the other returns

  bool any() const { return partial_messages || test || ping_pong; }
  friend bool operator==(const Extensions&, const Extensions&) = default;
};

/// Field numbers of Extensions, and of the bodies in an RPC.
inline constexpr std::uint32_t partial_number = 10;
inline constexpr std::uint32_t test_number = 6492434;
inline constexpr std::uint32_t ping_pong_number = 3145728;

/// What a subscription says of partial messages. Who requests them also sends them. Partial
/// messages spec, "Changes to SubOpts".
struct PartialFlags {
  bool requests = false;
  bool supports_sending = false;

  bool any() const { return requests || supports_sending; }
  friend bool operator==(const PartialFlags&, const PartialFlags&) = default;
};

/// Parts of one message, or what the sender has of them and wants, as views. What is in
/// `message` and `metadata` only the application knows.
struct PartialView {
  std::string_view topic;
  ByteView group;
  std::optional<ByteView> message;   ///< one part or more
  std::optional<ByteView> metadata;  ///< unset: no news
};

/// A question and an answer, of which each is there or not.
struct PingPongView {
  std::optional<ByteView> ping;
  std::optional<ByteView> pong;  ///< the bytes of a ping
};

/// Reads the body of an Extensions message into `out`, where what it does not name stays: a field
/// that comes twice is merged. The body must be sound protobuf.
void read_extensions(ByteView body, Extensions& out);
/// Likewise of a partial message.
void read_partial(ByteView body, PartialView& out);
/// Likewise of a ping or pong, which nothing checked before; false when it is no sound protobuf or
/// has more than eight fields.
bool read_ping_pong(ByteView body, PingPongView& out);

/// The body of an Extensions message; what is not supported is left out.
Bytes extensions_body(const Extensions& extensions);
/// Whole fields of an RPC: tag, length, body.
SharedBytes test_field();
SharedBytes partial_field(const PartialView& partial);
SharedBytes ping_pong_field(const PingPongView& view);

}  // namespace grapevine::pubsub
