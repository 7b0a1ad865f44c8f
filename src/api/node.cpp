// SPDX-License-Identifier: Apache-2.0
#include "grapevine/node.hpp"

#include <algorithm>

#include "api/convert.hpp"
#include "api/handles.hpp"

namespace grapevine {

using api::node_stopped;

namespace api {

namespace {

/// Answers are due a little later than the wait that the host itself keeps.
constexpr std::chrono::milliseconds slack{2000};

std::vector<Peer> to_peers(const std::vector<PeerId>& ids) {
  std::vector<Peer> peers;
  peers.reserve(ids.size());
  for (const auto& id : ids) peers.push_back(to_peer(id));
  return peers;
}

PeerStatus to_status(const host::PeerView& view) {
  return {to_peer(view.peer), view.address.to_string(), view.outbound,
          view.agent,         view.protocols,           view.gossip_protocol};
}

Expected<host::ConnectRequest> request_of(const std::vector<std::string>& addresses,
                                          std::chrono::milliseconds wait) {
  host::ConnectRequest request;
  request.timeout = std::clamp<std::chrono::milliseconds>(wait, std::chrono::milliseconds{1},
                                                          std::chrono::hours{1});
  for (const auto& text : addresses) {
    auto address = parse_address(text);
    if (!address) return std::unexpected(std::move(address.error()));
    request.addresses.push_back(*std::move(address));
  }
  return request;
}

Expected<Connected> connected_of(const host::ConnectResult& result) {
  if (result.error) return std::unexpected(error_of(result));
  return Connected{to_peer(result.peer), result.already};
}

/// Runs one `connect` and waits for what became of it.
Expected<host::ConnectResult> connect_and_wait(Runtime& runtime, host::ConnectRequest request) {
  if (runtime.on_loop()) return std::unexpected(on_network_thread());
  const auto until =
      deadline_in(std::chrono::duration_cast<std::chrono::milliseconds>(request.timeout) + slack);
  const auto answer = std::make_shared<Answer<host::ConnectResult>>();
  const bool posted = runtime.post([&runtime, request = std::move(request), answer]() mutable {
    runtime.connect(std::move(request),
                    [answer](const host::ConnectResult& result) { answer->give(result); });
  });
  if (!posted) return std::unexpected(node_stopped());
  auto result = answer->wait(until);
  if (!result)
    return std::unexpected(Error{ErrorCode::timeout, "cannot connect: no answer in time"});
  if (result->error) return std::unexpected(error_of(*result));
  return *std::move(result);
}

/// Opens a stream to `target`, a peer or a link, and waits for the remote to agree.
template <class Target>
Expected<Stream> open_and_wait(Runtime& runtime, Target target, std::string protocol,
                               std::chrono::milliseconds wait) {
  if (runtime.on_loop()) return std::unexpected(on_network_thread());
  const auto until = deadline_in(wait);
  const auto answer = std::make_shared<Answer<Expected<Stream>>>();
  const bool posted = runtime.post([&runtime, target, protocol = std::move(protocol), answer] {
    auto key = runtime.host().open_stream(target, {protocol}, runtime.time());
    runtime.streams().open(key,
                           [answer](Expected<Stream> opened) { answer->give(std::move(opened)); });
  });
  if (!posted) return std::unexpected(node_stopped());
  if (auto opened = answer->wait(until)) return *std::move(opened);
  // A late stream comes to nobody, who lets go of it.
  return std::unexpected(
      Error{ErrorCode::timeout, "the peer did not agree to the protocol in time"});
}

}  // namespace

std::vector<Peer> subscribers_of(Runtime& runtime, std::string_view topic) {
  const auto ids = runtime.ask([&] { return runtime.host().router().subscribers(topic); });
  return ids ? to_peers(*ids) : std::vector<Peer>{};
}

std::vector<Peer> mesh_of(Runtime& runtime, std::string_view topic) {
  const auto ids = runtime.ask([&] { return runtime.host().router().mesh(topic); });
  return ids ? to_peers(*ids) : std::vector<Peer>{};
}

}  // namespace api

Node::State::State(std::shared_ptr<api::Runtime> runtime_in)
    : runtime{std::move(runtime_in)},
      id{api::to_peer(runtime->self())},
      thread{[kept = runtime] { kept->run(); }} {}

Node::State::~State() {
  stop(std::chrono::seconds{5});
  // From a callback nobody can wait; the thread keeps what it needs and ends by itself.
  if (thread.joinable()) thread.detach();
}

void Node::State::stop(std::chrono::milliseconds grace) {
  runtime->stop(grace);
  if (runtime->on_loop()) return;
  const std::lock_guard lock{stopping};
  if (thread.joinable()) thread.join();
}

Expected<Node> Node::start(NodeConfig config) {
  auto runtime = api::Runtime::create(config);
  if (!runtime) return std::unexpected(std::move(runtime.error()));
  return Node{std::make_shared<State>(*std::move(runtime))};
}

void Node::stop(std::chrono::milliseconds grace) { state_->stop(grace); }

const Peer& Node::id() const { return state_->id; }

std::vector<std::string> Node::addresses() const { return state_->runtime->addresses(); }

Expected<Connected> Node::connect(std::vector<std::string> addresses,
                                  std::chrono::milliseconds wait) {
  auto request = api::request_of(addresses, wait);
  if (!request) return std::unexpected(std::move(request.error()));
  const auto result = api::connect_and_wait(*state_->runtime, *std::move(request));
  if (!result) return std::unexpected(result.error());
  return api::connected_of(*result);
}

void Node::connect(std::vector<std::string> addresses, std::chrono::milliseconds wait,
                   std::function<void(Expected<Connected>)> done) {
  auto& runtime = *state_->runtime;
  const auto shared = std::make_shared<std::function<void(Expected<Connected>)>>(std::move(done));
  const bool posted = runtime.post([&runtime, addresses = std::move(addresses), wait, shared] {
    auto request = api::request_of(addresses, wait);
    if (!request) return (*shared)(std::unexpected(std::move(request.error())));
    runtime.connect(*std::move(request), [shared](const host::ConnectResult& result) {
      (*shared)(api::connected_of(result));
    });
  });
  if (!posted) (*shared)(std::unexpected(node_stopped()));
}

void Node::disconnect(const Peer& peer) {
  auto& runtime = *state_->runtime;
  const auto id = api::to_peer_id(peer);
  runtime.post([&runtime, id] { runtime.host().disconnect(id, runtime.time()); });
}

Expected<std::chrono::microseconds> Node::ping(const Peer& peer, std::chrono::milliseconds wait) {
  auto& runtime = *state_->runtime;
  if (runtime.on_loop()) return std::unexpected(api::on_network_thread());
  const auto until = api::deadline_in(wait);
  const auto answer = std::make_shared<api::Answer<Expected<std::chrono::microseconds>>>();
  const auto id = api::to_peer_id(peer);
  const bool posted = runtime.post([&runtime, id, answer] {
    if (!runtime.host().peer(id)) {
      return answer->give(
          std::unexpected(Error{ErrorCode::not_connected, "the peer is not connected"}));
    }
    runtime.ping(id, [answer](std::optional<Duration> took) {
      if (took) return answer->give(*took);
      answer->give(
          std::unexpected(Error{ErrorCode::timeout, "the ping came back wrong or not at all"}));
    });
  });
  if (!posted) return std::unexpected(node_stopped());
  if (auto answered = answer->wait(until)) return *std::move(answered);
  return std::unexpected(Error{ErrorCode::timeout, "the ping did not come back in time"});
}

Expected<Node::Link> Node::dial(std::string address, std::chrono::milliseconds wait) {
  auto request = api::request_of({std::move(address)}, wait);
  if (!request) return std::unexpected(std::move(request.error()));
  request->another = true;
  request->protected_from_limits = state_->runtime->lifts_per_peer_limit();
  const auto result = api::connect_and_wait(*state_->runtime, *std::move(request));
  if (!result) return std::unexpected(result.error());
  return Link{
      std::make_shared<Link::State>(state_->runtime, *result->link, api::to_peer(result->peer))};
}

Expected<Topic> Node::topic(std::string name) {
  if (auto checked = api::check_topic(name); !checked) return std::unexpected(checked.error());
  if (!state_->runtime->allows(name)) {
    return std::unexpected(Error{ErrorCode::rejected, "the topic filter does not allow the topic"});
  }
  return Topic{std::make_shared<Topic::State>(state_->runtime, name,
                                              state_->runtime->publish_slots().of(name))};
}

Expected<Topic> Node::join(std::string name) {
  auto topic = this->topic(name);
  if (!topic) return topic;
  auto& topics = state_->runtime->topics();
  const bool posted =
      state_->runtime->post([&topics, name = std::move(name)] { topics.join(name); });
  if (!posted) return std::unexpected(node_stopped());
  return topic;
}

Expected<void> Node::leave(std::string_view name) {
  auto& topics = state_->runtime->topics();
  const bool posted =
      state_->runtime->post([&topics, left = std::string{name}] { topics.leave(left); });
  if (!posted) return std::unexpected(node_stopped());
  return {};
}

Expected<void> Node::handle(std::string protocol, std::function<void(Stream)> handler) {
  if (protocol.empty() || protocol.front() != '/' || protocol.size() > 256) {
    return std::unexpected(Error{
        ErrorCode::bad_config, "a protocol's name begins with a slash and has at most 256 bytes"});
  }
  auto& streams = state_->runtime->streams();
  const bool posted = state_->runtime->post(
      [&streams, protocol = std::move(protocol), handler = std::move(handler)]() mutable {
        streams.handle(std::move(protocol), std::move(handler));
      });
  if (!posted) return std::unexpected(node_stopped());
  return {};
}

Expected<Stream> Node::open_stream(const Peer& peer, std::string protocol,
                                   std::chrono::milliseconds wait) {
  return api::open_and_wait(*state_->runtime, api::to_peer_id(peer), std::move(protocol), wait);
}

std::vector<PeerStatus> Node::peers() const {
  auto& runtime = *state_->runtime;
  const auto views = runtime.ask([&] { return runtime.host().peers(); });
  std::vector<PeerStatus> peers;
  if (views) std::ranges::transform(*views, std::back_inserter(peers), api::to_status);
  return peers;
}

std::vector<Peer> Node::peers(std::string_view topic) const {
  return api::subscribers_of(*state_->runtime, topic);
}

std::vector<Peer> Node::mesh(std::string_view topic) const {
  return api::mesh_of(*state_->runtime, topic);
}

std::vector<std::string> Node::topics() const {
  auto& runtime = *state_->runtime;
  return runtime.ask([&] { return runtime.host().router().topics(); })
      .value_or(std::vector<std::string>{});
}

NodeStatistics Node::statistics() const {
  auto& runtime = *state_->runtime;
  const auto statistics = runtime.ask([&] {
    const auto& counters = runtime.host().router().counters();
    NodeStatistics now;
    now.delivered = counters.delivered;
    now.duplicates = counters.duplicates;
    now.rejected = counters.rejected;
    now.ignored = counters.ignored;
    now.published = counters.published;
    now.rpc_dropped = counters.rpc_dropped;
    now.throttled = counters.throttled;
    now.timed_out = counters.timed_out;
    now.validator_faults = runtime.validators().faults();
    now.peers = runtime.host().peers().size();
    now.links = runtime.host().link_count();
    return now;
  });
  return statistics.value_or(NodeStatistics{});
}

void Node::on_peer(std::function<void(const PeerEvent&)> observer) {
  auto& runtime = *state_->runtime;
  runtime.post([&runtime, observer = std::move(observer)]() mutable {
    runtime.observe_peers(std::move(observer));
  });
}

void Node::on_topic(std::function<void(const TopicEvent&)> observer) {
  auto& runtime = *state_->runtime;
  runtime.post([&runtime, observer = std::move(observer)]() mutable {
    runtime.observe_topics(std::move(observer));
  });
}

void Node::Link::State::close() {
  runtime->post([runtime = runtime.get(), link = link] {
    runtime->host().close_link(link, runtime->time());
  });
}

const Peer& Node::Link::peer() const { return state_->peer; }

Expected<Stream> Node::Link::open_stream(std::string protocol, std::chrono::milliseconds wait) {
  return api::open_and_wait(*state_->runtime, state_->link, std::move(protocol), wait);
}

void Node::Link::close() { state_->close(); }

}  // namespace grapevine
