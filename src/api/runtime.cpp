// SPDX-License-Identifier: Apache-2.0
#include "api/runtime.hpp"

#include <algorithm>
#include <chrono>

#include "api/convert.hpp"
#include "api/filtering.hpp"
#include "net/clock.hpp"
#include "net/entropy.hpp"

namespace grapevine::api {

namespace {

std::uint64_t wall_clock_nanoseconds() {
  const auto since = std::chrono::system_clock::now().time_since_epoch();
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::nanoseconds>(since).count());
}

Error listen_error(net::ListenFailure failure) {
  switch (failure.error) {
    case net::ListenError::unsupported:
      return {ErrorCode::bad_address, std::move(failure.detail)};
    case net::ListenError::in_use:
      return {ErrorCode::address_in_use, std::move(failure.detail)};
    case net::ListenError::not_available:
    case net::ListenError::system:
      break;
  }
  return {ErrorCode::io, std::move(failure.detail)};
}

net::Shell::Config shell_config(const NodeConfig& config) {
  net::Shell::Config shell;
  shell.workers = config.workers;
  shell.inbox.messages_max = config.publish_ring;
  auto& share = shell.share;
  share.messages = std::clamp<std::size_t>(config.gossip.outbox_items / 2, 1, share.messages);
  share.bytes = std::min(config.gossip.outbox_bytes / 2, share.bytes);
  return shell;
}

}  // namespace

Expected<std::shared_ptr<Runtime>> Runtime::create(const NodeConfig& config) {
  Rng rng{net::system_seed()};
  auto settings = settle(config, rng);
  if (!settings) return std::unexpected(std::move(settings.error()));
  const auto& gossip = *settings->host->gossip;
  Publisher::Setup setup{};
  setup.self = settings->key.peer_id();
  setup.key = settings->key.clone();
  setup.published.emplace(gossip.seen, rng);
  setup.first_seqno = std::max(config.first_seqno, wall_clock_nanoseconds());

  auto host = host::Host::create(std::move(settings->key), settings->host, rng.fork(), net::now());
  if (!host) {
    auto detail = std::string{host.error().parameter}.append(" must be ").append(host.error().rule);
    return std::unexpected(Error{ErrorCode::bad_config, std::move(detail)});
  }
  Parts parts{std::move(*host), shell_config(config), setup.self, gossip.receipts_max,
              settings->host->gossip};
  std::shared_ptr<Runtime> runtime{new Runtime{std::move(parts), config}};
  runtime->topics_.belong_to(runtime);
  runtime->streams_.belong_to(runtime);
  runtime->discovering_.belong_to(runtime);
  if (auto opened = runtime->open_history(config, gossip); !opened) {
    return std::unexpected(std::move(opened.error()));
  }
  setup.mark = &runtime->mark_;
  setup.validators = &runtime->validators_;
  const bool sign = config.signing == Signing::strict;
  if (sign && !runtime->mark_.allows(setup.first_seqno)) {
    return std::unexpected(Error{ErrorCode::io, "the first sequence numbers cannot be recorded"});
  }
  setup.batch_max = std::min(setup.batch_max, config.publish_ring);
  runtime->publish_slots_.emplace(
      PublishRules{sign, gossip.message_id, config.max_message_size, settings->ids_of_content, {}});
  runtime->publisher_.emplace(std::move(setup), runtime->shell_.inbox());
  if (auto heard = runtime->listen(settings->listen); !heard) {
    return std::unexpected(std::move(heard.error()));
  }
  auto observation =
      Observation::create(config, settings->host->gossip, runtime->self_,
                          [shared = runtime.get()](std::string_view why) { shared->warn(why); });
  if (!observation) return std::unexpected(std::move(observation.error()));
  runtime->observation_ = *std::move(observation);
  for (auto& direct : settings->direct) {
    runtime->host().add_direct(direct.peer, std::move(direct.addresses), net::now());
  }
  runtime->remember(config);
  if (gossip.score && config.on_warning) {
    for (const auto& warning : gossipsub::warnings(*gossip.score)) {
      config.on_warning("score: " + gossipsub::describe(warning));
    }
  }
  return runtime;
}

Runtime::Runtime(Parts parts, const NodeConfig& config)
    : self_{parts.self},
      gossip_{std::move(parts.gossip)},
      lifts_per_peer_limit_{config.lift_per_peer_limit},
      scores_{config.score.has_value()},
      asks_application_score_{config.score && config.score->application_score},
      warn_{config.on_warning},
      filter_{to_filter(config.topic_filter)},
      validators_{[this](std::string text) {
        if (!warn_) return;
        post([this, text = std::move(text)] { warn_(text); });
      }},
      remembering_{config, [this](auto task) { shell_.offload(std::move(task)); }},
      mark_{config.reserve_seqno, [this](auto task) { shell_.offload(std::move(task)); }},
      shell_{std::move(parts.host), parts.shell, application()},
      topics_{shell_, validators_},
      streams_{shell_},
      readiness_{shell_},
      receipts_{shell_, parts.receipts_max},
      discovering_{shell_, config.discovery.value_or(Discovery{})} {}

Expected<void> Runtime::open_history(const NodeConfig& config, const gossipsub::Config& gossip) {
  Histories::Setup setup;
  setup.options = config.history;
  setup.gossip = &gossip;
  setup.warn = warn_;
  setup.post = [this](net::Inbox::Command command) { post(std::move(command)); };
  setup.deliver = [this](const host::Deliver& delivered, std::optional<Cursor> cursor) {
    topics_.on_deliver(delivered, cursor);
  };
  auto opened = Histories::open(std::move(setup), shell_);
  if (!opened) return std::unexpected(std::move(opened.error()));
  histories_ = *std::move(opened);
  return {};
}

