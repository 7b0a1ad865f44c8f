// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/queue.hpp"
#include "core/host/host.hpp"
#include "core/identify/info.hpp"
#include "core/pubsub/message.hpp"

namespace grapevine::host {

using namespace std::chrono_literals;

inline Rng::Seed seed_of(std::uint64_t number) {
  Rng::Seed seed{};
  for (std::size_t i = 0; i < 8; ++i) seed[i] = static_cast<std::uint8_t>(number >> (8 * i));
  return seed;
}
inline KeyPair key_of(std::uint64_t number) { return KeyPair::from_ed25519_seed(seed_of(number)); }
inline Multiaddr parse(std::string_view text) { return *Multiaddr::parse(text); }
/// An address of nobody's.
inline Multiaddr port(int number) { return parse("/ip4/1.2.3.4/tcp/" + std::to_string(number)); }

/// A configuration after the test has had its say.
template <class Change>
std::shared_ptr<const Config> config_with(Change change) {
  gossipsub::Config gossip;
  session::Config session;
  auto config = std::make_shared<Config>();
  change(*config, gossip, session);
  config->gossip = std::make_shared<gossipsub::Config>(gossip);
  config->session = std::make_shared<session::Config>(session);
  return config;
}
inline std::shared_ptr<const Config> default_config() {
  return config_with([](Config&, gossipsub::Config&, session::Config&) {});
}

/// The other end of a host's connection, in the test's hands: raw bytes, or a genuine session.
class Guest {
 public:
  struct Data {
    std::string protocol;
    Bytes bytes;
    bool inbound = false;  ///< the host opened it
    bool ended = false;
    std::optional<session::StreamClosed::Reason> closed;
  };

  /// Speaks the protocols itself from now on.
  void become(session::Role role, std::uint64_t key, std::vector<std::string> protocols,
              TimePoint now) {
    identity = std::make_unique<KeyPair>(key_of(key));
    auto accepted = std::make_shared<session::Protocols>();
    accepted->supported = std::move(protocols);
    session.emplace(session::SessionSetup{role, identity.get(), std::nullopt,
                                          std::make_shared<session::Config>(), accepted},
                    Rng{seed_of(key + 1000)}, now);
  }

  void take_events(TimePoint now) {
    while (auto event = session->poll()) {
      if (const auto* opened = std::get_if<session::StreamOpened>(&*event)) {
        auto& stream = streams[opened->stream];
        stream.protocol = opened->protocol;
        stream.inbound = opened->inbound;
        if (opened->inbound && stream.protocol == identify::protocol && info) {
          session->write(opened->stream, SharedBytes{identify::encode(*info)});
          session->end_stream(opened->stream);
        }
      } else if (auto* data = std::get_if<session::StreamData>(&*event)) {
        append(streams[data->stream].bytes, data->bytes);
        if (consumes) session->consumed(data->stream, data->bytes.size());
      } else if (const auto* end = std::get_if<session::StreamEnded>(&*event)) {
        streams[end->stream].ended = true;
      } else if (const auto* gone = std::get_if<session::StreamClosed>(&*event)) {
        streams[gone->stream].closed = gone->reason;
      } else if (const auto* over = std::get_if<session::Closed>(&*event)) {
        session_over = over->reason;
      }
    }
    (void)now;
  }

  session::StreamId open(std::string_view protocol, TimePoint now) {
    const auto id = session->open_stream({std::string{protocol}}, now);
    ASSERT(id);
    streams[*id].protocol = protocol;
    return *id;
  }
  /// The streams of `protocol` that the host opened, oldest first.
  std::vector<session::StreamId> inbound(std::string_view protocol) const {
    std::vector<session::StreamId> found;
    for (const auto& [id, stream] : streams) {
      if (stream.inbound && stream.protocol == protocol) found.push_back(id);
    }
    return found;
  }

