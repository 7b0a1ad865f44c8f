// SPDX-License-Identifier: Apache-2.0
#include "core/gossipsub/outbox.hpp"

#include <algorithm>
#include <array>
#include <ranges>
#include <span>
#include <utility>
#include <vector>

#include "core/gossipsub/latest.hpp"

namespace grapevine::gossipsub {

namespace {

/// The messages of one lane and priority.
struct MessageLane {
  base::Queue<Outbox::Item> items;
  std::size_t bytes = 0;
  std::size_t* total = nullptr;  ///< of this lane in all outboxes, where they are summed

  void grow(std::size_t size) {
    bytes += size;
    if (total != nullptr) *total += size;
  }
  void release(std::size_t size) {
    bytes -= size;
    if (total != nullptr) *total -= size;
  }
};
constexpr std::size_t priorities = 3;

/// What a topic with a share of its own holds.
struct Held {
  TopicHandle topic;
  std::size_t bytes;
};

struct Announcement {
  bool subscribe;
  pubsub::PartialFlags partial;
};

struct MeshChange {
  bool graft;
  std::optional<std::uint64_t> backoff;
  std::vector<OfferedPeer> offers;
};

pubsub::Prune prune_of(std::string_view topic, const MeshChange& change) {
  pubsub::Prune prune{topic, change.backoff, {}};
  for (const auto& offer : change.offers) {
    prune.peers.push_back({offer.id.bytes(), offer.record.view()});
  }
  return prune;
}

struct Advert {
  TopicName topic;
  Outbox::SharedIds ids;
};

std::vector<ByteView> views(auto first, auto last) {
  std::vector<ByteView> ids;
  ids.reserve(static_cast<std::size_t>(last - first));
  for (; first != last; ++first) ids.push_back(first->bytes());
  return ids;
}

}  // namespace

struct Outbox::Lanes {
  explicit Lanes(OutboxTotals* totals) {
    for (std::size_t i = 0; totals != nullptr && i < messages.size(); ++i) {
      messages[i].total = &totals->bytes[i / priorities];
    }
  }
  Lanes(const Lanes&) = delete;
  Lanes& operator=(const Lanes&) = delete;
  ~Lanes() {
    for (auto& lane : messages) lane.release(lane.bytes);
  }

  std::optional<pubsub::Extensions> extensions;
  bool test_extension = false;
  base::Queue<SharedBytes> partials;
  std::size_t partial_bytes = 0;
  Latest<Announcement> announcements;
  Latest<MeshChange> mesh_changes;
  base::Queue<Advert> ihave;
  base::Queue<pubsub::MessageId> iwant;
  base::Queue<pubsub::MessageId> idontwant;
  std::array<MessageLane, 3 * priorities> messages;  ///< by Lane, then Priority
  std::size_t bytes = 0;                             ///< of all of them
  std::size_t count = 0;                             ///< likewise
  std::size_t expiring = 0;                          ///< those with an end
  std::vector<Held> held;                            ///< a few topics

