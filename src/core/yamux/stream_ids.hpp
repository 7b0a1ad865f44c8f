// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <vector>

#include "core/yamux/frame.hpp"

namespace grapevine::yamux {

/// Hands out our own stream numbers: every second one from `first` up, each once.
class IdSequence {
 public:
  explicit IdSequence(StreamId first) : next_{first} {}
  /// nullopt when the 32 bits are used up; the connection then has to be replaced.
  std::optional<StreamId> next();

 private:
  std::uint64_t next_;
};

/// Remembers which numbers the remote has used, so that none names two streams in a session's
/// life. Other implementations give out a number before they send its SYN, so SYNs may come out of
/// order: skipped ranges stay open, the newest `gaps_max` of them.
/// Invariant: gaps ascend, do not touch, and lie below the next number expected.
class UsedIds {
 public:
  static constexpr std::size_t gaps_max = 64;

  explicit UsedIds(StreamId first) : next_{first} {}
  /// Marks `id`, which has the right parity, as used; false when it was already, or is too old to
  /// tell.
  bool take(StreamId id);
  std::size_t gaps() const { return gaps_.size(); }

 private:
  struct Gap {
    StreamId low;
    StreamId high;  ///< inclusive
  };

  bool take_from_gap(StreamId id);
  void forget_oldest();

  std::uint64_t next_;
  std::vector<Gap> gaps_;
};

}  // namespace grapevine::yamux
