// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/rng.hpp"
#include "core/identify/reader.hpp"
#include "core/ping/ping.hpp"
#include "core/pubsub/message.hpp"
#include "core/pubsub/rpc.hpp"
#include "core/session/session.hpp"
#include "identity/keys.hpp"
#include "multi/multiaddr.hpp"

namespace grapevine::wire {

/// One element of an RPC that came.
struct Heard {
  enum class Kind { subscribe, unsubscribe, message, graft, prune, ihave, iwant, idontwant };
  Kind kind;
  TimePoint at;
  std::size_t rpc = 0;  ///< the number of the RPC it stood in
  std::string topic{};
  Bytes id{};    ///< a message's, or one that an IHAVE, IWANT or IDONTWANT names
  Bytes data{};  ///< a message's
  std::optional<std::uint64_t> backoff_seconds{};
};

/// The steady clock as the cores count it.
TimePoint now();

/// A scripted neighbour: one identity, one connection that it dials, identify and ping as everybody
/// has them, and gossip that does nothing by itself. It never grafts, prunes or forwards unless
/// told. The loop belongs to the stage.
class Peer {
 public:
  Peer(std::string label, session::Config habits);
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;
  ~Peer();

  // --- connection ---
  /// Connects the socket and begins the handshake; false when the agent is not there.
  bool dial(const Multiaddr& address);
  /// Without a word.
  void hang_up();
  bool established() const { return agent_.has_value() && !closed(); }
  bool closed() const { return descriptor_ < 0; }
  const std::string& close_reason() const { return close_reason_; }
  std::optional<Duration> keep_alive_round_trip() const { return session_->round_trip(); }
  /// The agent's own words about itself, empty until identify told them.
  const std::string& agent_version() const { return agent_version_; }

  // --- gossip ---
  void open_gossip();
  bool gossip_open() const { return gossip_out_.has_value(); }
  /// The agent has opened its own gossip stream.
  bool gossip_heard() const { return gossip_ins_ > 0; }
  void reset_gossip();

  void subscribe(std::string_view topic);
  void graft(std::string_view topic);
  void prune(std::string_view topic, std::uint64_t backoff_seconds);
  void ihave(std::string_view topic, ByteView id);
  void iwant(ByteView id);
  void idontwant(ByteView id);
  /// A signed message of our own, not yet sent.
  pubsub::Message message(std::string_view topic, ByteView data);
  void publish(const pubsub::Message& message) { publish_field(message.field); }
  /// An encoded `publish` field as it is.
  void publish_field(const SharedBytes& field);
  /// Bytes on the gossip stream as they are.
  void write_raw(SharedBytes bytes);

  const std::vector<Heard>& heard() const { return heard_; }
  std::size_t count(Heard::Kind kind, std::string_view topic, std::size_t from = 0) const;
  /// The first of a kind from index `from` of `heard()`; nullptr: none.
  const Heard* find(Heard::Kind kind, std::string_view topic, std::size_t from = 0) const;
  const Heard* find_id(Heard::Kind kind, ByteView id) const;

  // --- ping ---
  /// Opens a ping stream and asks, all in one piece.
  void ping();
  std::optional<Duration> ping_round_trip() const { return ping_round_trip_; }

  // --- for the stage ---
  const std::string& label() const { return label_; }
  std::string id() const { return key_.peer_id().to_string(); }
  int descriptor() const { return descriptor_; }
  bool wants_write() const { return wants_write_ || !unsent_.empty(); }
  void on_readable();
  /// Timers, events, and what the socket takes.
  void turn();
  std::optional<TimePoint> next_deadline() const;

 private:
  using StreamId = session::StreamId;
  struct GossipIn {
    Bytes pending;  ///< the beginning of a frame
  };

  void drain();
  void on(const session::Established& event);
  void on(const session::StreamOpened& event);
  void on(const session::StreamData& event);
  void on(const session::StreamEnded& event);
  void on(const session::StreamClosed& event);
  void on(const session::StreamWritable&) {}
  void on(const session::WantsWrite&) { wants_write_ = true; }
  void on(const session::Closed& event);
  void on_gossip(GossipIn& in, ByteView bytes);
  void on_rpc(ByteView frame);
  void hear(const pubsub::RpcView& rpc);
  void tell_identity(StreamId stream);
  void send(pubsub::RpcWriter& writer);
  void write_out();
  void lose(std::string reason);

  std::string label_;
  Rng rng_;
  KeyPair key_;
  std::shared_ptr<const session::Config> habits_;
  std::optional<session::Session> session_;
  int descriptor_ = -1;
  std::string close_reason_;
  Slab slab_{64 * 1024};
  Bytes unsent_;
  bool wants_write_ = false;

  std::optional<PeerId> agent_;  ///< once the connection is secured
  std::string agent_version_;
  std::optional<StreamId> identify_out_;
  std::optional<identify::Reader> identify_reader_;
  std::optional<StreamId> gossip_out_;
  std::map<StreamId, GossipIn> gossip_in_;
  std::size_t gossip_ins_ = 0;
  std::map<StreamId, ping::Responder> pings_in_;
  std::optional<StreamId> ping_out_;
  ping::Pinger pinger_;
  std::optional<Duration> ping_round_trip_;
  std::uint64_t last_seqno_ = 0;
  std::size_t rpcs_ = 0;
  std::vector<Heard> heard_;
};

}  // namespace grapevine::wire