  std::unique_ptr<KeyPair> identity;
  std::optional<session::Session> session;
  std::optional<identify::Info> info;  ///< told to whoever asks
  std::map<session::StreamId, Data> streams;
  std::optional<session::SessionError> session_over;
  bool consumes = true;
  bool reads = true;    ///< takes bytes off the wire
  bool closed = false;  ///< the host hung up
  Bytes received;       ///< while there is no session
  std::size_t taken = 0;
};

/// Hosts and guests in memory under virtual time, without latency. What the hosts tell their
/// applications is collected.
class Lab {
 public:
  using Node = std::size_t;
  using WireId = std::size_t;
  static constexpr std::size_t socket_size = 64 * 1024;  ///< bytes a socket takes unread

  explicit Lab(std::uint64_t seed = 1) : rng_{seed_of(seed)} {}

  Node add(const std::shared_ptr<const Config>& config = default_config()) {
    nodes_.push_back({key_of(nodes_.size() + 1), config, {}, {}});
    start(nodes_.size() - 1);
    return nodes_.size() - 1;
  }
  void start(Node at) {
    auto& node = nodes_[at];
    node.host.emplace(*Host::create(key_of(at + 1), node.config, rng_.fork(), now_));
  }
  /// The process is gone, and nobody hears of it.
  void vanish(Node at) {
    for (auto& wire : wires_) {
      for (auto& end : wire.ends) {
        if (end.node == at) end.node = gone;
      }
    }
    nodes_[at].host.reset();
  }

  Host& host(Node at) { return *nodes_[at].host; }
  PeerId id(Node at) const { return nodes_[at].key.peer_id(); }
  static Multiaddr address(Node at) {
    return parse("/ip4/10.0.0." + std::to_string(at + 1) + "/tcp/4001");
  }
  Multiaddr full(Node at) const { return address(at).with_p2p(id(at).bytes()); }
  std::vector<Output>& outputs(Node at) { return nodes_[at].outputs; }
  TimePoint now() const { return now_; }

  /// Dials to `address` are never answered.
  void silence(const Multiaddr& address) { silent_.push_back(address); }
  /// Dials to `address` reach `node`.
  void redirect(const Multiaddr& address, Node node) { redirects_.emplace_back(address, node); }
  /// Dials to `address` reach a guest that is made then.
  void station(const Multiaddr& address) { stations_.push_back(address); }

  /// `name` has these TXT records; without any, its server never answers.
  void name(const std::string& name, std::vector<std::string> records) {
    records_[name] = std::move(records);
  }

  /// A guest connects to `to` from `from`; nullopt when it is refused.
  std::optional<WireId> knock(Node to, const Multiaddr& from = parse("/ip4/10.9.9.9/tcp/9")) {
    const auto link = host(to).on_accepted(from, now_);
    if (!link) return std::nullopt;
    wires_.push_back({{{{to, *link}, {outside, {}}}}, std::make_unique<Guest>(), {}});
    return wires_.size() - 1;
  }
  /// The same with a session, which answers with `info` when it is asked who it is.
  std::optional<WireId> visit(Node to, std::uint64_t key, std::vector<std::string> protocols = {},
                              const Multiaddr& from = parse("/ip4/10.9.9.9/tcp/9"),
                              std::optional<identify::Info> info = {}) {
    const auto wire = knock(to, from);
    if (!wire) return std::nullopt;
    guest(*wire).info = std::move(info);
    guest(*wire).become(session::Role::dialer, key, std::move(protocols), now_);
    settle();
    return wire;
  }
  Guest& guest(WireId wire) { return *wires_[wire].guest; }
  bool has_guest(WireId wire) const { return wires_[wire].guest != nullptr; }
  /// The guest takes what comes again, at last.
  void read_again(WireId id) {
    wires_[id].guest->reads = true;
    wires_[id].unread = 0;
    auto& end = wires_[id].ends[0];
    if (std::exchange(end.blocked, false) && end.node < nodes_.size()) carry(end.node, end.link);
    settle();
  }
  /// Wires of hosts that are gone at both ends need not be looked at any more.
  void drop_dead_wires() {
    std::erase_if(wires_, [](const Wire& wire) {
      return !wire.guest && wire.ends[0].node == gone && wire.ends[1].node == gone;
    });
  }
  std::size_t wire_count() const { return wires_.size(); }
  void send(WireId wire, ByteView bytes) {
    deliver(wire, 0, to_bytes(bytes));
    settle();
  }
  void hang_up(WireId wire) {
    auto& end = wires_[wire].ends[0];
    if (end.node < nodes_.size()) host(end.node).on_link_closed(end.link, "gone", now_);
    end.node = gone;
    settle();
  }

