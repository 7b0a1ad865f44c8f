// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "grapevine/message.hpp"
#include "grapevine/peer.hpp"

namespace grapevine {

/// How much a node tells of what it does.
enum class TraceDetail {
  none,        ///< who comes and goes, in topics and meshes
  counters,    ///< all that is worth counting; what happens by the million is merged
  everything,  ///< and every message and RPC by itself, which costs time for each
};

/// Something that happened in the router of a node.
struct Event {
  enum class Kind {
    // --- with every `TraceDetail` ---
    peer_added,    ///< we can send it RPCs; the reason is the protocol
    peer_removed,  ///< we cannot any more
    subscribed,    ///< the peer, to the topic
    unsubscribed,
    join,  ///< ourselves, the topic
    leave,
    graft,  ///< the peer is in our mesh of the topic now
    prune,  ///< it is not any more, or its GRAFT was refused
    // --- with `counters` ---
    duplicate,
    rejected,       ///< a message, and its sender pays for it
    ignored,        ///< a message, and nobody pays for it
    validated,      ///< the application's word on a message: accept, reject or ignore
    undeliverable,  ///< of a topic that is not joined
    shed,           ///< messages not looked at for want of time
    outbox_dropped,
    graylisted,  ///< RPCs not looked at for the peer's score
    misbehaved,  ///< among the reasons: broken promise, GRAFT within backoff
    score_changed,
    limit_hit,
    ihave_sent,
    ihave_ignored,
    iwant_sent,
    iwant_served,
    iwant_refused,
    idontwant_sent,
    idontwant_received,
    idontwant_cancelled,
    px_sent,
    px_received,
    px_refused,
    partial_sent,
    partial_received,
    extensions_received,
    test_received,
    seen_evicted,
    mcache_evicted,
    outbox_expired,      ///< messages that waited too long for the peer
    too_large_for_peer,  ///< messages not sent to a peer that does not take their size
    size_capped,         ///< a stream was reset for the size of an RPC
    other,               ///< told by a router that knows more kinds than this list
    // --- with `everything`: one message or one RPC each ---
    message_published,
    message_delivered,
    message_rejected,  ///< or ignored
    message_duplicate,
    rpc_received,
    rpc_sent,
    rpc_dropped,
  };
  /// What an RPC was made of.
  struct Parts {
    std::size_t messages = 0, subscriptions = 0, ihave = 0, iwant = 0, graft = 0, prune = 0,
                idontwant = 0;  ///< entries; of iwant and idontwant, ids
  };

  Kind kind;
  Peer peer;  ///< the other side; this node for what is its own
  std::string topic = {};
  std::string reason = {};
  std::uint64_t count = 1;  ///< so many of the same
  double score = 0;         ///< of `score_changed`: the new one
  Payload message_id = {};  ///< of the `message_` kinds
  Parts parts = {};         ///< of the `rpc_` kinds
};
std::string_view name(Event::Kind kind);

}  // namespace grapevine
