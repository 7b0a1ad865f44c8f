// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/varint.hpp"
#include "core/gossipsub/router.hpp"
#include "identity/keys.hpp"

namespace grapevine::gossipsub {

using namespace std::chrono_literals;

/// All a scripted peer was sent, entry by entry in the order of arrival.
struct Heard {
  struct Prune {
    std::string topic;
    std::optional<std::uint64_t> backoff;
    std::vector<std::pair<PeerId, std::string>> offers{};  ///< with their records
  };
  struct Advert {
    std::string topic;
    std::vector<std::string> ids;
  };
  std::vector<std::pair<std::string, bool>> subscriptions{};
  std::vector<std::string> published{};  ///< payloads
  std::vector<std::string> grafts{};
  std::vector<Prune> prunes{};
  std::vector<Advert> ihave{};
  std::vector<std::string> iwant{};
  std::vector<std::string> idontwant{};
  std::vector<pubsub::Extensions> extensions{};
  std::vector<std::size_t> extensions_at{};  ///< the RPCs they came in, from 0
  std::size_t tests = 0;
  std::vector<std::string> pongs{};
  struct Partial {
    std::string topic, group;
    std::optional<std::string> message, metadata;
  };
  std::vector<Partial> partials{};
  std::vector<std::pair<std::string, pubsub::PartialFlags>> flags{};  ///< of each subscription
  std::size_t rpcs = 0;
  std::size_t largest_rpc = 0;

  void take(const SharedBytes& frame) {
    const auto rpc = pubsub::read_rpc(frame, {.size_max = 64 << 20, .control_bytes_max = 64 << 20});
    ASSERT_TRUE(rpc);
    if (rpc->extensions) {
      extensions.push_back(*rpc->extensions);
      extensions_at.push_back(rpcs);
    }
    tests += rpc->test_extension;
    if (rpc->ping_pong && rpc->ping_pong->pong) pongs.push_back(to_text(*rpc->ping_pong->pong));
    if (rpc->partial) take(*rpc->partial);
    ++rpcs;
    largest_rpc = std::max(largest_rpc, frame.size());
    for (const auto& sub : rpc->subscriptions) {
      subscriptions.emplace_back(std::string{sub.topic}, sub.subscribe);
      flags.emplace_back(std::string{sub.topic}, sub.partial);
    }
    for (const auto body : rpc->publish_bodies) {
      published.push_back(to_text(pubsub::parse_message(body)->payload()));
    }
    for (const auto topic : rpc->graft) grafts.emplace_back(topic);
    for (const auto& prune : rpc->prune) {
      auto& entry = prunes.emplace_back(Prune{std::string{prune.topic}, prune.backoff_seconds});
      for (const auto& peer : prune.peers) {
        entry.offers.emplace_back(*PeerId::from_bytes(peer.peer_id), to_text(peer.signed_record));
      }
    }
    for (const auto& advert : rpc->ihave) {
      Advert entry{std::string{advert.topic}, {}};
      for (const auto id : advert.ids) entry.ids.push_back(to_text(id));
      ihave.push_back(std::move(entry));
    }
    for (const auto id : rpc->iwant) iwant.push_back(to_text(id));
    for (const auto id : rpc->idontwant) idontwant.push_back(to_text(id));
  }
  void take(const pubsub::PartialView& view) {
    const auto text = [](const std::optional<ByteView>& bytes) {
      return bytes ? std::optional{to_text(*bytes)} : std::nullopt;
    };
    partials.push_back(
        {std::string{view.topic}, to_text(view.group), text(view.message), text(view.metadata)});
  }
  std::size_t count(std::string_view payload) const {
    return static_cast<std::size_t>(std::ranges::count(published, payload));
  }
  std::size_t ids_advertised() const {
    std::size_t sum = 0;
    for (const auto& advert : ihave) sum += advert.ids.size();
    return sum;
  }
};

/// How a scripted peer appears.
struct Manner {
  Version version = Version::v1_2;
  bool outbound = false;
  bool open = true;
  std::string_view topic = {};  ///< subscribes to it at once
  int identity = 0;             ///< 0: a fresh one
  std::vector<IpAddress> ips = {};
};

/// One router among peers that the test plays: it says every word of theirs and hears every word of
/// the router's. `check_invariants` runs after every step.
class Alone {
 public:
  /// Unsigned messages named by their first 8 bytes unless the test wants otherwise, so that ids
  /// are easy to foresee.
  static Config plain() {
    Config config;
    config.signature_policy = pubsub::SignaturePolicy::strict_no_sign;
    config.message_id = pubsub::ids::sha256_data;
    return config;
  }
  explicit Alone(Config config = plain())
      : config_{std::make_shared<const Config>(std::move(config))},
        router_{std::move(*Router::create(key(0).peer_id(), config_, Rng{Rng::Seed{7}}, now_))} {}