  ConnectId connect(Node from, std::vector<Multiaddr> addresses, bool another = false) {
    ConnectRequest request;
    request.addresses = std::move(addresses);
    request.another = another;
    return host(from).connect(std::move(request), now_);
  }
  void connect(Node from, Node to) {
    connect(from, {full(to)});
    settle();
  }
  std::size_t publish(Node at, std::string_view topic, std::string_view data) {
    auto& node = nodes_[at];
    const auto self = id(at);
    auto message = pubsub::encode({topic, as_bytes(data), &self, node.seqno++, &node.key});
    message.id = *node.config->gossip->message_id(message.view);
    const auto sent = node.host->publish(std::move(message), now_);
    settle();
    return sent.value_or(0);
  }

  /// Everything that happens now.
  void settle() {
    for (bool busy = true; busy;) {
      busy = false;
      for (Node at = 0; at < nodes_.size(); ++at) {
        while (nodes_[at].host) {
          auto output = nodes_[at].host->poll();
          if (!output) break;
          busy = true;
          on_output(at, std::move(*output));
        }
      }
      for (WireId id = 0; id < wires_.size(); ++id) busy = pump(id) || busy;
      ASSERT(++turns_ < 10'000'000);
    }
    turns_ = 0;
    for (auto& node : nodes_) {
      if (node.host) node.host->check_invariants(now_);
    }
  }
  void run(Duration span) {
    const auto end = now_ + span;
    for (settle();; settle()) {
      const auto next = next_deadline();
      if (!next || *next > end) break;
      now_ = std::max(now_, *next);
      for (auto& node : nodes_) {
        if (node.host && node.host->next_deadline() <= now_) node.host->on_deadline(now_);
      }
      for (auto& wire : wires_) {
        auto* session = wire.guest && wire.guest->session ? &*wire.guest->session : nullptr;
        if (session && session->next_deadline() && *session->next_deadline() <= now_) {
          session->on_deadline(now_);
        }
      }
      ASSERT(++wakes_ < 10'000'000);
    }
    wakes_ = 0;
    now_ = end;
  }

  template <class Kind>
  std::vector<Kind> all(Node at) const {
    std::vector<Kind> found;
    for (const auto& output : nodes_[at].outputs) {
      if (const auto* kind = std::get_if<Kind>(&output)) found.push_back(*kind);
    }
    return found;
  }
  template <class Kind>
  std::optional<Kind> last(Node at) const {
    auto found = all<Kind>(at);
    return found.empty() ? std::nullopt : std::optional{std::move(found.back())};
  }
  std::size_t delivered(Node at, std::string_view data) const {
    std::size_t copies = 0;
    for (const auto& deliver : all<Deliver>(at)) {
      copies += as_text(deliver.message.view.payload()) == data && !deliver.local;
    }
    return copies;
  }
  void forget(Node at) { nodes_[at].outputs.clear(); }

 private:
  static constexpr Node outside = ~Node{0};
  static constexpr Node gone = ~Node{0} - 1;

