// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <string>
#include <string_view>

/// Grapevine: a libp2p GossipSub node as a library. Start with `Node::start`, `Node::join`,
/// `Topic::publish`, `Topic::subscribe`. Nothing here throws; every failure is a value.
namespace grapevine {

/// What went wrong, for programs.
enum class ErrorCode {
  bad_config,      ///< a field of NodeConfig; `detail` names it
  bad_address,     ///< text that is no multiaddr, or lacks what is needed
  bad_topic,       ///< empty or longer than 1,024 bytes
  address_in_use,  ///< a listen address cannot be bound
  not_connected,   ///< the peer is not connected
  dial_failed,     ///< every address failed; `detail` says how, per address
  wrong_peer,      ///< another peer id answered than the one asked for
  self_dial,       ///< the address is our own
  too_large,       ///< above the maximum message size
  duplicate,       ///< a message with this id was published already
  queue_full,      ///< the publish ring has no room, or had none in time
  timeout,
  limit,        ///< a limit of streams or connections
  closed,       ///< the node, topic, subscription or stream is closed
  reset,        ///< the stream was reset by the other side
  refused,      ///< the peer does not speak the protocol
  io,           ///< a file or socket; `detail` has the system's words
  not_enabled,  ///< the configuration, or the topic's, lacks it
  bad_group,    ///< of a partial message: empty or longer than 128 bytes
  blocked,      ///< the peer is blocked
  rejected,     ///< a validator rejects the message; also a topic that the filter does not allow
  ignored,      ///< a validator ignores the message
  exists,       ///< there is one of that name already
  not_found,    ///< there is none of that name
};
std::string_view name(ErrorCode code);

/// What went wrong, for people: `detail` is one sentence.
struct Error {
  ErrorCode code;
  std::string detail;
};

template <class T>
using Expected = std::expected<T, Error>;

}  // namespace grapevine
