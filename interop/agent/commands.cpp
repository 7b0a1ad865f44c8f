// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <utility>

#include <boost/json/array.hpp>

#include "agent/acks.hpp"
#include "agent/agent.hpp"
#include "agent/base64.hpp"
#include "agent/clock.hpp"
#include "agent/dial.hpp"
#include "agent/payload.hpp"
#include "agent/perf.hpp"
#include "agent/publisher.hpp"

namespace grapevine::agent {

namespace json = boost::json;

namespace {

constexpr std::chrono::milliseconds connect_wait{5000};
constexpr std::chrono::milliseconds ping_wait{10'000};
constexpr std::chrono::milliseconds publish_wait{5000};

std::unexpected<std::string> failed(const Error& error) {
  return std::unexpected(error.detail.empty() ? std::string{name(error.code)} : error.detail);
}

Peer take_peer(Arguments& from, std::string_view name) {
  const auto text = from.text(name);
  auto peer = Peer::parse(text);
  if (peer) return *peer;
  from.fail(name, "is no peer id");
  return {};
}

json::array list_of(const std::vector<Peer>& peers) {
  json::array list;
  for (const auto& peer : peers) list.emplace_back(peer.to_string());
  return list;
}

}  // namespace

Agent::Reply Agent::connect(Arguments& from) {
  const auto address = from.text("addr");
  const auto wait = from.milliseconds_or("timeout_ms", connect_wait);
  if (const auto error = from.error()) return std::unexpected(*error);
  const auto connected = node_.connect({address}, wait);
  if (!connected) return failed(connected.error());
  return json::object{{"peer_id", connected->peer.to_string()}};
}

Agent::Reply Agent::disconnect(Arguments& from) {
  const auto peer = take_peer(from, "peer");
  if (const auto error = from.error()) return std::unexpected(*error);
  node_.disconnect(peer);
  return json::object{};
}

Agent::Reply Agent::subscribe(Arguments& from) {
  const auto topic = from.text("topic");
  if (const auto error = from.error()) return std::unexpected(*error);
  const auto subscribed = topics_.subscribe(topic);
  if (!subscribed) return failed(subscribed.error());
  return json::object{};
}

Agent::Reply Agent::unsubscribe(Arguments& from) {
  const auto topic = from.text("topic");
  if (const auto error = from.error()) return std::unexpected(*error);
  topics_.unsubscribe(topic);
  return json::object{};
}

Agent::Reply Agent::publish(Arguments& from) {
  const auto name = from.text("topic");
  const auto data = from_base64(from.text("data"));
  if (!data) from.fail("data", "is no base64");
  if (const auto error = from.error()) return std::unexpected(*error);
  const auto topic = topics_.find(name);
  if (!topic) return failed(topic.error());
  const auto published = topic->publish(std::span{*data}, publish_wait);
  if (!published) return failed(published.error());
  return json::object{{"message_id", to_base64(published->id.bytes())}};
}

Agent::Reply Agent::peers(Arguments& from) {
  const auto topic = from.optional_text("topic");
  if (const auto error = from.error()) return std::unexpected(*error);
  std::optional<std::vector<Peer>> subscribed;
  if (topic) subscribed = node_.peers(*topic);
  json::array list;
  for (const auto& status : node_.peers()) {
    if (subscribed && std::ranges::find(*subscribed, status.peer) == subscribed->end()) continue;
    json::object entry{{"peer_id", status.peer.to_string()}};
    if (!status.gossip_protocol.empty()) entry["protocol"] = status.gossip_protocol;
    list.push_back(std::move(entry));
  }
  return json::object{{"peers", std::move(list)}};
}

Agent::Reply Agent::mesh(Arguments& from) {
  const auto topic = from.text("topic");
  if (const auto error = from.error()) return std::unexpected(*error);
  if (settings_.node.router == Router::floodsub)
    return std::unexpected("unsupported: mesh: floodsub has none");
  return json::object{{"peers", list_of(node_.mesh(topic))}};
}

Agent::Reply Agent::score(Arguments& from) {
  const auto peer = take_peer(from, "peer");
  if (const auto error = from.error()) return std::unexpected(*error);
  return json::object{{"score", node_.score(peer)}};
}

Agent::Reply Agent::ping(Arguments& from) {
  const auto peer = take_peer(from, "peer");
  if (const auto error = from.error()) return std::unexpected(*error);
  const auto round_trip = node_.ping(peer, ping_wait);
  if (!round_trip) return failed(round_trip.error());
  return json::object{{"rtt_us", round_trip->count()}};
}

Agent::Reply Agent::stats(Arguments& from) {
  if (const auto error = from.error()) return std::unexpected(*error);
  for (const auto& run : topics_.unfinished()) output_.emit(run->report());
  const auto statistics = node_.statistics();
  return json::object{
      {"cpu_us", cpu_us()},
      {"rss_kb", rss_kb()},
      {"duplicates", statistics.duplicates},
      {"delivered", statistics.delivered},
      {"rpc_dropped", statistics.rpc_dropped},
  };
}

Agent::Reply Agent::bench_receive(Arguments& from) {
  Expectation expectation;
  expectation.topic = from.text("topic");
  expectation.size = from.number("size", {.least = header_size, .most = 1u << 30});
  expectation.count = from.number("count", {.least = 1, .most = std::uint64_t{1} << 40});
  expectation.ack_every = from.number("ack_every", {.least = 1});
  if (const auto error = from.error()) return std::unexpected(*error);
  const std::shared_ptr<AckServer> acks = AckServer::start();
  if (!acks) return std::unexpected("no port for the acknowledgements");
  auto receiver = std::make_shared<Receiver>(
      std::move(expectation), [acks](std::uint64_t count) { acks->announce(count); });
  if (const auto armed = topics_.arm(std::move(receiver)); !armed) return failed(armed.error());
  return json::object{{"ack_addr", acks->address()}};
}

Agent::Reply Agent::bench_publish(Arguments& from) {
  const auto name = from.text("topic");
  auto campaign = Campaign::take(from);
  if (const auto error = from.error()) return std::unexpected(*error);
  const auto topic = topics_.find(name);
  if (!topic) return failed(topic.error());
  return Publisher{std::move(campaign), *topic, stopped_}.run();
}

Agent::Reply Agent::bench_dial(Arguments& from) {
  DialPlan plan;
  plan.address = from.text("addr");
  plan.count = from.number("count", {.least = 1});
  plan.concurrency = from.number("concurrency", {.least = 1, .most = 4096});
  if (const auto error = from.error()) return std::unexpected(*error);
  return agent::bench_dial(node_, plan);
}

Agent::Reply Agent::perf(Arguments& from) {
  const auto peer_text = from.optional_text("peer");
  const auto address = from.optional_text("addr");
  const Transfer transfer{from.number("upload"), from.number("download")};
  if (peer_text.has_value() == address.has_value())
    from.fail("peer", "or addr is needed, not both");
  std::optional<Peer> peer;
  if (peer_text) {
    const auto parsed = Peer::parse(*peer_text);
    if (!parsed) from.fail("peer", "is no peer id");
    if (parsed) peer = *parsed;
  }
  if (const auto error = from.error()) return std::unexpected(*error);
  if (!peer) {  // connecting is not measured
    const auto connected = node_.connect({*address}, connect_wait);
    if (!connected) return failed(connected.error());
    peer = connected->peer;
  }
  const auto wall = measure_perf(node_, *peer, transfer);
  if (!wall) return std::unexpected(wall.error());
  return json::object{{"wall_ns", *wall}};
}

Agent::Reply Agent::quit(Arguments& from) {
  if (const auto error = from.error()) return std::unexpected(*error);
  return json::object{};
}

}  // namespace grapevine::agent
