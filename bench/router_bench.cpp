// SPDX-License-Identifier: Apache-2.0
// What the router costs, without sockets or crypto: messages from RPC to outbox and out
// again, storms of copies, heartbeats of many peers and topics, and a peer's idle state. Prints one
// line a measurement; takes some seconds.
#include <malloc.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <string>
#include <string_view>
#include <vector>

#include "base/varint.hpp"
#include "core/gossipsub/router.hpp"
#include "identity/keys.hpp"

namespace {

using namespace grapevine;
using namespace grapevine::gossipsub;
using namespace std::chrono_literals;

KeyPair key(std::uint32_t number) {
  Rng::Seed seed{};
  for (std::size_t i = 0; i < 4; ++i) seed[i] = static_cast<std::uint8_t>(number >> (8 * i));
  return KeyPair::from_ed25519_seed(seed);
}

Config unsigned_config() {
  Config config;
  config.signature_policy = pubsub::SignaturePolicy::strict_no_sign;
  config.message_id = pubsub::ids::prefix16;
  return config;
}

SharedBytes frame_of(const pubsub::PackedRpc& rpc) {
  Bytes whole;
  for (const auto& piece : rpc.pieces) append(whole, piece);
  base::ByteReader in{whole};
  return SharedBytes{to_bytes(**base::take_frame(in, whole.size()))};
}

/// A payload of `size` bytes whose first 16 are the number.
std::string payload(std::uint64_t number, std::size_t size) {
  char text[32];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(number));
  std::string data{text};
  data.resize(size, '.');
  return data;
}

/// Frames of `batch` messages each, all different.
std::vector<SharedBytes> frames(std::size_t count, std::size_t batch, std::size_t size) {
  std::vector<SharedBytes> all;
  for (std::size_t i = 0; i < count; ++i) {
    pubsub::RpcWriter writer{{.batch_bytes = 1 << 20}};
    for (std::size_t j = 0; j < batch; ++j) {
      const auto data = payload(i * batch + j, size);
      writer.add_publish(pubsub::encode({"bench", as_bytes(data), nullptr, {}, nullptr}).field);
    }
    all.push_back(frame_of(writer.take()));
  }
  return all;
}

class Bench {
 public:
  explicit Bench(const Config& config)
      : router_{*Router::create(key(0).peer_id(), std::make_shared<const Config>(config),
                                Rng{Rng::Seed{1}}, now_)} {}

