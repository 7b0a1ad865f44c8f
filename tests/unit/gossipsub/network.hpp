// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
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

/// Routers joined by nothing but the bytes of their RPCs, under a clock that the test moves.
/// Verification and validation are answered at once unless the test takes them over.
/// `check_invariants` runs after every step.
class Network {
 public:
  struct Delivered {
    std::string topic;
    std::string data;
    bool local;
  };
  struct Node {
    KeyPair key;
    std::shared_ptr<const Config> config;
    Router router;
    std::map<PeerHandle, std::size_t> neighbours{};  ///< handle to index
    std::vector<Delivered> delivered{};
    std::vector<Traced> traced{};
    std::vector<PeerId> to_connect{};
    std::vector<Validate> to_validate{};
    std::vector<PartialReceived> partials{};
    std::vector<Verify::Job> to_verify{};
    std::uint64_t seqno = 1;
    bool hold_validation = false;    ///< the test answers what `to_validate` gathers
    bool hold_verification = false;  ///< the test answers what `to_verify` gathers
    bool hold_writes = false;        ///< its sockets take nothing
  };

  std::size_t add(Config config = {}) {
    Rng::Seed seed{};
    seed[0] = static_cast<std::uint8_t>(nodes_.size());
    seed[1] = static_cast<std::uint8_t>(nodes_.size() >> 8);
    auto key = KeyPair::from_ed25519_seed(seed);
    auto shared = std::make_shared<const Config>(std::move(config));
    auto router = Router::create(key.peer_id(), shared, Rng{seed}, now_);
    nodes_.push_back(std::make_unique<Node>(Node{std::move(key), shared, std::move(*router)}));
    return nodes_.size() - 1;
  }

  /// `dialer` connects to `listener`, both speaking `version`.
  void connect(std::size_t dialer, std::size_t listener, Version version = Version::v1_2) {
    link(dialer, listener);
    open(dialer, listener, version);
    open(listener, dialer, version);
    settle();
  }
  /// The connection alone, without streams.
  void link(std::size_t dialer, std::size_t listener) {
    const PeerHandle at_dialer{next_handle_++};
    const PeerHandle at_listener{next_handle_++};
    node(dialer).router.add_peer(at_dialer, {id(listener), true}, now_);
    node(listener).router.add_peer(at_listener, {id(dialer), false}, now_);
    node(dialer).neighbours[at_dialer] = listener;
    node(listener).neighbours[at_listener] = dialer;
  }
  void open(std::size_t at, std::size_t towards, Version version = Version::v1_2) {
    router(at).on_stream_open(handle(at, towards), version, now_);
  }
  void lose_stream(std::size_t at, std::size_t towards) {
    router(at).on_stream_lost(handle(at, towards), now_);
  }

  void disconnect(std::size_t a, std::size_t b) {
    node(a).router.remove_peer(handle(a, b), now_);
    node(b).router.remove_peer(handle(b, a), now_);
    node(a).neighbours.erase(handle(a, b));
    node(b).neighbours.erase(handle(b, a));
    settle();
  }

  void join(std::size_t at, std::string_view topic) {
    node(at).router.join(topic, now_);
    settle();
  }
  void leave(std::size_t at, std::string_view topic) {
    node(at).router.leave(topic, now_);
    settle();
  }

  pubsub::Message message(std::size_t at, std::string_view topic, std::string_view data) {
    auto& from = node(at);
    const bool sign = from.config->signature_policy == pubsub::SignaturePolicy::strict_sign;
    const auto author = from.key.peer_id();
    pubsub::Draft draft{topic, as_bytes(data), sign ? &author : nullptr,
                        sign ? std::optional{from.seqno++} : std::nullopt,
                        sign ? &from.key : nullptr};
    auto made = pubsub::encode(draft);
    made.id = *from.config->message_id(made.view);
    return made;
  }

  Result<std::size_t, PublishError> publish(std::size_t at, std::string_view topic,
                                            std::string_view data) {
    auto sent = node(at).router.publish(message(at, topic, data), now_);
    settle();
    return sent;
  }

  /// Moves the clock, heartbeat by heartbeat where they fall.
  void advance(Duration span) {
    const auto end = now_ + span;
    for (;;) {
      auto next = end;
      for (auto& node : nodes_) next = std::min(next, node->router.next_deadline().value_or(end));
      now_ = std::max(now_, next);
      for (auto& node : nodes_) {
        if (*node->router.next_deadline() <= now_) node->router.on_deadline(now_);
      }
      settle();
      if (now_ >= end) return;
    }
  }

