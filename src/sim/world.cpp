// SPDX-License-Identifier: Apache-2.0
#include "sim/world.hpp"

#include <algorithm>
#include <utility>

#include "base/assert.hpp"
#include "core/pubsub/message.hpp"

namespace grapevine::sim {

namespace {

constexpr std::size_t write_budget = 256 * 1024;
constexpr std::size_t segment_size = 1400;
constexpr auto verify_time = std::chrono::microseconds{40};  ///< one signature on one core
constexpr auto dial_silence = std::chrono::seconds{15};      ///< what an unanswered SYN costs

constexpr host::LinkId no_link{0};

Rng::Seed seed_of(std::uint64_t number) {
  Rng::Seed seed{};
  for (std::size_t i = 0; i < 8; ++i) seed[i] = static_cast<std::uint8_t>(number >> (8 * i));
  return seed;
}

}  // namespace

World::World(std::uint64_t seed, LinkModel links) : rng_{seed_of(seed)}, links_{links} {}

void World::note(std::uint64_t what) {
  trace_ = (trace_ ^ what) * 0x100000001B3u;
  trace_ = (trace_ ^ static_cast<std::uint64_t>(now_.time_since_epoch().count())) * 0x100000001B3u;
}

/// 10.0.0.1 is node 0; the port is always 4001.
Multiaddr World::address_of(NodeIndex node) const {
  const auto host = node + 1;
  return *Multiaddr::parse("/ip4/10." + std::to_string(host >> 16 & 255) + "." +
                           std::to_string(host >> 8 & 255) + "." + std::to_string(host & 255) +
                           "/tcp/4001");
}

NodeIndex World::add(std::shared_ptr<const host::Config> config) {
  auto node = std::make_unique<Node>();
  node->key_seed = seed_of(nodes_.size() + 1);
  node->id = KeyPair::from_ed25519_seed(node->key_seed).peer_id();
  node->config = std::move(config);
  nodes_.push_back(std::move(node));
  const auto index = nodes_.size() - 1;
  start(*nodes_[index]);
  turn(index);
  return index;
}

void World::start(Node& node) {
  auto host =
      host::Host::create(KeyPair::from_ed25519_seed(node.key_seed), node.config, rng_.fork(), now_);
  ASSERT(host);
  node.host = std::make_unique<host::Host>(std::move(*host));
  node.wake.reset();
}

void World::crash(NodeIndex at) {
  auto& node = *nodes_[at];
  std::vector<End> ends;
  for (const auto& [end, wire] : wires_) {
    if (end.node == at) ends.push_back(end);
  }
  for (const auto& end : ends) hang_up(at, end.link);
  node.host.reset();
  ++node.life;
}

void World::restart(NodeIndex at) {
  auto& node = *nodes_[at];
  ASSERT(node.host == nullptr);
  start(node);
  turn(at);
}

void World::connect(NodeIndex from, NodeIndex to) {
  host::ConnectRequest request;
  request.addresses = {address_of(to)};
  request.peer = id(to);
  host(from).connect(std::move(request), now_);
  turn(from);
}

void World::disconnect(NodeIndex from, NodeIndex to) {
  host(from).disconnect(id(to), now_);
  turn(from);
}

void World::join(NodeIndex node, std::string_view topic) {
  host(node).join(topic, now_);
  turn(node);
}

void World::leave(NodeIndex node, std::string_view topic) {
  host(node).leave(topic, now_);
  turn(node);
}

std::size_t World::publish(NodeIndex at, std::string_view topic, std::string_view data) {
  auto& node = *nodes_[at];
  const auto& gossip = *node.config->gossip;
  const bool sign = gossip.signature_policy == pubsub::SignaturePolicy::strict_sign;
  const auto key = KeyPair::from_ed25519_seed(node.key_seed);
  pubsub::Draft draft{topic, as_bytes(data), sign ? &node.id : nullptr,
                      sign ? std::optional{node.seqno++} : std::nullopt, sign ? &key : nullptr};
  auto message = pubsub::encode(draft);
  message.id = *gossip.message_id(message.view);
  const auto sent = node.host->publish(std::move(message), now_);
  turn(at);
  return sent.value_or(0);
}

void World::partition(std::vector<int> group_of_node) {
  ASSERT(group_of_node.size() == nodes_.size());
  groups_ = std::move(group_of_node);
}

bool World::separated(NodeIndex a, NodeIndex b) const {
  return !groups_.empty() && groups_[a] != groups_[b];
}

std::size_t World::count(NodeIndex node, std::string_view data) const {
  return static_cast<std::size_t>(
      std::ranges::count(nodes_[node]->received, data, &Received::data));
}

void World::run(Duration span) {
  const auto end = now_ + span;
  while (schedule_.next() && *schedule_.next() <= end) {
    now_ = std::max(now_, *schedule_.next());
    auto event = schedule_.take();
    ++events_;
    note(event.index());
    happen(event);
    if (now_ < next_check_) continue;
    next_check_ = now_ + std::chrono::seconds{1};
    for (const auto& node : nodes_) {
      if (node->host) node->host->check_invariants(now_);
    }
  }
  now_ = end;
}

void World::happen(Event& event) {
  if (auto* arrive = std::get_if<Arrive>(&event)) {
    const auto& to = arrive->to;
    const auto wire = wires_.find(to);
    if (!current(to.node, to.life) || wire == wires_.end()) return;
    auto& held = wire->second.held;
    if (!held.empty() || separated(to.node, wire->second.peer.node)) {
      held.push_back(std::move(arrive->bytes));
      return;
    }
    receive(to, arrive->bytes);
  } else if (const auto* release = std::get_if<Release>(&event)) {
    const auto wire = wires_.find(release->to);
    if (wire == wires_.end()) return;
    for (const auto& bytes : std::exchange(wire->second.held, {})) receive(release->to, bytes);
  } else if (const auto* wake = std::get_if<Wake>(&event)) {
    if (!current(wake->node, wake->life)) return;
    auto& node = *nodes_[wake->node];
    if (node.wake && *node.wake <= now_) node.wake.reset();
    node.host->on_deadline(now_);
    turn(wake->node);
  } else if (const auto* hangup = std::get_if<Hangup>(&event)) {
    if (separated(hangup->to.node, hangup->from)) return;  // nobody hears of it
    wires_.erase(hangup->to);
    if (!current(hangup->to.node, hangup->to.life)) return;
    host(hangup->to.node).on_link_closed(hangup->to.link, "closed by the other side", now_);
    turn(hangup->to.node);
  } else if (const auto* dial = std::get_if<DialOut>(&event)) {
    answer(*dial);
  } else if (const auto* back = std::get_if<DialBack>(&event)) {
    answered(*back);
  } else if (const auto* verified = std::get_if<Verified>(&event)) {
    if (!current(verified->node, verified->life)) return;
    for (const auto& job : verified->jobs) {
      host(verified->node).on_verified(job.ticket, pubsub::verify(job.message.view), now_);
    }
    turn(verified->node);
  }
}

void World::receive(const End& to, ByteView bytes) {
  if (!current(to.node, to.life)) return;
  bytes_ += bytes.size();
  Slab slab{bytes.size()};
  std::ranges::copy(bytes, slab.space().begin());
  host(to.node).on_bytes(to.link, {slab, slab.space()}, now_);
  turn(to.node);
}

/// What was on its way when the network fell apart arrives late and in order, as TCP's
/// retransmissions do.
void World::heal() {
  groups_.clear();
  for (const auto& [end, wire] : wires_) {
    if (!wire.held.empty()) schedule_.at(now_ + links_.latency, Release{end});
  }
}

/// Everything the host wants after an input, and its next wake-up.
void World::turn(NodeIndex at) {
  auto& node = *nodes_[at];
  while (auto output = node.host->poll()) on_output(at, *output);
  const auto deadline = node.host->next_deadline();
  if (!deadline || (node.wake && *node.wake <= *deadline)) return;
  node.wake = std::max(*deadline, now_);
  schedule_.at(*node.wake, Wake{at, node.life});
}

void World::on_output(NodeIndex at, host::Output& output) {
  auto& node = *nodes_[at];
  if (const auto* write = std::get_if<host::WantsWrite>(&output)) {
    carry(at, write->link);
  } else if (const auto* close = std::get_if<host::CloseLink>(&output)) {
    carry(at, close->link);
    hang_up(at, close->link);
    node.host->on_link_closed(close->link, close->reason, now_);
  } else if (const auto* wanted = std::get_if<host::Dial>(&output)) {
    dial(at, *wanted);
  } else if (auto* verify = std::get_if<host::Verify>(&output)) {
    const auto time = verify_time * static_cast<Duration::rep>(verify->jobs.size());
    schedule_.at(now_ + time, Verified{at, node.life, std::move(verify->jobs)});
  } else if (const auto* deliver = std::get_if<host::Deliver>(&output)) {
    const auto& view = deliver->message.view;
    node.received.push_back(
        {now_, std::string{view.topic}, to_text(view.payload()), deliver->via, deliver->local});
    note(at);
  } else if (const auto* validate = std::get_if<host::Validate>(&output)) {
    node.host->on_validated(validate->ticket, gossipsub::Validation::accept, now_);
  }
}

void World::carry(NodeIndex at, host::LinkId link) {
  const auto wire = wires_.find(end_of(at, link));
  if (wire != wires_.end() && wire->second.peer.link == no_link)
    return;  // no way back is known yet
  bool more = true;
  while (more) {
    Bytes bytes;
    more = host(at).pack(link, bytes, write_budget, now_);
    if (bytes.empty()) return;
    host(at).on_written(link, bytes.size(), now_);
    if (wire == wires_.end()) continue;
    // In order: nothing overtakes what was sent before.
    const auto there = wires_.find(wire->second.peer);
    if (there == wires_.end()) continue;  // the other end has hung up meanwhile
    auto& last = there->second.last_arrival;
    last = std::max(last, now_ + transit(bytes.size()));
    schedule_.at(last, Arrive{wire->second.peer, std::move(bytes)});
  }
}

Duration World::transit(std::size_t size) {
  auto time = links_.latency;
  if (links_.jitter > Duration::zero()) {
    time += Duration{static_cast<Duration::rep>(
        rng_.below(static_cast<std::uint64_t>(links_.jitter.count()) + 1))};
  }
  if (links_.bytes_per_second > 0) {
    time += Duration{static_cast<Duration::rep>(size * 1'000'000 / links_.bytes_per_second)};
  }
  for (std::size_t sent = 0; sent < size && links_.loss_per_10000 > 0; sent += segment_size) {
    if (rng_.chance(links_.loss_per_10000, 10'000)) time += links_.retransmission;
  }
  return time;
}

void World::hang_up(NodeIndex at, host::LinkId link) {
  const auto wire = wires_.find(end_of(at, link));
  if (wire == wires_.end()) return;
  const auto peer = wire->second.peer;
  wires_.erase(wire);
  const auto other = wires_.find(peer);
  if (other == wires_.end()) return;
  schedule_.at(std::max(other->second.last_arrival, now_ + links_.latency), Hangup{peer, at});
}

void World::dial(NodeIndex from, const host::Dial& wanted) {
  const auto life = nodes_[from]->life;
  for (NodeIndex to = 0; to < nodes_.size(); ++to) {
    if (address_of(to) == wanted.address) {
      schedule_.at(now_ + transit(0), DialOut{from, life, wanted.dial, to});
      return;
    }
  }
  schedule_.at(now_ + dial_silence, DialBack{from, life, wanted.dial, std::nullopt});
}

void World::answer(const DialOut& dial) {
  if (separated(dial.from, dial.to)) {
    schedule_.at(now_ + dial_silence, DialBack{dial.from, dial.life, dial.dial, std::nullopt});
    return;
  }
  std::optional<End> accepted;
  if (nodes_[dial.to]->host) {
    if (const auto link = host(dial.to).on_accepted(address_of(dial.from), now_)) {
      accepted = end_of(dial.to, *link);
      wires_[*accepted] = Wire{{dial.from, dial.life, no_link}, {}, {}};
      turn(dial.to);
    }
  }
  schedule_.at(now_ + transit(0), DialBack{dial.from, dial.life, dial.dial, accepted});
}

void World::answered(const DialBack& back) {
  const auto gone = [&] {
    if (!back.peer) return;
    schedule_.at(now_ + links_.latency, Hangup{*back.peer, back.from});
  };
  if (!current(back.from, back.life)) return gone();
  if (!back.peer || !wires_.contains(*back.peer)) {
    host(back.from).on_dial_failed(back.dial, host::DialError::refused, {}, now_);
    turn(back.from);
    return;
  }
  const auto link = host(back.from).on_dialed(back.dial, now_);
  if (!link) return gone();
  const auto mine = end_of(back.from, *link);
  wires_[mine] = Wire{*back.peer, {}, {}};
  wires_[*back.peer].peer = mine;
  carry(back.peer->node, back.peer->link);  // what the listener said before it knew the way back
  turn(back.from);
}

}  // namespace grapevine::sim
