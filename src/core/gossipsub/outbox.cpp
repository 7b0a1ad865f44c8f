// SPDX-License-Identifier: Apache-2.0
#include "core/gossipsub/outbox.hpp"

#include <algorithm>
#include <utility>

namespace grapevine::gossipsub {

namespace {

/// Ids of one IHAVE or IWANT entry: a fraction of the control bytes an RPC may hold, whatever the
/// ids' size.
constexpr std::size_t ids_per_entry = 64;

std::vector<ByteView> views(auto first, auto last) {
  std::vector<ByteView> ids;
  for (; first != last; ++first) ids.push_back(first->bytes());
  return ids;
}

}  // namespace

void Outbox::announce(TopicName topic, bool subscribe) {
  announcements_.remove_if([&](const Announcement& queued) { return *queued.topic == *topic; });
  announcements_.push({std::move(topic), subscribe});
}

void Outbox::graft(TopicName topic) { change({std::move(topic), true, std::nullopt}); }

void Outbox::prune(TopicName topic, std::optional<std::uint64_t> backoff) {
  change({std::move(topic), false, backoff});
}

void Outbox::change(MeshChange change) {
  std::erase_if(mesh_changes_,
                [&](const MeshChange& queued) { return *queued.topic == *change.topic; });
  mesh_changes_.push_back(std::move(change));
}

void Outbox::ihave(TopicName topic, std::vector<pubsub::MessageId> ids) {
  for (std::size_t at = 0; at < ids.size(); at += ids_per_entry) {
    const auto first = ids.begin() + static_cast<std::ptrdiff_t>(at);
    const auto count = static_cast<std::ptrdiff_t>(std::min(ids_per_entry, ids.size() - at));
    ihave_.push({topic, {first, first + count}});
  }
}

void Outbox::iwant(std::vector<pubsub::MessageId> ids, const Limits& limits) {
  for (auto& id : ids) {
    if (iwant_.size() < limits.gossip_ids_max) iwant_.push(std::move(id));
  }
}

void Outbox::idontwant(const pubsub::MessageId& id, const Limits& limits) {
  if (idontwant_.size() >= limits.idontwant_max) idontwant_.pop();
  idontwant_.push(id);
}

base::Queue<Outbox::Item>& Outbox::queue(Lane lane) {
  switch (lane) {
    case Lane::own:
      return own_;
    case Lane::forward:
      return forward_;
    case Lane::gossip:
      break;
  }
  return gossip_;
}

bool Outbox::shed(base::Queue<Item>& lane, Dropped& dropped) {
  if (lane.empty()) return false;
  bytes_ -= lane.pop().field.size();
  ++dropped.messages;
  return true;
}

Outbox::Dropped Outbox::push(Lane lane, SharedBytes field, IdKey key, const Limits& limits) {
  Dropped dropped;
  const auto size = field.size();
  const auto fits = [&] {
    return bytes_ + size <= limits.bytes_max && messages() < limits.items_max;
  };
  while (!fits()) {
    const bool shedded = (lane < Lane::gossip && shed(gossip_, dropped)) ||
                         (lane < Lane::forward && shed(forward_, dropped));
    if (!shedded) {
      ++dropped.messages;
      dropped.refused = true;
      return dropped;
    }
  }
  bytes_ += size;
  queue(lane).push({std::move(field), key});
  return dropped;
}

std::size_t Outbox::cancel(IdKey key) {
  std::size_t cancelled = 0;
  for (auto* lane : {&forward_, &gossip_}) {
    cancelled += lane->remove_if([&](const Item& item) {
      if (item.key != key) return false;
      bytes_ -= item.field.size();
      return true;
    });
  }
  return cancelled;
}

bool Outbox::empty() const {
  return announcements_.empty() && mesh_changes_.empty() && ihave_.empty() && iwant_.empty() &&
         idontwant_.empty() && messages() == 0;
}

void Outbox::clear() { *this = Outbox{}; }

std::optional<pubsub::PackedRpc> Outbox::pack(const pubsub::SendLimits& limits) {
  if (empty()) return std::nullopt;
  pubsub::RpcWriter writer{limits};
  pack_control(writer, limits);
  if (pack_lane(own_, writer) && pack_lane(forward_, writer)) pack_lane(gossip_, writer);
  ASSERT(!writer.empty());
  return writer.take();
}

/// Subscriptions leave before any GRAFT: several implementations prune a GRAFT for a topic they
/// were not told of.
void Outbox::pack_control(pubsub::RpcWriter& writer, const pubsub::SendLimits& limits) {
  while (!announcements_.empty()) {
    const auto& next = announcements_.front();
    if (!writer.add_subscription(next.subscribe, *next.topic)) return;
    announcements_.pop();
  }
  std::size_t done = 0;
  for (const auto& change : mesh_changes_) {
    const bool added = change.graft ? writer.add_graft(*change.topic)
                                    : writer.add_prune({*change.topic, change.backoff, {}});
    if (!added) break;
    ++done;
  }
  mesh_changes_.erase(mesh_changes_.begin(),
                      mesh_changes_.begin() + static_cast<std::ptrdiff_t>(done));
  if (!mesh_changes_.empty()) return;
  mesh_changes_.shrink_to_fit();

  const auto add_ids = [&writer](base::Queue<pubsub::MessageId>& ids, std::size_t most, auto add) {
    while (!ids.empty()) {
      const auto count = static_cast<std::ptrdiff_t>(std::min(most, ids.size()));
      if (!(writer.*add)(views(ids.begin(), ids.begin() + count))) return false;
      for (std::ptrdiff_t i = 0; i < count; ++i) ids.pop();
    }
    return true;
  };
  add_ids(idontwant_, limits.idontwant_ids, &pubsub::RpcWriter::add_idontwant);
  add_ids(iwant_, ids_per_entry, &pubsub::RpcWriter::add_iwant);
  while (!ihave_.empty()) {
    const auto& next = ihave_.front();
    if (!writer.add_ihave(*next.topic, views(next.ids.begin(), next.ids.end()))) return;
    ihave_.pop();
  }
}

bool Outbox::pack_lane(base::Queue<Item>& lane, pubsub::RpcWriter& writer) {
  while (!lane.empty()) {
    if (!writer.add_publish(lane.front().field)) return false;
    bytes_ -= lane.pop().field.size();
  }
  return true;
}

}  // namespace grapevine::gossipsub
