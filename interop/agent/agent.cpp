// SPDX-License-Identifier: Apache-2.0
#include "agent/agent.hpp"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>

#include <boost/json/array.hpp>

#include "agent/partial.hpp"
#include "agent/perf.hpp"

namespace grapevine::agent {

namespace json = boost::json;

namespace {

// Together with the last flush they stay below the five seconds an agent has to end.
constexpr std::chrono::seconds stop_wait{2};
constexpr std::chrono::seconds workers_wait{1};

}  // namespace

const Agent::Command Agent::commands[] = {
    {"connect", &Agent::connect, true},
    {"disconnect", &Agent::disconnect, false},
    {"subscribe", &Agent::subscribe, false},
    {"unsubscribe", &Agent::unsubscribe, false},
    {"publish", &Agent::publish, false},
    {"peers", &Agent::peers, false},
    {"mesh", &Agent::mesh, false},
    {"score", &Agent::score, false},
    {"partial_join", &Agent::partial_join, false},
    {"partial_publish", &Agent::partial_publish, false},
    {"ping", &Agent::ping, true},
    {"stats", &Agent::stats, false},
    {"bench_receive", &Agent::bench_receive, false},
    {"bench_publish", &Agent::bench_publish, true},
    {"bench_dial", &Agent::bench_dial, true},
    {"perf", &Agent::perf, true},
    {"quit", &Agent::quit, false},
};

Agent::Agent(Node& node, const Settings& settings, Output& output)
    : node_{node},
      settings_{settings},
      output_{output},
      topics_{node, output},
      exchange_{[&output](const std::string& topic, const interop::Group& group, const Peer& via) {
        output.emit(partial_event(topic, group, via));
      }} {
  observe();
  for (const auto& rule : settings.rules) add_rule(rule);
}

/// Peers that come and go are told; `/perf/1.0.0` is served.
void Agent::observe() {
  node_.on_peer([this](const PeerEvent& event) {
    if (event.kind == PeerEvent::Kind::identified) return;
    const bool connected = event.kind == PeerEvent::Kind::connected;
    output_.emit(
        {{"event", connected ? "connected" : "disconnected"}, {"peer", event.peer.to_string()}});
  });
  // It fails only where the node has stopped.
  (void)node_.handle(std::string{perf_protocol}, [this](Stream stream) {
    workers_.run([stream = std::move(stream)]() mutable { serve_perf(std::move(stream)); });
  });
}

void Agent::add_rule(const ValidationRule& rule) {
  // A topic that cannot be is no topic anybody publishes to.
  (void)node_.set_validator(
      rule.topic, [this, rule](const Message&, std::function<void(Verdict)> answer) {
        if (rule.delay.count() == 0) return answer(rule.verdict);
        delays_.call_in(rule.delay, [rule, answer = std::move(answer)] { answer(rule.verdict); });
      });
}

json::object Agent::ready() const {
  json::array addresses;
  for (const auto& address : node_.addresses()) addresses.emplace_back(address);
  return {
      {"event", "ready"},
      {"name", "grapevine"},
      {"version", GRAPEVINE_VERSION},
      {"peer_id", node_.id().to_string()},
      {"addrs", std::move(addresses)},
      {"pid", ::getpid()},
  };
}

bool Agent::answer(std::string_view line) {
  auto arguments = Arguments::parse(line);
  if (!arguments) {
    reply(nullptr, std::unexpected("not a JSON object"));
    return false;
  }
  const auto id = arguments->any("id");
  const auto name = arguments->text("op");
  const auto command = std::ranges::find(commands, name, &Command::name);
  if (arguments->first_error() || command == std::end(commands)) {
    reply(id, std::unexpected(arguments->first_error().value_or("unknown op " + name)));
    return false;
  }
  if (!command->slow) return execute(*command, id, *arguments) && name == "quit";
  workers_.run([this, command, id, arguments = *std::move(arguments)]() mutable {
    execute(*command, id, arguments);
  });
  return false;
}

bool Agent::execute(const Command& command, const json::value& id, Arguments& arguments) {
  const auto result = (this->*command.operation)(arguments);
  reply(id, result);
  return result.has_value();
}

void Agent::reply(const json::value& id, const Reply& reply) {
  json::object line{{"reply", id}, {"ok", reply.has_value()}};
  if (reply) {
    for (const auto& member : *reply) line.insert(member);
  } else {
    line["error"] = reply.error();
  }
  output_.emit(line);
}

bool Agent::close() {
  stopped_ = true;
  node_.stop(stop_wait);
  return workers_.wait(workers_wait);
}

}  // namespace grapevine::agent
