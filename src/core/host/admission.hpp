// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include <boost/unordered/unordered_flat_map.hpp>

#include "base/keyed_hash.hpp"
#include "base/rng.hpp"
#include "core/host/config.hpp"
#include "core/host/events.hpp"

namespace grapevine::host {

/// Where a connection comes from, for counting: an IPv4 address or an IPv6 /56. Empty for loopback,
/// which is exempt, and for what is no IP address.
std::string network_of(const Multiaddr& address);

/// How many connections there are and may be: in all, inbound, and per network (V06, V16). How many
/// may be half open in all is the host's to see to: there the newcomer is let in.
class Admission {
 public:
  Admission(const Config& config, Rng& rng) : config_{config}, networks_{0, base::KeyedHash{rng}} {}

  /// No further connection of either direction.
  bool full() const { return connections() >= config_.connections_max; }
  /// No further inbound connection.
  bool inbound_full() const { return full() || inbound_ >= config_.inbound_max; }
  /// Counts an inbound connection that has yet to prove itself; false when a limit refuses it.
  bool accept(const std::string& network, TimePoint now);
  bool dial();  ///< counts an outbound one
  void established(const std::string& network, bool outbound);
  void closed(const std::string& network, bool outbound, bool was_half_open);
  std::size_t connections() const { return inbound_ + outbound_; }
  std::size_t networks() const { return networks_.size(); }

 private:
  static constexpr std::size_t networks_max = 65'536;
  struct Network {
    std::size_t open = 0;
    std::size_t half_open = 0;
    double tokens = 0;  ///< at `filled`
    TimePoint filled;
  };
  bool take_token(Network& network, TimePoint now) const;
  void forget_quiet(TimePoint now);

  const Config& config_;
  std::size_t inbound_ = 0;
  std::size_t outbound_ = 0;
  TimePoint next_look_ = TimePoint::min();
  boost::unordered_flat_map<std::string, Network, base::KeyedHash> networks_;
};

}  // namespace grapevine::host