  /// Until nobody has anything to say.
  void settle() {
    bool busy = true;
    while (busy) {
      busy = false;
      for (std::size_t i = 0; i < nodes_.size(); ++i) busy = turn(i) || busy;
    }
    for (auto& node : nodes_) node->router.check_invariants(now_);
  }

  /// Feeds `at` one hand-made RPC from its neighbour `from`.
  Result<void, pubsub::RpcError> feed(std::size_t at, std::size_t from, pubsub::PackedRpc rpc) {
    return feed_frame(at, from, SharedBytes{frame_of(rpc)});
  }
  Result<void, pubsub::RpcError> feed_frame(std::size_t at, std::size_t from,
                                            const SharedBytes& frame) {
    auto taken = node(at).router.on_rpc(handle(at, from), frame, now_);
    settle();
    return taken;
  }
  /// Lets what `hold_writes` held flow.
  void release_writes(std::size_t at) {
    node(at).hold_writes = false;
    for (const auto& [peer, index] : node(at).neighbours) carry(at, peer);
    settle();
  }

  Node& node(std::size_t at) { return *nodes_[at]; }
  Router& router(std::size_t at) { return nodes_[at]->router; }
  PeerId id(std::size_t at) { return nodes_[at]->key.peer_id(); }
  PeerHandle handle(std::size_t at, std::size_t neighbour) {
    for (const auto& [handle, index] : node(at).neighbours) {
      if (index == neighbour) return handle;
    }
    return PeerHandle{0};
  }
  TimePoint now() const { return now_; }
  bool meshed(std::size_t at, std::size_t with, std::string_view topic) {
    const auto peers = router(at).mesh(topic);
    return std::ranges::find(peers, id(with)) != peers.end();
  }
  std::uint64_t traced(std::size_t at, Traced::Kind kind) {
    std::uint64_t sum = 0;
    for (const auto& event : node(at).traced) sum += event.kind == kind ? event.count : 0;
    return sum;
  }
  std::size_t count(std::size_t at, std::string_view data) {
    std::size_t found = 0;
    for (const auto& message : node(at).delivered) found += message.data == data;
    return found;
  }

  static Bytes frame_of(const pubsub::PackedRpc& rpc) {
    Bytes whole;
    for (const auto& piece : rpc.pieces) append(whole, piece);
    base::ByteReader in{whole};
    return to_bytes(**base::take_frame(in, whole.size()));
  }

 private:
  bool turn(std::size_t at) {
    auto& self = node(at);
    bool busy = false;
    while (auto output = self.router.poll()) {
      busy = true;
      if (auto* deliver = std::get_if<Deliver>(&*output)) {
        const auto& view = deliver->message.view;
        self.delivered.push_back(
            {std::string{view.topic}, to_text(view.payload()), deliver->local});
      } else if (auto* verify = std::get_if<Verify>(&*output)) {
        for (auto& job : verify->jobs) {
          if (self.hold_verification) {
            self.to_verify.push_back(job);
          } else {
            self.router.on_verified(job.ticket, pubsub::verify(job.message.view), now_);
          }
        }
      } else if (auto* validate = std::get_if<Validate>(&*output)) {
        self.to_validate.push_back(*validate);
        if (!self.hold_validation) {
          self.router.on_validated(validate->ticket, Validation::accept, now_);
        }
      } else if (auto* partial = std::get_if<PartialReceived>(&*output)) {
        self.partials.push_back(std::move(*partial));
      } else if (auto* connect_to = std::get_if<Connect>(&*output)) {
        self.to_connect.push_back(connect_to->peer);
      } else if (auto* traced = std::get_if<Traced>(&*output)) {
        self.traced.push_back(*traced);
      } else if (auto* write = std::get_if<WantsWrite>(&*output)) {
        if (!self.hold_writes) carry(at, write->peer);
      }
    }
    return busy;
  }

  void carry(std::size_t at, PeerHandle peer) {
    const auto found = node(at).neighbours.find(peer);
    if (found == node(at).neighbours.end()) return;  // it left in this turn
    const auto to = found->second;
    while (auto rpc = node(at).router.pack(peer, now_)) {
      const SharedBytes frame{frame_of(*rpc)};
      if (tap) tap(at, to, frame);
      const auto back = handle(to, at);
      if (back == PeerHandle{0}) continue;  // the other end is played by the test
      EXPECT_TRUE(node(to).router.on_rpc(back, frame, now_));
    }
  }

 public:
  std::function<void(std::size_t from, std::size_t to, const SharedBytes& frame)> tap;

 private:
  std::vector<std::unique_ptr<Node>> nodes_;
  std::uint32_t next_handle_ = 1;
  TimePoint now_{1s};
};

}  // namespace grapevine::gossipsub