  PeerHandle add() { return add(Manner{}); }
  PeerHandle add(const Manner& manner) {
    const PeerHandle peer{next_++};
    const auto number = manner.identity ? manner.identity : static_cast<int>(next_) + 1000;
    ids_[peer] = key(number).peer_id();
    router_.add_peer(peer, {ids_[peer], manner.outbound, manner.ips}, now_);
    if (manner.open) router_.on_stream_open(peer, manner.version, now_);
    drain();
    if (!manner.topic.empty()) subscribe(peer, manner.topic);
    return peer;
  }
  /// A subscriber whose GRAFT is in our mesh.
  PeerHandle add_meshed(std::string_view topic, Manner manner = {}) {
    manner.topic = topic;
    const auto peer = add(manner);
    if (!meshed(peer, topic)) graft(peer, topic);
    return peer;
  }
  void remove(PeerHandle peer) {
    router_.remove_peer(peer, now_);
    ids_.erase(peer);
    drain();
  }
  void open(PeerHandle peer, Version version = Version::v1_2) {
    router_.on_stream_open(peer, version, now_);
    drain();
  }
  void lose(PeerHandle peer) {
    router_.on_stream_lost(peer, now_);
    drain();
  }

  void subscribe(PeerHandle peer, std::string_view topic, bool on = true) {
    say(peer, [&](auto& rpc) { rpc.add_subscription(on, topic); });
  }
  void graft(PeerHandle peer, std::string_view topic) {
    say(peer, [&](auto& rpc) { rpc.add_graft(topic); });
  }
  void prune(PeerHandle peer, std::string_view topic, std::optional<std::uint64_t> backoff = {}) {
    say(peer, [&](auto& rpc) { rpc.add_prune({topic, backoff, {}}); });
  }
  void ihave(PeerHandle peer, std::string_view topic, const std::vector<std::string>& ids) {
    say(peer, [&](auto& rpc) { rpc.add_ihave(topic, views(ids)); });
  }
  void iwant(PeerHandle peer, const std::vector<std::string>& ids) {
    say(peer, [&](auto& rpc) { rpc.add_iwant(views(ids)); });
  }
  void idontwant(PeerHandle peer, const std::vector<std::string>& ids) {
    say(peer, [&](auto& rpc) { rpc.add_idontwant(views(ids)); });
  }
  void send(PeerHandle peer, const pubsub::Message& message) {
    say(peer, [&](auto& rpc) { rpc.add_publish(message.field); });
  }
  void send(PeerHandle peer, std::string_view topic, std::string_view data) {
    send(peer, message(topic, data));
  }
  template <class Fill>
  void say(PeerHandle peer, Fill fill) {
    pubsub::RpcWriter writer{{.batch_bytes = 64 << 20,
                              .control_bytes = 64 << 20,
                              .subscriptions = 1'000'000,
                              .idontwant_ids = 1'000'000}};
    fill(writer);
    Bytes whole;
    for (const auto& piece : writer.take().pieces) append(whole, piece);
    base::ByteReader in{whole};
    EXPECT_TRUE(feed(peer, SharedBytes{to_bytes(**base::take_frame(in, whole.size()))}));
  }
  Result<void, pubsub::RpcError> feed(PeerHandle peer, const SharedBytes& frame) {
    const auto taken = router_.on_rpc(peer, frame, now_);
    drain();
    return taken;
  }

