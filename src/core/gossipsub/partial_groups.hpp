// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

#include "base/shared_bytes.hpp"
#include "core/gossipsub/partial_message.hpp"
#include "core/gossipsub/router.hpp"

namespace grapevine::gossipsub {

/// Bytes kept of what peers say they have, per peer and together.
class MetadataBudget {
 public:
  /// Charged beside the bytes of one entry.
  static constexpr std::size_t overhead = 128;

  explicit MetadataBudget(const PartialLimits& limits) : limits_{limits} {}
  /// An entry of `peer` goes from one size to another; false, and nothing noted, when it does not
  /// fit.
  bool resize(PeerHandle peer, std::size_t from, std::size_t to);
  std::size_t bytes() const { return total_; }
  std::size_t bytes(PeerHandle peer) const;

 private:
  PartialLimits limits_;
  std::size_t total_ = 0;
  boost::unordered_flat_map<PeerHandle, std::size_t> by_peer_;
};

/// One peer in one group. What it said is charged to the budget; what we sent it since is not, so
/// that nothing is sent twice for want of room: those groups are our own.
struct PartialPeer {
  PeerHandle peer{};
  Bytes has;  ///< what it said it has, with what we sent it since
  bool said = false;
  std::size_t charged = 0;
  SharedBytes told;  ///< our metadata as it was sent last; shared with other peers
};

/// What is known of one message that travels in parts.
struct PartialGroup {
  Bytes id;
  SharedBytes ours;  ///< our metadata as last published
  bool published = false;
  std::optional<PeerHandle> initiator;  ///< whose message began it, until we publish
  std::size_t ttl = 0;                  ///< heartbeats left
  std::vector<PartialPeer> peers;       ///< in ascending order of handles

  PartialPeer* find(PeerHandle peer);
  const PartialPeer* find(PeerHandle peer) const {
    return const_cast<PartialGroup*>(this)->find(peer);
  }
  PartialPeer& add(PeerHandle peer);  ///< or the one that is there
};

/// The groups of one topic by id. Those that peers begin are bounded, each peer's and all; those we
/// publish are ours to bound. All end some heartbeats after the last publish. Ids are chosen by
/// remotes, so look-ups are by order, not by hash.
class PartialGroups {
 public:
  PartialGroups(const PartialLimits& limits, MetadataBudget& budget)
      : limits_{limits}, budget_{budget} {}
  PartialGroups(const PartialGroups&) = delete;
  PartialGroups& operator=(const PartialGroups&) = delete;
  ~PartialGroups();

  PartialGroup* find(ByteView id);
  const PartialGroup* find(ByteView id) const { return const_cast<PartialGroups*>(this)->find(id); }
  /// For a publish of ours: made or taken over, its time begins anew.
  PartialGroup& publish(ByteView id);
  /// For a message of `from`: made within the limits; nullptr above them.
  PartialGroup* initiate(ByteView id, PeerHandle from);
  /// The peer said more: its entry gets `has`. False when there is no room; what was known stays.
  bool note(PartialGroup& group, PeerHandle peer, Bytes has);
  /// Forgets the peer. A group it began goes over to another that spoke of it, or ends.
  void remove(PeerHandle peer);
  void heartbeat();

  const std::vector<std::unique_ptr<PartialGroup>>& all() const { return groups_; }
  std::size_t initiated() const { return initiated_; }
  std::size_t initiated(PeerHandle peer) const;
  std::size_t peer_entries() const;
  void check_invariants() const;

 private:
  using Groups = std::vector<std::unique_ptr<PartialGroup>>;
  Groups::iterator place(ByteView id);
  PartialGroup& insert(ByteView id);
  void disown(PartialGroup& group);
  bool adopt(PartialGroup& group, PeerHandle peer);
  void release(PartialGroup& group);
  std::size_t ttl() const;

  const PartialLimits& limits_;
  MetadataBudget& budget_;
  Groups groups_;  ///< in the order of their ids
  std::size_t initiated_ = 0;
  boost::unordered_flat_map<PeerHandle, std::size_t> initiated_by_;
};

}  // namespace grapevine::gossipsub
