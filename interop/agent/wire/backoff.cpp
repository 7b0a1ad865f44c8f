// SPDX-License-Identifier: Apache-2.0
// Who is in whose mesh, and how long not to ask again. gossipsub v1.1, "PRUNE Backoff".
#include "agent/wire/stage.hpp"

namespace grapevine::wire {

namespace {

using Kind = Heard::Kind;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::string_view topic = "wire";
constexpr std::string_view short_backoffs = R"({"unsubscribe_backoff_s":3,"prune_backoff_s":3})";
constexpr seconds backoff{3};
/// What lies between the agent's clock and ours: it wrote the PRUNE before we read it.
constexpr milliseconds transit{250};

/// The agent leaves the topic and comes back; when its PRUNE came.
TimePoint leave_and_return(Stage& stage, Peer& peer) {
  const auto mark = peer.heard().size();
  stage.tell("unsubscribe", {{"topic", topic.data()}});
  stage.await("PRUNE when the agent unsubscribes",
              [&] { return peer.find(Kind::prune, topic, mark) != nullptr; });
  if (stage.ended()) return {};
  const auto pruned = *peer.find(Kind::prune, topic, mark);
  stage.expect(pruned.backoff_seconds.has_value(), "the PRUNE names no backoff");
  stage.expect(pruned.backoff_seconds.value_or(0) == static_cast<std::uint64_t>(backoff.count()),
               "the PRUNE names a backoff of " +
                   std::to_string(pruned.backoff_seconds.value_or(0)) + " s, not 3 s");
  stage.tell("subscribe", {{"topic", topic.data()}});
  stage.await("subscription after the return", [&] {
    const auto* left = peer.find(Kind::unsubscribe, topic, mark);
    const auto* back = peer.find(Kind::subscribe, topic, mark);
    return left != nullptr && back != nullptr;
  });
  return pruned.at;
}

/// Fails when the agent grafts the peer before its backoff has ended.
void expect_no_graft(Stage& stage, const Peer& peer, std::size_t mark, TimePoint pruned) {
  const auto grafted = [&] { return peer.find(Kind::graft, topic, mark) != nullptr; };
  const bool early = stage.watch(grafted, pruned + backoff - transit);
  stage.expect(!early, "GRAFT before the backoff has ended");
  // Implementations wait for some heartbeats more, or clear backoffs now and then: no failure.
  if (stage.watch(grafted, pruned + backoff + seconds{4})) {
    const auto after = peer.find(Kind::graft, topic, mark)->at - pruned;
    stage.note("GRAFT after " +
               std::to_string(std::chrono::duration_cast<milliseconds>(after).count()) + " ms");
  } else {
    stage.note("no GRAFT within 7 s");
  }
}

void unsubscribe_backoff(Stage& stage) {
  const auto peers = stage.mesh(1, topic);
  const auto mark = peers[0]->heard().size();
  const auto pruned = leave_and_return(stage, *peers[0]);

  expect_no_graft(stage, *peers[0], mark, pruned);
}

void prune_is_respected(Stage& stage) {
  const auto peers = stage.mesh(1, topic);
  auto& peer = *peers[0];
  const auto mark = peer.heard().size();

  peer.prune(topic, static_cast<std::uint64_t>(backoff.count()));

  expect_no_graft(stage, peer, mark, now());
}

void graft_within_backoff_is_pruned(Stage& stage) {
  const auto peers = stage.mesh(1, topic);
  auto& peer = *peers[0];
  leave_and_return(stage, peer);
  const auto mark = peer.heard().size();

  peer.graft(topic);

  stage.await("PRUNE for a GRAFT within the backoff",
              [&] { return peer.find(Kind::prune, topic, mark) != nullptr; });
  if (stage.ended()) return;
  const auto named = peer.find(Kind::prune, topic, mark)->backoff_seconds;
  stage.expect(named.value_or(0) > 0, "that PRUNE names no backoff");
  stage.note("backoff " + std::to_string(named.value_or(0)) + " s");
}

/// V38, V52: a GRAFT for a topic that the agent never joined is neither stored nor answered.
void unknown_topic_graft_is_ignored(Stage& stage) {
  auto& peer = stage.connect("A");
  stage.tell("subscribe", {{"topic", topic.data()}});
  peer.subscribe(topic);
  for (int i = 0; i < 100; ++i) {
    const auto unknown = "unknown-" + std::to_string(i);
    peer.graft(unknown);
  }
  stage.await_mesh({&peer}, topic);  // by a GRAFT behind those

  const auto reply = stage.ask("mesh", {{"topic", "unknown-0"}});
  const auto* members = reply.if_contains("peers");
  stage.expect(members == nullptr || members->get_array().empty(), "a mesh nobody wanted");
  // An answer could wait for the next heartbeat.
  const auto answered = [&] {
    for (const auto& heard : peer.heard()) {
      if (heard.kind == Kind::prune && heard.topic != topic) return true;
    }
    return false;
  };
  stage.expect(!stage.watch(answered, now() + milliseconds{1500}), "an answer to an unknown topic");
}

}  // namespace

std::vector<Case> backoff_cases() {
  return {
      {"unsubscribe_backoff", short_backoffs, unsubscribe_backoff},
      {"prune_is_respected", short_backoffs, prune_is_respected},
      {"graft_within_backoff_is_pruned", short_backoffs, graft_within_backoff_is_pruned},
      {"unknown_topic_graft_is_ignored", "", unknown_topic_graft_is_ignored},
  };
}

}  // namespace grapevine::wire
