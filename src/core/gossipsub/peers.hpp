// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

#include "core/gossipsub/extensions.hpp"
#include "core/gossipsub/outbox.hpp"
#include "core/gossipsub/remembered.hpp"
#include "core/gossipsub/topics.hpp"

namespace grapevine::gossipsub {

/// What a peer may still make us do until the next heartbeat, and what we told it.
struct Budget {
  std::uint32_t ihave_messages = 0;  ///< RPCs with IHAVE read
  std::uint32_t ids_asked = 0;       ///< ids we asked it for
  std::uint32_t iwant_ids = 0;       ///< ids of its IWANTs looked at
  std::uint32_t idontwant_ids = 0;
  std::uint32_t px_peers = 0;        ///< peers it offered us that were looked at
  std::uint32_t ids_advertised = 0;  ///< ids of our IHAVEs
  std::size_t pong_bytes = 0;        ///< bytes of pings answered
  std::size_t iwant_bytes = 0;       ///< bytes of messages queued for its IWANTs
};

/// All we hold about one connected peer.
struct Peer {
  PeerHandle handle{};
  PeerId id;
  bool outbound = false;
  bool direct = false;
  bool stream_open = false;   ///< we can write to it, in `version`
  bool greeted = false;       ///< we could once
  bool write_wanted = false;  ///< WantsWrite was said and pack() has not run dry since
  Version version = Version::floodsub;
  pubsub::SendLimits agent_limits;      ///< what its agent takes
  pubsub::SendLimits send_limits;       ///< likewise, and no larger RPCs than it takes
  std::size_t rpc_size_max = SIZE_MAX;  ///< as far as is known
  TopicSet topics;                      ///< subscribed
  TopicSet requests_partial;            ///< subscribed, wanting parts
  TopicSet sends_partial;               ///< subscribed, able to send parts
  TopicSet early_grafts;  ///< asked for before our stream was open, answered when it is
  TopicSet lost_meshes;   ///< mesh links that ended with our stream, to be settled on the next
  TopicSet unconfirmed;   ///< of `topics`: not said again on its newest stream
  std::optional<std::uint64_t> confirmed_by;  ///< the heartbeat that ends the unconfirmed ones
  std::size_t topic_bytes = 0;
  double told_score = 0;            ///< by the latest `score_changed`
  std::size_t pending = 0;          ///< messages of its under verification or validation
  std::uint64_t followed_from = 0;  ///< promises with a lower number are not held against it
  PeerExtensions extensions;
  Budget budget;
  Unwanted unwanted;
  Served served;
  Outbox outbox;
  SharedBytes record;  ///< by which others are told of it

  bool gossips() const { return stream_open && version >= Version::v1_0; }
  /// May be in a mesh or fanout, or hear gossip.
  bool meshes() const { return gossips() && !direct; }
};

/// The connected peers by handle, visited in ascending order of handles.
class Peers {
 public:
  Peer& add(PeerHandle handle, const PeerInfo& info);
  void remove(PeerHandle handle);
  Peer* find(PeerHandle handle);
  const Peer* find(PeerHandle handle) const { return const_cast<Peers*>(this)->find(handle); }
  const Peer* find(const PeerId& id) const;
  Peer& at(PeerHandle handle);
  const Peer& at(PeerHandle handle) const { return const_cast<Peers*>(this)->at(handle); }
  const std::vector<PeerHandle>& handles() const { return order_; }
  std::size_t size() const { return order_.size(); }

 private:
  std::vector<PeerHandle> order_;
  boost::unordered_flat_map<PeerHandle, std::unique_ptr<Peer>> peers_;
};

}  // namespace grapevine::gossipsub
