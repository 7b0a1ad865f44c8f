// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "base/time.hpp"
#include "core/gossipsub/config.hpp"
#include "core/session/session.hpp"
#include "identity/peer_id.hpp"
#include "multi/multiaddr.hpp"

namespace grapevine::host {

/// Limits and habits of a node without sockets. Every limit is a row of docs/limits.md.
struct Config {
  std::string agent_version = "grapevine/0.1.0";
  std::shared_ptr<const gossipsub::Config> gossip;
  std::shared_ptr<const session::Config> session;

  std::size_t connections_max = 1024;
  std::size_t inbound_max = 768;   ///< a quarter stays for outbound
  std::size_t per_peer_max = 2;    ///< 4 while simultaneous dials resolve
  std::size_t per_ip_max = 8;      ///< inbound, per IPv4 address or IPv6 /56; loopback is exempt
  std::size_t half_open_max = 64;  ///< inbound handshakes under way
  std::size_t half_open_per_ip_max = 8;  ///< loopback is exempt
  std::size_t accepts_per_ip_per_second =
      5;  ///< token bucket with `accepts_per_ip_burst`; loopback is exempt
  std::size_t accepts_per_ip_burst = 16;

  std::size_t dials_per_peer_max = 8;
  std::size_t dials_max = 64;
  std::size_t dial_addresses_max = 16;
  std::size_t dns_depth_max = 4;  ///< `dnsaddr` names that lead to each other, one behind another
  std::size_t dns_records_max = 32;  ///< taken for one `connect`, over all the names it leads to
  Duration dial_timeout = std::chrono::seconds{15};        ///< one address
  Duration dial_stagger = std::chrono::milliseconds{250};  ///< between addresses of one peer
  Duration dial_backoff_min = std::chrono::seconds{1};
  Duration dial_backoff_max = std::chrono::minutes{5};

  /// Which addresses may be passed on and dialled by peer exchange; none: every address of numbers.
  /// Called on the host's thread.
  std::function<bool(const PeerId& peer, const Multiaddr& address)> px_filter;
  std::size_t px_dials_max = 8;        ///< peers from PRUNEs dialled at a time
  std::size_t px_waiting_max = 64;     ///< peers from PRUNEs that wait for that
  std::size_t px_backoffs_max = 1024;  ///< such peers that could not be reached

  std::size_t streams_per_protocol_max =
      32;  ///< inbound, per connection; gossip 1, identify 2, ping 2
  std::size_t address_book_peers_max = 10'000;
  std::size_t addresses_per_peer_max = 32;
  Duration address_ttl = std::chrono::hours{1};
  Duration identify_timeout = std::chrono::seconds{10};
  Duration push_interval_min = std::chrono::seconds{5};  ///< between pushes taken from one peer
  Duration stream_retry_min =
      std::chrono::milliseconds{100};  ///< gossip stream reopened after a reset, doubling
  Duration stream_retry_max = std::chrono::seconds{10};
  std::size_t stream_retries_max = 4;  ///< then the connection is closed: never a zombie (V45)
  /// A gossip stream that is reset within `size_cap_proof` of an RPC of at least `size_cap_min`
  /// bytes, the largest so far, was reset for its size.
  std::size_t size_cap_min = 16 * 1024;
  Duration size_cap_proof = std::chrono::seconds{5};
  Duration size_cap_holds = std::chrono::minutes{10};  ///< then it is tested again; doubling
  Duration good_stream = std::chrono::seconds{30};  ///< lived so long: its loss begins a new count
  Duration good_connection = std::chrono::seconds{30};  ///< likewise, for dialling direct peers
};

}  // namespace grapevine::host
