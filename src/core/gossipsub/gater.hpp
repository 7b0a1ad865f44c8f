// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include <boost/unordered/unordered_flat_map.hpp>

#include "base/keyed_hash.hpp"
#include "base/rng.hpp"
#include "base/time.hpp"
#include "core/gossipsub/gater_params.hpp"
#include "core/gossipsub/router.hpp"

namespace grapevine::gossipsub {

/// Random early drop by origin: while more messages come than can be checked, those of addresses
/// that brought little good are shed before they cost anything. Peers at one address share its
/// record; a peer of unknown address has one of its own. Everybody keeps a chance, control is never
/// shed. A pure state machine.
///
/// Invariant: nothing is held about a peer that left but its address's record, for `retain_stats`.
class Gater {
 public:
  static constexpr std::size_t sources_max = 10'000;  ///< above it the one that ends first goes

  Gater(GaterParams params, Rng& rng, TimePoint now);

  void add_peer(PeerHandle peer, std::span<const IpAddress> ips);
  void remove_peer(PeerHandle peer, TimePoint now);

  /// A message enters the checks.
  void validate();
  /// The checks are overloaded, or had no room for a message.
  void throttle(TimePoint now);
  void deliver(PeerHandle peer, double weight);
  void duplicate(PeerHandle peer);
  void ignore(PeerHandle peer);
  void reject(PeerHandle peer);
  /// One decay. Due at `next_refresh`.
  void refresh(TimePoint now);
  TimePoint next_refresh() const { return next_refresh_; }

  /// False: the messages of this RPC are not to be looked at, its control is.
  bool accepts(PeerHandle peer, TimePoint now);
  double delivery_weight(std::string_view topic) const;
  std::size_t sources() const { return by_origin_.size(); }
  std::size_t peers() const { return peers_.size(); }

 private:
  struct Source {
    std::size_t connected = 0;
    TimePoint expires{};  ///< while none is connected
    double deliver = 0;
    double duplicate = 0;
    double ignore = 0;
    double reject = 0;
  };
  /// An address, or a peer where that is unknown.
  struct Origin {
    IpAddress address;
    std::optional<PeerHandle> peer;
    friend bool operator==(const Origin&, const Origin&) = default;
  };
  struct Hash {
    base::KeyedHash hash;
    std::size_t operator()(const Origin& origin) const;
  };
  struct Entry {
    Origin origin;
    Source* source;
  };
  Source* find(PeerHandle peer);
  void make_room();

  GaterParams params_;
  boost::unordered_flat_map<PeerHandle, Entry> peers_;
  boost::unordered_flat_map<Origin, std::unique_ptr<Source>, Hash> by_origin_;
  double validated_ = 0;
  double throttled_ = 0;
  std::optional<TimePoint> last_throttle_;
  TimePoint next_refresh_;
  Rng rng_;
};

}  // namespace grapevine::gossipsub