  struct NodeState {
    KeyPair key;
    std::shared_ptr<const Config> config;
    std::optional<Host> host;
    std::vector<Output> outputs;
    std::uint64_t seqno = 1;
  };
  struct End {
    Node node;
    LinkId link;
    base::Queue<Bytes> inbox{};
    bool blocked = false;  ///< its driver waits until the socket takes more
  };
  struct Wire {
    std::array<End, 2> ends;
    std::unique_ptr<Guest> guest;  ///< of ends[1]
    std::size_t unread = 0;        ///< bytes the guest has not taken
  };

  std::optional<TimePoint> next_deadline() {
    std::optional<TimePoint> next;
    const auto consider = [&](std::optional<TimePoint> at) {
      if (at && (!next || *at < *next)) next = at;
    };
    for (const auto& node : nodes_) {
      if (node.host) consider(node.host->next_deadline());
    }
    for (const auto& wire : wires_) {
      if (wire.guest && wire.guest->session) consider(wire.guest->session->next_deadline());
    }
    return next;
  }

  void on_output(Node at, Output output) {
    auto& host = *nodes_[at].host;
    if (const auto* write = std::get_if<WantsWrite>(&output)) {
      carry(at, write->link);
    } else if (const auto* close = std::get_if<CloseLink>(&output)) {
      carry(at, close->link);
      hang_up(at, close->link);
      host.on_link_closed(close->link, close->reason, now_);
    } else if (const auto* wanted = std::get_if<Dial>(&output)) {
      dial(at, *wanted);
      nodes_[at].outputs.push_back(output);
    } else if (const auto* asked = std::get_if<Resolve>(&output)) {
      resolve(at, *asked);
      nodes_[at].outputs.push_back(output);
    } else if (auto* verify = std::get_if<Verify>(&output)) {
      for (const auto& job : verify->jobs) {
        host.on_verified(job.ticket, pubsub::verify(job.message.view), now_);
      }
    } else if (const auto* validate = std::get_if<Validate>(&output)) {
      host.on_validated(validate->ticket, gossipsub::Validation::accept, now_);
    } else {
      nodes_[at].outputs.push_back(std::move(output));
    }
  }

  void resolve(Node at, const Resolve& asked) {
    const auto known = records_.find(asked.name);
    if (known == records_.end()) {
      host(at).on_resolve_failed(asked.resolve, "no such name", now_);
    } else if (!known->second.empty()) {
      host(at).on_resolved(asked.resolve, known->second, now_);
    }
  }

  void dial(Node from, const Dial& wanted) {
    auto& host = *nodes_[from].host;
    const auto& to = wanted.address;
    if (std::ranges::find(silent_, to) != silent_.end()) return;
    std::optional<Node> target;
    for (Node at = 0; at < nodes_.size(); ++at) {
      if (address(at) == to) target = at;
    }
    for (const auto& [known, node] : redirects_) {
      if (known == to) target = node;
    }
    if (std::ranges::find(stations_, to) != stations_.end()) {
      if (const auto link = host.on_dialed(wanted.dial, now_)) {
        wires_.push_back({{{{from, *link}, {outside, {}}}}, std::make_unique<Guest>(), {}});
      }
      return;
    }
    if (!target || !nodes_[*target].host) {
      host.on_dial_failed(wanted.dial, DialError::refused, "nobody there", now_);
      return;
    }
    const auto accepted = nodes_[*target].host->on_accepted(address(from), now_);
    if (!accepted) {
      host.on_dial_failed(wanted.dial, DialError::closed, "limit", now_);
      return;
    }
    const auto link = host.on_dialed(wanted.dial, now_);
    if (!link) {
      nodes_[*target].host->on_link_closed(*accepted, "not wanted", now_);
      return;
    }
    wires_.push_back({{{{from, *link}, {*target, *accepted}}}, nullptr, {}});
  }

  std::pair<WireId, std::size_t> find(Node at, LinkId link) const {
    for (WireId id = 0; id < wires_.size(); ++id) {
      for (std::size_t side = 0; side < 2; ++side) {
        const auto& end = wires_[id].ends[side];
        if (end.node == at && end.link == link) return {id, side};
      }
    }
    return {wires_.size(), 0};
  }

