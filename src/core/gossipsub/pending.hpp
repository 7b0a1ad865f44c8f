// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

#include "base/keyed_hash.hpp"
#include "core/gossipsub/id_key.hpp"
#include "core/gossipsub/router.hpp"
#include "core/gossipsub/topics.hpp"

namespace grapevine::gossipsub {

/// Messages whose signature or content is being checked. Copies of an id under check are parked,
/// not checked again; a copy with other bytes gets its turn when the first is refused, so that a
/// forgery never censors the genuine message (V42). One copy a peer, so that forgeries take no more
/// places than there are forgers. Bounded in bytes; the router bounds the number.
class Pending {
 public:
  static constexpr std::size_t parked_max = 4;    ///< different copies of one id
  static constexpr std::size_t senders_max = 64;  ///< remembered; others may get a copy back

  /// The copy came out of a neighbour's history.
  struct ReplayOf {
    std::uint64_t request;
    bool fresh;
  };
  /// Who sent such a copy: the handle of no peer.
  static constexpr PeerHandle nobody{UINT32_MAX};

  struct Copy {
    pubsub::Message message;
    PeerHandle from;
    PeerId via;
    IdKey key;
    std::optional<ReplayOf> replay = {};  ///< `from` is nobody then
  };
  enum class Stage {
    verifying,   ///< its signature
    screening,   ///< by validators that answer within the turn
    waiting,     ///< for a place with those that take their time
    validating,  ///< by those
  };
  struct Entry {
    Copy copy;                        ///< the one under check
    std::vector<PeerHandle> senders;  ///< who sent a copy: it is not sent back to them
    std::size_t same = 1;             ///< the first so many of them sent the copy under check
    std::vector<Copy> parked;         ///< of as many other peers
    Stage stage = Stage::verifying;
    TimePoint asked{};  ///< while validating
  };

  Pending(Rng& rng, std::size_t bytes_max)
      : bytes_max_{bytes_max}, by_id_{0, Hash{base::KeyedHash{rng}}} {}

  /// There is room for the bytes of `message`.
  bool fits(const pubsub::Message& message) const {
    return bytes_ + message.field.kept() <= bytes_max_;
  }
  Ticket add(Copy copy);
  Entry* find(Ticket ticket);
  /// Notes another copy of an id under check; false when the id is not.
  bool park(const pubsub::Message& message, PeerHandle from, const PeerId& via);
  bool contains(ByteView id) const { return !by_id_.empty() && by_id_.contains(id); }
  /// Replaces the copy under check by the first that is parked, under a ticket of its own: what is
  /// still said of the other one does not concern it. nullopt when there is none.
  std::optional<Ticket> promote(Ticket ticket);
  Entry take(Ticket ticket);
  bool empty() const { return by_ticket_.empty(); }
  std::size_t size() const { return by_ticket_.size(); }
  std::size_t bytes() const { return bytes_; }  ///< kept alive by all copies

 private:
  struct Hash {
    using is_transparent = void;
    base::KeyedHash hash;
    std::size_t operator()(const pubsub::MessageId& id) const { return hash(id.bytes()); }
    std::size_t operator()(ByteView id) const { return hash(id); }
  };
  struct Equal {
    using is_transparent = void;
    static ByteView bytes(const pubsub::MessageId& id) { return id.bytes(); }
    static ByteView bytes(ByteView id) { return id; }
    bool operator()(const auto& a, const auto& b) const { return equal(bytes(a), bytes(b)); }
  };
  std::size_t bytes_max_;
  std::size_t bytes_ = 0;
  std::uint64_t next_ticket_ = 1;
  boost::unordered_flat_map<Ticket, std::unique_ptr<Entry>> by_ticket_;
  boost::unordered_flat_map<pubsub::MessageId, Ticket, Hash, Equal> by_id_;
};

/// `message` with its bytes kept small for long life, its views moved along.
pubsub::Message own(pubsub::Message message);

}  // namespace grapevine::gossipsub
