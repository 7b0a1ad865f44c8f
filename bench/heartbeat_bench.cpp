// SPDX-License-Identifier: Apache-2.0
// What the router costs besides messages: heartbeats of many peers and topics with scoring and
// without, gossip, and memory. Prints a row a measurement; takes some seconds.
#include "alone.hpp"

namespace {

using namespace grapevine;
using namespace grapevine::bench;

/// Every component of the score counts in every topic; nobody is so bad that it matters.
Config scored(const std::vector<std::string>& topics) {
  auto config = unsigned_config();
  auto& score = config.score.emplace();
  score.thresholds = {.gossip = -1e6, .publish = -2e6, .graylist = -3e6};
  score.app_specific_weight = 1;
  score.ip_colocation_factor_weight = -1;
  score.ip_colocation_factor_threshold = 10;
  score.behaviour_penalty_weight = -1;
  score.behaviour_penalty_decay = 0.99;
  score.slow_peer_weight = -1;
  score.slow_peer_decay = 0.99;
  for (const auto& topic : topics) {
    score.topics[topic] = {.topic_weight = 0.1,
                           .time_in_mesh_weight = 0.01,
                           .time_in_mesh_quantum = 1s,
                           .time_in_mesh_cap = 100,
                           .first_message_deliveries_weight = 1,
                           .first_message_deliveries_decay = 0.99,
                           .first_message_deliveries_cap = 100,
                           .mesh_message_deliveries_weight = -0.01,
                           .mesh_message_deliveries_decay = 0.99,
                           .mesh_message_deliveries_cap = 20,
                           .mesh_message_deliveries_threshold = 10,
                           .mesh_message_deliveries_window = 10ms,
                           .mesh_message_deliveries_activation = 5s,
                           .mesh_failure_penalty_weight = -0.01,
                           .mesh_failure_penalty_decay = 0.99,
                           .invalid_message_deliveries_weight = -1,
                           .invalid_message_deliveries_decay = 0.99};
  }
  return config;
}

/// Peers that subscribe to every topic, and have each delivered a message first in each: all
/// counters there can be.
std::vector<PeerHandle> crowd(Bench& bench, std::size_t peers,
                              const std::vector<std::string>& topics) {
  std::vector<PeerHandle> all;
  for (const auto& topic : topics) bench.router().join(topic, bench.now());
  std::uint64_t number = 1ull << 40;
  for (std::size_t i = 0; i < peers; ++i) {
    all.push_back(bench.add(topics));
    pubsub::RpcWriter writer{{.batch_bytes = 1 << 20}};
    for (const auto& topic : topics) {
      const auto data = payload(++number, 64);
      writer.add_publish(pubsub::encode({topic, as_bytes(data), nullptr, {}, nullptr}).field);
    }
    bench.feed(all.back(), frame_of(writer.take()));
  }
  return all;
}

void heartbeats(std::size_t peers, std::size_t topics, std::size_t messages, bool with_scores) {
  const auto names = topic_names(topics);
  auto config = with_scores ? scored(names) : unsigned_config();
  config.seen.ids_max = 4'000'000;
  Bench bench{config};
  crowd(bench, peers, names);
  std::uint64_t number = 0;
  std::vector<double> beats;
  std::vector<double> packs;
  for (int beat = 0; beat < 20; ++beat) {
    for (std::size_t i = 0; i < messages; ++i) {
      const auto data = payload(++number, 64);
      auto message = pubsub::encode({names[i % topics], as_bytes(data), nullptr, {}, nullptr});
      message.id = *pubsub::ids::prefix16(message.view);
      if (!bench.router().publish(std::move(message), bench.now())) std::abort();
    }
    bench.drain();
    const auto [took, packing] = bench.heartbeat();
    beats.push_back(took);
    packs.push_back(packing);
  }
  std::ranges::sort(beats);
  std::ranges::sort(packs);
  const auto what = std::to_string(peers) + " peers, " + std::to_string(topics) + " topics, " +
                    std::to_string(messages) + " messages" + (with_scores ? ", scores" : "");
  row("heartbeat, " + what, beats[beats.size() / 2] * 1e3, "ms");
  row("  packing its RPCs", packs[packs.size() / 2] * 1e3, "ms");
}

/// A peer's score asked for, every counter of a hundred topics being there.
void explaining() {
  const auto names = topic_names(100);
  Bench bench{scored(names)};
  crowd(bench, 100, names);
  double sum = 0;
  constexpr int rounds = 100;
  const auto took = seconds([&] {
    for (int i = 0; i < rounds; ++i) {
      for (std::uint32_t peer = 1; peer <= 100; ++peer) sum += bench.score(peer);
    }
  });
  if (sum != sum) std::abort();
  row("a peer's score, 100 topics", took / (rounds * 100) * 1e9, "ns");
}

/// What is held of peers beside what one without topics takes.
void memory(std::size_t peers, std::size_t topics, bool with_scores) {
  const auto names = topic_names(topics);
  Bench bench{with_scores ? scored(names) : unsigned_config()};
  crowd(bench, 1, names);
  for (int i = 0; i < 10; ++i) bench.heartbeat();
  const auto before = allocated();
  crowd(bench, peers, names);
  // Messages leave the cache and only what is held of peers remains.
  for (int i = 0; i < 10; ++i) bench.heartbeat();
  const auto held = allocated() - before;
  row(std::string{"a topic of a peer, "} + (with_scores ? "scores" : "no scores"),
      static_cast<double>(held) / static_cast<double>(peers * topics), "bytes");
}

void idle_peers() {
  Bench bench{unsigned_config()};
  bench.router().join("bench", bench.now());
  bench.add({"bench"});
  const auto before = allocated();
  constexpr std::size_t peers = 10'000;
  for (std::size_t i = 0; i < peers; ++i) bench.add({"bench"});
  bench.heartbeat();
  row("an idle peer with one topic", static_cast<double>(allocated() - before) / peers, "bytes");
}

/// `count` ids of 16 bytes in a control entry that `add` makes.
SharedBytes ids_frame(std::uint64_t first, std::size_t count, auto add) {
  std::vector<std::string> ids;
  for (std::size_t i = 0; i < count; ++i) ids.push_back(payload(first + i, 16));
  std::vector<ByteView> views;
  for (const auto& id : ids) views.push_back(as_bytes(id));
  pubsub::RpcWriter writer{{.control_bytes = 1 << 20, .idontwant_ids = 100'000}};
  add(writer, std::span<const ByteView>{views});
  return frame_of(writer.take());
}

constexpr int control_rounds = 50;
constexpr std::size_t control_ids = 5000;
constexpr std::size_t served_ids = 1000;  ///< as many as fit into a peer's outbox

/// Gossip that names five thousand messages nobody has, each of which is asked for.
void ihave() {
  Bench bench{unsigned_config()};
  bench.router().join("bench", bench.now());
  const auto peer = bench.add({"bench"});
  double took = 0;
  for (std::uint64_t i = 0; i < control_rounds; ++i) {
    const auto frame = ids_frame(i * control_ids, control_ids,
                                 [](auto& writer, auto ids) { writer.add_ihave("bench", ids); });
    took += seconds([&] { bench.feed(peer, frame); });
    bench.heartbeat();
  }
  row("IHAVE, 5,000 ids an RPC", static_cast<double>(control_rounds * control_ids) / took, "ids/s");
}

/// A thousand messages asked for by one peer after another, and packed.
void iwant() {
  Bench bench{unsigned_config()};
  bench.router().join("bench", bench.now());
  const auto source = bench.add({"bench"});
  for (const auto& frame : frames(served_ids / 100, 100, 64)) bench.feed(source, frame);
  const auto frame =
      ids_frame(0, served_ids, [](auto& writer, auto ids) { writer.add_iwant(ids); });
  double took = 0;
  for (int i = 0; i < control_rounds; ++i) {
    const auto peer = bench.add({"bench"});
    took += seconds([&] { bench.feed(peer, frame); });
  }
  if (bench.packed() < control_rounds * served_ids) std::abort();
  row("IWANT, 1,000 ids an RPC", static_cast<double>(control_rounds * served_ids) / took, "ids/s");
}

void idontwant() {
  Bench bench{unsigned_config()};
  bench.router().join("bench", bench.now());
  const auto peer = bench.add({"bench"});
  const auto frame = ids_frame(0, 1000, [](auto& writer, auto ids) { writer.add_idontwant(ids); });
  const auto took = seconds([&] {
    for (int i = 0; i < 100; ++i) {
      bench.feed(peer, frame);
      bench.heartbeat();
    }
  });
  row("IDONTWANT, and heartbeats", static_cast<double>(100'000) / took, "ids/s");
}

}  // namespace

/// With an argument, only the measurements of that name.
int main(int count, char** arguments) {
  const std::string_view only = count > 1 ? arguments[1] : "";
  const auto wanted = [&](std::string_view name) { return only.empty() || only == name; };
  if (wanted("heartbeat")) {
    heartbeats(1000, 20, 0, false);
    heartbeats(1000, 100, 0, true);
    heartbeats(1000, 100, 1000, false);
    heartbeats(1000, 100, 1000, true);
    heartbeats(1000, 20, 100'000, false);
  }
  if (wanted("score")) explaining();
  if (wanted("control")) {
    ihave();
    iwant();
    idontwant();
  }
  if (wanted("memory")) {
    idle_peers();
    memory(1000, 100, false);
    memory(1000, 100, true);
  }
}
