// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <map>
#include <set>
#include <vector>

#include "core/session/session.hpp"

namespace grapevine::session::test {

inline constexpr TimePoint start{std::chrono::seconds{1000}};

inline const KeyPair& identity(std::uint8_t number) {
  static std::map<std::uint8_t, KeyPair> known;
  const auto found = known.find(number);
  if (found != known.end()) return found->second;
  crypto::ed25519::Seed seed{};
  seed[0] = number;
  return known.emplace(number, KeyPair::from_ed25519_seed(seed)).first->second;
}

inline Bytes text(std::string_view words) { return to_bytes(as_bytes(words)); }
inline SharedBytes shared(std::string_view words) { return SharedBytes{text(words)}; }

/// Everything one end has told its application.
struct Log {
  struct Stream {
    bool inbound = false;
    std::string protocol;
    Bytes data;
    std::uint64_t received = 0;
    bool opened = false;
    bool ended = false;
    std::optional<StreamClosed::Reason> closed;
    int writable = 0;
  };

  std::optional<Established> established;
  std::map<StreamId, Stream> streams;
  std::optional<Closed> closed;
  bool wants_write = false;
  int wants_write_count = 0;
};

/// One end: a session, what it sent and nobody received yet, and what it told.
class Side {
 public:
  Side(SessionSetup setup, std::uint8_t seed)
      : session{std::move(setup), Rng{Rng::Seed{seed}}, start} {
    drain();
  }

  void drain() {
    while (auto event = session.poll()) {
      ASSERT(!log.closed);  // nothing is told behind the end
      std::visit([this](auto& about) { on(about); }, *event);
    }
  }

  /// Takes what the session has to send; answers whether there was something.
  bool pack(std::size_t budget, TimePoint now) {
    drain();
    const auto before = wire.size();
    log.wants_write = session.pack(wire, budget, now);
    session.on_written(wire.size() - before, now);
    drain();
    return wire.size() > before;
  }

  /// Bytes from the other side, cut out of a receive buffer as a shell would have them.
  void receive(ByteView bytes, TimePoint now) {
    Slab slab{std::max<std::size_t>(bytes.size(), 1)};
    std::ranges::copy(bytes, slab.space().begin());
    session.on_bytes({slab, slab.space().first(bytes.size())}, now);
    drain();
  }

  Session session;
  Log log;
  Bytes wire;
  bool consumes = true;

 private:
  void on(Established& established) { log.established = std::move(established); }
  void on(StreamOpened& opened) {
    auto& stream = log.streams[opened.stream];
    ASSERT(!stream.opened && !stream.closed);
    stream.opened = true;
    stream.inbound = opened.inbound;
    stream.protocol = std::move(opened.protocol);
  }
  void on(StreamData& data) {
    auto& stream = log.streams[data.stream];
    ASSERT(stream.opened && !stream.ended && !stream.closed);
    ASSERT(!data.bytes.empty());
    stream.received += data.bytes.size();
    append(stream.data, data.bytes);
    if (consumes) session.consumed(data.stream, data.bytes.size());
  }
  void on(StreamEnded& ended) {
    auto& stream = log.streams[ended.stream];
    ASSERT(stream.opened && !stream.ended && !stream.closed);
    stream.ended = true;
  }
  void on(StreamClosed& closed) {
    auto& stream = log.streams[closed.stream];
    ASSERT(!stream.closed);
    stream.closed = closed.reason;
  }
  void on(StreamWritable& writable) { ++log.streams[writable.stream].writable; }
  void on(WantsWrite&) {
    ASSERT(!log.wants_write);  // once, until packing ran dry
    log.wants_write = true;
    ++log.wants_write_count;
  }
  void on(Closed& closed) { log.closed = closed; }
};

struct PairOptions {
  Config config{};
  std::vector<std::string> dialer_protocols{"/echo/1"};
  std::vector<std::string> listener_protocols{"/echo/1", "/chat/2"};
  std::optional<PeerId> expected = identity(2).peer_id();
  std::uint8_t dialer_identity = 1;
  std::uint8_t seed = 0;
};

/// A dialer and a listener with a wire between them, cut as a seed says.
class Pair {
 public:
  explicit Pair(const PairOptions& options = {})
      : dialer{setup(Role::dialer, options), static_cast<std::uint8_t>(options.seed * 2 + 1)},
        listener{setup(Role::listener, options), static_cast<std::uint8_t>(options.seed * 2 + 2)},
        rng_{Rng::Seed{options.seed}} {}

  /// Moves at most `piece_max` bytes each way; answers whether anything moved.
  bool step(std::size_t piece_max = 256 * 1024) {
    bool moved = dialer.pack(64 * 1024, now);
    moved |= listener.pack(64 * 1024, now);
    moved |= deliver(dialer, listener, piece_max);
    moved |= deliver(listener, dialer, piece_max);
    return moved;
  }
  void run(std::size_t piece_max = 256 * 1024) {
    while (step(piece_max)) {
    }
  }
  void established() {
    run();
    ASSERT(dialer.log.established && listener.log.established);
  }
  /// Time passes; whoever's deadline comes is told.
  void advance(Duration by) {
    now += by;
    for (auto* const side : {&dialer, &listener}) {
      const auto next = side->session.next_deadline();
      if (next && *next <= now) side->session.on_deadline(now);
      side->drain();
    }
  }

  Side dialer;
  Side listener;
  TimePoint now = start;

 private:
  static SessionSetup setup(Role role, const PairOptions& options) {
    const bool dials = role == Role::dialer;
    return {.role = role,
            .identity = &identity(dials ? options.dialer_identity : 2),
            .expected = dials ? options.expected : std::nullopt,
            .config = std::make_shared<const Config>(options.config),
            .protocols = std::make_shared<const Protocols>(
                Protocols{dials ? options.dialer_protocols : options.listener_protocols})};
  }
  bool deliver(Side& from, Side& to, std::size_t piece_max) {
    if (from.wire.empty() || !(to.session.wants_read() || to.log.closed)) return false;
    const auto limit = std::min(from.wire.size(), piece_max);
    const auto size = 1 + rng_.below(limit);
    const Bytes piece(from.wire.begin(), from.wire.begin() + static_cast<std::ptrdiff_t>(size));
    from.wire.erase(from.wire.begin(), from.wire.begin() + static_cast<std::ptrdiff_t>(size));
    to.receive(piece, now);
    return true;
  }

  Rng rng_;
};

}  // namespace grapevine::session::test
