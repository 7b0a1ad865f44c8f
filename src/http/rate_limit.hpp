// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/ip/address.hpp>
#include <boost/unordered/unordered_flat_map.hpp>
#include <chrono>
#include <cstddef>
#include <string>

namespace grapevine::http {

/// Whom a request is counted for: an IPv4 address, or the /64 of an IPv6 one, of which a single
/// machine has as many addresses as it likes.
std::string client_of(const boost::asio::ip::address& address);

/// How often each client may ask: `burst` requests at once, then `per_second` (H11). A leaky bucket
/// that is kept as one point in time, so that a quiet client needs no entry.
class RateLimit {
 public:
  using Time = std::chrono::steady_clock::time_point;

  /// Neither is 0.
  RateLimit(std::size_t per_second, std::size_t burst);

  /// Counts one request; false, and not counted, when it comes too early. `now` never decreases.
  bool take(const std::string& client, Time now);

  std::size_t clients() const { return due_.size(); }

  /// Of more clients than these, those that came last share one allowance.
  static constexpr std::size_t clients_max = 1'024;

 private:
  using Clock = std::chrono::steady_clock;

  Clock::duration interval_;
  Clock::duration slack_;
  boost::unordered_flat_map<std::string, Time> due_;  ///< when a client has used up nothing
};

}  // namespace grapevine::http