  pubsub::Message message(std::string_view topic, std::string_view data) {
    pubsub::Draft draft{topic, as_bytes(data), nullptr, std::nullopt, nullptr};
    auto made = pubsub::encode(draft);
    made.id = *config_->message_id(made.view);
    return made;
  }
  /// Signed by the peer of that number, for routers under strict_sign.
  pubsub::Message signed_message(int author, std::uint64_t seqno, std::string_view topic,
                                 std::string_view data) {
    const auto pair = key(author);
    const auto id = pair.peer_id();
    auto made = pubsub::encode({topic, as_bytes(data), &id, seqno, &pair});
    made.id = *config_->message_id(made.view);
    return made;
  }
  std::string id_of(std::string_view data) { return to_text(message("t", data).id.bytes()); }

  Result<std::size_t, PartialError> publish(const PartialMessage& message) {
    const auto sent = router_.publish_partial(message, now_);
    drain();
    return sent;
  }
  bool set_partial(std::string_view topic, std::optional<PartialTopic> options) {
    const auto done = router_.set_partial(topic, std::move(options));
    drain();
    return done;
  }
  Result<std::size_t, PublishError> publish(std::string_view topic, std::string_view data) {
    const auto sent = router_.publish(message(topic, data), now_);
    drain();
    return sent;
  }
  std::size_t publish_batch(std::string_view topic, const std::vector<std::string>& texts) {
    std::vector<pubsub::Message> messages;
    for (const auto& text : texts) messages.push_back(message(topic, text));
    const auto accepted = router_.publish_batch(std::move(messages), now_);
    drain();
    return accepted;
  }
  Result<void, PublishError> publish_local(std::string_view topic, std::string_view data) {
    const auto done = router_.publish_local(message(topic, data), now_);
    drain();
    return done;
  }
  /// Follows what is published next with that data.
  void track(std::string_view data, std::uint64_t receipt, Duration time = 10s) {
    router_.track(message("t", data).id, {ReceiptId{receipt}, time}, now_);
    drain();
  }
  /// The last word on a receipt.
  Progress progress(std::uint64_t receipt) {
    Progress last{ReceiptId{receipt}};
    for (const auto& said : said_) {
      if (said.receipt == ReceiptId{receipt}) last = said;
    }
    return last;
  }
  void replay(Replay message) {
    router_.replay(std::move(message), now_);
    drain();
  }
  void join(std::string_view topic) {
    router_.join(topic, now_);
    drain();
  }
  void leave(std::string_view topic) {
    router_.leave(topic, now_);
    drain();
  }
  void answer(Ticket ticket, Validation verdict) {
    router_.on_validated(ticket, verdict, now_);
    drain();
  }
  void verify(const Verify::Job& job) {
    router_.on_verified(job.ticket, pubsub::verify(job.message.view), now_);
    drain();
  }
  void advance(Duration span) {
    const auto end = now_ + span;
    for (auto next = *router_.next_deadline(); next <= end; next = *router_.next_deadline()) {
      now_ = std::max(now_, next);
      router_.on_deadline(now_);
      drain();
    }
    now_ = end;
  }
  /// The program does not run for a while.
  void sleep(Duration span) {
    now_ += span;
    router_.on_deadline(now_);
    drain();
  }
  void heartbeat() { advance(*router_.next_deadline() - now_); }
  void heartbeats(int count) {
    for (int i = 0; i < count; ++i) heartbeat();
  }

