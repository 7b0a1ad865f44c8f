// SPDX-License-Identifier: Apache-2.0
#include "core/gossipsub/extensions.hpp"

#include <algorithm>

#include "core/gossipsub/state.hpp"

namespace grapevine::gossipsub {

namespace {

/// What a peer is charged for Extensions said twice, as in go.
constexpr std::uint32_t repeated_penalty = 10;

}  // namespace

/// Both of us advertise it, and the version that says so was negotiated.
bool Router::State::share(const Peer& peer, bool pubsub::Extensions::* extension) const {
  return peer.stream_open && peer.version >= Version::v1_3 && config->extensions.*extension &&
         peer.extensions.theirs().*extension;
}

/// Ours go first in the first RPC on a stream.
void Router::State::say_extensions(Peer& peer) {
  peer.extensions.test_sent = false;
  if (peer.version < Version::v1_3 || !config->extensions.any()) return;
  peer.outbox.extensions(config->extensions);
  send_test(peer);
}

void Router::State::on_extensions(Peer& peer, const pubsub::RpcView& rpc) {
  if (rpc.extensions) {
    if (!peer.extensions.on_said(*rpc.extensions)) {
      penalise(peer, repeated_penalty, "extensions said twice");
    } else {
      count(Traced::Kind::extensions_received, peer, {}, {});
      send_test(peer);
      want_write(peer);
    }
  }
  if (rpc.test_extension && config->extensions.test) {
    count(Traced::Kind::test_received, peer, {}, {});  // jvm answers each, so nobody else may
  }
}

/// nim's ping-pong: the bytes of a ping go back, within a budget, so that nobody is made to send
/// more than it takes.
void Router::State::on_ping_pong(Peer& peer, const pubsub::PingPongView& view) {
  if (!share(peer, &pubsub::Extensions::ping_pong)) {
    return count(Traced::Kind::ignored, peer, {}, "ping-pong not agreed on");
  }
  if (view.pong) count(Traced::Kind::pong_received, peer, {}, {});
  if (!view.ping) return;
  auto& used = peer.budget.pong_bytes;
  if (view.ping->size() > config->ping_bytes_max - std::min(used, config->ping_bytes_max)) {
    return count(Traced::Kind::limit_hit, peer, {}, "pings");
  }
  used += view.ping->size();
  if (peer.outbox.partial(pubsub::ping_pong_field({{}, view.ping}), outbox_limits)) {
    want_write(peer);
  }
}

/// test extension spec, "The Protocol": once to each peer, as soon as both sides are known to have
/// it; never as an answer to one.
void Router::State::send_test(Peer& peer) {
  if (peer.extensions.test_sent || !share(peer, &pubsub::Extensions::test)) return;
  peer.extensions.test_sent = true;
  peer.outbox.test_extension();
}

}  // namespace grapevine::gossipsub
