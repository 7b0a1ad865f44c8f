// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>

#include "core/host/events.hpp"
#include "grapevine/stream.hpp"

namespace grapevine {

namespace api {
class Runtime;
}

/// One stream between the application's threads and the loop.
struct Stream::State {
  State(std::shared_ptr<api::Runtime> runtime_in, host::StreamKey key_in, Peer peer_in,
        std::string protocol_in);
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State();

  // --- from the loop ---
  void on_data(SharedBytes bytes);
  void on_ended();
  void on_closed(Error reason);
  /// A write the loop has taken over, and what then waits in the session.
  void on_taken(std::size_t size);
  void on_queued(std::size_t size);
  /// What the application has read since the last call.
  std::size_t take_credit();

  // --- from any thread ---
  Expected<Payload> read(std::chrono::milliseconds wait);
  Expected<std::vector<std::uint8_t>> read_exactly(std::size_t size,
                                                   std::chrono::milliseconds wait);
  Expected<void> write(std::span<const std::uint8_t> bytes, std::chrono::milliseconds wait);
  void close_write();
  void reset();

  const std::shared_ptr<api::Runtime> runtime;
  const host::StreamKey key;
  const Peer peer;
  const std::string protocol;

 private:
  using Lock = std::unique_lock<std::mutex>;
  using Deadline = std::chrono::steady_clock::time_point;
  Expected<void> wait_for_data(Lock& lock, Deadline until);
  Expected<void> wait_for_room(Lock& lock, Deadline until);
  /// `size` more bytes are with the application: credit for them goes back, by one command at a
  /// time.
  void give_credit(std::size_t size);

  std::mutex mutex_;
  std::condition_variable readable_;
  std::condition_variable writable_;
  std::deque<SharedBytes> received_;
  std::size_t credit_ = 0;       ///< read, not yet told to the loop
  std::size_t credited_ = 0;     ///< at the front of `received_`, put back after they were read
  bool crediting_ = false;       ///< a command that will tell is on its way
  std::size_t on_the_way_ = 0;   ///< bytes written that the loop has not seen
  std::size_t queued_ = 0;       ///< bytes waiting in the session
  bool ended_ = false;           ///< by the remote
  bool write_closed_ = false;    ///< by us
  std::optional<Error> closed_;  ///< nothing works any more
};

}  // namespace grapevine
