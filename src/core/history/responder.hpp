// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <vector>

#include "base/frame_reader.hpp"
#include "base/queue.hpp"
#include "base/time.hpp"
#include "core/history/limits.hpp"
#include "core/history/messages.hpp"

namespace grapevine::history {

/// Answers one peer on one stream, one request at a time. A second one before the first is answered
/// is a fault: nothing queues up here.
///   on_bytes   what the stream brought.   poll   a request to look up.   answer   what was found.
///   pack       pieces to write, as long as the stream takes them.
class Responder {
 public:
  Responder(const Limits& limits, TimePoint now);

  /// The stream's next bytes. After a fault it is to be reset.
  Result<void, Fault> on_bytes(SharedBytes bytes, TimePoint now);
  /// The request to be answered, held at the limits: `answer` once.
  std::optional<Request> poll();
  void answer(std::vector<Entry> entries, End end, TimePoint now);
  /// The next piece to write; nullopt when all is given.
  std::optional<SharedBytes> pack(TimePoint now);
  /// Nothing came in time, or the answer was not taken in time: the stream is to be reset.
  bool late(TimePoint now) const { return now >= deadline_; }
  /// A request is being looked up, or its answer written.
  bool busy() const { return state_ != State::idle; }

 private:
  enum class State { idle, asked, looking_up, answering };
  Result<void, Fault> on_request(Request request, TimePoint now);

  Limits limits_;
  base::FrameReader frames_;
  State state_ = State::idle;
  Request request_;
  base::Queue<SharedBytes> pieces_;
  TimePoint deadline_;
};

}  // namespace grapevine::history
