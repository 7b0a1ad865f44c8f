// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>
#include <vector>

#include "base/queue.hpp"
#include "base/rng.hpp"
#include "base/time.hpp"
#include "core/host/host.hpp"
#include "sim/schedule.hpp"

namespace grapevine::sim {

/// A node of the simulated network; never reused, also when the node is restarted.
using NodeIndex = std::size_t;

/// What connections are made of.
enum class Fidelity {
  full,    ///< sessions: every byte negotiated, encrypted and multiplexed as on a real network
  direct,  ///< values handed over: the same hosts and routers, many times as fast
};

/// How a connection between two nodes behaves. It is a byte stream like TCP: a lost segment is not
/// missing, it comes late, and everything behind it waits.
struct LinkModel {
  Duration latency = std::chrono::milliseconds{25};  ///< one way
  Duration jitter{};                                 ///< uniform in [0, jitter], added
  std::uint32_t loss_per_10000 = 0;                  ///< of segments of 1,400 bytes
  Duration retransmission = std::chrono::milliseconds{200};
  std::uint64_t bytes_per_second = 0;    ///< each way; 0: unlimited
  std::size_t socket_size = 256 * 1024;  ///< bytes that wait for the line, or for the reader
};

/// What a node's application got.
struct Received {
  TimePoint at;
  std::string topic;
  std::string data;
  PeerId via;
  bool local;
};

/// Many hosts, the production code to the last line, on a virtual network under a virtual clock:
/// the third driver of `host::Host` beside the Asio shell and the fuzzers. Everything follows from
/// the seed; `trace_hash()` of two runs of the same scenario is equal. One thread. Memory is that
/// of the hosts, what the sockets hold (at most `socket_size` and one write each way of a
/// connection) and what was received.
class World {
 public:
  explicit World(std::uint64_t seed, LinkModel links = {}, Fidelity fidelity = Fidelity::full);

  NodeIndex add(std::shared_ptr<const host::Config> config);
  /// Nothing of the node answers any more; its connections end as when a process is killed.
  void crash(NodeIndex node);
  /// The crashed node again: the same key and address, nothing remembered but its sequence number.
  /// With another configuration where one is given.
  void restart(NodeIndex node, std::shared_ptr<const host::Config> config = nullptr);
  /// As SIGSTOP does: nothing happens in the node, what comes waits.
  void stop(NodeIndex node);
  /// As SIGCONT does: all that has waited happens now, in order.
  void resume(NodeIndex node);

  void connect(NodeIndex from, NodeIndex to);
  void disconnect(NodeIndex from, NodeIndex to);
  /// `node` wants to be connected with `other` at all times.
  void add_direct(NodeIndex node, NodeIndex other);
  void join(NodeIndex node, std::string_view topic);
  void leave(NodeIndex node, std::string_view topic);
  /// What holds in `topic` at `node`, also for what it publishes; gone with a restart.
  void set_policy(NodeIndex node, std::string_view topic, const gossipsub::TopicPolicy& policy);
  /// Publishes; answers to how many peers.
  std::size_t publish(NodeIndex node, std::string_view topic, std::string_view data);
  /// Publishes several at once, interleaved.
  void publish_batch(NodeIndex node, std::string_view topic, const std::vector<std::string>& data);
  /// From now on there is a registry: what nodes advertise is found by those that search, all of
  /// it, and `delay` later.
  void set_registry(Duration delay) { registry_delay_ = delay; }

  void set_links(LinkModel links) { links_ = links; }
  /// While `deaf` the node takes nothing off its connections; it still acts and sends.
  void set_deaf(NodeIndex node, bool deaf);
  /// From now on nothing passes between nodes of different groups; no connection is closed, it
  /// falls silent.
  void partition(std::vector<int> group_of_node);
  /// What was on its way arrives late and in order.
  void heal();

  /// The word of a node's application on a message; none: it never answers. Without a judge
  /// everything is accepted.
  using Judge =
      std::function<std::optional<gossipsub::Validation>(NodeIndex node, const host::Validate&)>;
  void set_judge(Judge judge) { judge_ = std::move(judge); }

  /// Frames of direct links on their way: a test may look, and tamper.
  using Tap = std::function<void(NodeIndex from, NodeIndex to, host::direct::Frames&)>;
  void set_tap(Tap tap) { tap_ = std::move(tap); }
  /// What hosts ask for and tell, before the world acts on it.
  using Observer = std::function<void(NodeIndex node, const host::Output&)>;
  void set_observer(Observer observer) { observer_ = std::move(observer); }
  /// Hands `to` what looks as if `from` had sent it on each direct link between them.
  void inject(NodeIndex from, NodeIndex to, const host::direct::Frames& frames);

  /// Runs everything that happens within `span`. Invariants of all hosts are checked once a virtual
  /// second.
  void run(Duration span);

  host::Host& host(NodeIndex node) { return *nodes_[node]->host; }
  const host::Host& host(NodeIndex node) const { return *nodes_[node]->host; }
  bool alive(NodeIndex node) const { return nodes_[node]->host != nullptr; }
  const std::vector<Received>& received(NodeIndex node) const { return nodes_[node]->received; }
  std::size_t count(NodeIndex node, std::string_view data) const;
  PeerId id(NodeIndex node) const { return nodes_[node]->id; }
  /// How often the node's router told of `kind`, for `reason`; an empty one means any.
  std::uint64_t traced(NodeIndex node, gossipsub::Traced::Kind kind,
                       std::string_view reason = {}) const;
  std::size_t size() const { return nodes_.size(); }
  TimePoint now() const { return now_; }
  Rng& rng() { return rng_; }
  std::uint64_t events() const { return events_; }
  /// A hash over everything that happened, in order.
  std::uint64_t trace_hash() const { return trace_; }
  std::uint64_t bytes_carried() const { return bytes_; }
  /// Bytes that are on their way or wait to be read, everywhere.
  std::size_t bytes_in_flight() const;

