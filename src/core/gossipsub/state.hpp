// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

#include "base/keyed_hash.hpp"
#include "core/gossipsub/backoff.hpp"
#include "core/gossipsub/followups.hpp"
#include "core/gossipsub/gater.hpp"
#include "core/gossipsub/mcache.hpp"
#include "core/gossipsub/partial.hpp"
#include "core/gossipsub/peers.hpp"
#include "core/gossipsub/pending.hpp"
#include "core/gossipsub/receipts.hpp"
#include "core/gossipsub/remembered.hpp"
#include "core/gossipsub/router.hpp"
#include "core/gossipsub/score.hpp"
#include "core/gossipsub/tally.hpp"
#include "core/gossipsub/topics.hpp"
#include "core/gossipsub/validation_queue.hpp"
#include "core/pubsub/author_marks.hpp"

namespace grapevine::gossipsub {

/// The router's parts and the work on them, one source file a concept:
///   subscriptions.cpp  who wants what
///   mesh.cpp           GRAFT, PRUNE, backoff
///   exchange.cpp       peers named in a PRUNE
///   delivery.cpp       messages in: checked, delivered, forwarded
///   replay.cpp         messages out of a neighbour's history, ids of an earlier run
///   validating.cpp     the application's word on them
///   blocking.cpp       whom the application wants nothing of
///   publishing.cpp     messages of our own, fanout, outboxes
///   discovery.cpp      peers looked for outside
///   policies.cpp       what holds in one topic, what a peer takes
///   gossip.cpp         IHAVE, IWANT, IDONTWANT
///   scoring.cpp        what peers' conduct adds to their records, and what the records cost them
///   heartbeat.cpp      what happens each heartbeat
///   extensions.cpp     v1.3: who supports what
///   partial.cpp        messages in parts
///   recording.cpp      what is told of all this to who observes
struct Router::State {
  State(const PeerId& self_id, std::shared_ptr<const Config> config_in, Rng rng_in, TimePoint now);

  // subscriptions.cpp
  void hello(Peer& peer);
  void on_subscriptions(Peer& peer, const pubsub::RpcView& rpc, TimePoint now);
  bool subscribe(Peer& peer, std::string_view name);
  void unsubscribe(Peer& peer, std::string_view name);
  bool confirm(Peer& peer, TopicHandle topic);
  void forget_unconfirmed(Peer& peer);
  void forget_subscriptions(Peer& peer);
  void join(std::string_view name, TimePoint now);
  void leave(std::string_view name, TimePoint now);
  void enter(Topic& topic, TimePoint now);
  void quit(Topic& topic, TimePoint now);
  void announce(const Topic& topic, bool subscribe);
  void announce(Peer& peer, const Topic& topic, bool subscribe);
  void release_if_idle(Topic& topic);
  /// Likewise, but not at once: others of a batch may name it.
  void release_later(const Topic& topic);
  void release_lingering();
  /// Brings `flood` of the peer's topics and `active` of a topic up to date.
  void refresh_flood(Peer& peer);
  void refresh_active(const Topic& topic);

  // mesh.cpp
  void on_graft(Peer& peer, std::string_view name, TimePoint now);
  void on_prune(Peer& peer, const pubsub::Prune& prune, TimePoint now);
  void graft(Topic& topic, std::span<const PeerHandle> chosen, std::string_view reason,
             TimePoint now);
  void enter_mesh(Topic& topic, const Peer& peer, TimePoint now);
  /// False when it was not in it.
  bool leave_mesh(Topic& topic, const Peer& peer);
  struct Pruning {
    Duration backoff;
    std::string_view reason;
    bool offers = false;  ///< others are named to who goes
  };
  void prune(Topic& topic, std::span<const PeerHandle> chosen, const Pruning& how, TimePoint now);
  void send_prune(Peer& peer, const Topic& topic, const Pruning& how);
  void drop_from_meshes(Peer& peer);
  void repeat_grafts(Peer& peer);
  void settle_lost_meshes(Peer& peer, TimePoint now);
  void punish_early_graft(Peer& peer, TimePoint backoff_end, TimePoint now);
  bool graftable(const Topic& topic, const Peer& peer, TimePoint now) const;
  /// Backoffs outlast their end by this, so that a GRAFT of ours does not arrive before the other
  /// side's clock has let it end (V47).
  Duration backoff_slack() const {
    return config->heartbeat_interval *
           static_cast<Duration::rep>(config->backoff_slack_heartbeats);
  }
  /// Up to `count` subscribers of `topic` that `wanted` takes, chosen at random.
  template <class Predicate>
  std::vector<PeerHandle> pick(std::size_t count, const Topic& topic, Predicate wanted) {
    std::vector<PeerHandle> found;
    for (const auto handle : topic.subscribers) {
      if (wanted(peers.at(handle))) found.push_back(handle);
    }
    if (found.size() > count) {
      for (std::size_t i = 0; i < count; ++i)
        std::swap(found[i], found[i + rng.below(found.size() - i)]);
      found.resize(count);
    }
    return found;
  }
  std::vector<PeerHandle> graft_candidates(std::size_t count, const Topic& topic,
                                           bool outbound_only, TimePoint now);

