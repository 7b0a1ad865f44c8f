// SPDX-License-Identifier: Apache-2.0
// The first byte says who reads the rest, and how the stream is cut: a request on its way to a
// responder, or answers on their way to a requester. Neither breaks, allocates from a length or
// passes on more than was asked for, and what is read is written again as it was.
#include "core/history/requester.hpp"
#include "core/history/responder.hpp"

#include <algorithm>

#include "base/assert.hpp"

namespace {

using namespace grapevine;
using namespace grapevine::history;

constexpr TimePoint now{Duration{1}};

Limits small() {
  Limits limits;
  limits.message_size_max = 4096;
  limits.answer_messages_max = 8;
  limits.answer_bytes_max = 1024;
  return limits;
}

template <class Take>
void cut(ByteView stream, std::size_t step, Take take) {
  while (!stream.empty()) {
    const auto size = std::min(stream.size(), step);
    if (!take(SharedBytes::copy_of(stream.first(size)))) return;
    stream = stream.subspan(size);
  }
}

void ask(ByteView stream, std::size_t step) {
  Responder responder{small(), now};
  cut(stream, step, [&](SharedBytes bytes) {
    if (!responder.on_bytes(std::move(bytes), now)) return false;
    const auto request = responder.poll();
    if (!request) return true;
    ASSERT(!request->topic.empty() && request->topic.size() <= pubsub::topic_size_max);
    ASSERT(request->cursor.size() <= cursor_size_max);
    ASSERT(request->count_max >= 1 && request->count_max <= 8 && request->bytes_max <= 1024);
    auto frame = encode(*request);
    base::ByteReader in{frame};
    const auto again = read_request(**base::take_frame(in, frame.size()));
    ASSERT(again && again->topic == request->topic && again->cursor == request->cursor);
    ASSERT(again->age_max_ms == request->age_max_ms && again->age_min_ms == request->age_min_ms);
    responder.answer({}, {}, now);
    while (responder.pack(now)) {
    }
    return true;
  });
}

void answer(ByteView stream, std::size_t step) {
  Requester requester{{.topic = "t"}, small(), pubsub::ids::sha256_data};
  requester.start(now);
  std::size_t messages = 0;
  std::size_t bytes = 0;
  cut(stream, step, [&](SharedBytes piece) {
    const bool good = requester.on_bytes(std::move(piece)).has_value();
    while (const auto event = requester.poll()) {
      if (const auto* received = std::get_if<history::Received>(&*event)) {
        ASSERT(received->message.view.topic == "t" && !received->message.id.empty());
        bytes += received->message.field.size();
        ASSERT(++messages <= 8 && (messages == 1 || bytes <= 1024));
        continue;
      }
      const auto& end = std::get<End>(*event);
      ASSERT(end.cursor.size() <= cursor_size_max && !requester.waiting());
      messages = 0;
      bytes = 0;
      if (end.more) requester.go_on(end, now);
    }
    return good;
  });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const ByteView stream{data + 1, size - 1};
  const auto step = std::size_t{1} + data[0] / 2;
  if (data[0] % 2 == 0) {
    ask(stream, step);
  } else {
    answer(stream, step);
  }
  return 0;
}
