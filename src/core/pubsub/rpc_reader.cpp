// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "base/protobuf.hpp"
#include "core/pubsub/message.hpp"
#include "core/pubsub/rpc.hpp"

/// Two walks over the frame: the first checks every field and counts, the second builds vectors of
/// exactly that size. Nothing is allocated for an RPC that is refused (V37, V39, V40).
namespace grapevine::pubsub {
namespace {

/// The view of an RPC may take this many times the bytes of its frame, beyond the first few; real
/// topics and ids stay far below. Tiny elements by the ten thousand are an attack on memory (V40).
constexpr std::size_t amplification_max = 4;
constexpr std::size_t amplification_free = 64 * 1024;

/// The fields of one message, for a loop. An error ends it and shows in `broken()`.
class Fields {
 public:
  explicit Fields(ByteView message) : reader_{message} {}
  bool next() {
    const auto got = reader_.next();
    broken_ = !got;
    if (broken_ || !*got) return false;
    field_ = **got;
    return true;
  }
  bool broken() const { return broken_; }
  const base::Field& operator*() const { return field_; }
  const base::Field* operator->() const { return &field_; }

 private:
  base::FieldReader reader_;
  base::Field field_;
  bool broken_ = false;
};

/// Which fields of a message we know, as bit sets of their numbers, and which of them repeats.
struct Shape {
  unsigned bytes = 0;
  unsigned varints = 0;
  std::uint32_t repeated = 0;

  bool fits(const base::Field& field) const {
    if (field.number > 31) return true;
    const auto bit = 1U << field.number;
    if (bytes & bit) return field.type == base::WireType::bytes;
    if (varints & bit) return field.type == base::WireType::varint;
    return true;
  }
};
constexpr Shape subscription_shape{
    .bytes = 1 << 2, .varints = 1 << 1 | 1 << 3 | 1 << 4, .repeated = 0};
constexpr Shape ihave_shape{.bytes = 1 << 1 | 1 << 2, .varints = 0, .repeated = 2};
constexpr Shape ids_shape{.bytes = 1 << 1, .varints = 0, .repeated = 1};
constexpr Shape graft_shape{.bytes = 1 << 1, .varints = 0, .repeated = 0};
constexpr Shape prune_shape{.bytes = 1 << 1 | 1 << 2, .varints = 1 << 3, .repeated = 2};
constexpr Shape peer_info_shape{.bytes = 1 << 1 | 1 << 2, .varints = 0, .repeated = 0};
constexpr Shape extensions_shape{.bytes = 0, .varints = 1 << partial_number, .repeated = 0};
constexpr Shape partial_shape{
    .bytes = 1 << 1 | 1 << 2 | 1 << 3 | 1 << 4, .varints = 0, .repeated = 0};

/// Elements of one kind: the entries, and what repeats in them.
struct Tally {
  std::size_t entries = 0;
  std::size_t items = 0;
};

/// The first walk.
class Scan {
 public:
  explicit Scan(const RpcLimits& limits) : limits_{limits} {}

  Result<void, RpcError> frame(ByteView frame);
  void reserve(RpcView& out) const;

 private:
  using Checked = Result<void, RpcError>;

  Checked subscription(const base::Field& field);
  Checked control(const base::Field& field);
  Checked entry(const base::Field& field);
  /// A message of which we only need that its fields are sound.
  Checked sound(ByteView message, const Shape& shape);
  Checked entry_of(const base::Field& field, const Shape& shape, Tally& tally);
  Checked prune(const base::Field& field);
  Checked charge(const base::Field& field);
  /// Counts the repeated field of one entry, at most `limit`.
  Result<std::size_t, RpcError> count(ByteView entry, const Shape& shape, std::size_t limit);
  bool spend() { return ++fields_ <= limits_.fields_max; }
  std::size_t view_size() const;