  // exchange.cpp
  std::vector<OfferedPeer> offers_to(const Peer& to, const Topic& topic);
  void on_offers(Peer& from, const Topic& topic, const pubsub::Prune& prune, double its_score);

  // delivery.cpp
  void on_publish(Peer& peer, const SharedBytes& field, ByteView body, TimePoint now);
  void receive(Peer& peer, Topic& topic, pubsub::Message message, pubsub::Check needed,
               TimePoint now);
  bool room_to_check(Peer& peer, const Topic& topic, const pubsub::Message& message);
  bool own_forgotten(ByteView id);
  void keep_promises(ByteView id);
  void ask(Ticket ticket, pubsub::Check needed, TimePoint now);
  void on_verified(Ticket ticket, const Result<void, pubsub::RejectReason>& verdict, TimePoint now);
  void accept_pending(Ticket ticket, TimePoint now);
  void accept(Pending::Copy copy, Topic& topic, std::span<const PeerHandle> senders, TimePoint now);
  void refuse(Ticket ticket, std::string_view reason, Traced::Kind kind, TimePoint now);
  void settle(const Pending::Entry& entry);

  // replay.cpp
  void restore_seen(std::span<const SeenBefore> ids, TimePoint now);
  void replay(Replay message, TimePoint now);
  std::optional<ReplayVerdict> check_replay(const Replay& message, pubsub::MessageView& view,
                                            pubsub::MessageId& id, TimePoint now);
  void accept_replayed(Pending::Entry entry, Topic& topic, TimePoint now);
  void answer_replay(const Pending::Copy& copy, ReplayVerdict verdict);
  // validating.cpp
  const Validating& validation_of(const Topic& topic) const;
  bool in_sequence(const pubsub::MessageView& message);
  void screen(Ticket ticket, TimePoint now);
  void line_up(Ticket ticket, TimePoint now);
  void start_validations(TimePoint now);
  void on_validated(Ticket ticket, Validation verdict, TimePoint now);
  void end_late_validations(TimePoint now);
  void conclude(Ticket ticket, Validation verdict, std::string_view reason, TimePoint now);

  // blocking.cpp
  bool filtered(const Peer& peer, std::string_view topic) const;
  std::string_view unwanted_from(const Peer& peer, const pubsub::MessageView& message,
                                 TimePoint now) const;
  /// Why an RPC is passed over whole; empty: it is not.
  std::string_view refusal_of(const Peer& peer, const pubsub::RpcView& rpc, std::size_t size) const;
  void cut_off(Peer& peer);

  // publishing.cpp
  Result<std::size_t, PublishError> publish(pubsub::Message message, TimePoint now);
  Result<Topic*, PublishError> check_own(const pubsub::Message& message);
  Result<Topic*, PublishError> admit(const pubsub::Message& message, TimePoint now);
  std::size_t publish_batch(std::vector<pubsub::Message> messages, TimePoint now);
  Result<void, PublishError> publish_local(pubsub::Message message, TimePoint now);
  std::vector<PeerHandle> recipients_of(Topic& topic, TimePoint now);
  void prepare_fanout(Topic& topic, TimePoint now);
  /// Everything about one message that is the same for all its recipients.
  struct Sending {
    const pubsub::Message& message;
    const Topic& topic;
    Lane lane;
    std::span<const PeerHandle> without;
    Outbox::Item item;
  };
  std::size_t send_to_all(const Sending& sending, const PeerSet& recipients);
  std::size_t send_to_flood(const Sending& sending);
  std::vector<PeerHandle> random_recipients(const Sending& sending);
  bool send(const Sending& sending, Peer& peer);
  bool withheld(const Peer& peer, Lane lane) const;
  Outbox::Item queued(SharedBytes field, IdKey key, const Topic& topic, TimePoint now) const;
  bool push(Peer& peer, Lane lane, const Outbox::Item& item, const TopicName& topic);
  bool room_in_all(Lane lane, std::size_t size);
  std::size_t shed_all(Lane lane, std::size_t bytes);
  void note_expired(Peer& peer, std::size_t messages);

