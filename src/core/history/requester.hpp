// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <variant>

#include "base/frame_reader.hpp"
#include "base/queue.hpp"
#include "base/time.hpp"
#include "core/history/limits.hpp"
#include "core/history/messages.hpp"
#include "core/pubsub/message.hpp"

namespace grapevine::history {

/// A message of somebody's history: of the topic that was asked for, with an id, and not checked
/// beyond that. It must pass all that a message by gossip passes before anybody sees it.
struct Received {
  pubsub::Message message;
  std::uint64_t age_ms = 0;
};

/// Asks one peer for its history of one topic, over one stream, one answer behind another. What an
/// answer brings is never more than was asked for: above that the stream is of no use any more.
///   start, go_on   frames to write.   on_bytes   what the stream brought.   poll   what it says.
class Requester {
 public:
  using Event = std::variant<Received, End>;

  /// `request.count_max` and `bytes_max` are for each answer, and held at the limits.
  Requester(Request request, const Limits& limits, pubsub::IdFunction id);

  /// The first request; the answer is due from now on.
  Bytes start(TimePoint now);
  /// After an `End` with `more`: the request that goes on behind it.
  Bytes go_on(const End& end, TimePoint now);
  /// The stream's next bytes. After a fault it is to be reset.
  Result<void, Fault> on_bytes(SharedBytes bytes);
  /// Messages in order, then the answer's end.
  std::optional<Event> poll();
  /// The answer has not ended in time.
  bool late(TimePoint now) const { return waiting_ && now >= deadline_; }
  /// An answer is under way.
  bool waiting() const { return waiting_; }

 private:
  Result<void, Fault> on_answer(Answer answer);
  Result<void, Fault> on_entry(Entry entry);

  Request request_;
  Duration timeout_;
  pubsub::IdFunction id_;
  base::FrameReader frames_;
  base::Queue<Event> events_;
  TimePoint deadline_;
  std::uint64_t messages_ = 0;  ///< of the answer under way
  std::uint64_t bytes_ = 0;
  bool waiting_ = false;
};

}  // namespace grapevine::history
