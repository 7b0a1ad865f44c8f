// SPDX-License-Identifier: Apache-2.0
// What the pubsub codec and the seen cache cost, in nanoseconds. Prints one line a measurement.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "base/protobuf.hpp"
#include "core/pubsub/message.hpp"
#include "core/pubsub/rpc.hpp"
#include "core/pubsub/seen_cache.hpp"

namespace {

using namespace grapevine;
using namespace grapevine::pubsub;
using WallClock = std::chrono::steady_clock;

/// Results go here, so that no work is optimised away.
volatile std::size_t sink = 0;

/// Runs `body` `times` times in ten rounds and prints the time of one, divided by `parts`: of the
/// middle round, and of the best, which other programs on the machine disturbed least.
template <class Body>
void measure(const char* what, std::size_t times, std::size_t parts, Body body) {
  constexpr std::size_t rounds = 10;
  const auto in_round = std::max<std::size_t>(times / rounds, 1);
  std::array<double, rounds> took{};
  for (auto& round : took) {
    const auto before = WallClock::now();
    for (std::size_t i = 0; i < in_round; ++i) body(i);
    const std::chrono::duration<double, std::nano> whole = WallClock::now() - before;
    round = whole.count() / static_cast<double>(in_round * parts);
  }
  std::ranges::sort(took);
  std::printf("%-44s %12.1f ns, best %.1f\n", what, took[rounds / 2], took[0]);
}

Bytes field(std::uint32_t number, ByteView content) {
  Bytes out;
  base::FieldWriter{out}.bytes(number, content);
  return out;
}

Bytes repeat(const Bytes& part, std::size_t times) {
  Bytes out;
  for (std::size_t i = 0; i < times; ++i) append(out, part);
  return out;
}

/// Ids as the default function makes them: 38 bytes of author, 8 of sequence number.
class IdSource {
 public:
  ByteView next() {
    ++number_;
    std::memcpy(bytes_.data() + 38, &number_, sizeof number_);
    return bytes_;
  }

 private:
  std::array<std::uint8_t, 46> bytes_{};
  std::uint64_t number_ = 0;
};

void seen_cache() {
  constexpr std::size_t million = 1'000'000;
  Rng rng{Rng::Seed{1}};
  const base::KeyedHash hash{rng};
  IdSource ids;
  measure("keyed hash of an id (each look-up takes two)", million, 1,
          [&](std::size_t) { sink = sink + hash(ids.next()); });

  // A million ids in one TTL at an even rate: nine buckets are in use, one expires now and then.
  SeenCache even{{.ttl = std::chrono::seconds{120}, .ids_max = 2 * million}, rng};
  TimePoint now{};
  const auto step = Duration{120};
  const auto insert = [&](std::size_t) {
    now += step;
    sink = sink + even.insert(ids.next(), now);
  };
  measure("seen insert, filling to a million", million, 1, insert);
  measure("seen insert, at a million, expiring", 2 * million, 1, insert);
  IdSource again;
  for (std::size_t i = 0; i < 3 * million + million / 2; ++i) again.next();
  measure("seen insert, duplicates over half the TTL", million / 4, 1,
          [&](std::size_t) { sink = sink + even.insert(again.next(), now); });

  SeenCache flood{{.ttl = std::chrono::seconds{120}, .ids_max = million}, rng};
  measure("seen insert, bounded, evicting", 3 * million, 1, [&](std::size_t) {
    now += Duration{1};
    sink = sink + flood.insert(ids.next(), now);
  });
  std::printf("%-44s %12zu ids, %llu evicted\n", "", flood.size(),
              static_cast<unsigned long long>(flood.evicted()));

  auto worst = WallClock::duration::zero();
  for (std::size_t i = 0; i < 2 * million; ++i) {
    now += Duration{1};
    const auto id = ids.next();
    const auto before = WallClock::now();
    sink = sink + flood.insert(id, now);
    worst = std::max(worst, WallClock::now() - before);
  }
  std::printf("%-44s %12.1f us\n", "seen insert, the slowest of two million",
              std::chrono::duration<double, std::micro>(worst).count());
}

void reading() {
  const Bytes data(100, 1);
  const auto key = KeyPair::from_ed25519_seed({1});
  const auto author = key.peer_id();
  const auto message =
      encode({.topic = "topic", .data = data, .author = &author, .seqno = 1, .key = &key});
  const auto batch = repeat(to_bytes(message.field), 100);
  measure("read_rpc of 100 messages, each", 20'000, 100,
          [&](std::size_t) { sink = sink + read_rpc(batch, {})->publish.size(); });
  measure("parse_message", 1'000'000, 1,
          [&](std::size_t) { sink = sink + parse_message(message.view.body)->payload().size(); });
  measure("from_seqno id", 1'000'000, 1,
          [&](std::size_t) { sink = sink + ids::from_seqno(message.view)->bytes().size(); });
  measure("encode unsigned", 1'000'000, 1, [&](std::size_t i) {
    sink =
        sink + encode({.topic = "topic", .data = data, .author = &author, .seqno = i}).field.size();
  });
  measure("encode and sign Ed25519", 5'000, 1, [&](std::size_t i) {
    sink =
        sink + encode({.topic = "topic", .data = data, .author = &author, .seqno = i, .key = &key})
                   .field.size();
  });
  measure("verify Ed25519", 5'000, 1,
          [&](std::size_t) { sink = sink + verify(message.view).has_value(); });

