// SPDX-License-Identifier: Apache-2.0
#include "core/history/responder.hpp"

#include <algorithm>
#include <utility>

#include "base/assert.hpp"

namespace grapevine::history {

Responder::Responder(const Limits& limits, TimePoint now)
    : limits_{limits},
      frames_{request_size_max},
      deadline_{base::saturating_add(now, limits.request_timeout)} {}

Result<void, Fault> Responder::on_bytes(SharedBytes bytes, TimePoint now) {
  frames_.feed(std::move(bytes));
  for (;;) {
    const auto frame = frames_.next();
    if (!frame) {
      return unexpected(frame.error() == base::FrameError::too_large ? Fault::too_large
                                                                     : Fault::malformed);
    }
    if (!*frame) return {};
    auto request = read_request(**frame);
    if (!request) return unexpected(request.error());
    if (auto taken = on_request(*std::move(request), now); !taken) return taken;
  }
}

Result<void, Fault> Responder::on_request(Request request, TimePoint now) {
  if (busy()) return unexpected(Fault::not_asked);
  const auto held = [](std::uint64_t& wanted, std::size_t limit) {
    wanted = wanted == 0 ? limit : std::min<std::uint64_t>(wanted, limit);
  };
  held(request.count_max, limits_.answer_messages_max);
  held(request.bytes_max, limits_.answer_bytes_max);
  request_ = std::move(request);
  state_ = State::asked;
  deadline_ = base::saturating_add(now, limits_.answer_timeout);
  return {};
}

std::optional<Request> Responder::poll() {
  if (state_ != State::asked) return std::nullopt;
  state_ = State::looking_up;
  return request_;
}

void Responder::answer(std::vector<Entry> entries, End end, TimePoint now) {
  ASSERT(state_ == State::looking_up);
  ASSERT(entries.size() <= request_.count_max);
  for (auto& entry : entries) {
    pieces_.push(SharedBytes{encode_head(entry)});
    pieces_.push(std::move(entry.field));
  }
  pieces_.push(SharedBytes{encode(end)});
  state_ = State::answering;
  deadline_ = base::saturating_add(now, limits_.answer_timeout);
}

std::optional<SharedBytes> Responder::pack(TimePoint now) {
  if (state_ != State::answering) return std::nullopt;
  auto piece = pieces_.pop();
  if (pieces_.empty()) {
    state_ = State::idle;
    deadline_ = base::saturating_add(now, limits_.request_timeout);
  }
  return piece;
}

}  // namespace grapevine::history
