// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>

#include "base/time.hpp"
#include "core/history/limits.hpp"
#include "identity/peer_id.hpp"

namespace grapevine::history {

/// What peers may ask of our history: streams and rates of each, look-ups of all together. What is
/// known of a peer is forgotten when it asks no more and its rate has recovered, not when it goes:
/// coming back does not help.
class Allowance {
 public:
  explicit Allowance(const Limits& limits) : limits_{limits} {}

  /// False: too many streams, of this peer or in all. Otherwise `close_stream` once.
  bool open_stream(const PeerId& peer, TimePoint now);
  void close_stream(const PeerId& peer);
  /// For each request on such a stream. False: too often, or too many at a time; the answer is
  /// `busy`. Otherwise `end_lookup` once.
  bool begin_lookup(const PeerId& peer, TimePoint now);
  void end_lookup() { --lookups_; }

  std::size_t peers() const { return peers_.size(); }
  std::size_t streams() const { return streams_; }
  std::size_t lookups() const { return lookups_; }

 private:
  struct Account {
    std::size_t streams = 0;
    /// When all that the peer asked so far will be forgotten: each request adds its share.
    TimePoint clear;
  };
  Duration share() const;
  void forget_idle(TimePoint now);

  Limits limits_;
  std::map<PeerId, Account> peers_;
  std::size_t streams_ = 0;
  std::size_t lookups_ = 0;
};

}  // namespace grapevine::history
