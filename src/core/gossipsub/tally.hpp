// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>
#include <utility>
#include <vector>

#include "core/gossipsub/peers.hpp"
#include "core/gossipsub/router.hpp"

namespace grapevine::gossipsub {

/// Events that a remote can cause by the million, merged over a turn: noting one more costs a
/// comparison, no string and no output of its own.
class Tally {
 public:
  /// At most this many different ones wait; then they must be taken.
  static constexpr std::size_t events_max = 32;

  struct Event {
    Traced::Kind kind;
    PeerHandle peer;
    std::string_view reason;  ///< a literal
    TopicName topic;          ///< may be null
    PeerId id{};
    std::uint64_t count = 0;
  };
  /// False, and nothing noted, when it is full.
  bool add(Traced::Kind kind, const Peer& peer, const TopicName& topic, std::string_view reason,
           std::uint64_t count) {
    for (auto event = events_.rbegin(); event != events_.rend(); ++event) {
      if (event->kind == kind && event->peer == peer.handle && event->topic == topic &&
          event->reason.data() == reason.data()) {
        event->count += count;
        return true;
      }
    }
    if (events_.size() >= events_max) return false;
    events_.push_back({kind, peer.handle, reason, topic, peer.id, count});
    return true;
  }
  bool empty() const { return events_.empty(); }
  std::vector<Event> take() { return std::exchange(events_, {}); }

 private:
  std::vector<Event> events_;
};

}  // namespace grapevine::gossipsub
