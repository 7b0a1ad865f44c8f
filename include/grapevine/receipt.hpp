// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>

#include "grapevine/error.hpp"
#include "grapevine/message.hpp"

namespace grapevine {

/// How far a message has come with a peer.
enum class ReceiptLevel {
  queued,   ///< it waits in the peer's outbox
  written,  ///< it was packed to be sent to the peer
  /// The peer has shown that it has the message or knows of it: by IDONTWANT, by IHAVE, or by
  /// sending it itself. Who had it from us first shows it to others only, so that this counts
  /// those whom it reached through others; small messages are not named in IDONTWANT.
  acknowledged,
};

/// Peers at each level, counted once each and never less than before; at most 1,024.
struct ReceiptState {
  std::size_t queued = 0, written = 0, acknowledged = 0;
  bool over = false;  ///< the time is over, or the node stopped: nothing more is counted
};

struct ReceiptOptions {
  /// How long the message is followed; at most 60 s.
  std::chrono::milliseconds time{10'000};
  /// Told of each change, at most once a turn of the network thread, on it; must not block.
  std::function<void(const ReceiptState&)> on_progress;
};

/// Follows one message that was published. Letting go of the last copy ends that.
class Receipt {
 public:
  const Payload& id() const;
  ReceiptState state() const;
  /// Waits until the message has come to `level` with `count` peers. `timeout` when that has not
  /// happened within `wait`, or the receipt is over; `closed` when the node stopped first. Never
  /// waits in a callback.
  Expected<void> wait(ReceiptLevel level, std::size_t count, std::chrono::milliseconds wait) const;

  struct State;
  explicit Receipt(std::shared_ptr<State> state) : state_{std::move(state)} {}

 private:
  std::shared_ptr<State> state_;
};

}  // namespace grapevine