Expected<void> Runtime::listen(const std::vector<Multiaddr>& addresses) {
  for (const auto& address : addresses) {
    auto opened = shell_.listen(address.without_p2p());
    if (!opened) return std::unexpected(listen_error(std::move(opened.error())));
  }
  for (const auto& address : shell_.listen_addresses()) {
    addresses_.push_back(address.with_p2p(self_.bytes()).to_string());
  }
  return {};
}

net::Application Runtime::application() {
  net::Application application;
  application.on_output = [this](host::Output&& output) { on_output(std::move(output)); };
  application.on_turn_end = [this] {
    streams_.on_turn_end();
    histories_->on_turn_end();
    topics_.on_turn_end();
    readiness_.on_turn_end();
  };
  application.on_end = [this] { end(); };
  application.on_warning = warn_;
  return application;
}

void Runtime::run() { shell_.run(); }

/// Topics are not left: a PRUNE would make every peer keep its backoff against a node that merely
/// restarts. The end of the connections says it all.
void Runtime::stop(std::chrono::milliseconds grace) { shell_.stop(grace); }

/// What an earlier run knew.
void Runtime::remember(const NodeConfig& config) {
  const auto now = net::now();
  for (const auto& [peer, left] : config.blocked) {
    host().block({to_peer_id(peer), end_of(left, now)}, now);
  }
  if (!config.sequence_check) return;
  std::vector<pubsub::AuthorMark> marks;
  for (const auto& [author, seqno] : config.sequence_check->known) {
    marks.push_back({to_peer_id(author), seqno});
  }
  host().load_author_marks(marks);
}

bool Runtime::block(const gossipsub::BlockedPeer& blocked) {
  if (!host().block(blocked, time())) return false;
  tell_blocked();
  return true;
}

bool Runtime::unblock(const PeerId& peer) {
  if (!host().unblock(peer)) return false;
  tell_blocked();
  return true;
}

void Runtime::tell_blocked() {
  remembering_.on_blocked(to_blocked(host().router().blocked(time()), time()));
}

/// Nobody waits for what will not come any more.
void Runtime::end() {
  histories_->end();
  remembering_.on_raised_last(host().take_raised_marks());
  topics_.end();
  streams_.end_all();
  partials_.end();
  readiness_.end();
  receipts_.end();
  host::ConnectResult cancelled{};
  cancelled.error = host::DialError::cancelled;
  cancelled.detail = "the node is stopped";
  for (const auto& [id, done] : std::exchange(connecting_, {})) done(cancelled);
  for (const auto& [peer, done] : std::exchange(pinging_, {})) done(std::nullopt);
  peer_observer_ = nullptr;
  topic_observer_ = nullptr;
  observation_->end();
}

/// From any thread.
void Runtime::warn(std::string_view why) {
  post([this, text = std::string{why}] {
    if (warn_) warn_(text);
  });
}

void Runtime::connect(host::ConnectRequest request, ConnectDone done) {
  connecting_.emplace(host().connect(std::move(request), time()), std::move(done));
}

void Runtime::ping(const PeerId& peer, PingDone done) {
  pinging_.emplace_back(peer, std::move(done));
  host().ping(peer, time());
}

void Runtime::observe_peers(std::function<void(const PeerEvent&)> observer) {
  peer_observer_ = std::move(observer);
}

void Runtime::observe_topics(std::function<void(const TopicEvent&)> observer) {
  topic_observer_ = std::move(observer);
}

void Runtime::on_output(host::Output&& output) {
  std::visit([this](auto&& kind) { on(std::forward<decltype(kind)>(kind)); }, std::move(output));
}

void Runtime::tell(PeerEvent::Kind kind, const PeerId& peer) {
  if (!peer_observer_) return;
  const auto observer = peer_observer_;  // it may replace itself
  observer({kind, to_peer(peer)});
}

void Runtime::on(host::PeerConnected&& connected) {
  tell(PeerEvent::Kind::connected, connected.peer);
}

void Runtime::on(host::PeerDisconnected&& disconnected) {
  tell(PeerEvent::Kind::disconnected, disconnected.peer);
}

void Runtime::on(host::PeerIdentified&& identified) {
  observation_->on(identified);
  tell(PeerEvent::Kind::identified, identified.peer);
}

void Runtime::on(host::ConnectResult&& result) {
  const auto found = connecting_.find(result.connect);
  if (found == connecting_.end()) return;
  const auto done = std::move(found->second);
  connecting_.erase(found);
  done(result);
}

void Runtime::on(host::PingResult&& result) {
  std::vector<PingDone> done;
  std::erase_if(pinging_, [&](auto& waiting) {
    if (waiting.first != result.peer) return false;
    done.push_back(std::move(waiting.second));
    return true;
  });
  for (const auto& tell_it : done) tell_it(result.round_trip);
}

void Runtime::on(host::Traced&& traced) {
  observation_->on(std::as_const(traced));
  if (!topic_observer_) return;
  using Kind = gossipsub::Traced::Kind;
  static constexpr std::pair<Kind, TopicEvent::Kind> kinds[] = {
      {Kind::subscribed, TopicEvent::Kind::joined},
      {Kind::unsubscribed, TopicEvent::Kind::left},
      {Kind::graft, TopicEvent::Kind::grafted},
      {Kind::prune, TopicEvent::Kind::pruned}};
  for (const auto& [kind, told] : kinds) {
    if (traced.kind != kind) continue;
    const auto observer = topic_observer_;  // it may replace itself
    observer({told, to_peer(traced.peer), std::move(traced.topic)});
    return;
  }
}

}  // namespace grapevine::api