 private:
  /// One end of a connection.
  struct End {
    NodeIndex node;
    std::uint32_t life;
    host::LinkId link;
  };
  using Load = std::variant<Bytes, host::direct::Frames>;
  struct Wire {
    explicit Wire(const End& other) : peer{other} {}

    End peer;
    TimePoint last_arrival{};   ///< of what comes in: nothing overtakes
    base::Queue<Load> held;     ///< arrived, and not read yet
    std::size_t unread = 0;     ///< bytes on the way here and held
    TimePoint line_free{};      ///< when all that was sent has left
    std::size_t unwritten = 0;  ///< bytes the socket has not taken
    bool waiting = false;       ///< for the line, to send more
  };
  struct Wake {
    NodeIndex node;
    std::uint32_t life;
  };
  struct Arrive {
    End to;
    Load load;
  };
  struct Release {
    End to;
  };
  /// The line, or the reader, has room again.
  struct Resume {
    End to;
  };
  struct Hangup {
    End to;
    NodeIndex from;
  };
  struct DialOut {
    NodeIndex from;
    std::uint32_t life;
    host::DialId dial;
    NodeIndex to;
  };
  struct DialBack {
    NodeIndex from;
    std::uint32_t life;
    host::DialId dial;
    std::optional<End> peer;
  };
  struct Verified {
    NodeIndex node;
    std::uint32_t life;
    std::vector<gossipsub::Verify::Job> jobs;
  };
  /// The registry answers.
  struct Found {
    NodeIndex node;
    std::uint32_t life;
    std::vector<Multiaddr> addresses;
  };
  using Event =
      std::variant<Wake, Arrive, Release, Resume, Hangup, DialOut, DialBack, Verified, Found>;
  struct Node {
    PeerId id;
    Rng::Seed key_seed{};
    std::optional<KeyPair> key;
    Multiaddr address;
    std::shared_ptr<const host::Config> config;
    std::unique_ptr<host::Host> host;
    std::uint32_t life = 0;  ///< counts restarts: what was scheduled for an earlier life is dropped
    std::map<host::LinkId, Wire> wires;  ///< of this life
    std::optional<TimePoint> wake;
    std::map<std::string, gossipsub::TopicPolicy, std::less<>> policies;
    std::vector<Received> received;
    std::map<std::pair<gossipsub::Traced::Kind, std::string_view>, std::uint64_t> traced;
    std::uint64_t seqno = 1;
    bool deaf = false;
    bool stopped = false;
    std::vector<Event> missed;  ///< while stopped
  };
  using Verdict = Result<void, pubsub::RejectReason>;

  // world.cpp
  void start(Node& node);
  void turn(NodeIndex at);
  void on_output(NodeIndex at, host::Output& output);
  void happen(Event& event);
  void on(Wake& wake);
  void on(Arrive& arrive);
  void on(Release& release) { read(release.to); }
  void on(Resume& resume);
  void on(Hangup& hangup);
  void on(DialOut& dial);
  void on(DialBack& back);
  void on(Verified& verified);
  void on(Found& found);
  pubsub::Message message(Node& node, std::string_view topic, std::string_view data);
  void look_up(NodeIndex at, const host::Discover& wanted);
  Verdict verdict_on(const pubsub::Message& message);
  void check();
  void note(std::uint64_t what);

  // network.cpp
  void dial(NodeIndex from, const host::Dial& dial);
  void carry(NodeIndex at, host::LinkId link);
  std::pair<Load, bool> pack(NodeIndex at, host::LinkId link);
  bool may_send(Wire& wire, const End& from);
  void send(Wire& wire, const End& from, Load load);
  void read(const End& to);
  bool readable(const End& to, const Wire& wire) const;
  void receive(const End& to, Load load);
  void hang_up(NodeIndex at, host::LinkId link);
  void release_all(NodeIndex at);
  Duration transit(std::size_t size);
  Duration time_on_line(std::size_t size) const;
  bool separated(NodeIndex a, NodeIndex b) const;
  static std::size_t size_of(const Load& load);
  Wire* find(const End& end);
  Wire& add(const End& end, const Wire& wire);
  End end_of(NodeIndex node, host::LinkId link) const { return {node, nodes_[node]->life, link}; }
  bool current(NodeIndex node, std::uint32_t life) const {
    return nodes_[node]->life == life && nodes_[node]->host;
  }
  host::LinkKind kind() const {
    return fidelity_ == Fidelity::full ? host::LinkKind::session : host::LinkKind::direct;
  }

  Rng rng_;
  LinkModel links_;
  Fidelity fidelity_;
  std::vector<std::unique_ptr<Node>> nodes_;
  std::map<std::string, NodeIndex> by_address_;
  std::vector<int> groups_;
  Judge judge_;
  Schedule<Event> schedule_;
  Tap tap_;
  std::optional<Duration> registry_delay_;
  std::map<std::string, std::map<NodeIndex, TimePoint>> registry_;  ///< until when, by topic
  Observer observer_;
  /// Verdicts on messages' bytes: the nodes of a world check the same signature many times.
  std::unordered_map<std::string, Verdict> verdicts_;
  TimePoint now_{std::chrono::seconds{1}};
  TimePoint next_check_{};
  std::uint64_t events_ = 0;
  std::uint64_t bytes_ = 0;
  std::uint64_t trace_ = 0xCBF29CE484222325u;
};

}  // namespace grapevine::sim