  PeerHandle add(const std::vector<std::string>& topics) {
    const PeerHandle peer{++peers_};
    router_.add_peer(peer, {key(peers_).peer_id(), peers_ % 2 == 0}, now_);
    router_.on_stream_open(peer, Version::v1_2, now_);
    pubsub::RpcWriter writer{{.control_bytes = 1 << 20, .subscriptions = 10'000}};
    for (const auto& topic : topics) writer.add_subscription(true, topic);
    feed(peer, frame_of(writer.take()));
    return peer;
  }
  void feed(PeerHandle peer, const SharedBytes& frame) {
    if (!router_.on_rpc(peer, frame, now_)) std::abort();
    drain();
  }
  void drain() {
    while (auto output = router_.poll()) {
      if (const auto* write = std::get_if<WantsWrite>(&*output)) {
        while (auto rpc = router_.pack(write->peer, now_)) packed_ += rpc->messages;
      } else if (std::get_if<Deliver>(&*output)) {
        ++delivered_;
      }
    }
  }
  void heartbeat() {
    now_ = *router_.next_deadline();
    router_.on_deadline(now_);
    drain();
  }
  Router& router() { return router_; }
  TimePoint now() const { return now_; }
  std::size_t delivered() const { return delivered_; }
  std::size_t packed() const { return packed_; }

 private:
  TimePoint now_{1s};
  Router router_;
  std::uint32_t peers_ = 0;
  std::size_t delivered_ = 0;
  std::size_t packed_ = 0;
};

/// Of this process's own time: other programs on the machine do not count.
double seconds(auto body) {
  const auto before = std::clock();
  body();
  return static_cast<double>(std::clock() - before) / CLOCKS_PER_SEC;
}

/// on_rpc, Deliver, forward to `receivers` mesh peers, pack.
void forwarding(std::size_t batch, std::size_t size, std::size_t receivers) {
  Bench bench{unsigned_config()};
  bench.router().join("bench", bench.now());
  const auto sender = bench.add({"bench"});
  for (std::size_t i = 0; i < receivers; ++i) bench.add({"bench"});
  const std::size_t messages = 400'000;
  const auto input = frames(messages / batch, batch, size);
  const auto took = seconds([&] {
    for (const auto& frame : input) bench.feed(sender, frame);
  });
  const auto count = static_cast<double>(input.size() * batch);
  std::printf(
      "forward %4zu B, %3zu per RPC, to %zu: %10.0f msg/s, %6.0f ns (delivered %zu, out %zu)\n",
      size, batch, receivers, count / took, took / count * 1e9, bench.delivered(), bench.packed());
}

void duplicates(std::size_t batch) {
  Bench bench{unsigned_config()};
  bench.router().join("bench", bench.now());
  const auto first = bench.add({"bench"});
  const auto second = bench.add({"bench"});
  const auto input = frames(20'000 / batch, batch, 64);
  for (const auto& frame : input) bench.feed(first, frame);
  constexpr int rounds = 50;
  const auto took = seconds([&] {
    for (int i = 0; i < rounds; ++i) {
      for (const auto& frame : input) bench.feed(second, frame);
    }
  });
  const auto count = static_cast<double>(input.size() * batch * rounds);
  std::printf("duplicates, %3zu per RPC:           %10.0f ids/s, %6.0f ns\n", batch, count / took,
              took / count * 1e9);
}

void publishing(std::size_t receivers) {
  Bench bench{unsigned_config()};
  bench.router().join("bench", bench.now());
  for (std::size_t i = 0; i < receivers; ++i) bench.add({"bench"});
  std::vector<pubsub::Message> input;
  for (std::size_t i = 0; i < 300'000; ++i) {
    const auto data = payload(i, 64);
    input.push_back(pubsub::encode({"bench", as_bytes(data), nullptr, {}, nullptr}));
    input.back().id = *pubsub::ids::prefix16(input.back().view);
  }
  const auto took = seconds([&] {
    for (std::size_t i = 0; i < input.size(); ++i) {
      if (!bench.router().publish(std::move(input[i]), bench.now())) std::abort();
      if (i % 64 == 63) bench.drain();
    }
    bench.drain();
  });
  const auto count = static_cast<double>(input.size());
  std::printf("publish 64 B to %zu:                %10.0f msg/s, %6.0f ns\n", receivers,
              count / took, took / count * 1e9);
}

std::vector<std::string> topic_names(std::size_t count) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < count; ++i) names.push_back("topic-" + std::to_string(i));
  return names;
}

void heartbeats(std::size_t peers, std::size_t topics, std::size_t messages) {
  auto config = unsigned_config();
  config.seen.ids_max = 4'000'000;
  Bench bench{config};
  const auto names = topic_names(topics);
  for (const auto& name : names) bench.router().join(name, bench.now());
  for (std::size_t i = 0; i < peers; ++i) bench.add(names);
  std::uint64_t number = 0;
  std::vector<double> took;
  for (int beat = 0; beat < 20; ++beat) {
    for (std::size_t i = 0; i < messages; ++i) {
      const auto data = payload(++number, 64);
      auto message = pubsub::encode({names[i % topics], as_bytes(data), nullptr, {}, nullptr});
      message.id = *pubsub::ids::prefix16(message.view);
      if (!bench.router().publish(std::move(message), bench.now())) std::abort();
    }
    bench.drain();
    took.push_back(seconds([&] { bench.heartbeat(); }));
  }
  std::ranges::sort(took);
  std::printf("heartbeat, %zu peers, %zu topics, %6zu messages a beat: %8.2f ms, worst %.2f\n",
              peers, topics, messages, took[took.size() / 2] * 1e3, took.back() * 1e3);
}

void idle_peers() {
  Bench bench{unsigned_config()};
  bench.router().join("bench", bench.now());
  bench.add({"bench"});
  const auto allocated = [] {
    const auto info = mallinfo2();
    return info.uordblks + info.hblkhd;
  };
  const auto before = allocated();
  constexpr std::size_t peers = 10'000;
  for (std::size_t i = 0; i < peers; ++i) bench.add({"bench"});
  bench.heartbeat();
  const auto after = allocated();
  std::printf("an idle peer with one topic: %zu bytes\n", (after - before) / peers);
}

void idontwant_flood() {
  Bench bench{unsigned_config()};
  bench.router().join("bench", bench.now());
  const auto peer = bench.add({"bench"});
  pubsub::RpcWriter writer{{.control_bytes = 1 << 20, .idontwant_ids = 100'000}};
  for (std::uint64_t i = 0; i < 1000; ++i) {
    const auto id = payload(i, 40);
    const ByteView views[] = {as_bytes(id)};
    writer.add_idontwant(views);
  }
  const auto frame = frame_of(writer.take());
  const auto took = seconds([&] {
    for (int i = 0; i < 100; ++i) {
      bench.feed(peer, frame);
      bench.heartbeat();
    }
  });
  std::printf("1000 IDONTWANT ids and a heartbeat: %8.1f us\n", took * 1e4);
}

}  // namespace

/// With an argument, only the measurements of that name.
int main(int count, char** arguments) {
  const std::string_view only = count > 1 ? arguments[1] : "";
  const auto wanted = [&](std::string_view name) { return only.empty() || only == name; };
  if (wanted("forward")) {
    forwarding(100, 64, 1);
    forwarding(100, 64, 5);
    forwarding(1, 64, 5);
    forwarding(10, 1000, 5);
  }
  if (wanted("publish")) publishing(6);
  if (wanted("duplicates")) {
    duplicates(100);
    duplicates(1);
  }
  if (wanted("heartbeat")) {
    heartbeats(1000, 20, 0);
    heartbeats(1000, 20, 1000);
    heartbeats(1000, 20, 100'000);
  }
  if (wanted("idontwant")) idontwant_flood();
  if (wanted("idle")) idle_peers();
}
