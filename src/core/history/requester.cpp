// SPDX-License-Identifier: Apache-2.0
#include "core/history/requester.hpp"

#include <algorithm>

#include "base/assert.hpp"
#include "base/protobuf.hpp"

namespace grapevine::history {

namespace {

std::uint64_t held_at(std::uint64_t wanted, std::size_t limit) {
  return wanted == 0 ? limit : std::min<std::uint64_t>(wanted, limit);
}

}  // namespace

Requester::Requester(Request request, const Limits& limits, pubsub::IdFunction id)
    : request_{std::move(request)},
      timeout_{limits.answer_timeout},
      id_{std::move(id)},
      frames_{limits.message_size_max + answer_slack} {
  request_.count_max = held_at(request_.count_max, limits.answer_messages_max);
  request_.bytes_max = held_at(request_.bytes_max, limits.answer_bytes_max);
}

Bytes Requester::start(TimePoint now) {
  ASSERT(!waiting_);
  waiting_ = true;
  messages_ = 0;
  bytes_ = 0;
  deadline_ = base::saturating_add(now, timeout_);
  return encode(request_);
}

Bytes Requester::go_on(const End& end, TimePoint now) {
  request_.cursor = end.cursor;
  return start(now);
}

Result<void, Fault> Requester::on_bytes(SharedBytes bytes) {
  frames_.feed(std::move(bytes));
  for (;;) {
    const auto frame = frames_.next();
    if (!frame) {
      return unexpected(frame.error() == base::FrameError::too_large ? Fault::too_large
                                                                     : Fault::malformed);
    }
    if (!*frame) return {};
    auto answer = read_answer(**frame);
    if (!answer) return unexpected(answer.error());
    if (auto taken = on_answer(*std::move(answer)); !taken) return taken;
  }
}

Result<void, Fault> Requester::on_answer(Answer answer) {
  if (!waiting_) return unexpected(Fault::not_asked);
  if (auto* entry = std::get_if<Entry>(&answer)) return on_entry(std::move(*entry));
  waiting_ = false;
  events_.push(std::move(std::get<End>(answer)));
  return {};
}

Result<void, Fault> Requester::on_entry(Entry entry) {
  const auto size = entry.field.size();
  if (++messages_ > request_.count_max) return unexpected(Fault::too_much);
  bytes_ += size;
  if (messages_ > 1 && bytes_ > request_.bytes_max) return unexpected(Fault::too_much);
  base::FieldReader reader{entry.field};
  const auto view = pubsub::parse_message((*reader.next())->bytes);
  if (!view) return unexpected(Fault::malformed);
  if (view->topic != request_.topic) return unexpected(Fault::wrong_topic);
  auto id = id_(*view);
  if (!id) return unexpected(Fault::malformed);
  events_.push(Received{{std::move(entry.field), *view, *std::move(id)}, entry.age_ms});
  return {};
}

std::optional<Requester::Event> Requester::poll() {
  if (events_.empty()) return std::nullopt;
  return events_.pop();
}

}  // namespace grapevine::history
