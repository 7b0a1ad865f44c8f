// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>

#include "wire.hpp"

namespace grapevine::yamux::test {

/// Two muxers with a wire between them that holds back, cuts and delays bytes as a seed says. Both
/// applications write `pattern()`, so that each checks what it receives, and keep what is
/// delivered to them for a while before they say `consumed()`.
class Pair {
 public:
  struct Side {
    Side(Role role, const Config& config) : muxer{role, config, start} {}

    Muxer muxer;
    Bytes wire;  ///< sent by this side, not yet delivered
    std::map<StreamId, std::uint64_t> written;
    std::map<StreamId, std::uint64_t> received;
    std::map<StreamId, std::uint64_t> unconsumed;
    std::set<StreamId> live;
    std::set<StreamId> ended;    ///< by us
    std::set<StreamId> touched;  ///< reset by either side: no promise about its data
    std::optional<Error> error;
  };

  explicit Pair(const Config& config)
      : sides_{Side{Role::client, config}, Side{Role::server, config}} {}

  Side& side(std::size_t index) { return sides_[index]; }
  TimePoint now() const { return now_; }
  void advance(Duration by) {
    now_ += by;
    for (auto& each : sides_) {
      if (const auto next = each.muxer.next_deadline(); next && *next <= now_)
        note(each, each.muxer.on_deadline(now_));
    }
  }

  std::optional<StreamId> open(std::size_t index) {
    const auto id = sides_[index].muxer.open(now_);
    if (!id) return std::nullopt;
    sides_[index].live.insert(*id);
    return *id;
  }
  void write(std::size_t index, StreamId id, std::size_t size) {
    auto& from = sides_[index];
    const auto offset = from.written[id];
    if (from.muxer.write(id, SharedBytes{pattern_bytes(id, offset, size)}))
      from.written[id] += size;
  }
  void end(std::size_t index, StreamId id) {
    sides_[index].muxer.end(id);
    sides_[index].ended.insert(id);
  }
  void reset(std::size_t index, StreamId id) {
    sides_[index].muxer.reset(id);
    for (auto& each : sides_) each.touched.insert(id);
    sides_[index].live.erase(id);
    sides_[index].unconsumed.erase(id);
  }
  void consume(std::size_t index, StreamId id, std::uint64_t size) {
    auto& waiting = sides_[index].unconsumed[id];
    size = std::min(size, waiting);
    waiting -= size;
    sides_[index].muxer.consumed(id, size);
  }

  /// Puts one batch of this side on its wire.
  void gather(std::size_t index, std::size_t limit = Batch::capacity) {
    auto& from = sides_[index];
    if (!from.muxer.has_output()) return;
    Batch batch;
    batch.reset(limit);
    from.muxer.gather(batch, now_);
    flatten(batch, from.wire);
    drain(from);
  }
  /// Delivers up to `size` of the bytes this side has sent.
  void deliver(std::size_t index, std::size_t size) {
    auto& from = sides_[index];
    auto& to = sides_[1 - index];
    size = std::min(size, from.wire.size());
    if (size == 0 || to.error) return;
    const auto piece = SharedBytes::copy_of(ByteView{from.wire}.first(size));
    from.wire.erase(from.wire.begin(), from.wire.begin() + static_cast<std::ptrdiff_t>(size));
    note(to, to.muxer.on_bytes(piece, now_));
    drain(to);
  }
  /// Lets everything flow, with prompt applications, until nothing moves any more.
  void settle() {
    for (bool moved = true; moved;) {
      moved = false;
      for (const std::size_t index : {0U, 1U}) {
        while (sides_[index].muxer.has_output()) gather(index), moved = true;
        while (!sides_[index].wire.empty()) deliver(index, 64 * 1024), moved = true;
        for (const auto& [id, size] : std::map{sides_[1 - index].unconsumed})
          consume(1 - index, id, size);
      }
    }
  }
  void check_invariants() const {
    for (const auto& each : sides_) {
      each.muxer.check_invariants();
      ASSERT(!each.error);
    }
  }

 private:
  void note(Side& side, const Result<void, Error>& result) {
    if (!result) side.error = result.error();
  }
  void drain(Side& side) {
    while (auto event = side.muxer.poll()) {
      std::visit([&](const auto& about) { on(side, about); }, *event);
    }
  }
  void on(Side& side, const Opened& opened) { ASSERT(side.live.insert(opened.stream).second); }
  void on(Side& side, const Data& data) {
    ASSERT(side.live.contains(data.stream));
    auto& offset = side.received[data.stream];
    for (const auto byte : data.bytes.view()) ASSERT(byte == pattern(data.stream, offset++));
    side.unconsumed[data.stream] += data.bytes.size();
  }
  void on(Side& side, const Ended& ended) { ASSERT(side.live.contains(ended.stream)); }
  void on(Side& side, const Closed& closed) {
    ASSERT(side.live.erase(closed.stream) == 1);
    side.unconsumed.erase(closed.stream);
    if (closed.reason == Closed::Reason::reset) ASSERT(side.touched.contains(closed.stream));
  }
  void on(Side& side, const Writable& writable) { ASSERT(side.muxer.queued(writable.stream) == 0); }

  std::array<Side, 2> sides_;
  TimePoint now_ = start;
};

/// One step of whatever can happen between two muxers, chosen by `choose(bound)`.
template <class Choose>
void random_step(Pair& pair, Choose&& choose) {
  const auto index = static_cast<std::size_t>(choose(2));
  auto& side = pair.side(index);
  const auto pick = [&]() -> std::optional<StreamId> {
    if (side.live.empty()) return std::nullopt;
    auto at = side.live.begin();
    std::advance(at, static_cast<std::ptrdiff_t>(choose(side.live.size())));
    return *at;
  };
  const auto action = choose(16);
  if (action < 5) {
    pair.gather(index, 64 + choose(Batch::capacity - 63));
  } else if (action < 10) {
    pair.deliver(index, 1 + choose(choose(2) == 0 ? 40 : 40'000));
  } else if (action == 10) {
    pair.open(index);
  } else if (action == 14) {
    pair.advance(Duration{choose(20'000)});
  } else if (const auto id = pick()) {
    if (action == 11) pair.write(index, *id, 1 + choose(choose(3) == 0 ? 100'000 : 2000));
    if (action == 12) pair.consume(index, *id, 1 + choose(200'000));
    if (action == 13 && choose(4) == 0) pair.end(index, *id);
    if (action == 15 && choose(8) == 0) pair.reset(index, *id);
  }
}

}  // namespace grapevine::yamux::test
