// SPDX-License-Identifier: Apache-2.0
// A requester and a responder of ours, whatever is asked for, found and cut: neither takes anything
// of the other's amiss, and all that was found arrives, in order.
#include <algorithm>
#include <vector>

#include "base/assert.hpp"
#include "core/history/requester.hpp"
#include "core/history/responder.hpp"

namespace {

using namespace grapevine;
using namespace grapevine::history;

constexpr TimePoint now{Duration{1}};

struct Input {
  ByteView rest;
  std::size_t choose(std::size_t bound) {
    if (rest.empty()) return 0;
    const std::size_t value = rest.front();
    rest = rest.subspan(1);
    return value % bound;
  }
};

template <class Take>
void carry(const Bytes& bytes, Input& input, Take take) {
  const SharedBytes all{bytes};
  for (std::size_t at = 0; at < all.size();) {
    const auto size = std::min(1 + input.choose(64), all.size() - at);
    take(all.slice(at, size));
    at += size;
  }
}

/// Up to what was asked for, as a store would find it.
std::vector<Entry> find(const Request& request, Input& input) {
  std::vector<Entry> entries;
  std::size_t bytes = 0;
  for (auto count = input.choose(6); count > 0; --count) {
    const Bytes data(input.choose(200), static_cast<std::uint8_t>(count));
    const auto field = pubsub::encode({request.topic, data, nullptr, {}, nullptr}).field;
    bytes += field.size();
    const bool full =
        entries.size() >= request.count_max || (!entries.empty() && bytes > request.bytes_max);
    if (full) break;
    entries.push_back({input.choose(256), field});
  }
  return entries;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input{{data, size}};
  Limits limits;
  limits.message_size_max = 2048;
  limits.answer_messages_max = 1 + input.choose(8);
  limits.answer_bytes_max = 1 + input.choose(256) * 4;
  Responder responder{limits, now};
  Requester requester{{.topic = "t", .count_max = input.choose(8), .bytes_max = input.choose(256)},
                      limits,
                      pubsub::ids::sha256_data};

  auto frame = requester.start(now);
  for (int page = 0; page < 4; ++page) {
    carry(frame, input,
          [&](SharedBytes piece) { ASSERT(responder.on_bytes(std::move(piece), now)); });
    const auto request = responder.poll();
    ASSERT(request && responder.busy());
    const auto found = find(*request, input);
    responder.answer(found, {End::Status::ok, "1-" + std::to_string(page), 0, page < 3}, now);
    Bytes answer;
    while (const auto piece = responder.pack(now)) append(answer, *piece);
    ASSERT(!responder.busy());
    carry(answer, input, [&](SharedBytes piece) { ASSERT(requester.on_bytes(std::move(piece))); });
    for (const auto& entry : found) {
      const auto event = requester.poll();
      ASSERT(event && equal(std::get<history::Received>(*event).message.field, entry.field));
      ASSERT(std::get<history::Received>(*event).age_ms == entry.age_ms);
    }
    const auto event = requester.poll();
    ASSERT(event && !requester.poll() && !requester.waiting());
    if (page < 3) frame = requester.go_on(std::get<End>(*event), now);
  }
  return 0;
}