  Router& router() { return router_; }
  Heard& heard(PeerHandle peer) { return heard_[peer]; }
  TimePoint now() const { return now_; }
  const PeerId& id(PeerHandle peer) { return ids_.at(peer); }
  bool meshed(PeerHandle peer, std::string_view topic) {
    const auto peers = router_.mesh(topic);
    return std::ranges::find(peers, id(peer)) != peers.end();
  }
  std::uint64_t traced(Traced::Kind kind) {
    std::uint64_t sum = 0;
    for (const auto& event : events) sum += event.kind == kind ? event.count : 0;
    return sum;
  }
  std::size_t delivered(std::string_view data) {
    return static_cast<std::size_t>(std::ranges::count(deliveries, data));
  }
  /// Lets the peers' sockets take again what `hold_writes` held back.
  void release_writes() {
    hold_writes = false;
    for (const auto& [peer, id] : ids_) carry(peer);
    drain();
  }
  static KeyPair key(int number) {
    Rng::Seed seed{};
    seed[0] = static_cast<std::uint8_t>(number);
    seed[1] = static_cast<std::uint8_t>(number >> 8);
    seed[2] = static_cast<std::uint8_t>(number >> 16);
    return KeyPair::from_ed25519_seed(seed);
  }

  bool hold_writes = false;
  std::vector<std::string> deliveries{};
  std::vector<Traced> events{};
  std::vector<Recorded> records{};
  std::vector<Validate> to_validate{};
  std::vector<Verify::Job> to_verify{};
  std::vector<PeerId> to_connect{};
  std::vector<Connect> offers{};  ///< the same, whole
  std::vector<PartialReceived> partials{};
  std::vector<Advertise> advertised{};
  std::vector<std::pair<TimePoint, Discover>> searched{};
  std::vector<bool> histories{};  ///< of the deliveries
  std::vector<std::pair<std::uint64_t, ReplayVerdict>> replayed{};
  std::vector<pubsub::AuthorMark> marks{};

 private:
  static std::vector<ByteView> views(const std::vector<std::string>& ids) {
    std::vector<ByteView> all;
    for (const auto& id : ids) all.push_back(as_bytes(id));
    return all;
  }
  void drain() {
    while (auto output = router_.poll()) {
      if (const auto* write = std::get_if<WantsWrite>(&*output)) {
        if (!hold_writes) carry(write->peer);
      } else if (auto* deliver = std::get_if<Deliver>(&*output)) {
        deliveries.push_back(to_text(deliver->message.view.payload()));
        histories.push_back(deliver->history);
      } else if (auto* done = std::get_if<Replayed>(&*output)) {
        replayed.emplace_back(done->request, done->verdict);
      } else if (auto* verify = std::get_if<Verify>(&*output)) {
        to_verify.insert(to_verify.end(), verify->jobs.begin(), verify->jobs.end());
      } else if (auto* validate = std::get_if<Validate>(&*output)) {
        to_validate.push_back(*validate);
      } else if (auto* connect = std::get_if<Connect>(&*output)) {
        to_connect.push_back(connect->peer);
        offers.push_back(*connect);
      } else if (auto* partial = std::get_if<PartialReceived>(&*output)) {
        partials.push_back(std::move(*partial));
      } else if (const auto* progress = std::get_if<Progress>(&*output)) {
        said_.push_back(*progress);
      } else if (auto* advertise = std::get_if<Advertise>(&*output)) {
        advertised.push_back(std::move(*advertise));
      } else if (auto* discover = std::get_if<Discover>(&*output)) {
        searched.emplace_back(now_, std::move(*discover));
      } else if (const auto* raised = std::get_if<MarksRaised>(&*output)) {
        marks.insert(marks.end(), raised->marks.begin(), raised->marks.end());
      } else if (auto* event = std::get_if<Traced>(&*output)) {
        events.push_back(*event);
      } else if (auto* record = std::get_if<Recorded>(&*output)) {
        records.push_back(std::move(*record));
      }
    }
    router_.check_invariants(now_);
  }
  void carry(PeerHandle peer) {
    while (auto rpc = router_.pack(peer, now_)) {
      Bytes whole;
      for (const auto& piece : rpc->pieces) append(whole, piece);
      base::ByteReader in{whole};
      heard_[peer].take(SharedBytes{to_bytes(**base::take_frame(in, whole.size()))});
    }
  }

  std::vector<Progress> said_;
  TimePoint now_{1s};
  std::shared_ptr<const Config> config_;
  Router router_;
  std::uint32_t next_ = 1;
  std::map<PeerHandle, PeerId> ids_;
  std::map<PeerHandle, Heard> heard_;
};

}  // namespace grapevine::gossipsub