  // discovery.cpp
  std::size_t reachable(const Topic& topic) const;
  void discover(Topic& topic, TimePoint now);

  // policies.cpp
  Result<void, ConfigError> set_policy(std::string_view name, const TopicPolicy& policy,
                                       TimePoint now);
  void set_send_limits(Peer& peer) const;

  // gossip.cpp
  void on_ihave(Peer& peer, std::span<const pubsub::IHave> adverts, TimePoint now);
  void on_iwant(Peer& peer, std::span<const ByteView> ids, TimePoint now);
  void serve(Peer& peer, const MessageCache::Entry& entry, TimePoint now);
  void on_idontwant(Peer& peer, std::span<const ByteView> ids);
  void send_idontwant(const pubsub::Message& message, const Topic& topic,
                      std::optional<PeerHandle> from);
  void emit_gossip(const Topic& topic, const PeerSet& without);
  std::vector<Outbox::SharedIds> adverts(const Topic& topic);
  void advertise(Peer& peer, const Topic& topic, std::span<const Outbox::SharedIds> parts);

  // scoring.cpp
  double score(const Peer& peer) const { return scores ? scores->score(peer.handle) : 0; }
  /// Only where there is scoring is anybody below anything.
  bool below(const Peer& peer, double ScoreThresholds::* threshold) const {
    return scores && scores->score(peer.handle) < scores->params().thresholds.*threshold;
  }
  bool graylisted(const Peer& peer) const {
    return !peer.direct && below(peer, &ScoreThresholds::graylist);
  }
  void begin_record(const Peer& peer, std::span<const IpAddress> ips);
  void end_record(const Peer& peer, TimePoint now);
  void refresh_records(TimePoint now);
  void set_topic_score(std::string_view name, const TopicScoreParams& params, TimePoint now);
  void look_up_scoring(Topic& topic) const;
  void penalise(const Peer& peer, std::uint32_t times, std::string_view reason);
  /// `senders`: those who sent the very copy that was accepted or refused, the first first.
  void credit(const Topic& topic, IdKey key, std::span<const PeerHandle> senders, TimePoint now);
  void blame(const Pending::Entry& entry, Traced::Kind kind, TimePoint now);
  void blame(const Peer& peer, const Topic& topic);
  void note_duplicate(const Peer& peer, const Topic& topic, ByteView id, TimePoint now);
  void note_load(TimePoint now);
  bool sheds(const Peer& peer, TimePoint now);
  void shed(Peer& peer, std::size_t messages);
  void punish_broken_promises(TimePoint now);
  /// gossipsub v1.1, "Opportunistic Grafting": none unless it is time and the mesh is poor.
  std::vector<PeerHandle> opportunistic_candidates(const Topic& topic, TimePoint now);

  // heartbeat.cpp
  void heartbeat(TimePoint now);
  void refresh_peers(TimePoint now);
  void report_evictions();
  void maintain_mesh(Topic& topic, TimePoint now);
  void maintain_fanout(Topic& topic, TimePoint now);
  void add(Topic& topic, std::span<const PeerHandle> chosen, std::string_view reason,
           TimePoint now);
  void cut(Topic& topic, std::size_t size, TimePoint now);
  void connect_direct(TimePoint now);
  std::size_t outbound_count(const PeerSet& mesh) const;

  // extensions.cpp
  bool share(const Peer& peer, bool pubsub::Extensions::* extension) const;
  void say_extensions(Peer& peer);
  void on_extensions(Peer& peer, const pubsub::RpcView& rpc);
  void send_test(Peer& peer);
  void on_ping_pong(Peer& peer, const pubsub::PingPongView& view);

