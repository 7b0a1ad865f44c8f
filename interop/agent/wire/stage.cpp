// SPDX-License-Identifier: Apache-2.0
#include "agent/wire/stage.hpp"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <cstdio>

namespace grapevine::wire {

namespace json = boost::json;
using std::chrono::seconds;

namespace {

constexpr seconds command_wait{20};
constexpr auto mesh_pause = std::chrono::milliseconds{50};

bool has_peer(const json::object& reply, const std::string& peer) {
  const auto* peers = reply.if_contains("peers");
  if (peers == nullptr || !peers->is_array()) return false;
  return std::ranges::any_of(peers->get_array(), [&](const json::value& one) {
    return one.is_string() && one.get_string() == peer;
  });
}

std::string text_of(const json::object& reply, std::string_view name) {
  const auto* value = reply.if_contains(json::string_view{name.data(), name.size()});
  if (value == nullptr || !value->is_string()) return {};
  return {value->get_string().data(), value->get_string().size()};
}

}  // namespace

Peer& Stage::connect(std::string label, session::Config habits) {
  peers_.push_back(std::make_unique<Peer>(std::move(label), habits));
  auto& peer = *peers_.back();
  reconnect(peer);
  await("identify of the agent", [&] { return !peer.agent_version().empty(); });
  if (peers_.size() == 1) note(peer.agent_version());
  return peer;
}

void Stage::reconnect(Peer& peer) {
  if (ended()) return;
  expect(peer.dial(agent_), "the agent cannot be dialled");
  await("connection of " + peer.label(), [&] { return peer.established() || peer.closed(); });
  expect(peer.established(), "no connection: " + peer.close_reason());
  peer.open_gossip();
  await("gossip stream of the agent to " + peer.label(), [&] { return peer.gossip_heard(); });
}

std::vector<Peer*> Stage::mesh(std::size_t size, std::string_view topic) {
  tell("subscribe", {{"topic", json::string_view{topic.data(), topic.size()}}});
  std::vector<Peer*> peers;
  for (std::size_t i = 0; i < size; ++i) {
    auto& peer = connect(std::string(1, static_cast<char>('A' + i)));
    peers.push_back(&peer);
    peer.subscribe(topic);
  }
  await_mesh(peers, topic);
  return peers;
}

void Stage::await_mesh(const std::vector<Peer*>& peers, std::string_view topic) {
  for (auto* peer : peers) {
    await("subscription of the agent at " + peer->label(),
          [&] { return peer->find(Heard::Kind::subscribe, topic) != nullptr; });
    peer->graft(topic);
  }
  const auto until = now() + command_wait;
  for (auto* peer : peers) {
    while (!ended()) {
      const auto reply = ask("mesh", {{"topic", json::string_view{topic.data(), topic.size()}}});
      if (has_peer(reply, peer->id())) break;
      expect(now() < until, "the agent does not take " + peer->label() + " into its mesh");
      watch([] { return false; }, now() + mesh_pause);
    }
  }
}

json::object Stage::ask(std::string_view operation, json::object arguments) {
  if (ended()) return {};
  arguments["op"] = json::string_view{operation.data(), operation.size()};
  const auto line = json::serialize(json::object{{"do", std::move(arguments)}});
  std::printf("%s\n", line.c_str());
  std::fflush(stdout);
  std::optional<json::object> reply;
  await(
      "reply to " + std::string{operation}, [&] { return (reply = take_reply()).has_value(); },
      command_wait);
  if (!reply) return {};
  const auto error = text_of(*reply, "error");
  if (error.starts_with("unsupported: ")) unsupported(error.substr(13));
  return *reply;
}

void Stage::tell(std::string_view operation, json::object arguments) {
  const auto reply = ask(operation, std::move(arguments));
  if (ended()) return;
  const auto* ok = reply.if_contains("ok");
  expect(ok != nullptr && ok->is_bool() && ok->get_bool(),
         std::string{operation} + " fails: " + text_of(reply, "error"));
}

std::optional<json::object> Stage::take_reply() {
  const auto end = input_.find('\n');
  if (end == input_.npos) {
    expect(!input_ended_, "nobody gives our commands to the agent");
    return std::nullopt;
  }
  boost::system::error_code error;
  auto value = json::parse(json::string_view{input_.data(), end}, error);
  input_.erase(0, end + 1);
  expect(!error && value.is_object(), "a reply is no JSON object");
  return ended() ? json::object{} : std::move(value.get_object());
}

void Stage::await(std::string_view what, const Condition& condition, seconds wait) {
  if (ended()) return;
  const bool came = watch(condition, now() + wait);
  expect(came, "no " + std::string{what} + " within " + std::to_string(wait.count()) + " s");
}

bool Stage::watch(const Condition& condition, TimePoint until) {
  for (;;) {
    if (ended()) return false;
    if (condition()) return true;
    if (now() >= until) return false;
    turn(until);
  }
}

void Stage::turn(TimePoint until) {
  std::vector<pollfd> watched;
  for (const auto& peer : peers_) {
    peer->turn();
    until = std::min(until, peer->next_deadline().value_or(until));
    const short events = peer->wants_write() ? POLLIN | POLLOUT : POLLIN;
    watched.push_back({peer->descriptor(), events, 0});  // -1 is passed over
  }
  watched.push_back({input_ended_ ? -1 : STDIN_FILENO, POLLIN, 0});
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - now()).count();
  ::poll(watched.data(), watched.size(), static_cast<int>(std::clamp<std::int64_t>(left, 0, 1000)));
  for (std::size_t i = 0; i < peers_.size(); ++i) {
    if ((watched[i].revents & (POLLIN | POLLHUP | POLLERR)) != 0) peers_[i]->on_readable();
    peers_[i]->turn();
  }
  if (watched.back().revents != 0) read_input();
}

void Stage::read_input() {
  char buffer[4096];
  const auto size = ::read(STDIN_FILENO, buffer, sizeof buffer);
  if (size > 0) input_.append(buffer, static_cast<std::size_t>(size));
  if (size == 0) input_ended_ = true;
}

void Stage::expect(bool holds, std::string_view otherwise) {
  if (!holds && !failure_) failure_ = otherwise;
}

void Stage::unsupported(std::string_view why) { expect(false, "unsupported: " + std::string{why}); }

void Stage::note(std::string_view text) {
  if (!notes_.empty()) notes_ += ", ";
  notes_ += text;
}

}  // namespace grapevine::wire