  std::vector<Bytes> ids(1000, Bytes(46, 7));
  const std::vector<ByteView> views(ids.begin(), ids.end());
  constexpr std::size_t no_limit = 1 << 20;
  RpcWriter writer{{no_limit, no_limit, no_limit, no_limit, no_limit}};
  measure("write an IHAVE of 1000 ids, each id", 2'000, 1000, [&](std::size_t) {
    writer.add_ihave("topic", views);
    sink = sink + writer.take().size;
  });
  RpcWriter messages{{}};
  measure("write an RPC of 100 messages, each", 20'000, 100, [&](std::size_t) {
    for (int i = 0; i < 100; ++i) messages.add_publish(message.field);
    sink = sink + messages.take().size;
  });
  measure("write an RPC of one message", 1'000'000, 1, [&](std::size_t) {
    messages.add_publish(message.field);
    sink = sink + messages.take().size;
  });
}

/// A mebibyte of what costs most (V39, V40).
void attacks() {
  constexpr std::size_t mebibyte = 1 << 20;
  const auto time = [](const char* what, const Bytes& frame) {
    measure(what, 20, 1, [&](std::size_t) { sink = sink + read_rpc(frame, {}).has_value(); });
  };
  time("1 MiB of empty subscriptions", repeat(field(1, {}), mebibyte / 2));
  time("1 MiB of empty messages", repeat(field(2, {}), mebibyte / 2));
  time("1 MiB of empty control", repeat(field(3, {}), mebibyte / 2));
  time("1 MiB of unknown fields", repeat(field(15, {}), mebibyte / 2));
  const auto quarter = mebibyte / 4 - 10;
  time("256 KiB of unknown fields in control", field(3, repeat(field(15, {}), quarter / 2)));
  const auto px = field(4, repeat(field(2, {}), quarter / 2 - 4));
  time("256 KiB of empty px peers", field(3, px));
  const auto small_px = field(4, [] {
    auto entry = field(1, as_bytes("t"));
    append(entry, repeat(field(2, field(1, as_bytes("p"))), 16));
    return entry;
  }());
  time("256 KiB of prunes with small peers", field(3, repeat(small_px, quarter / small_px.size())));
  const auto ihave = field(1, [] {
    auto entry = field(1, as_bytes("topic of 20 letters."));
    append(entry, field(2, as_bytes("0123456789abcdefghij")));
    return entry;
  }());
  time("5000 IHAVE entries of one id", field(3, repeat(ihave, 5000)));
}

}  // namespace

int main() {
  seen_cache();
  reading();
  attacks();
}