  // partial.cpp
  bool set_partial(std::string_view name, std::optional<PartialTopic> options);
  pubsub::PartialFlags flags_of(const Topic& topic) const;
  void note_flags(Peer& peer, const pubsub::Subscription& subscription);
  bool takes_parts(const Topic& topic, const Peer& peer) const;
  bool gives_parts(const Topic& topic, const Peer& peer) const;
  void on_partial(Peer& peer, const SharedBytes& frame, const pubsub::PartialView& view);
  Bytes merged(const PartialTopic& options, ByteView known, ByteView news) const;
  Result<std::size_t, PartialError> publish_partial(const PartialMessage& message, TimePoint now);
  std::vector<PeerHandle> partial_audience(const Topic& topic, const PartialGroup& group) const;
  std::vector<PeerHandle> partial_audience(const Topic& topic, std::span<const PeerId> named) const;
  struct PartialSending {
    const Topic& topic;
    const PartialTopic& options;
    PartialGroup& group;
  };
  bool send_partial(const PartialSending& sending, Peer& peer, const PartialMessage* message);
  void gossip_partial(const Topic& topic, Peer& peer);
  std::vector<PartialHolder> partial_holders(std::string_view name, ByteView id) const;

  // router.cpp
  void check_topic(const Topic& topic, TimePoint now) const;
  void check_peer(const Peer& peer) const;
  void check_outboxes() const;

  IdKey key_of(ByteView id) const { return IdKey{id_hash(id)}; }
  Receipts::PeerKey key_of(const Peer& peer) const {
    return Receipts::PeerKey{id_hash(peer.id.bytes())};
  }
  /// The peer has shown that it knows the message.
  void acknowledge(const Peer& peer, ByteView id) {
    if (!receipts.empty()) receipts.note(key_of(id), key_of(peer), Receipts::Level::acknowledged);
  }
  void want_write(Peer& peer);
  /// For what remotes cause by the million.
  void count(Traced::Kind kind, const Peer& peer, const TopicName& topic, std::string_view reason,
             std::uint64_t times = 1);
  void flush_tally();
  void trace(Traced::Kind kind, const PeerId& peer, std::string_view topic, std::string_view reason,
             std::uint64_t count = 1);

  // recording.cpp
  bool recording() const { return config->trace_detail == TraceDetail::everything; }
  bool tells(Traced::Kind kind) const;
  TopicTraffic& traffic_of(const Topic& topic) { return traffic.at(topic.traffic); }
  TopicTraffic& traffic_of(const Topic* topic) {
    return traffic.at(topic ? topic->traffic : Traffic::Place::foreign);
  }
  void tell_peer(const Peer& peer, bool added);
  void tell_verdict(const Pending::Entry& entry, Validation verdict);
  void tell_scores();
  void record_change(const Traced& change);
  void record_message(Recorded::Kind kind, const pubsub::Message& message, const PeerId& from,
                      std::string_view reason = {});
  void record_refused(const Peer& peer, ByteView body, std::string_view reason);
  void record_sent(const Peer& peer, const pubsub::PackedRpc& rpc);
  void record_drops(const Peer& peer, const SharedBytes& field, const Outbox::Dropped& dropped);

  PeerId self;
  std::shared_ptr<const Config> config;
  Rng rng;
  base::KeyedHash id_hash;
  Outbox::Limits outbox_limits;
  OutboxTotals outbox_totals;
  Topics topics;
  Peers peers;
  Backoffs backoffs;
  MessageCache mcache;
  pubsub::SeenCache seen;
  Pending pending;
  Validating default_validation;
  ValidationQueue validations;
  Blacklist blacklist;
  std::optional<pubsub::AuthorMarks> marks;
  Promises promises;
  Partials partials;
  Followups followups;
  Receipts receipts;
  std::optional<PeerScores> scores;
  std::optional<Gater> gater;
  std::vector<PeerId> direct;
  std::vector<Verify::Job> jobs;  ///< gathered over the turn
  Outputs outputs;
  Tally tally;
  TopicSet active;     ///< joined or published to: what a heartbeat looks at
  TopicSet lingering;  ///< idle, but some backoff or cached message names them
  Counters counters;
  Traffic traffic;
  TimePoint next_heartbeat;
  TimePoint next_direct_connect;
  std::uint64_t heartbeats = 0;
  std::uint64_t iwant_rpcs = 0;
  std::uint64_t mcache_evicted = 0;  ///< told so far
  std::uint64_t seen_evicted = 0;    ///< told so far
};

}  // namespace grapevine::gossipsub
