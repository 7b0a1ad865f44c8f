// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <boost/unordered/unordered_flat_map.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "api/answer.hpp"
#include "api/discovering.hpp"
#include "api/histories.hpp"
#include "api/observation.hpp"
#include "api/partials.hpp"
#include "api/policy.hpp"
#include "api/publisher.hpp"
#include "api/readiness.hpp"
#include "api/receipts.hpp"
#include "api/remembering.hpp"
#include "api/settings.hpp"
#include "api/streams.hpp"
#include "api/topics.hpp"
#include "api/validators.hpp"
#include "net/shell.hpp"

namespace grapevine::api {

/// What runs behind a node's handles: the shell and the application's side of it. Handles share it;
/// it stays when the node is stopped, and then refuses. Its tables belong to the loop's thread.
class Runtime {
 public:
  using ConnectDone = std::function<void(const host::ConnectResult&)>;
  using PingDone = std::function<void(std::optional<Duration>)>;

  /// Opens the listeners and reserves the first sequence numbers; nothing runs yet.
  static Expected<std::shared_ptr<Runtime>> create(const NodeConfig& config);
  Runtime(const Runtime&) = delete;
  Runtime& operator=(const Runtime&) = delete;

  /// The loop; once, on a thread of its own.
  void run();

  // --- from any thread ---
  void stop(std::chrono::milliseconds grace);
  /// False when the loop has ended; `command` then never runs.
  bool post(net::Inbox::Command command) { return shell_.inbox().post(std::move(command)); }
  bool on_loop() const { return shell_.on_loop(); }
  /// What `question()` answers on the loop; nullopt when the node is stopped. From a callback it is
  /// answered in place.
  template <class Question>
  auto ask(Question question) -> std::optional<decltype(question())>;
  Publisher& publisher() { return *publisher_; }
  Receipts& receipts() { return receipts_; }
  PublishSlots& publish_slots() { return *publish_slots_; }
  const gossipsub::Config& gossip() const { return *gossip_; }
  Validators& validators() { return validators_; }
  /// The topic filter lets us take part in `topic`.
  bool allows(std::string_view topic) const { return filter_.allows(topic); }
  const PeerId& self() const { return self_; }
  const std::vector<std::string>& addresses() const { return addresses_; }
  bool lifts_per_peer_limit() const { return lifts_per_peer_limit_; }
  bool scores() const { return scores_; }
  bool asks_application_score() const { return asks_application_score_; }

  // --- from the loop ---
  host::Host& host() { return shell_.host(); }
  TimePoint time() const { return shell_.time(); }
  Topics& topics() { return topics_; }
  Streams& streams() { return streams_; }
  Partials& partials() { return partials_; }
  Readiness& readiness() { return readiness_; }
  Observation& observation() { return *observation_; }
  Histories& histories() { return *histories_; }
  void connect(host::ConnectRequest request, ConnectDone done);
  void ping(const PeerId& peer, PingDone done);
  void observe_peers(std::function<void(const PeerEvent&)> observer);
  void observe_topics(std::function<void(const TopicEvent&)> observer);
  /// As the host's; who wants to remember it is told.
  bool block(const gossipsub::BlockedPeer& blocked);
  bool unblock(const PeerId& peer);

 private:
  struct Parts {
    host::Host host;
    net::Shell::Config shell;
    PeerId self;
    std::size_t receipts_max;
    std::shared_ptr<const gossipsub::Config> gossip;
  };
  Runtime(Parts parts, const NodeConfig& config);
  Expected<void> listen(const std::vector<Multiaddr>& addresses);
  Expected<void> open_history(const NodeConfig& config, const gossipsub::Config& gossip);
  void remember(const NodeConfig& config);

  net::Application application();
  void on_output(host::Output&& output);
  void on(host::Deliver&& delivered) { histories_->on_deliver(std::move(delivered)); }
  void on(host::Replayed&& replayed) { histories_->on_replayed(replayed); }
  void on(host::Validate&& asked) { topics_.on_validate(asked); }
  void on(host::PartialReceived&& received) { partials_.on_received(std::move(received)); }
  void on(host::PeerConnected&& connected);
  void on(host::PeerDisconnected&& disconnected);
  void on(host::PeerIdentified&& identified);
  void on(host::ConnectResult&& result);
  void on(host::PingResult&& result);
  void on(host::StreamOpened&& opened) {
    if (!histories_->on_opened(opened)) streams_.on_opened(std::move(opened));
  }
  void on(host::StreamData&& data) {
    if (!histories_->on_data(data)) streams_.on_data(std::move(data));
  }
  void on(host::StreamWritable&& writable) { histories_->on_writable(writable); }
  void on(host::StreamEnded&& ended) {
    if (!histories_->on_ended(ended)) streams_.on_ended(ended);
  }
  void on(host::StreamClosed&& closed) {
    if (!histories_->on_closed(closed)) streams_.on_closed(closed);
  }
  void on(host::MarksRaised&& raised) { remembering_.on_raised(raised.marks); }
  void on(host::Traced&& traced);
  void on(host::Progress&& progress) { receipts_.on_progress(progress); }
  void on(host::Advertise&& advertise) { discovering_.on_advertise(advertise); }
  void on(host::Discover&& discover) { discovering_.on_discover(discover); }
  void on(host::Recorded&& recorded) { observation_->on(std::move(recorded)); }
  void on(host::LinkEstablished&& established) { observation_->on(established); }
  void on(host::LinkEnded&& ended) { observation_->on(ended); }
  void on(host::DialFailed&& failed) { observation_->on(failed); }
  template <class Other>
  void on(Other&&) {}  ///< the shell's own, and what nobody here asks for
  void tell_blocked();
  void tell(PeerEvent::Kind kind, const PeerId& peer);
  void warn(std::string_view why);
  void end();

  const PeerId self_;
  const std::shared_ptr<const gossipsub::Config> gossip_;
  const bool lifts_per_peer_limit_;
  const bool scores_;
  const bool asks_application_score_;
  const std::function<void(std::string_view)> warn_;
  std::vector<std::string> addresses_;
  boost::unordered_flat_map<host::ConnectId, ConnectDone> connecting_;
  std::vector<std::pair<PeerId, PingDone>> pinging_;
  std::function<void(const PeerEvent&)> peer_observer_;
  std::function<void(const TopicEvent&)> topic_observer_;
  std::optional<Observation> observation_;
  const pubsub::SubscriptionFilter filter_;
  Validators validators_;
  Remembering remembering_;
  SeqnoMark mark_;  ///< used by the shell's workers: outlives them
  net::Shell shell_;
  Topics topics_;
  Streams streams_;
  Partials partials_;
  Readiness readiness_;
  Receipts receipts_;
  Discovering discovering_;
  std::optional<Publisher> publisher_;
  std::optional<PublishSlots> publish_slots_;
  std::unique_ptr<Histories> histories_;  ///< last: its thread calls what stands above
};

template <class Question>
auto Runtime::ask(Question question) -> std::optional<decltype(question())> {
  if (on_loop()) {
    shell_.soon();  // what it asked the host to do goes out without waiting for something else
    return question();
  }
  const auto answer = std::make_shared<Answer<decltype(question())>>();
  if (!post([answer, &question] { answer->give(question()); })) return std::nullopt;
  return answer->wait();
}

}  // namespace grapevine::api