  const RpcLimits& limits_;
  std::size_t fields_ = 0;
  std::size_t control_bytes_ = 0;
  std::size_t subscriptions_ = 0;
  std::size_t publish_ = 0;
  std::size_t px_peers_ = 0;  // those that are kept
  Tally ihave_;
  Tally iwant_;
  Tally graft_;
  Tally prune_;
  Tally idontwant_;
};

Result<void, RpcError> Scan::frame(ByteView frame) {
  Fields fields{frame};
  while (fields.next()) {
    if (fields->number != 2 && !spend()) return unexpected(RpcError::too_many);
    if (fields->number > 3 && fields->number != partial_number) continue;
    if (fields->type != base::WireType::bytes) return unexpected(RpcError::malformed);
    Checked checked;
    if (fields->number == partial_number) checked = sound(fields->bytes, partial_shape);
    if (fields->number == 1) checked = subscription(*fields);
    if (fields->number == 2 && ++publish_ > limits_.publish_max) {
      return unexpected(RpcError::too_many);
    }
    if (fields->number == 3) checked = control(*fields);
    if (!checked) return checked;
  }
  if (fields.broken()) return unexpected(RpcError::malformed);
  if (view_size() > amplification_free + amplification_max * frame.size()) {
    return unexpected(RpcError::too_many);
  }
  return {};
}

Result<std::size_t, RpcError> Scan::count(ByteView entry, const Shape& shape, std::size_t limit) {
  std::size_t count = 0;
  Fields fields{entry};
  while (fields.next()) {
    if (!spend()) return unexpected(RpcError::too_many);
    if (!shape.fits(*fields)) return unexpected(RpcError::malformed);
    if (fields->number == shape.repeated && ++count > limit) return unexpected(RpcError::too_many);
  }
  if (fields.broken()) return unexpected(RpcError::malformed);
  return count;
}

Result<void, RpcError> Scan::charge(const base::Field& field) {
  control_bytes_ += field.whole.size();
  if (control_bytes_ > limits_.control_bytes_max) return unexpected(RpcError::too_much_control);
  return {};
}

Result<void, RpcError> Scan::subscription(const base::Field& field) {
  if (++subscriptions_ > limits_.subscriptions_max) return unexpected(RpcError::too_many);
  if (const auto charged = charge(field); !charged) return charged;
  return sound(field.bytes, subscription_shape);
}

Result<void, RpcError> Scan::sound(ByteView message, const Shape& shape) {
  const auto counted = count(message, shape, 0);
  if (!counted) return unexpected(counted.error());
  return {};
}

Result<void, RpcError> Scan::control(const base::Field& field) {
  if (const auto charged = charge(field); !charged) return charged;
  Fields fields{field.bytes};
  while (fields.next()) {
    if (!spend()) return unexpected(RpcError::too_many);
    if (fields->number > 6) continue;
    if (fields->type != base::WireType::bytes) return unexpected(RpcError::malformed);
    if (const auto checked = entry(*fields); !checked) return checked;
  }
  if (fields.broken()) return unexpected(RpcError::malformed);
  return {};
}

Result<void, RpcError> Scan::entry(const base::Field& field) {
  switch (field.number) {
    case 1:
      return entry_of(field, ihave_shape, ihave_);
    case 2:
      return entry_of(field, ids_shape, iwant_);
    case 3:
      return entry_of(field, graft_shape, graft_);
    case 4:
      return prune(field);
    case 5:
      return entry_of(field, ids_shape, idontwant_);
    default:
      return sound(field.bytes, extensions_shape);
  }
}

Result<void, RpcError> Scan::entry_of(const base::Field& field, const Shape& shape, Tally& tally) {
  if (++tally.entries > limits_.control_elements_max) return unexpected(RpcError::too_many);
  const auto counted = count(field.bytes, shape, limits_.message_ids_max - tally.items);
  if (!counted) return unexpected(counted.error());
  tally.items += *counted;
  return {};
}

/// The peers beyond the limit are cut, not refused, so they are not looked at either.
Result<void, RpcError> Scan::prune(const base::Field& field) {
  if (++prune_.entries > limits_.control_elements_max) return unexpected(RpcError::too_many);
  const auto counted = count(field.bytes, prune_shape, field.bytes.size());
  if (!counted) return unexpected(counted.error());
  const auto kept = std::min(*counted, limits_.px_peers_max);
  px_peers_ += kept;
  Fields fields{field.bytes};
  for (std::size_t seen = 0; seen < kept && fields.next();) {
    if (!fields->is_bytes(2)) continue;
    ++seen;
    const auto peer = count(fields->bytes, peer_info_shape, 0);
    if (!peer) return unexpected(peer.error());
  }
  return {};
}

std::size_t Scan::view_size() const {
  return subscriptions_ * sizeof(Subscription) + publish_ * 2 * sizeof(ByteView) +
         ihave_.entries * sizeof(IHave) + graft_.entries * sizeof(std::string_view) +
         prune_.entries * sizeof(Prune) + px_peers_ * sizeof(PeerInfo) +
         (ihave_.items + iwant_.items + idontwant_.items) * sizeof(ByteView);
}

void Scan::reserve(RpcView& out) const {
  out.subscriptions.reserve(subscriptions_);
  out.publish.reserve(publish_);
  out.publish_bodies.reserve(publish_);
  out.ihave.reserve(ihave_.entries);
  out.iwant.reserve(iwant_.items);
  out.graft.reserve(graft_.entries);
  out.prune.reserve(prune_.entries);
  out.idontwant.reserve(idontwant_.items);
}

/// The second walk: every field is known to be sound and every vector has its room.
class Build {
 public:
  Build(const RpcLimits& limits, RpcView& out) : limits_{limits}, out_{out} {}

