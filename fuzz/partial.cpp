// SPDX-License-Identifier: Apache-2.0
// A router that takes part in messages in parts, among peers of which the input plays all: what
// they say of extensions and groups, when they come and go, what we publish. Invariants hold after
// each step, and nothing is left of peers that left.
#include <algorithm>
#include <memory>
#include <vector>

#include "base/varint.hpp"
#include "core/gossipsub/router.hpp"
#include "identity/keys.hpp"

namespace {

using namespace grapevine;
using namespace grapevine::gossipsub;
using namespace std::chrono_literals;

constexpr std::size_t peers_count = 5;
constexpr std::string_view topics[] = {"a", "b", "c"};
constexpr pubsub::PartialFlags flags[] = {{},
                                          {.requests = true, .supports_sending = true},
                                          {.requests = false, .supports_sending = true}};

Config config() {
  Config config;
  config.signature_policy = pubsub::SignaturePolicy::strict_no_sign;
  config.message_id = pubsub::ids::sha256_data;
  config.extensions = {.partial_messages = true, .test = true, .ping_pong = true};
  config.rpc_limits.partial_metadata_size_max = 64;
  config.partial = {.group_ttl_heartbeats = 3,
                    .groups_per_topic_max = 6,
                    .groups_per_peer_max = 2,
                    .metadata_per_peer_max = 1000,
                    .metadata_bytes_max = 2500};
  return config;
}

KeyPair key(std::size_t number) {
  Rng::Seed seed{};
  seed[0] = static_cast<std::uint8_t>(number);
  return KeyPair::from_ed25519_seed(seed);
}

/// Takes decisions off the input; zeros when it is used up.
class Script {
 public:
  explicit Script(ByteView input) : input_{input} {}
  bool empty() const { return input_.empty(); }
  std::uint8_t byte() { return input_.empty() ? std::uint8_t{0} : input_.u8(); }
  std::size_t below(std::size_t bound) { return byte() % bound; }
  ByteView piece(std::size_t size_max) {
    return input_.take(std::min({std::size_t{byte()}, size_max, input_.remaining()}));
  }
  std::string_view topic() { return topics[below(3)]; }

 private:
  base::ByteReader input_;
};

class Machine {
 public:
  explicit Machine(ByteView input)
      : script_{input},
        router_{*Router::create(key(99).peer_id(), std::make_shared<const Config>(config()),
                                Rng{Rng::Seed{1}}, now_)} {
    router_.set_partial("a", PartialTopic{.requests = true});
    router_.set_partial("b", PartialTopic{.requests = false, .merge = newest_metadata});
    router_.join("a", now_);
  }
  void run() {
    while (!script_.empty()) {
      step();
      drain();
      router_.check_invariants(now_);
    }
    for (std::size_t i = 0; i < peers_count; ++i) leave(i);
    drain();
    ASSERT(router_.peer_state_size() == 0);
  }

 private:
  PeerHandle handle(std::size_t peer) const { return PeerHandle{static_cast<std::uint32_t>(peer)}; }

  void step() {
    const auto peer = script_.below(peers_count);
    switch (script_.below(10)) {
      case 0:
        return here_[peer] ? leave(peer) : come(peer);
      case 1:
        return stream(peer);
      case 2:
        now_ = std::max(now_, *router_.next_deadline());
        return router_.on_deadline(now_);
      case 3:
        return publish();
      case 4:
        return ours();
      default:
        return say(peer);
    }
  }
  void come(std::size_t peer) {
    here_[peer] = true;
    router_.add_peer(handle(peer), {key(peer).peer_id(), (peer & 1) != 0}, now_);
    router_.on_stream_open(handle(peer), peer == 4 ? Version::v1_2 : Version::v1_3, now_);
    open_[peer] = true;
  }
  void leave(std::size_t peer) {
    if (here_[peer]) router_.remove_peer(handle(peer), now_);
    here_[peer] = open_[peer] = false;
  }
  void stream(std::size_t peer) {
    if (!here_[peer]) return;
    if (script_.byte() & 1) return router_.on_inbound_stream(handle(peer));
    if (open_[peer]) {
      router_.on_stream_lost(handle(peer), now_);
    } else {
      router_.on_stream_open(handle(peer), Version::v1_3, now_);
    }
    open_[peer] = !open_[peer];
  }
  void ours() {
    const auto topic = script_.topic();
    const auto how = script_.below(5);
    if (how == 0) return router_.join(topic, now_);
    if (how == 1) return router_.leave(topic, now_);
    if (how == 2) {
      router_.set_partial(topic, std::nullopt);
    } else {
      router_.set_partial(topic, PartialTopic{.requests = how == 3});
    }
  }
  void publish() {
    const auto topic = script_.topic();
    const auto group = script_.piece(3);
    const auto metadata = script_.piece(70);
    (void)router_.publish_partial({topic, group, metadata,
                                   [&](const PartialReceiver& to) {
                                     ASSERT(to.has.size() <= 64);
                                     return Parts{to_bytes(metadata), to_bytes(metadata)};
                                   }},
                                  now_);
  }
  void say(std::size_t peer) {
    if (!here_[peer]) return;
    pubsub::RpcWriter writer{{}};
    const auto what = script_.byte();
    if (what & 1) writer.add_extensions({(what & 2) != 0, (what & 4) != 0, (what & 4) != 0});
    if (what & 8) writer.add_subscription((what & 16) != 0, script_.topic(), flags[what % 3]);
    if (what & 32) writer.add_graft(script_.topic());
    pubsub::PartialView view{script_.topic(), script_.piece(3), {}, {}};
    if (what & 64) view.message = script_.piece(100);
    if (what & 128) view.metadata = script_.piece(70);
    const auto ping = pubsub::ping_pong_field({view.message, view.metadata});
    if (what == 8 || what == 72) writer.add_extension_body(ping);
    writer.add_extension_body(what == 9 ? pubsub::test_field() : pubsub::partial_field(view));
    Bytes frame;
    for (const auto& piece : writer.take().pieces) append(frame, piece);
    base::ByteReader in{frame};
    const auto body = SharedBytes::copy_of(**base::take_frame(in, frame.size()));
    ASSERT(router_.on_rpc(handle(peer), body, now_).has_value());
  }
  void drain() {
    while (auto output = router_.poll()) {
      if (const auto* write = std::get_if<WantsWrite>(&*output)) {
        while (router_.pack(write->peer, now_)) {
        }
      } else if (const auto* partial = std::get_if<PartialReceived>(&*output)) {
        ASSERT(!partial->group.empty() && partial->has.size() <= 64);
      }
    }
  }

  TimePoint now_{1s};
  Script script_;
  Router router_;
  bool here_[peers_count] = {};
  bool open_[peers_count] = {};
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Machine{{data, size}}.run();
  return 0;
}
