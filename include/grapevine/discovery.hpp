// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace grapevine {

/// Where peers of a topic are found: a registry, a DHT, mDNS. Given in `NodeConfig`, called on the
/// network thread, must not block. Either function may be absent.
///
/// A joined topic is advertised, and again after half of `ttl`. While fewer than `d_low` of its
/// peers can be written to, others are looked for: at once, then after a second, doubling to a
/// minute.
struct Discovery {
  /// Makes known that this node is in `topic`, for the next `ttl`.
  std::function<void(const std::string& topic, std::chrono::seconds ttl)> advertise;
  /// Looks for up to `limit` peers of `topic`; calls `found` once, now or later, on any thread,
  /// with their addresses, each ending in /p2p. They are dialled a few peers at a time; who could
  /// not be reached is left alone from a second to five minutes, doubling.
  std::function<void(const std::string& topic, std::size_t limit,
                     std::function<void(std::vector<std::string> addresses)> found)>
      find_peers;
};

}  // namespace grapevine