  void frame(ByteView frame);

 private:
  void subscription(ByteView entry);
  void control(ByteView message);
  void extensions(ByteView entry);
  void partial(ByteView body);
  void ping_pong(ByteView body);
  void ihave(ByteView entry);
  void ids(ByteView entry, std::uint32_t number, std::vector<ByteView>& ids);
  void graft(ByteView entry);
  void prune(ByteView entry);
  void peer(ByteView entry, std::vector<PeerInfo>& peers);
  /// A topic we would ever keep; otherwise its entry is skipped.
  bool keeps(std::string_view topic);
  bool keeps(const PartialView& partial);

  const RpcLimits& limits_;
  RpcView& out_;
};

void Build::frame(ByteView frame) {
  for (Fields fields{frame}; fields.next();) {
    if (fields->number == 1) subscription(fields->bytes);
    if (fields->number == 2) {
      out_.publish.push_back(fields->whole);
      out_.publish_bodies.push_back(fields->bytes);
    }
    if (fields->number == 3) control(fields->bytes);
    if (fields->number == partial_number) partial(fields->bytes);
    if (fields->is_bytes(test_number)) out_.test_extension = true;
    if (fields->is_bytes(ping_pong_number)) ping_pong(fields->bytes);
  }
  if (out_.partial && !keeps(*out_.partial)) out_.partial.reset();
}

void Build::subscription(ByteView entry) {
  Subscription subscription;
  for (Fields fields{entry}; fields.next();) {
    if (fields->number == 1) subscription.subscribe = fields->value != 0;
    if (fields->number == 2) subscription.topic = as_text(fields->bytes);
    if (fields->number == 3) subscription.partial.requests = fields->value != 0;
    if (fields->number == 4) subscription.partial.supports_sending = fields->value != 0;
  }
  if (!subscription.subscribe) subscription.partial = {};
  if (subscription.partial.requests) subscription.partial.supports_sending = true;
  if (keeps(subscription.topic)) out_.subscriptions.push_back(subscription);
}

void Build::control(ByteView message) {
  out_.has_control = true;
  for (Fields fields{message}; fields.next();) {
    switch (fields->number) {
      case 1:
        ihave(fields->bytes);
        break;
      case 2:
        ids(fields->bytes, ids_shape.repeated, out_.iwant);
        break;
      case 3:
        graft(fields->bytes);
        break;
      case 4:
        prune(fields->bytes);
        break;
      case 5:
        ids(fields->bytes, ids_shape.repeated, out_.idontwant);
        break;
      case 6:
        extensions(fields->bytes);
        break;
      default:
        break;
    }
  }
}

void Build::extensions(ByteView entry) {
  if (!out_.extensions) out_.extensions.emplace();
  read_extensions(entry, *out_.extensions);
}

void Build::partial(ByteView body) {
  if (!out_.partial) out_.partial.emplace();
  read_partial(body, *out_.partial);
}

void Build::ping_pong(ByteView body) {
  if (!out_.ping_pong) out_.ping_pong.emplace();
  if (!read_ping_pong(body, *out_.ping_pong)) out_.ping_pong.reset();
}

void Build::ihave(ByteView entry) {
  IHave ihave;
  std::size_t count = 0;
  for (Fields fields{entry}; fields.next();) {
    if (fields->number == 1) ihave.topic = as_text(fields->bytes);
    if (fields->number == ihave_shape.repeated) ++count;
  }
  if (!keeps(ihave.topic)) return;
  ihave.ids.reserve(count);
  ids(entry, ihave_shape.repeated, ihave.ids);
  out_.ihave.push_back(std::move(ihave));
}

void Build::ids(ByteView entry, std::uint32_t number, std::vector<ByteView>& ids) {
  for (Fields fields{entry}; fields.next();) {
    if (fields->number != number) continue;
    if (fields->bytes.empty() || fields->bytes.size() > limits_.message_id_size_max) {
      ++out_.skipped;
    } else {
      ids.push_back(fields->bytes);
    }
  }
}

void Build::graft(ByteView entry) {
  std::string_view topic;
  for (Fields fields{entry}; fields.next();) {
    if (fields->number == 1) topic = as_text(fields->bytes);
  }
  if (keeps(topic)) out_.graft.push_back(topic);
}

void Build::prune(ByteView entry) {
  Prune prune;
  std::size_t count = 0;
  for (Fields fields{entry}; fields.next();) {
    if (fields->number == 1) prune.topic = as_text(fields->bytes);
    if (fields->number == prune_shape.repeated) ++count;
    if (fields->number == 3) prune.backoff_seconds = fields->value;
  }
  if (!keeps(prune.topic)) return;
  const auto kept = std::min(count, limits_.px_peers_max);
  prune.peers.reserve(kept);
  Fields fields{entry};
  for (std::size_t seen = 0; seen < kept && fields.next();) {
    if (fields->number != prune_shape.repeated) continue;
    ++seen;
    peer(fields->bytes, prune.peers);
  }
  out_.prune.push_back(std::move(prune));
}

void Build::peer(ByteView entry, std::vector<PeerInfo>& peers) {
  PeerInfo info;
  for (Fields fields{entry}; fields.next();) {
    if (fields->number == 1) info.peer_id = fields->bytes;
    if (fields->number == 2) info.signed_record = fields->bytes;
  }
  if (info.peer_id.empty()) {
    ++out_.skipped;
  } else {
    peers.push_back(info);
  }
}

bool Build::keeps(std::string_view topic) {
  if (!topic.empty() && topic.size() <= topic_size_max) return true;
  ++out_.skipped;
  return false;
}

bool Build::keeps(const PartialView& partial) {
  if (!keeps(partial.topic)) return false;
  if (!partial.group.empty() && partial.group.size() <= limits_.partial_group_size_max &&
      partial.metadata.value_or(ByteView{}).size() <= limits_.partial_metadata_size_max) {
    return true;
  }
  ++out_.skipped;
  return false;
}

}  // namespace

std::string_view name(RpcError error) {
  switch (error) {
    case RpcError::malformed:
      return "malformed";
    case RpcError::too_much_control:
      return "too_much_control";
    case RpcError::too_many:
      return "too_many";
  }
  return "unknown";
}

Result<RpcView, RpcError> read_rpc(ByteView frame, const RpcLimits& limits) {
  Scan scan{limits};
  if (const auto scanned = scan.frame(frame); !scanned) return unexpected(scanned.error());
  RpcView rpc;
  scan.reserve(rpc);
  Build{limits, rpc}.frame(frame);
  return rpc;
}

}  // namespace grapevine::pubsub
