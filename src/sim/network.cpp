// SPDX-License-Identifier: Apache-2.0
// The network between the nodes: dialling, and what is on its way.
#include <algorithm>
#include <utility>

#include "base/assert.hpp"
#include "sim/world.hpp"

namespace grapevine::sim {

namespace {

constexpr std::size_t write_budget = 64 * 1024;
constexpr std::size_t segment_size = 1400;
constexpr auto dial_silence = std::chrono::seconds{15};  ///< what an unanswered SYN costs

constexpr host::LinkId no_link{0};

}  // namespace

World::Wire* World::find(const End& end) {
  auto& node = *nodes_[end.node];
  if (node.life != end.life) return nullptr;
  const auto found = node.wires.find(end.link);
  return found == node.wires.end() ? nullptr : &found->second;
}

World::Wire& World::add(const End& end, const Wire& wire) {
  return nodes_[end.node]->wires.insert_or_assign(end.link, wire).first->second;
}

std::size_t World::size_of(const Load& load) {
  if (const auto* bytes = std::get_if<Bytes>(&load)) return bytes->size();
  return host::direct::size_of(std::get<host::direct::Frames>(load));
}

std::size_t World::bytes_in_flight() const {
  std::size_t size = 0;
  for (const auto& node : nodes_) {
    for (const auto& [link, wire] : node->wires) size += wire.unread;
  }
  return size;
}

/// One write of the host's, and whether it has more.
std::pair<World::Load, bool> World::pack(NodeIndex at, host::LinkId link) {
  if (fidelity_ == Fidelity::direct) {
    host::direct::Frames frames;
    const bool more = host(at).take(link, frames, write_budget, now_);
    return {std::move(frames), more};
  }
  Bytes bytes;
  const bool more = host(at).pack(link, bytes, write_budget, now_);
  return {std::move(bytes), more};
}

void World::carry(NodeIndex at, host::LinkId link) {
  const auto from = end_of(at, link);
  bool more = true;
  while (more) {
    auto* wire = find(from);
    if (wire != nullptr && !may_send(*wire, from)) return;
    auto [load, further] = pack(at, link);
    more = further;
    const auto size = size_of(load);
    if (size == 0) break;
    if (wire == nullptr) {
      host(at).on_written(link, size, now_);
    } else {
      send(*wire, from, std::move(load));
    }
  }
  const auto* wire = find(from);
  if (wire == nullptr || wire->held.empty()) return;
  schedule_.at(now_, Release{from});  // it may want to read again
}

/// The way back is known, and the socket has room.
bool World::may_send(Wire& wire, const End& from) {
  if (wire.peer.link == no_link || wire.waiting) return false;
  const auto* reader = find(wire.peer);
  if (reader != nullptr && reader->unread > links_.socket_size) return false;
  if (wire.unwritten > 0) {
    host(from.node).on_written(from.link, std::exchange(wire.unwritten, 0), now_);
  }
  const auto full = time_on_line(links_.socket_size);
  if (wire.line_free <= now_ + full) return true;
  wire.waiting = true;
  schedule_.at(wire.line_free - full, Resume{from});
  return false;
}

/// Onto the line, and over it. A reader that does not read fills the sockets: the write that does
/// so stays unfinished.
void World::send(Wire& wire, const End& from, Load load) {
  const auto size = size_of(load);
  wire.line_free = std::max(wire.line_free, now_) + time_on_line(size);
  auto* reader = find(wire.peer);
  if (reader != nullptr) {
    if (tap_ && fidelity_ == Fidelity::direct) {
      tap_(from.node, wire.peer.node, std::get<host::direct::Frames>(load));
    }
    reader->last_arrival = std::max(reader->last_arrival, wire.line_free + transit(size));
    reader->unread += size_of(load);
    schedule_.at(reader->last_arrival, Arrive{wire.peer, std::move(load)});
  }
  if (reader != nullptr && reader->unread > links_.socket_size) {
    wire.unwritten += size;
  } else {
    host(from.node).on_written(from.link, size, now_);
  }
}

void World::on(Arrive& arrive) {
  auto* wire = find(arrive.to);
  if (wire == nullptr) return;
  wire->held.push(std::move(arrive.load));
  read(arrive.to);
}

void World::on(Resume& resume) {
  auto* wire = find(resume.to);
  if (wire == nullptr) return;
  wire->waiting = false;
  carry(resume.to.node, resume.to.link);
  turn(resume.to.node);
}

bool World::readable(const End& to, const Wire& wire) const {
  return !nodes_[to.node]->deaf && !separated(to.node, wire.peer.node) &&
         host(to.node).wants_read(to.link);
}

/// Reads what has arrived, as far as the node listens.
void World::read(const End& to) {
  for (;;) {
    auto* wire = find(to);
    if (wire == nullptr || wire->held.empty() || !readable(to, *wire)) return;
    auto load = wire->held.pop();
    const bool was_full = wire->unread > links_.socket_size;
    wire->unread -= size_of(load);
    if (was_full && wire->unread <= links_.socket_size) schedule_.at(now_, Resume{wire->peer});
    receive(to, std::move(load));
  }
}

void World::receive(const End& to, Load load) {
  const auto size = size_of(load);
  bytes_ += size;
  note(size);
  if (auto* frames = std::get_if<host::direct::Frames>(&load)) {
    host(to.node).on_frames(to.link, std::move(*frames), now_);
  } else {
    const auto& bytes = std::get<Bytes>(load);
    Slab slab{bytes.size()};
    std::ranges::copy(bytes, slab.space().begin());
    host(to.node).on_bytes(to.link, {slab, slab.space()}, now_);
  }
  turn(to.node);
}

void World::inject(NodeIndex from, NodeIndex to, const host::direct::Frames& frames) {
  ASSERT(fidelity_ == Fidelity::direct);
  std::vector<End> ends;
  for (const auto& [link, wire] : nodes_[to]->wires) {
    if (wire.peer.node == from) ends.push_back(end_of(to, link));
  }
  for (const auto& end : ends) {
    host(to).on_frames(end.link, frames, now_);
    turn(to);
  }
}

Duration World::time_on_line(std::size_t size) const {
  if (links_.bytes_per_second == 0) return {};
  return Duration{static_cast<Duration::rep>(size * 1'000'000 / links_.bytes_per_second)};
}

Duration World::transit(std::size_t size) {
  auto time = links_.latency;
  if (links_.jitter > Duration::zero()) {
    time += Duration{static_cast<Duration::rep>(
        rng_.below(static_cast<std::uint64_t>(links_.jitter.count()) + 1))};
  }
  for (std::size_t sent = 0; sent < size && links_.loss_per_10000 > 0; sent += segment_size) {
    if (rng_.chance(links_.loss_per_10000, 10'000)) time += links_.retransmission;
  }
  return time;
}

void World::hang_up(NodeIndex at, host::LinkId link) {
  const auto mine = end_of(at, link);
  const auto* wire = find(mine);
  if (wire == nullptr) return;
  const auto peer = wire->peer;
  nodes_[at]->wires.erase(link);
  if (const auto* other = find(peer)) {
    schedule_.at(std::max(other->last_arrival, now_ + links_.latency), Hangup{peer, at});
  }
}

void World::on(Hangup& hangup) {
  if (separated(hangup.to.node, hangup.from)) return;  // nobody hears of it
  if (!current(hangup.to.node, hangup.to.life)) return;
  nodes_[hangup.to.node]->wires.erase(hangup.to.link);
  host(hangup.to.node).on_link_closed(hangup.to.link, "closed by the other side", now_);
  turn(hangup.to.node);
}

void World::dial(NodeIndex from, const host::Dial& wanted) {
  const auto life = nodes_[from]->life;
  const auto found = by_address_.find(wanted.address.to_string());
  if (found != by_address_.end()) {
    schedule_.at(now_ + transit(0), DialOut{from, life, wanted.dial, found->second});
  } else {
    schedule_.at(now_ + dial_silence, DialBack{from, life, wanted.dial, std::nullopt});
  }
}

void World::on(DialOut& dial) {
  if (separated(dial.from, dial.to)) {
    schedule_.at(now_ + dial_silence, DialBack{dial.from, dial.life, dial.dial, std::nullopt});
    return;
  }
  std::optional<End> accepted;
  if (nodes_[dial.to]->host) {
    if (const auto link = host(dial.to).on_accepted(nodes_[dial.from]->address, now_, kind())) {
      accepted = end_of(dial.to, *link);
      add(*accepted, Wire{{dial.from, dial.life, no_link}});
      turn(dial.to);
    }
  }
  schedule_.at(now_ + transit(0), DialBack{dial.from, dial.life, dial.dial, accepted});
}

void World::on(DialBack& back) {
  const auto gone = [&] {
    if (!back.peer) return;
    schedule_.at(now_ + links_.latency, Hangup{*back.peer, back.from});
  };
  if (!current(back.from, back.life)) return gone();
  if (!back.peer || find(*back.peer) == nullptr) {
    host(back.from).on_dial_failed(back.dial, host::DialError::refused, {}, now_);
    turn(back.from);
    return;
  }
  const auto link = host(back.from).on_dialed(back.dial, now_, kind());
  if (!link) return gone();
  const auto mine = end_of(back.from, *link);
  add(mine, Wire{*back.peer});
  find(*back.peer)->peer = mine;
  carry(back.peer->node, back.peer->link);  // what the listener said before it knew the way back
  turn(back.from);
}

bool World::separated(NodeIndex a, NodeIndex b) const {
  return !groups_.empty() && groups_[a] != groups_[b];
}

void World::partition(std::vector<int> group_of_node) {
  ASSERT(group_of_node.size() == nodes_.size());
  groups_ = std::move(group_of_node);
}

void World::heal() {
  groups_.clear();
  for (NodeIndex at = 0; at < nodes_.size(); ++at) release_all(at);
}

void World::set_deaf(NodeIndex at, bool deaf) {
  nodes_[at]->deaf = deaf;
  release_all(at);
}

/// What waits to be read, as retransmissions bring it.
void World::release_all(NodeIndex at) {
  for (const auto& [link, wire] : nodes_[at]->wires) {
    if (!wire.held.empty()) schedule_.at(now_ + links_.latency, Release{end_of(at, link)});
  }
}

}  // namespace grapevine::sim
