// SPDX-License-Identifier: Apache-2.0
// What messages cost the router, without sockets or crypto: from RPC to outbox and out again,
// publishing, and storms of copies. Prints a row a measurement; takes some seconds.
#include "alone.hpp"

namespace {

using namespace grapevine;
using namespace grapevine::bench;

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
  if (bench.delivered() != input.size() * batch) std::abort();
  row("forward " + std::to_string(size) + " B, " + std::to_string(batch) + " an RPC, to " +
          std::to_string(bench.packed() / bench.delivered()) + " peers",
      count / took, "messages/s");
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
  row("copies, " + std::to_string(batch) + " an RPC", count / took, "ids/s");
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
  row("publish 64 B to " + std::to_string(bench.packed() / 300'000) + " peers", count / took,
      "messages/s");
}

/// Every peer of a full mesh sends the same messages: all but the first of each are copies.
void storm(std::size_t peers) {
  Bench bench{unsigned_config()};
  bench.router().join("bench", bench.now());
  std::vector<PeerHandle> senders;
  for (std::size_t i = 0; i < peers; ++i) senders.push_back(bench.add({"bench"}));
  const auto input = frames(200, 100, 64);
  const auto took = seconds([&] {
    for (const auto& frame : input) {
      for (const auto sender : senders) bench.feed(sender, frame);
    }
  });
  const auto count = static_cast<double>(input.size() * 100 * peers);
  row("storm of the same from " + std::to_string(peers) + " peers, 100 an RPC", count / took,
      "ids/s");
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
    storm(64);
  }
}
