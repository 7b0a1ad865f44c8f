// SPDX-License-Identifier: Apache-2.0
#include "core/gossipsub/outbox.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "core/gossipsub/latest.hpp"

namespace grapevine::gossipsub {

namespace {

struct Item {
  SharedBytes field;
  IdKey key;
};

struct MessageLane {
  base::Queue<Item> items;
  std::size_t bytes = 0;
  std::size_t* total = nullptr;  ///< of this lane in all outboxes, where they are summed

  void push(Item item) {
    bytes += item.field.size();
    if (total != nullptr) *total += item.field.size();
    items.push(std::move(item));
  }
  void release(std::size_t size) {
    bytes -= size;
    if (total != nullptr) *total -= size;
  }
  void drop_oldest() { release(items.pop().field.size()); }
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
      messages[i].total = &totals->bytes[i];
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
  std::array<MessageLane, 3> messages;  ///< by Lane

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

Outbox::Dropped Outbox::push(Lane lane, SharedBytes field, IdKey key, const Limits& limits) {
  auto& all = lanes().messages;
  const auto own = std::to_underlying(lane);
  const auto size = field.size();
  std::size_t fixed_bytes = 0;
  std::size_t fixed_items = 0;
  for (std::size_t i = 0; i <= own; ++i) {
    fixed_bytes += all[i].bytes;
    fixed_items += all[i].items.size();
  }
  if (fixed_bytes + size > limits.bytes_max || fixed_items >= limits.items_max) {
    return {.messages = 1, .refused = true};
  }
  Dropped dropped;
  for (std::size_t later = all.size() - 1; later > own; --later) {
    while (bytes() + size > limits.bytes_max || messages() >= limits.items_max) {
      if (all[later].items.empty()) break;
      all[later].drop_oldest();
      ++dropped.messages;
    }
  }
  all[own].push({std::move(field), key});
  return dropped;
}

std::size_t Outbox::cancel(const Unwanted& unwanted) {
  if (!lanes_ || unwanted.empty()) return 0;
  std::size_t cancelled = 0;
  for (auto& lane : lanes_->messages) {
    cancelled += lane.items.remove_if([&](const Item& item) {
      if (!unwanted.contains(item.key)) return false;
      lane.release(item.field.size());
      return true;
    });
  }
  return cancelled;
}

bool Outbox::empty() const { return !lanes_ || (lanes_->control_empty() && messages() == 0); }

std::size_t Outbox::bytes() const {
  std::size_t sum = 0;
  if (!lanes_) return sum;
  for (const auto& lane : lanes_->messages) sum += lane.bytes;
  return sum;
}

std::size_t Outbox::messages() const {
  std::size_t sum = 0;
  if (!lanes_) return sum;
  for (const auto& lane : lanes_->messages) sum += lane.items.size();
  return sum;
}

std::size_t Outbox::bytes(Lane lane) const {
  return lanes_ ? lanes_->messages[std::to_underlying(lane)].bytes : 0;
}

Outbox::Shed Outbox::shed(Lane lane, std::size_t bytes) {
  Shed shed;
  if (!lanes_) return shed;
  auto& messages = lanes_->messages[std::to_underlying(lane)];
  const auto before = messages.bytes;
  while (!messages.items.empty() && before - messages.bytes < bytes) {
    messages.drop_oldest();
    ++shed.messages;
  }
  shed.bytes = before - messages.bytes;
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
                            std::vector<IdKey>* keys) {
  Packed packed;
  if (empty()) return packed;
  pubsub::RpcWriter writer{limits};
  if (lanes_->extensions) writer.add_extensions(*std::exchange(lanes_->extensions, {}));
  if (lanes_->pack_topics(writer)) {
    lanes_->pack_ids(writer, limits);
    lanes_->pack_extension(writer);
    bool room = true;
    for (auto& lane : lanes_->messages) {
      while (room && !lane.items.empty()) {
        const bool skip = !unwanted.empty() && unwanted.contains(lane.items.front().key);
        if (skip) {
          ++packed.cancelled;
        } else if (!writer.add_publish(lane.items.front().field)) {
          room = false;
          break;
        } else if (keys != nullptr) {
          keys->push_back(lane.items.front().key);
        }
        lane.drop_oldest();
      }
    }
  }
  if (!writer.empty()) packed.rpc = writer.take();
  return packed;
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
