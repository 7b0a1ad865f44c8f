// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

#include <boost/unordered/unordered_flat_map.hpp>
#include <boost/unordered/unordered_flat_set.hpp>

#include "base/time.hpp"
#include "core/gossipsub/id_key.hpp"
#include "core/gossipsub/router.hpp"

namespace grapevine::gossipsub {

/// A table in two halves by age: an entry lives for one span to two, and nothing is ever swept.
template <class Table>
class Halves {
 public:
  /// Lets time pass. When the younger half is `full`, it becomes the older one early.
  void age(TimePoint now, Duration span, bool full = false) {
    if (now < turn_ && !full) return;
    const bool both = now >= base::saturating_add(turn_, span);
    std::swap(young, old);
    young.clear();
    if (both) old.clear();
    turn_ = base::saturating_add(now, span);
  }
  /// Gives back the memory when there is nothing in it.
  void rest() {
    if (young.empty()) young = {};
    if (old.empty()) old = {};
  }

  Table young;
  Table old;

 private:
  TimePoint turn_{};
};

/// What became of the messages of the last moments, so that copies which come later count for or
/// against who sends them. Holds 64-bit keyed ids, takes no memory per message once warm, and is
/// bounded: under a flood of messages the oldest are forgotten early.
class Deliveries {
 public:
  static constexpr std::size_t entries_max = 100'000;  ///< messages, and those rejected, each half
  static constexpr std::size_t marks_max = 400'000;    ///< copies that counted, each half

  /// Valid messages are remembered for `window`, rejected ones for `ttl`.
  Deliveries(Duration window, Duration ttl) : window_{window}, ttl_{ttl} {}
  void set_window(Duration window) { window_ = window; }

  void validated(IdKey id, TimePoint now);
  void rejected(IdKey id, TimePoint now);
  /// When the message was found valid; nullopt when that is unknown or longer ago than all windows.
  std::optional<TimePoint> validated_at(IdKey id, TimePoint now);
  bool is_rejected(IdKey id, TimePoint now);
  /// True once for each message and peer.
  bool mark(IdKey id, PeerHandle peer);
  void rest();
  std::size_t size() const;

 private:
  struct Mark {
    IdKey id;
    PeerHandle peer;
    friend bool operator==(const Mark&, const Mark&) = default;
  };
  struct MarkHash {
    using is_avalanching = void;
    std::size_t operator()(const Mark& mark) const noexcept {
      return std::to_underlying(mark.id) ^
             (std::uint64_t{std::to_underlying(mark.peer)} * 0x9E3779B97F4A7C15u);
    }
  };
  using Times = boost::unordered_flat_map<IdKey, TimePoint, IdKeyHash>;
  struct Recent {
    Times times;
    boost::unordered_flat_set<Mark, MarkHash> marks;
    bool empty() const { return times.empty() && marks.empty(); }
    void clear() {
      times.clear();
      marks.clear();
    }
    bool full() const { return times.size() >= entries_max || marks.size() >= marks_max; }
  };
  void age(TimePoint now);

  Duration window_;
  Duration ttl_;
  Halves<Recent> recent_;
  Halves<Times> rejected_;
};

}  // namespace grapevine::gossipsub
