// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

#include "base/keyed_hash.hpp"
#include "base/queue.hpp"
#include "core/gossipsub/backoff.hpp"
#include "core/gossipsub/mcache.hpp"
#include "core/gossipsub/peers.hpp"
#include "core/gossipsub/pending.hpp"
#include "core/gossipsub/router.hpp"
#include "core/gossipsub/topics.hpp"

namespace grapevine::gossipsub {

/// Ids asked for by IWANT and not yet come: nobody else is asked for them meanwhile. Swept each
/// heartbeat.
class Promises {
 public:
  bool holds(IdKey id, TimePoint now) const;
  void add(IdKey id, TimePoint until);
  void fulfil(IdKey id);
  void sweep(TimePoint now);

 private:
  boost::unordered_flat_map<IdKey, TimePoint> until_;
};

/// The router's parts and the work on them, one source file a concept:
///   subscriptions.cpp  who wants what          delivery.cpp   messages in, checked, delivered,
///   forwarded, published mesh.cpp           GRAFT, PRUNE, backoff   gossip.cpp     IHAVE, IWANT,
///   IDONTWANT heartbeat.cpp      what happens each heartbeat
struct Router::State {
  State(const PeerId& self_id, std::shared_ptr<const Config> config_in, Rng rng_in, TimePoint now);

  // subscriptions.cpp
  void hello(Peer& peer);
  void on_subscriptions(Peer& peer, const pubsub::RpcView& rpc, TimePoint now);
  bool subscribe(Peer& peer, std::string_view name);
  void unsubscribe(Peer& peer, std::string_view name);
  void forget_subscriptions(Peer& peer);
  void join(std::string_view name, TimePoint now);
  void leave(std::string_view name, TimePoint now);
  void announce(const TopicName& name, bool subscribe);
  void release_if_idle(Topic& topic);

  // mesh.cpp
  void on_graft(Peer& peer, std::string_view name, TimePoint now);
  void on_prune(Peer& peer, const pubsub::Prune& prune, TimePoint now);
  void graft(Topic& topic, std::span<const PeerHandle> chosen, std::string_view reason);
  void prune(Topic& topic, std::span<const PeerHandle> chosen, Duration backoff,
             std::string_view reason, TimePoint now);
  void send_prune(Peer& peer, const Topic& topic, Duration backoff);
  void drop_from_meshes(Peer& peer);
  bool graftable(const Topic& topic, const Peer& peer, TimePoint now) const;
  /// Up to `count` subscribers of `topic` that `wanted` takes, in random order.
  template <class Predicate>
  std::vector<PeerHandle> pick(std::size_t count, const Topic& topic, Predicate wanted) {
    std::vector<PeerHandle> found;
    for (const auto handle : topic.subscribers) {
      if (wanted(peers.at(handle))) found.push_back(handle);
    }
    rng.shuffle(found);
    if (found.size() > count) found.resize(count);
    return found;
  }
  std::vector<PeerHandle> graft_candidates(std::size_t count, const Topic& topic,
                                           bool outbound_only, TimePoint now);

  // delivery.cpp
  void on_publish(Peer& peer, const SharedBytes& field, ByteView body, TimePoint now);
  void check(Pending::Copy copy, pubsub::Check needed, TimePoint now);
  void on_verified(Ticket ticket, const Result<void, pubsub::RejectReason>& verdict, TimePoint now);
  void on_validated(Ticket ticket, Validation verdict, TimePoint now);
  void accept(const pubsub::Message& message, const PeerId& via,
              std::span<const PeerHandle> senders, TimePoint now);
  void refuse(Ticket ticket, std::string_view reason, bool punishable);
  Result<std::size_t, PublishError> publish(pubsub::Message message, TimePoint now);
  std::size_t send(const pubsub::Message& message, const Topic& topic, Lane lane,
                   std::span<const PeerHandle> without);
  std::vector<PeerHandle> own_recipients(Topic& topic, TimePoint now);
  bool push(Peer& peer, Lane lane, const pubsub::Message& message, IdKey key);
  void settle(const Pending::Entry& entry);

  // gossip.cpp
  void on_ihave(Peer& peer, std::span<const pubsub::IHave> adverts, TimePoint now);
  void on_iwant(Peer& peer, std::span<const ByteView> ids);
  void on_idontwant(Peer& peer, std::span<const ByteView> ids);
  void send_idontwant(const pubsub::Message& message, const Topic& topic, PeerHandle from);
  void emit_gossip(const Topic& topic, const PeerSet& without);

  // heartbeat.cpp
  void heartbeat(TimePoint now);
  void maintain_mesh(Topic& topic, TimePoint now);
  void maintain_fanout(Topic& topic, TimePoint now);
  void prune_surplus(Topic& topic, TimePoint now);
  void connect_direct(TimePoint now);
  std::size_t outbound_count(const PeerSet& mesh) const;

  IdKey key_of(ByteView id) const { return IdKey{id_hash(id)}; }
  void want_write(Peer& peer);
  void trace(Traced::Kind kind, const PeerId& peer, std::string_view topic, std::string_view reason,
             std::uint64_t count = 1);

  PeerId self;
  std::shared_ptr<const Config> config;
  Rng rng;
  base::KeyedHash id_hash;
  Outbox::Limits outbox_limits;
  Topics topics;
  Peers peers;
  Backoffs backoffs;
  MessageCache mcache;
  pubsub::SeenCache seen;
  Pending pending;
  Promises promises;
  std::vector<PeerId> direct;
  std::vector<Verify::Job> jobs;  ///< gathered over the turn
  base::Queue<Output> outputs;
  Counters counters;
  TimePoint next_heartbeat;
  TimePoint next_direct_connect;
  std::uint64_t heartbeats = 0;
  std::uint64_t mcache_evicted = 0;  ///< told so far
  std::uint64_t seen_evicted = 0;    ///< told so far
};

}  // namespace grapevine::gossipsub
