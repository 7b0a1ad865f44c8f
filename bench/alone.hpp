// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <malloc.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/varint.hpp"
#include "core/gossipsub/router.hpp"
#include "identity/keys.hpp"

/// A router by itself, driven as a host would: what its benchmarks share.
namespace grapevine::bench {

using namespace gossipsub;
using namespace std::chrono_literals;

inline KeyPair key(std::uint32_t number) {
  Rng::Seed seed{};
  for (std::size_t i = 0; i < 4; ++i) seed[i] = static_cast<std::uint8_t>(number >> (8 * i));
  return KeyPair::from_ed25519_seed(seed);
}

inline Config unsigned_config() {
  Config config;
  config.signature_policy = pubsub::SignaturePolicy::strict_no_sign;
  config.message_id = pubsub::ids::prefix16;
  return config;
}

inline SharedBytes frame_of(const pubsub::PackedRpc& rpc) {
  Bytes whole;
  for (const auto& piece : rpc.pieces) append(whole, piece);
  base::ByteReader in{whole};
  return SharedBytes{to_bytes(**base::take_frame(in, whole.size()))};
}

/// A payload of `size` bytes whose first 16 are the number.
inline std::string payload(std::uint64_t number, std::size_t size) {
  char text[32];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(number));
  std::string data{text};
  data.resize(size, '.');
  return data;
}

/// Frames of `batch` messages each, all different.
inline std::vector<SharedBytes> frames(std::size_t count, std::size_t batch, std::size_t size) {
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

/// Of this process's own time: other programs on the machine do not count.
inline double seconds(auto body) {
  const auto before = std::clock();
  body();
  return static_cast<double>(std::clock() - before) / CLOCKS_PER_SEC;
}

class Bench {
 public:
  explicit Bench(const Config& config)
      : router_{*Router::create(key(0).peer_id(), std::make_shared<const Config>(config),
                                Rng{Rng::Seed{1}}, now_)} {}

  PeerHandle add(const std::vector<std::string>& topics) {
    const PeerHandle peer{++peers_};
    ids_.push_back(key(peers_).peer_id());
    router_.add_peer(peer, {ids_.back(), peers_ % 2 == 0}, now_);
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
  /// The heartbeat itself, and what it has us write packed; seconds of each.
  std::pair<double, double> heartbeat() {
    now_ = *router_.next_deadline();
    const auto beat = seconds([&] { router_.on_deadline(now_); });
    return {beat, seconds([&] { drain(); })};
  }
  /// Of the peer that came as this one, from 1.
  double score(std::uint32_t peer) const { return router_.score(ids_[peer - 1]); }
  Router& router() { return router_; }
  TimePoint now() const { return now_; }
  std::size_t delivered() const { return delivered_; }
  std::size_t packed() const { return packed_; }

 private:
  TimePoint now_{1s};
  Router router_;
  std::uint32_t peers_ = 0;
  std::vector<PeerId> ids_;
  std::size_t delivered_ = 0;
  std::size_t packed_ = 0;
};

inline std::vector<std::string> topic_names(std::size_t count) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < count; ++i) names.push_back("topic-" + std::to_string(i));
  return names;
}

/// One line that `bench/router/run` reads: what was measured, its figure and unit.
inline void row(const std::string& what, double figure, const char* unit) {
  std::printf("%-60s %12.2f %s\n", what.c_str(), figure, unit);
  std::fflush(stdout);
}

/// Bytes this process holds from the allocator.
inline std::size_t allocated() {
  const auto info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

}  // namespace grapevine::bench