  std::span<MessageLane> of(Lane lane) {
    return std::span{messages}.subspan(std::to_underlying(lane) * priorities, priorities);
  }
  bool within_share(const Item& item) const;
  void note(const Item& item);
  void forget(const Item& item);
  void drop_oldest(MessageLane& lane);
  template <class Predicate>
  std::size_t remove_if(Predicate drop);
  struct Packing {
    const Unwanted& unwanted;
    TimePoint now;
    std::vector<IdKey>* keys;  ///< of what is packed, where given
  };
  void pack_messages(pubsub::RpcWriter& writer, const Packing& how, Packed& packed);
  bool control_empty() const {
    return !extensions && !test_extension && partials.empty() && announcements.empty() &&
           mesh_changes.empty() && ihave.empty() && iwant.empty() && idontwant.empty();
  }
  bool pack_topics(pubsub::RpcWriter& writer);
  void pack_ids(pubsub::RpcWriter& writer, const pubsub::SendLimits& limits);
  void pack_extension(pubsub::RpcWriter& writer);
};

Outbox::Outbox(OutboxTotals* totals) : totals_{totals} {}
Outbox::Outbox(Outbox&&) noexcept = default;
Outbox& Outbox::operator=(Outbox&&) noexcept = default;
Outbox::~Outbox() = default;

Outbox::Lanes& Outbox::lanes() {
  if (!lanes_) lanes_ = std::make_unique<Lanes>(totals_);
  return *lanes_;
}

void Outbox::extensions(const pubsub::Extensions& ours) { lanes().extensions = ours; }

void Outbox::test_extension() { lanes().test_extension = true; }

bool Outbox::partial(SharedBytes field, const Limits& limits) {
  auto& all = lanes();
  if (all.partial_bytes + field.size() > limits.partial_bytes_max) return false;
  if (all.partials.size() >= limits.partial_items_max) return false;
  all.partial_bytes += field.size();
  all.partials.push(std::move(field));
  return true;
}

void Outbox::announce(TopicName topic, bool subscribe, pubsub::PartialFlags partial) {
  lanes().announcements.set(std::move(topic), {subscribe, partial});
}

void Outbox::graft(TopicName topic) {
  lanes().mesh_changes.set(std::move(topic), {true, std::nullopt, {}});
}

void Outbox::prune(TopicName topic, std::optional<std::uint64_t> backoff,
                   std::vector<OfferedPeer> offers) {
  lanes().mesh_changes.set(std::move(topic), {false, backoff, std::move(offers)});
}

void Outbox::ihave(const TopicName& topic, SharedIds ids) {
  lanes().ihave.push({topic, std::move(ids)});
}

bool Outbox::asks() const { return lanes_ != nullptr && !lanes_->iwant.empty(); }

void Outbox::iwant(std::vector<pubsub::MessageId> ids, const Limits& limits) {
  auto& queue = lanes().iwant;
  for (auto& id : ids) {
    if (queue.size() < limits.iwant_max) queue.push(std::move(id));
  }
}

void Outbox::idontwant(const pubsub::MessageId& id, const Limits& limits) {
  auto& queue = lanes().idontwant;
  if (queue.size() >= limits.idontwant_max) queue.pop();
  queue.push(id);
}

void Outbox::drop_ihave() {
  if (lanes_) lanes_->ihave.clear();
}

bool Outbox::Lanes::within_share(const Item& item) const {
  if (item.share == SIZE_MAX) return true;
  const auto known = std::ranges::find(held, item.topic, &Held::topic);
  return known == held.end() || known->bytes + item.field.size() <= item.share;
}

void Outbox::Lanes::note(const Item& item) {
  const auto size = item.field.size();
  bytes += size;
  ++count;
  expiring += item.expires != TimePoint::max();
  if (item.share == SIZE_MAX) return;
  const auto known = std::ranges::find(held, item.topic, &Held::topic);
  if (known != held.end()) {
    known->bytes += size;
  } else {
    held.push_back({item.topic, size});
  }
}

void Outbox::Lanes::forget(const Item& item) {
  const auto size = item.field.size();
  bytes -= size;
  --count;
  expiring -= item.expires != TimePoint::max();
  if (item.share == SIZE_MAX) return;
  const auto known = std::ranges::find(held, item.topic, &Held::topic);
  ASSERT(known != held.end() && known->bytes >= size);
  known->bytes -= size;
  if (known->bytes == 0) held.erase(known);
}

void Outbox::Lanes::drop_oldest(MessageLane& lane) {
  const auto item = lane.items.pop();
  lane.release(item.field.size());
  forget(item);
}

template <class Predicate>
std::size_t Outbox::Lanes::remove_if(Predicate drop) {
  std::size_t removed = 0;
  for (auto& lane : messages) {
    removed += lane.items.remove_if([&](const Item& item) {
      if (!drop(item)) return false;
      lane.release(item.field.size());
      forget(item);
      return true;
    });
  }
  return removed;
}

Outbox::Dropped Outbox::push(Lane lane, Item item, const Limits& limits) {
  auto& all = lanes();
  auto& places = all.messages;
  const auto own = std::to_underlying(lane) * priorities + std::to_underlying(item.priority);
  const auto size = item.field.size();
  const auto lacks_room = [&](std::size_t bytes, std::size_t items) {
    return bytes + size > limits.bytes_max || items >= limits.items_max;
  };
  Dropped dropped;
  if (!all.within_share(item)) return {.messages = 1, .refused = true, .over_share = true};
  if (lacks_room(all.bytes, all.count)) {
    std::size_t fixed_bytes = 0;
    std::size_t fixed_items = 0;
    for (std::size_t i = 0; i <= own; ++i) {
      fixed_bytes += places[i].bytes;
      fixed_items += places[i].items.size();
    }
    if (lacks_room(fixed_bytes, fixed_items)) return {.messages = 1, .refused = true};
    for (std::size_t later = places.size() - 1; later > own; --later) {
      while (lacks_room(all.bytes, all.count) && !places[later].items.empty()) {
        all.drop_oldest(places[later]);
        ++dropped.messages;
      }
    }
  }
  places[own].grow(size);
  all.note(item);
  places[own].items.push(std::move(item));
  return dropped;
}

std::size_t Outbox::cancel(const Unwanted& unwanted) {
  if (!lanes_ || unwanted.empty()) return 0;
  return lanes_->remove_if([&](const Item& item) { return unwanted.contains(item.key); });
}

std::size_t Outbox::expire(TimePoint now) {
  if (!lanes_ || lanes_->expiring == 0) return 0;
  return lanes_->remove_if([&](const Item& item) { return item.expires <= now; });
}

bool Outbox::empty() const { return !lanes_ || (lanes_->control_empty() && messages() == 0); }

std::size_t Outbox::bytes() const { return lanes_ ? lanes_->bytes : 0; }

std::size_t Outbox::messages() const { return lanes_ ? lanes_->count : 0; }

std::size_t Outbox::bytes(Lane lane) const {
  std::size_t sum = 0;
  if (!lanes_) return sum;
  for (const auto& place : lanes_->of(lane)) sum += place.bytes;
  return sum;
}

Outbox::Shed Outbox::shed(Lane lane, std::size_t bytes) {
  Shed shed;
  if (!lanes_) return shed;
  const auto before = lanes_->bytes;
  for (auto& place : lanes_->of(lane) | std::views::reverse) {  // the lowest priority first
    while (!place.items.empty() && before - lanes_->bytes < bytes) {
      lanes_->drop_oldest(place);
      ++shed.messages;
    }
  }
  shed.bytes = before - lanes_->bytes;
  return shed;
}

void Outbox::clear() { lanes_.reset(); }

void Outbox::lose_stream() {
  if (!lanes_) return;
  auto last = std::move(lanes_->announcements);
  clear();
  for (; !last.empty(); last.pop()) {
    if (!last.value().subscribe) announce(last.name(), false);
  }
}

void Outbox::rest() {
  if (lanes_ && empty()) clear();
}

/// Messages follow only when every subscription, GRAFT and PRUNE is out: an implementation that was
/// not told of a topic prunes a GRAFT for it and counts messages of it as useless.
Outbox::Packed Outbox::pack(const pubsub::SendLimits& limits, const Unwanted& unwanted,
                            TimePoint now, std::vector<IdKey>* keys) {
  Packed packed;
  if (empty()) return packed;
  pubsub::RpcWriter writer{limits};
  if (lanes_->extensions) writer.add_extensions(*std::exchange(lanes_->extensions, {}));
  if (lanes_->pack_topics(writer)) {
    lanes_->pack_ids(writer, limits);
    lanes_->pack_extension(writer);
    lanes_->pack_messages(writer, {unwanted, now, keys}, packed);
  }
  if (!writer.empty()) packed.rpc = writer.take();
  return packed;
}

/// As many as fit, but for those that are of no use any more.
void Outbox::Lanes::pack_messages(pubsub::RpcWriter& writer, const Packing& how, Packed& packed) {
  for (auto& lane : messages) {
    while (!lane.items.empty()) {
      const auto& next = lane.items.front();
      if (next.expires <= how.now) {
        ++packed.expired;
      } else if (!how.unwanted.empty() && how.unwanted.contains(next.key)) {
        ++packed.cancelled;
      } else if (!writer.add_publish(next.field)) {
        return;
      } else if (how.keys != nullptr) {
        how.keys->push_back(next.key);
      }
      drop_oldest(lane);
    }
  }
}

/// False when some did not fit.
bool Outbox::Lanes::pack_topics(pubsub::RpcWriter& writer) {
  while (!announcements.empty()) {
    const auto& [subscribe, partial] = announcements.value();
    if (!writer.add_subscription(subscribe, announcements.topic(), partial)) return false;
    announcements.pop();
  }
  while (!mesh_changes.empty()) {
    const auto& change = mesh_changes.value();
    const bool added = change.graft ? writer.add_graft(mesh_changes.topic())
                                    : writer.add_prune(prune_of(mesh_changes.topic(), change));
    if (!added) return false;
    mesh_changes.pop();
  }
  return true;
}

/// In the order of their hurry.
void Outbox::Lanes::pack_ids(pubsub::RpcWriter& writer, const pubsub::SendLimits& limits) {
  const auto add_ids = [&writer](base::Queue<pubsub::MessageId>& ids, std::size_t most, auto add) {
    while (!ids.empty()) {
      const auto count = static_cast<std::ptrdiff_t>(std::min(most, ids.size()));
      if (!(writer.*add)(views(ids.begin(), ids.begin() + count))) return;
      for (std::ptrdiff_t i = 0; i < count; ++i) ids.pop();
    }
  };
  add_ids(idontwant, limits.idontwant_ids, &pubsub::RpcWriter::add_idontwant);
  add_ids(iwant, ids_per_entry, &pubsub::RpcWriter::add_iwant);
  while (!ihave.empty()) {
    const auto& next = ihave.front();
    if (!writer.add_ihave(*next.topic, views(next.ids->begin(), next.ids->end()))) return;
    ihave.pop();
  }
}

/// One body in each RPC; the others wait for the next.
void Outbox::Lanes::pack_extension(pubsub::RpcWriter& writer) {
  if (test_extension) {
    test_extension = !writer.add_extension_body(pubsub::test_field());
  } else if (!partials.empty() && writer.add_extension_body(partials.front())) {
    partial_bytes -= partials.pop().size();
  }
}

}  // namespace grapevine::gossipsub
