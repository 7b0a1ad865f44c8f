// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include "base/queue.hpp"
#include "base/result.hpp"
#include "core/pubsub/message.hpp"

namespace grapevine::net {

/// Why an inbox takes nothing.
enum class InboxError {
  full,    ///< no room for another message
  closed,  ///< the loop has ended
};

/// How a message is to be published.
struct Manner {
  std::uint64_t batch = 0;  ///< what has the same number is sent interleaved; 0: on its own
  bool local = false;       ///< to our own application only
};

/// A message on its way to the loop.
struct Parcel {
  pubsub::Message message;
  Manner manner;
};

/// What other threads hand to the loop: messages to publish, bounded in number and bytes, and rare
/// commands. The loop is woken once, when there was nothing for it to find.
///
/// Messages leave in the order of their places, so that a publisher that draws its place first and
/// signs afterwards keeps sequence numbers in order on the wire whatever the threads do: a receiver
/// that checks sequence numbers drops what comes out of order.
class Inbox {
 public:
  using Command = std::move_only_function<void()>;
  using Place = std::uint64_t;
  using Deadline = std::chrono::steady_clock::time_point;
  struct Limits {
    std::size_t messages_max = 8192;
    std::size_t bytes_max = 64u << 20;  ///< payload; a single message always fits an empty inbox
  };

  /// `wake` is called on the thread that put something in, never under the lock.
  Inbox(Limits limits, std::function<void()> wake) : limits_{limits}, wake_{std::move(wake)} {}

  // --- from any thread ---
  /// Places in line for `count` messages of together `size` bytes, from the one answered on. Each
  /// must be filled or given up soon: those behind it wait. Where there is no room now, it is
  /// waited for until `deadline`; whoever comes first then takes it. More places than
  /// `Limits::messages_max` never become free together.
  Result<Place, InboxError> reserve(std::size_t count, std::size_t size,
                                    Deadline deadline = Deadline::min());
  void fill(Place first, std::span<pubsub::Message> messages, const Manner& manner = {});
  void give_up(Place first, std::size_t count);
  /// False when the loop has ended: the command is gone, and never runs.
  bool post(Command command);

  // --- from the loop ---
  std::vector<Command> take_commands();
  /// Messages whose turn it is, at most `count` of them and `bytes` of encoding, but one at least;
  /// none while a command waits: what was posted before a message is done before it.
  std::vector<Parcel> take_messages(std::size_t count, std::size_t bytes);
  bool has_messages() const;
  /// The encoded size of the first message whose turn it is; nullopt when there is none.
  std::optional<std::size_t> first_size();
  /// From now on nothing is taken, and nobody waits; what is in stays to be taken.
  void close();

 private:
  struct Slot {
    std::optional<pubsub::Message> message;
    Manner manner{};
    std::size_t size = 0;  ///< charged at reservation
    bool settled = false;  ///< filled or given up
  };
  using Lock = std::unique_lock<std::mutex>;
  bool has_room(std::size_t count, std::size_t size) const;
  /// Whether the loop must be woken for the slot at `place`.
  bool must_wake(Place first);
  bool head_ready() const { return !slots_.empty() && slots_.front().settled; }
  void drop_head();
  /// Frees the places at the head that were given up.
  void pass_over_given_up();
  void tell_of_room(Lock lock);

  const Limits limits_;
  const std::function<void()> wake_;
  mutable std::mutex mutex_;
  std::condition_variable room_;
  std::size_t waiting_ = 0;  ///< threads that wait for room
  std::vector<Command> commands_;
  base::Queue<Slot> slots_;
  Place head_ = 0;  ///< of the front slot
  std::size_t bytes_ = 0;
  bool woken_ = false;  ///< the loop will look
  bool closed_ = false;
};

}  // namespace grapevine::net
