// SPDX-License-Identifier: Apache-2.0
// Streams and connections: negotiation, sizes, keep-alive.
#include <algorithm>
#include <map>

#include "agent/wire/raw.hpp"
#include "agent/wire/stage.hpp"
#include "base/varint.hpp"
#include "core/multistream/negotiation.hpp"

namespace grapevine::wire {

namespace {

using Kind = Heard::Kind;
using std::chrono::seconds;

constexpr std::string_view topic = "wire";
/// Whatever an agent makes of this limit, an RPC of `oversize` bytes is above it.
constexpr std::string_view one_mebibyte = R"({"max_message_size":1048576})";
constexpr std::size_t oversize = 4u << 20;
constexpr std::size_t topics = 150;
void pass(Stage& stage, Peer& from, Peer& to) {
  const auto message = from.message(topic, Bytes(100, 7));
  from.publish(message);
  stage.await("message from " + from.label() + " at " + to.label(), [&] {
    return std::ranges::any_of(to.heard(), [&](const Heard& one) {
      return one.kind == Kind::message && equal(one.id, message.id.bytes());
    });
  });
}

/// V45: the connection lives on with another stream, or is made anew; never is the peer there and
/// yet unheard.
void oversize_rpc_resets_only_the_stream(Stage& stage) {
  const auto peers = stage.mesh(2, topic);
  auto& rude = *peers[0];
  auto& other = *peers[1];

  Bytes length;
  base::append_varint(length, oversize);
  rude.write_raw(SharedBytes{std::move(length)});
  rude.write_raw(SharedBytes{Bytes(oversize)});
  const bool ended =
      stage.watch([&] { return rude.closed() || !rude.gossip_open(); }, now() + seconds{5});
  stage.note(!ended          ? "the stream stays open"
             : rude.closed() ? "the connection is closed: " + rude.close_reason()
                             : "the stream is reset");

  rude.reset_gossip();
  if (rude.closed()) stage.reconnect(rude);
  rude.open_gossip();
  rude.subscribe(topic);
  rude.graft(topic);
  pass(stage, rude, other);
  pass(stage, other, rude);
}

void hello_is_split(Stage& stage) {
  for (std::size_t i = 0; i < topics; ++i)
    stage.tell("subscribe", {{"topic", "topic-" + std::to_string(i)}});
  auto& peer = stage.connect("A");

  std::map<std::size_t, std::size_t> by_rpc;
  stage.await("announcement of all 150 topics", [&] {
    by_rpc.clear();
    for (const auto& heard : peer.heard()) {
      if (heard.kind == Kind::subscribe) ++by_rpc[heard.rpc];
    }
    std::size_t announced = 0;
    for (std::size_t i = 0; i < topics; ++i)
      announced += peer.count(Kind::subscribe, "topic-" + std::to_string(i));
    return announced == topics;
  });
  if (stage.ended()) return;
  const auto most =
      std::ranges::max_element(by_rpc, {}, [](const auto& entry) { return entry.second; });
  stage.note(std::to_string(by_rpc.size()) + " RPC, at most " + std::to_string(most->second) +
             " topics in one");
}

/// Header, proposal and the protocol's first bytes leave together: for the connection, and for each
/// stream.
void lazy_negotiation(Stage& stage) {
  Bytes flight;
  multistream::append_message(flight, multistream::header);
  multistream::append_message(flight, "/noise");
  const auto answered = flight;  // the listener's side of it looks the same
  append(flight, Bytes{0, 32});
  append(flight, Bytes(32, 9));  // an ephemeral key; Noise XX answers it with 96 bytes and more
  const auto whole = [&](ByteView answer) { return answer.size() > answered.size() + 2 + 96; };
  const auto answer = exchange(stage.agent(), flight, whole, seconds{5});
  const auto head = ByteView{answer}.first(std::min(answer.size(), answered.size()));
  stage.expect(equal(head, answered), "no answer to a pipelined negotiation of the connection");
  stage.expect(whole(answer), "no Noise message behind a pipelined negotiation");

  auto& peer = stage.connect("A");
  peer.ping();
  stage.await("echo on a stream negotiated lazily",
              [&] { return peer.ping_round_trip().has_value(); });
}

void keep_alive_is_answered(Stage& stage) {
  session::Config habits;
  habits.keep_alive_interval = std::chrono::milliseconds{300};
  habits.keep_alive_timeout = seconds{5};
  auto& peer = stage.connect("A", habits);

  stage.await("answer to a yamux ping",
              [&] { return peer.closed() || peer.keep_alive_round_trip().has_value(); });
  stage.expect(!peer.closed(), "the connection ends: " + peer.close_reason());
}

}  // namespace

std::vector<Case> stream_cases() {
  return {
      {"oversize_rpc_resets_only_the_stream", one_mebibyte, oversize_rpc_resets_only_the_stream},
      {"hello_is_split", "", hello_is_split},
      {"lazy_negotiation", "", lazy_negotiation},
      {"keep_alive_is_answered", "", keep_alive_is_answered},
  };
}

}  // namespace grapevine::wire
