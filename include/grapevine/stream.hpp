// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "grapevine/error.hpp"
#include "grapevine/message.hpp"
#include "grapevine/peer.hpp"

namespace grapevine {

/// A bidirectional stream of one protocol with one peer. Reading and writing may happen on
/// different threads; each blocks at most its `wait`. Back-pressure reaches the other side: what is
/// not read is not granted again.
class Stream {
 public:
  /// The next bytes as they came; an empty payload is the remote's end.
  Expected<Payload> read(std::chrono::milliseconds wait);
  /// Exactly `size` bytes; `closed` when the end comes first.
  Expected<std::vector<std::uint8_t>> read_exactly(std::size_t size,
                                                   std::chrono::milliseconds wait);
  /// Returns when the bytes are queued; waits while more than 1 MiB is.
  Expected<void> write(std::span<const std::uint8_t> bytes, std::chrono::milliseconds wait);
  void close_write();  ///< our end; the remote reads it after all we wrote
  void reset();
  const Peer& peer() const;
  const std::string& protocol() const;

  struct State;
  explicit Stream(std::shared_ptr<State> state) : state_{std::move(state)} {}

 private:
  std::shared_ptr<State> state_;
};

}  // namespace grapevine
