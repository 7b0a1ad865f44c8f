// SPDX-License-Identifier: Apache-2.0
// A session against arbitrary bytes: before it is secured, in either role; behind a genuine
// handshake, as frames; and a genuine pair with a wire that damages what it carries.
// Input: one byte of mode, then what the remote sends or what happens.
#include <cstdint>

#include "../tests/unit/session/attacker.hpp"

namespace {

using namespace grapevine;
using namespace grapevine::session;
using namespace grapevine::session::test;

/// The reason is told once, and nothing behind it (`Side` asserts the latter).
void check(Side& side) {
  side.drain();
  const auto& log = side.log;
  ASSERT(log.closed.has_value() == !side.session.next_deadline().has_value());
  ASSERT(side.session.established() == (log.established && !log.closed));
  if (log.closed) ASSERT(!side.session.wants_read());
}

/// Serves as an echo, so that whatever gets through causes answers.
void serve(Side& side) {
  for (auto& [id, stream] : side.log.streams) {
    if (!stream.data.empty()) side.session.write(id, SharedBytes{std::exchange(stream.data, {})});
    if (stream.ended && !stream.closed) side.session.end_stream(id);
  }
  check(side);
}

void raw(Side side, ByteView bytes, std::size_t step) {
  side.pack(64 * 1024, start);
  while (!bytes.empty()) {
    const auto piece = bytes.first(std::min(step, bytes.size()));
    bytes = bytes.subspan(piece.size());
    side.receive(piece, start);
    side.pack(64 * 1024, start);
    check(side);
  }
  ASSERT(!side.log.established);
  if (!side.log.closed) side.session.on_deadline(start + std::chrono::seconds{10});
  check(side);
  ASSERT(side.log.closed);
}

void secured(ByteView bytes, std::size_t step) {
  auto victim = listener({.negotiating_streams_max = 4, .inbound_streams_max = 8});
  Attacker attacker{victim};
  while (!bytes.empty()) {
    const auto piece = bytes.first(std::min(step, bytes.size()));
    bytes = bytes.subspan(piece.size());
    attacker.send(piece);
    serve(victim);
    attacker.heard();
    ASSERT(victim.session.stream_count() <= 8);
  }
}

/// Two bytes an action: what, and how much.
void damaged(ByteView bytes) {
  Pair pair;
  for (base::ByteReader in{bytes}; in.remaining() >= 2;) {
    const auto action = in.u8();
    const auto amount = in.u8();
    auto& side = (action & 1) != 0 ? pair.dialer : pair.listener;
    switch (action >> 1 & 7) {
      case 0:
        if (!side.wire.empty())
          side.wire[amount % side.wire.size()] ^= static_cast<std::uint8_t>(action >> 4 | 1);
        break;
      case 1:
        if (const auto id = side.session.open_stream({"/echo/1"}, pair.now)) {
          side.session.write(*id, SharedBytes{Bytes(amount * 100U, amount)});
        }
        break;
      case 2:
        for (const auto& [id, stream] : side.log.streams)
          side.session.write(id, SharedBytes{Bytes(amount)});
        break;
      case 3:
        if (!side.log.streams.empty()) side.session.reset_stream(side.log.streams.begin()->first);
        break;
      case 4:
        pair.advance(std::chrono::milliseconds{amount * 100});
        break;
      default:
        pair.step(1 + amount * std::size_t{amount});
        break;
    }
    check(pair.dialer);
    check(pair.listener);
  }
  pair.run();
  check(pair.dialer);
  check(pair.listener);
}

Side dialer() {
  return Side{{.role = Role::dialer,
               .identity = &identity(1),
               .expected = std::nullopt,
               .config = std::make_shared<const Config>(),
               .protocols = std::make_shared<const Protocols>(Protocols{{"/echo/1"}})},
              8};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  if (size < 1) return 0;
  const ByteView input{bytes + 1, size - 1};
  const std::size_t step = 1 + (bytes[0] >> 2) * 16;
  switch (bytes[0] & 3) {
    case 0:
      raw(listener(), input, step);
      break;
    case 1:
      raw(dialer(), input, step);
      break;
    case 2:
      secured(input, step);
      break;
    default:
      damaged(input);
      break;
  }
  return 0;
}
