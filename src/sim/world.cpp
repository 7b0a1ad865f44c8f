// SPDX-License-Identifier: Apache-2.0
#include "sim/world.hpp"

#include <algorithm>
#include <utility>

#include "base/assert.hpp"
#include "core/pubsub/message.hpp"

namespace grapevine::sim {

namespace {

constexpr auto verify_time = std::chrono::microseconds{40};  ///< one signature on one core
constexpr std::size_t verdicts_max = 4096;                   ///< remembered
constexpr std::size_t verdict_size_max = 16 * 1024;          ///< bytes of a message remembered

Rng::Seed seed_of(std::uint64_t number) {
  Rng::Seed seed{};
  for (std::size_t i = 0; i < 8; ++i) seed[i] = static_cast<std::uint8_t>(number >> (8 * i));
  return seed;
}

/// 10.0.0.1 is node 0; the port is always 4001.
Multiaddr address_of(NodeIndex node) {
  const auto host = node + 1;
  return *Multiaddr::parse("/ip4/10." + std::to_string(host >> 16 & 255) + "." +
                           std::to_string(host >> 8 & 255) + "." + std::to_string(host & 255) +
                           "/tcp/4001");
}

}  // namespace

World::World(std::uint64_t seed, LinkModel links, Fidelity fidelity)
    : rng_{seed_of(seed)}, links_{links}, fidelity_{fidelity} {}

void World::note(std::uint64_t what) { trace_ = (trace_ ^ what) * 0x100000001B3u; }

NodeIndex World::add(std::shared_ptr<const host::Config> config) {
  const auto index = nodes_.size();
  auto node = std::make_unique<Node>();
  node->key_seed = seed_of(index + 1);
  node->key = KeyPair::from_ed25519_seed(node->key_seed);
  node->id = node->key->peer_id();
  node->address = address_of(index);
  node->config = std::move(config);
  by_address_.emplace(node->address.to_string(), index);
  nodes_.push_back(std::move(node));
  start(*nodes_[index]);
  turn(index);
  return index;
}

void World::start(Node& node) {
  auto host =
      host::Host::create(KeyPair::from_ed25519_seed(node.key_seed), node.config, rng_.fork(), now_);
  ASSERT(host);
  node.host = std::make_unique<host::Host>(std::move(*host));
  node.wake.reset();
  node.policies.clear();
}

void World::crash(NodeIndex at) {
  auto& node = *nodes_[at];
  while (!node.wires.empty()) hang_up(at, node.wires.begin()->first);
  node.host.reset();
  node.missed.clear();
  node.stopped = false;
  ++node.life;
}

void World::restart(NodeIndex at, std::shared_ptr<const host::Config> config) {
  auto& node = *nodes_[at];
  ASSERT(node.host == nullptr);
  if (config) node.config = std::move(config);
  start(node);
  turn(at);
}

void World::stop(NodeIndex at) { nodes_[at]->stopped = true; }

void World::resume(NodeIndex at) {
  auto& node = *nodes_[at];
  node.stopped = false;
  for (auto& event : std::exchange(node.missed, {})) schedule_.at(now_, std::move(event));
}

void World::connect(NodeIndex from, NodeIndex to) {
  host::ConnectRequest request;
  request.addresses = {nodes_[to]->address};
  request.peer = id(to);
  host(from).connect(std::move(request), now_);
  turn(from);
}

void World::disconnect(NodeIndex from, NodeIndex to) {
  host(from).disconnect(id(to), now_);
  turn(from);
}

void World::add_direct(NodeIndex node, NodeIndex other) {
  host(node).add_direct(id(other), {nodes_[other]->address}, now_);
  turn(node);
}

void World::join(NodeIndex node, std::string_view topic) {
  host(node).join(topic, now_);
  turn(node);
}

void World::leave(NodeIndex node, std::string_view topic) {
  host(node).leave(topic, now_);
  turn(node);
}

void World::set_policy(NodeIndex at, std::string_view topic, const gossipsub::TopicPolicy& policy) {
  ASSERT(host(at).set_policy(topic, policy, now_));
  nodes_[at]->policies.insert_or_assign(std::string{topic}, policy);
  turn(at);
}

pubsub::Message World::message(Node& node, std::string_view topic, std::string_view data) {
  const auto known = node.policies.find(topic);
  const auto& gossip = *node.config->gossip;
  const auto& policy = known == node.policies.end() ? gossipsub::TopicPolicy{} : known->second;
  const bool sign = policy.signature_policy.value_or(gossip.signature_policy) ==
                    pubsub::SignaturePolicy::strict_sign;
  pubsub::Draft draft{topic, as_bytes(data), sign ? &node.id : nullptr,
                      sign ? std::optional{node.seqno++} : std::nullopt,
                      sign ? &*node.key : nullptr};
  auto message = pubsub::encode(draft);
  message.id = *(policy.message_id ? policy.message_id : gossip.message_id)(message.view);
  return message;
}

std::size_t World::publish(NodeIndex at, std::string_view topic, std::string_view data) {
  const auto sent = host(at).publish(message(*nodes_[at], topic, data), now_);
  turn(at);
  return sent.value_or(0);
}

void World::publish_batch(NodeIndex at, std::string_view topic,
                          const std::vector<std::string>& data) {
  std::vector<pubsub::Message> messages;
  for (const auto& one : data) messages.push_back(message(*nodes_[at], topic, one));
  host(at).publish_batch(std::move(messages), now_);
  turn(at);
}

void World::look_up(NodeIndex at, const host::Discover& wanted) {
  Found found{at, nodes_[at]->life, {}};
  for (const auto& [node, until] : registry_[wanted.topic]) {
    if (until <= now_ || found.addresses.size() >= wanted.limit) continue;
    found.addresses.push_back(nodes_[node]->address.with_p2p(id(node).bytes()));
  }
  schedule_.at(now_ + *registry_delay_, std::move(found));
}

void World::on(Found& found) {
  if (!current(found.node, found.life)) return;
  host(found.node).on_discovered(found.addresses, now_);
  turn(found.node);
}

std::size_t World::count(NodeIndex node, std::string_view data) const {
  return static_cast<std::size_t>(
      std::ranges::count(nodes_[node]->received, data, &Received::data));
}

std::uint64_t World::traced(NodeIndex at, gossipsub::Traced::Kind kind,
                            std::string_view reason) const {
  std::uint64_t sum = 0;
  for (const auto& [what, count] : nodes_[at]->traced) {
    if (what.first == kind && (reason.empty() || what.second == reason)) sum += count;
  }
  return sum;
}

void World::run(Duration span) {
  const auto end = now_ + span;
  while (schedule_.next() && *schedule_.next() <= end) {
    now_ = std::max(now_, *schedule_.next());
    auto event = schedule_.take();
    ++events_;
    note(static_cast<std::uint64_t>(now_.time_since_epoch().count()));
    happen(event);
    if (now_ >= next_check_) check();
  }
  now_ = end;
}

void World::check() {
  next_check_ = now_ + std::chrono::seconds{1};
  for (const auto& node : nodes_) {
    if (node->host) node->host->check_invariants(now_);
  }
}

/// What a stopped node would do waits.
void World::happen(Event& event) {
  const auto actor = std::visit(
      [](const auto& about) -> NodeIndex {
        if constexpr (requires { about.node; }) {
          return about.node;
        } else if constexpr (requires { about.to.node; }) {
          return about.to.node;
        } else if constexpr (requires { about.to; }) {
          return about.to;
        } else {
          return about.from;
        }
      },
      event);
  note(event.index());
  note(actor);
  if (nodes_[actor]->stopped) {
    nodes_[actor]->missed.push_back(std::move(event));
    return;
  }
  std::visit([this](auto& about) { on(about); }, event);
}

void World::on(Wake& wake) {
  if (!current(wake.node, wake.life)) return;
  auto& node = *nodes_[wake.node];
  if (node.wake && *node.wake <= now_) node.wake.reset();
  node.host->on_deadline(now_);
  turn(wake.node);
}

void World::on(Verified& verified) {
  if (!current(verified.node, verified.life)) return;
  for (const auto& job : verified.jobs) {
    host(verified.node).on_verified(job.ticket, verdict_on(job.message), now_);
  }
  turn(verified.node);
}

/// The same bytes always have the same verdict.
World::Verdict World::verdict_on(const pubsub::Message& message) {
  if (message.field.size() > verdict_size_max) return pubsub::verify(message.view);
  auto bytes = to_text(message.field);
  const auto known = verdicts_.find(bytes);
  if (known != verdicts_.end()) return known->second;
  if (verdicts_.size() >= verdicts_max) verdicts_.clear();
  return verdicts_.emplace(std::move(bytes), pubsub::verify(message.view)).first->second;
}

/// Everything the host wants after an input, and its next wake-up.
void World::turn(NodeIndex at) {
  auto& node = *nodes_[at];
  while (auto output = node.host->poll()) on_output(at, *output);
  const auto deadline = node.host->next_deadline();
  if (!deadline || (node.wake && *node.wake <= *deadline)) return;
  node.wake = std::max(*deadline, now_);
  schedule_.at(*node.wake, Wake{at, node.life});
}

void World::on_output(NodeIndex at, host::Output& output) {
  auto& node = *nodes_[at];
  if (observer_) observer_(at, output);
  if (const auto* write = std::get_if<host::WantsWrite>(&output)) {
    carry(at, write->link);
  } else if (const auto* close = std::get_if<host::CloseLink>(&output)) {
    carry(at, close->link);
    hang_up(at, close->link);
    node.host->on_link_closed(close->link, close->reason, now_);
  } else if (const auto* wanted = std::get_if<host::Dial>(&output)) {
    dial(at, *wanted);
  } else if (auto* verify = std::get_if<host::Verify>(&output)) {
    const auto time = verify_time * static_cast<Duration::rep>(verify->jobs.size());
    schedule_.at(now_ + time, Verified{at, node.life, std::move(verify->jobs)});
  } else if (const auto* deliver = std::get_if<host::Deliver>(&output)) {
    const auto& view = deliver->message.view;
    node.received.push_back(
        {now_, std::string{view.topic}, to_text(view.payload()), deliver->via, deliver->local});
    note(at);
  } else if (const auto* validate = std::get_if<host::Validate>(&output)) {
    const auto accepted = std::optional{gossipsub::Validation::accept};
    const auto verdict = judge_ ? judge_(at, *validate) : accepted;
    if (verdict) node.host->on_validated(validate->ticket, *verdict, now_);
  } else if (const auto* advertise = std::get_if<host::Advertise>(&output)) {
    registry_[advertise->topic][at] = now_ + advertise->ttl;
  } else if (const auto* wanted_peers = std::get_if<host::Discover>(&output)) {
    if (registry_delay_) look_up(at, *wanted_peers);
  } else if (const auto* traced = std::get_if<host::Traced>(&output)) {
    node.traced[{traced->kind, traced->reason}] += traced->count;
  }
}

}  // namespace grapevine::sim
