// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "base/queue.hpp"
#include "base/shared_bytes.hpp"
#include "core/gossipsub/topics.hpp"
#include "core/pubsub/message_id.hpp"
#include "core/pubsub/rpc.hpp"

namespace grapevine::gossipsub {

/// A message id as a 64-bit keyed hash: what an outbox and an IDONTWANT list need to compare. The
/// key is the router's secret, so nobody can make two ids meet.
enum class IdKey : std::uint64_t {};

/// In which order messages leave, after control. Shedding goes the other way.
enum class Lane : std::uint8_t { own, forward, gossip };

/// What waits to be sent to one peer: control, merged so that the last word on a topic stands, and
/// three lanes of messages bounded in bytes and number. Empty it holds no memory.
class Outbox {
 public:
  struct Limits {
    std::size_t bytes_max;
    std::size_t items_max;
    std::size_t idontwant_max = 200;  ///< queued ids; older ones have lost their use
    std::size_t gossip_ids_max = 10'000;
  };

  void announce(TopicName topic, bool subscribe);
  void graft(TopicName topic);
  /// `backoff` in seconds; none towards a 1.0 peer.
  void prune(TopicName topic, std::optional<std::uint64_t> backoff);
  void ihave(TopicName topic, std::vector<pubsub::MessageId> ids);
  void iwant(std::vector<pubsub::MessageId> ids, const Limits& limits);
  void idontwant(const pubsub::MessageId& id, const Limits& limits);

  struct Dropped {
    std::size_t messages = 0;
    bool refused = false;  ///< the message itself found no room
  };
  /// Makes room by dropping the oldest of the later lanes; never of an earlier one.
  Dropped push(Lane lane, SharedBytes field, IdKey key, const Limits& limits);
  /// Removes queued copies of `key`; answers how many. gossipsub v1.2, "IDONTWANT".
  std::size_t cancel(IdKey key);

  bool empty() const;
  std::size_t bytes() const { return bytes_; }
  std::size_t messages() const { return own_.size() + forward_.size() + gossip_.size(); }
  void clear();
  /// The next RPC; nullopt when there is nothing.
  std::optional<pubsub::PackedRpc> pack(const pubsub::SendLimits& limits);

 private:
  struct Item {
    SharedBytes field;
    IdKey key;
  };
  struct Announcement {
    TopicName topic;
    bool subscribe;
  };
  struct MeshChange {
    TopicName topic;
    bool graft;
    std::optional<std::uint64_t> backoff;
  };
  struct Advert {
    TopicName topic;
    std::vector<pubsub::MessageId> ids;
  };
  void change(MeshChange change);
  bool shed(base::Queue<Item>& lane, Dropped& dropped);
  base::Queue<Item>& queue(Lane lane);
  void pack_control(pubsub::RpcWriter& writer, const pubsub::SendLimits& limits);
  bool pack_lane(base::Queue<Item>& lane, pubsub::RpcWriter& writer);

  base::Queue<Announcement> announcements_;
  std::vector<MeshChange> mesh_changes_;
  base::Queue<Advert> ihave_;
  base::Queue<pubsub::MessageId> iwant_;
  base::Queue<pubsub::MessageId> idontwant_;
  base::Queue<Item> own_;
  base::Queue<Item> forward_;
  base::Queue<Item> gossip_;
  std::size_t bytes_ = 0;  ///< of the three lanes
};

}  // namespace grapevine::gossipsub
