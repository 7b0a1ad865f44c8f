// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "core/pubsub/extensions.hpp"

namespace grapevine::gossipsub {

/// What one peer said of its extensions. gossipsub v1.3, "The Extensions Control Message": they
/// come in the first RPC of a stream or not at all, and once. As in go, a peer that has not said
/// them has none; unlike there, a first word that comes late (jvm's) still counts.
class PeerExtensions {
 public:
  /// The peer opened another stream to us, on which it may speak once more.
  void on_stream() { ++streams_; }
  /// False when the peer has no word left; nothing changes then.
  bool on_said(const pubsub::Extensions& said) {
    if (said_ >= streams_ && said_ > 0) return false;
    ++said_;
    theirs_ = said;
    return true;
  }
  const pubsub::Extensions& theirs() const { return theirs_; }

  bool test_sent = false;  ///< on our present stream

 private:
  pubsub::Extensions theirs_;
  std::uint32_t streams_ = 0;
  std::uint32_t said_ = 0;
};

}  // namespace grapevine::gossipsub
