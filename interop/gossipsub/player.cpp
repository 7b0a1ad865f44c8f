// SPDX-License-Identifier: Apache-2.0
#include "gossipsub/player.hpp"

#include <algorithm>
#include <iostream>
#include <thread>

#include "gossipsub/identity.hpp"

namespace grapevine::interop {

namespace {

constexpr std::chrono::seconds attempt_wait{5};
/// Whoever is to be connected may start a little later.
constexpr std::chrono::seconds connect_wait{20};
constexpr std::chrono::milliseconds retry_wait{100};
constexpr std::chrono::seconds publish_wait{5};

std::unexpected<std::string> failed(const std::string& what, const Error& error) {
  return std::unexpected(what + ": " + error.detail);
}

NodeConfig config_of(std::uint32_t number, const GossipParameters& parameters) {
  NodeConfig config;
  config.listen = {"/ip4/0.0.0.0/tcp/9000"};
  config.key_seed = seed_of(number);
  config.signing = Signing::none;
  config.message_id = "prefix8";
  config.max_message_size = 10u << 20;
  config.partial_messages = true;
  config.trace_detail = TraceDetail::everything;
  config.gossip = parameters;
  config.gossip.outbox_items = 600;
  config.gossip.outbox_bytes = 128u << 20;
  return config;
}

}  // namespace

std::vector<std::uint8_t> content_of(const Publish& publish) {
  std::vector<std::uint8_t> data(publish.size);
  const auto number = Group::id_of(publish.id);
  std::ranges::copy(number, data.begin());
  return data;
}

std::string id_text(std::span<const std::uint8_t> id) {
  std::uint64_t number = 0;
  for (const auto byte : id.first(std::min<std::size_t>(id.size(), 8))) number = number << 8 | byte;
  return std::to_string(number);
}

Player::Player(std::uint32_t number, Clock::time_point started, Log& log)
    : number_{number},
      self_{peer_of(number)},
      started_{started},
      log_{log},
      exchange_{[this](const std::string& topic, const Group& group, const Peer&) {
        tell_whole(topic, group);
      }} {
  log_.say("PeerID", {{"id", self_.to_string()}, {"node_id", number}});
}

Player::~Player() { stop(); }

void Player::stop() {
  if (node_) node_->stop();
}

Player::Done Player::play(const std::vector<Instruction>& script) {
  for (const auto& instruction : script) {
    const bool needs_node = !std::holds_alternative<InitGossipSub>(instruction) &&
                            !std::holds_alternative<WaitUntil>(instruction);
    if (needs_node && !node_) return std::unexpected("initGossipSub must come first");
    const auto done = std::visit([this](const auto& kind) { return run(kind); }, instruction);
    if (!done) return done;
  }
  return {};
}

Player::Done Player::run(const InitGossipSub& init) {
  for (const auto& name : init.passed_over) std::cerr << "passed over: " << name << '\n';
  auto node = Node::start(config_of(number_, init.parameters));
  if (!node) return failed("initGossipSub", node.error());
  node_ = *std::move(node);
  node_->on_event([this](const Event& event) { log_copy(event); });
  return {};
}

Player::Done Player::run(const Connect& connect_to) {
  for (const auto other : connect_to.to) {
    if (auto done = connect(other); !done) return done;
  }
  return {};
}

Player::Done Player::connect(std::uint32_t other) {
  const auto until = Clock::now() + connect_wait;
  const auto name = "node" + std::to_string(other);
  const auto address = "/dns4/" + name + "/tcp/9000/p2p/" + peer_of(other).to_string();
  for (;;) {
    const auto connected = node_->connect({address}, attempt_wait);
    if (connected) return {};
    if (Clock::now() >= until) return failed("connect to " + name, connected.error());
    std::this_thread::sleep_for(retry_wait);
  }
}

Player::Done Player::run(const WaitUntil& wait) {
  std::this_thread::sleep_until(started_ + wait.age);
  return {};
}

std::expected<Topic, std::string> Player::topic(const std::string& name) {
  if (const auto known = topics_.find(name); known != topics_.end()) return known->second;
  auto topic = node_->topic(name);
  if (!topic) return failed(name, topic.error());
  return topics_.emplace(name, *std::move(topic)).first->second;
}

Player::Done Player::run(const Publish& publish) {
  const auto to = topic(publish.topic);
  if (!to) return std::unexpected(to.error());
  const auto content = content_of(publish);
  const auto published = to->publish(std::span{content}, publish_wait);
  if (!published) return failed("publish", published.error());
  return {};
}

Player::Done Player::run(const Subscribe& subscribe) {
  const auto to = topic(subscribe.topic);
  if (!to) return std::unexpected(to.error());
  if (subscribe.partial) {
    if (const auto opened = exchange_.open(*to, true); !opened) {
      return failed("subscribeToTopic", opened.error());
    }
  }
  const auto joined = node_->join(subscribe.topic);
  if (!joined) return failed("subscribeToTopic", joined.error());
  return {};
}

/// Each copy of a message that comes from another, the first when it has been validated.
void Player::log_copy(const Event& event) {
  using Kind = Event::Kind;
  const bool received = event.kind == Kind::message_delivered ||
                        event.kind == Kind::message_duplicate ||
                        event.kind == Kind::message_rejected;
  if (!received || event.peer == self_) return;
  log_.say("Received Message", {{"id", id_text(event.message_id.bytes())},
                                {"topic", event.topic},
                                {"from", event.peer.to_string()}});
}

Player::Done Player::run(const DelayValidation& delay) {
  const auto set = node_->set_validator(
      delay.topic, [this, wait = delay.delay](const Message&, std::function<void(Verdict)> answer) {
        delays_.call_in(wait, [answer = std::move(answer)] { answer(Verdict::accept); });
      });
  if (!set) return failed("setTopicValidationDelay", set.error());
  return {};
}

void Player::tell_whole(const std::string& topic, const Group& group) {
  if (!group.complete()) return;
  log_.say("All parts received", {{"topic", topic}, {"group id", id_text(group.id())}});
}

Player::Done Player::run(const AddPartial& add) {
  Group group{Group::id_of(add.group)};
  group.fill(add.parts);
  if (const auto grown = exchange_.add(add.topic, group)) tell_whole(add.topic, *grown);
  return {};
}

/// A node that has not subscribed to the topic only sends.
Player::Done Player::run(const PublishPartial& publish) {
  const bool known = topics_.contains(publish.topic);
  const auto to = topic(publish.topic);
  if (!to) return std::unexpected(to.error());
  if (!known) {
    if (const auto opened = exchange_.open(*to, false); !opened) {
      return failed("publishPartial", opened.error());
    }
  }
  std::vector<Peer> named;
  for (const auto number : publish.to) named.push_back(peer_of(number));
  const auto sent = exchange_.publish(*to, Group::id_of(publish.group), std::move(named));
  if (!sent) return failed("publishPartial", sent.error());
  return {};
}

}  // namespace grapevine::interop
