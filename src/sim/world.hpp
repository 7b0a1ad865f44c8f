// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/rng.hpp"
#include "base/time.hpp"
#include "core/host/host.hpp"
#include "sim/schedule.hpp"

namespace grapevine::sim {

/// A node of the simulated network; never reused, also when the node is restarted.
using NodeIndex = std::size_t;

/// How a connection between two nodes behaves. It is a byte stream like TCP: a lost segment is not
/// missing, it comes late, and everything behind it waits.
struct LinkModel {
  Duration latency = std::chrono::milliseconds{25};  ///< one way
  Duration jitter{};                                 ///< uniform in [0, jitter], added
  std::uint32_t loss_per_10000 = 0;                  ///< of segments of 1,400 bytes
  Duration retransmission = std::chrono::milliseconds{200};
  std::uint64_t bytes_per_second = 0;  ///< 0: unlimited
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
/// the seed; `trace_hash()` of two runs of the same scenario is equal. One thread.
class World {
 public:
  explicit World(std::uint64_t seed, LinkModel links = {});

  NodeIndex add(std::shared_ptr<const host::Config> config);
  /// Nothing of the node answers any more; its connections end as when a process is killed.
  void crash(NodeIndex node);
  /// The crashed node again: the same key and address, nothing remembered but its sequence number.
  void restart(NodeIndex node);

  void connect(NodeIndex from, NodeIndex to);
  void disconnect(NodeIndex from, NodeIndex to);
  void join(NodeIndex node, std::string_view topic);
  void leave(NodeIndex node, std::string_view topic);
  /// Publishes; answers to how many peers.
  std::size_t publish(NodeIndex node, std::string_view topic, std::string_view data);

  void set_links(LinkModel links) { links_ = links; }
  /// From now on nothing passes between nodes of different groups; no connection is closed, it
  /// falls silent.
  void partition(std::vector<int> group_of_node);
  void heal();

  /// Runs everything that happens within `span`. Invariants of all hosts are checked once a virtual
  /// second.
  void run(Duration span);

  host::Host& host(NodeIndex node) { return *nodes_[node]->host; }
  bool alive(NodeIndex node) const { return nodes_[node]->host != nullptr; }
  const std::vector<Received>& received(NodeIndex node) const { return nodes_[node]->received; }
  std::size_t count(NodeIndex node, std::string_view data) const;
  PeerId id(NodeIndex node) const { return nodes_[node]->id; }
  std::size_t size() const { return nodes_.size(); }
  TimePoint now() const { return now_; }
  Rng& rng() { return rng_; }
  std::uint64_t events() const { return events_; }
  /// A hash over everything that happened, in order.
  std::uint64_t trace_hash() const { return trace_; }
  std::uint64_t bytes_carried() const { return bytes_; }

 private:
  struct Node {
    PeerId id;
    Rng::Seed key_seed{};
    std::shared_ptr<const host::Config> config;
    std::unique_ptr<host::Host> host;
    std::uint32_t life = 0;  ///< counts restarts: what was scheduled for an earlier life is dropped
    std::optional<TimePoint> wake;
    std::vector<Received> received;
    std::uint64_t seqno = 1;
  };
  /// One end of a connection.
  struct End {
    NodeIndex node;
    std::uint32_t life;
    host::LinkId link;
    friend auto operator<=>(const End&, const End&) = default;
  };
  struct Wire {
    End peer;
    TimePoint last_arrival{};
    std::vector<Bytes> held;  ///< arrived while the network was apart
  };
  struct Wake {
    NodeIndex node;
    std::uint32_t life;
  };
  struct Arrive {
    End to;
    Bytes bytes;
  };
  struct Release {
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
  using Event = std::variant<Wake, Arrive, Release, Hangup, DialOut, DialBack, Verified>;

  void start(Node& node);
  void turn(NodeIndex at);
  void on_output(NodeIndex at, host::Output& output);
  void carry(NodeIndex at, host::LinkId link);
  void hang_up(NodeIndex at, host::LinkId link);
  void happen(Event& event);
  void receive(const End& to, ByteView bytes);
  void dial(NodeIndex from, const host::Dial& dial);
  void answer(const DialOut& dial);
  void answered(const DialBack& back);
  bool separated(NodeIndex a, NodeIndex b) const;
  Duration transit(std::size_t size);
  End end_of(NodeIndex node, host::LinkId link) const { return {node, nodes_[node]->life, link}; }
  bool current(NodeIndex node, std::uint32_t life) const {
    return nodes_[node]->life == life && nodes_[node]->host;
  }
  void note(std::uint64_t what);
  Multiaddr address_of(NodeIndex node) const;

  Rng rng_;
  LinkModel links_;
  std::vector<std::unique_ptr<Node>> nodes_;
  std::map<End, Wire> wires_;
  std::vector<int> groups_;
  Schedule<Event> schedule_;
  TimePoint now_{std::chrono::seconds{1}};
  TimePoint next_check_{};
  std::uint64_t events_ = 0;
  std::uint64_t bytes_ = 0;
  std::uint64_t trace_ = 0xCBF29CE484222325u;
};

}  // namespace grapevine::sim
