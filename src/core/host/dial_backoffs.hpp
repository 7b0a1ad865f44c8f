// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>

#include "base/rng.hpp"
#include "base/time.hpp"
#include "core/host/address_book.hpp"
#include "core/host/config.hpp"

namespace grapevine::host {

/// How long peers that could not be reached are left alone: from `dial_backoff_min`, doubling to
/// `dial_backoff_max`, with up to a quarter of jitter. Bounded by `px_backoffs_max`; the wait that
/// ends first makes room.
class DialBackoffs {
 public:
  DialBackoffs(const Config& config, const PeerIdHash& hash) : config_{config}, entries_{0, hash} {}

  void fail(const PeerId& peer, TimePoint now, Rng& rng);
  void succeed(const PeerId& peer) { entries_.erase(peer); }
  bool holds(const PeerId& peer, TimePoint now) const;
  std::size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    Duration wait{};
    TimePoint until{};
  };
  const Config& config_;
  boost::unordered_flat_map<PeerId, Entry, PeerIdHash> entries_;
};

}  // namespace grapevine::host
