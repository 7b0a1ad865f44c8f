// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "base/queue.hpp"
#include "base/shared_bytes.hpp"
#include "core/gossipsub/id_key.hpp"
#include "core/gossipsub/remembered.hpp"
#include "core/gossipsub/topic_policy.hpp"
#include "core/gossipsub/topics.hpp"
#include "core/pubsub/message_id.hpp"
#include "core/pubsub/rpc.hpp"
#include "identity/peer_id.hpp"

namespace grapevine::gossipsub {

/// In which order messages leave, after control. Shedding goes the other way.
enum class Lane : std::uint8_t { own, forward, gossip };

/// Bytes of the messages that wait in all outboxes of a router, by lane.
struct OutboxTotals {
  std::array<std::size_t, 3> bytes{};

  std::size_t all() const { return bytes[0] + bytes[1] + bytes[2]; }
};

/// A peer that a PRUNE names, with its signed record where there is one.
struct OfferedPeer {
  PeerId id;
  SharedBytes record;
};

/// What waits to be sent to one peer: control, merged so that the last word on a topic stands, and
/// three lanes of messages, each ordered by priority, bounded together in bytes and number. At rest
/// it is one null pointer.
class Outbox {
 public:
  struct Limits {
    std::size_t bytes_max;
    std::size_t items_max;
    std::size_t idontwant_max = 200;  ///< queued ids; older ones have lost their use
    std::size_t iwant_max = 10'000;   ///< queued ids; more are not asked for
    std::size_t partial_bytes_max = 2 * 1024 * 1024;  ///< queued; more are refused
    std::size_t partial_items_max = 1024;             ///< likewise
  };
  /// `totals`, where given, outlive the outbox.
  explicit Outbox(OutboxTotals* totals = nullptr);
  Outbox(Outbox&&) noexcept;
  Outbox& operator=(Outbox&&) noexcept;
  ~Outbox();

  void extensions(const pubsub::Extensions& ours);  ///< before all else
  void test_extension();
  /// An extension's body as a whole field of an RPC. False when there is no room.
  bool partial(SharedBytes field, const Limits& limits);
  void announce(TopicName topic, bool subscribe, pubsub::PartialFlags partial = {});
  void graft(TopicName topic);
  /// `backoff` in seconds; none towards a 1.0 peer.
  void prune(TopicName topic, std::optional<std::uint64_t> backoff,
             std::vector<OfferedPeer> offers = {});
  /// Ids that many peers are told of, held once for all of them.
  using SharedIds = std::shared_ptr<const std::vector<pubsub::MessageId>>;
  /// Ids of one IHAVE or IWANT entry: a fraction of the control bytes an RPC may hold, whatever
  /// the ids' size.
  static constexpr std::size_t ids_per_entry = 64;
  void ihave(const TopicName& topic, SharedIds ids);  ///< at most `ids_per_entry`
  void iwant(std::vector<pubsub::MessageId> ids, const Limits& limits);
  bool asks() const;  ///< an IWANT waits
  void idontwant(const pubsub::MessageId& id, const Limits& limits);
  /// Forgets queued adverts: each heartbeat's say what the ones before said, and more.
  void drop_ihave();

  /// A message that waits, and the rules of its topic that it was queued by.
  struct Item {
    SharedBytes field;
    IdKey key;
    TimePoint expires = TimePoint::max();  ///< from then on it is dropped instead of sent
    std::size_t share = SIZE_MAX;          ///< bytes that its topic may hold; SIZE_MAX: all
    TopicHandle topic{};
    Priority priority = Priority::normal;
  };
  struct Dropped {
    std::size_t messages = 0;
    bool refused = false;     ///< the message itself found no room
    bool over_share = false;  ///< likewise, as its topic holds its share
  };
  /// Makes room by dropping the oldest of later lanes, and of lower priorities in its own; never of
  /// its own place or an earlier one, and nothing when that would not do.
  Dropped push(Lane lane, Item item, const Limits& limits);
  /// Removes queued messages the peer does not want; answers how many. Takes one pass over the
  /// queues: `pack` leaves such messages out anyway, so this is for once a heartbeat, before an
  /// IDONTWANT is forgotten.
  std::size_t cancel(const Unwanted& unwanted);
  /// Removes queued messages whose time is over, likewise once a heartbeat; answers how many.
  std::size_t expire(TimePoint now);

  bool empty() const;
  std::size_t bytes() const;  ///< of queued messages
  std::size_t messages() const;
  std::size_t bytes(Lane lane) const;
  /// Drops the oldest of a lane, at least `bytes` of them where there are as many.
  struct Shed {
    std::size_t messages = 0;
    std::size_t bytes = 0;
  };
  Shed shed(Lane lane, std::size_t bytes);
  void clear();
  /// The stream is gone: only what a hello on the next one does not say anew is kept, that we left
  /// a topic.
  void lose_stream();
  /// Gives back the memory kept for reuse when nothing is queued.
  void rest();

  struct Packed {
    std::optional<pubsub::PackedRpc> rpc;  ///< none: nothing is left
    std::size_t cancelled = 0;             ///< messages left out for being unwanted
    std::size_t expired = 0;               ///< likewise for having waited too long
  };
  /// `keys`, where given, gets those of the messages packed.
  Packed pack(const pubsub::SendLimits& limits, const Unwanted& unwanted, TimePoint now,
              std::vector<IdKey>* keys = nullptr);

 private:
  struct Lanes;
  Lanes& lanes();
  OutboxTotals* totals_;
  std::unique_ptr<Lanes> lanes_;
};

}  // namespace grapevine::gossipsub