  void carry(Node at, LinkId link) {
    const auto [id, side] = find(at, link);
    if (id == wires_.size()) return;
    for (bool more = true; more;) {
      auto& wire = wires_[id];
      const bool slow = wire.guest && !wire.guest->reads;
      if (slow && wire.unread >= socket_size) {
        wire.ends[side].blocked = true;
        return;
      }
      Bytes bytes;
      more = host(at).pack(link, bytes, std::size_t{256} * 1024, now_);
      if (bytes.empty()) return;
      const auto room = slow ? socket_size - wire.unread : bytes.size();
      host(at).on_written(link, std::min(room, bytes.size()), now_);
      if (slow) wire.unread += bytes.size();
      deliver(id, 1 - side, std::move(bytes));
    }
  }

  void deliver(WireId id, std::size_t side, Bytes bytes) {
    wires_[id].ends[side].inbox.push(std::move(bytes));
  }

  void hang_up(Node at, LinkId link) {
    const auto [id, side] = find(at, link);
    if (id == wires_.size()) return;
    wires_[id].ends[side].node = gone;
    auto& other = wires_[id].ends[1 - side];
    if (other.node == outside) {
      pump_guest(wires_[id]);
      wires_[id].guest->closed = true;
    } else if (other.node != gone) {
      while (pump_host(wires_[id], 1 - side)) {
      }
      const auto end = std::exchange(other.node, gone);
      host(end).on_link_closed(other.link, "closed by the other side", now_);
    }
  }

  bool pump(WireId id) {
    bool busy = pump_host(wires_[id], 0);
    busy = pump_host(wires_[id], 1) || busy;
    return (wires_[id].guest && pump_guest(wires_[id])) || busy;
  }

  bool pump_host(Wire& wire, std::size_t side) {
    auto& end = wire.ends[side];
    if (end.node >= nodes_.size() || end.inbox.empty()) return false;
    if (!host(end.node).wants_read(end.link)) return false;
    auto bytes = end.inbox.pop();
    Slab slab{bytes.size()};
    std::ranges::copy(bytes, slab.space().begin());
    host(end.node).on_bytes(end.link, {slab, slab.space()}, now_);
    return true;
  }

  bool pump_guest(Wire& wire) {
    auto& guest = *wire.guest;
    auto& inbox = wire.ends[1].inbox;
    bool busy = false;
    while (guest.reads && !inbox.empty()) {
      auto bytes = inbox.pop();
      busy = true;
      guest.taken += bytes.size();
      if (!guest.session) {
        append(guest.received, bytes);
        continue;
      }
      Slab slab{bytes.size()};
      std::ranges::copy(bytes, slab.space().begin());
      guest.session->on_bytes({slab, slab.space()}, now_);
    }
    if (guest.session) {
      guest.take_events(now_);
      Bytes out;
      guest.session->pack(out, std::size_t{1} << 20, now_);
      guest.session->on_written(out.size(), now_);
      if (!out.empty()) wire.ends[0].inbox.push(std::move(out));
      guest.take_events(now_);
      busy = busy || (!wire.ends[0].inbox.empty() && wire.ends[0].node < nodes_.size() &&
                      host(wire.ends[0].node).wants_read(wire.ends[0].link));
    }
    return busy;
  }

  Rng rng_;
  std::vector<NodeState> nodes_;
  std::vector<Wire> wires_;
  std::vector<Multiaddr> silent_;
  std::vector<Multiaddr> stations_;
  std::vector<std::pair<Multiaddr, Node>> redirects_;
  std::map<std::string, std::vector<std::string>> records_;
  TimePoint now_{1s};
  std::size_t turns_ = 0;
  std::size_t wakes_ = 0;
};

}  // namespace grapevine::host
