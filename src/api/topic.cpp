// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <atomic>
#include <iterator>

#include "api/answer.hpp"
#include "api/convert.hpp"
#include "api/handles.hpp"
#include "api/receipts.hpp"

namespace grapevine {

const std::string& Topic::name() const { return state_->name; }

namespace {

using std::chrono::milliseconds;
using Kind = api::Readiness::Kind;

/// The network thread makes the room: it cannot wait for it.
net::Inbox::Deadline room_by(const api::Runtime& runtime, std::chrono::milliseconds wait) {
  if (wait.count() <= 0 || runtime.on_loop()) return net::Inbox::Deadline::min();
  return api::deadline_in(wait);
}

api::Publisher::How how_of(const api::Runtime& runtime, const PublishOptions& options) {
  api::Publisher::How how{room_by(runtime, options.wait)};
  how.author = options.author ? &*options.author : nullptr;
  how.local = options.local;
  return how;
}

Expected<void> wait_for(const std::shared_ptr<Topic::State>& topic, Kind kind, std::size_t count,
                        milliseconds wait) {
  auto& runtime = *topic->runtime;
  if (runtime.on_loop()) return std::unexpected(api::on_network_thread());
  const auto until = api::deadline_in(wait);
  const auto answer = std::make_shared<api::Answer<Expected<void>>>();
  const auto id = api::Readiness::new_id();
  auto& readiness = runtime.readiness();
  const bool posted = runtime.post([&readiness, topic, id, kind, count, answer] {
    readiness.wait({id, topic->name, kind, count,
                    [answer](Expected<void> ready) { answer->give(std::move(ready)); }});
  });
  if (!posted) return std::unexpected(api::node_stopped());
  if (auto ready = answer->wait(until)) return *std::move(ready);
  runtime.post([&readiness, topic, id] { readiness.cancel(id); });
  return std::unexpected(Error{ErrorCode::timeout, "there were too few peers all the time"});
}

void when(const std::shared_ptr<Topic::State>& topic, Kind kind, std::size_t count,
          std::function<void(Expected<void>)> done) {
  auto& readiness = topic->runtime->readiness();
  const auto shared = std::make_shared<std::function<void(Expected<void>)>>(std::move(done));
  const bool posted = topic->runtime->post([&readiness, topic, kind, count, shared] {
    readiness.wait({api::Readiness::new_id(), topic->name, kind, count, *shared});
  });
  if (!posted) (*shared)(std::unexpected(api::node_stopped()));
}

}  // namespace

Expected<Published> Topic::publish(std::span<const std::uint8_t> data,
                                   std::chrono::milliseconds wait) const {
  auto& runtime = *state_->runtime;
  return runtime.publisher().publish({state_->name, *state_->rules->get()}, data,
                                     {room_by(runtime, wait)});
}

Expected<Published> Topic::publish(std::span<const std::uint8_t> data,
                                   const PublishOptions& options) const {
  auto& runtime = *state_->runtime;
  return runtime.publisher().publish({state_->name, *state_->rules->get()}, data,
                                     how_of(runtime, options));
}

Expected<Published> Topic::publish(std::string_view text, const PublishOptions& options) const {
  return publish(as_bytes(text), options);
}

Expected<Receipt> Topic::publish_tracked(std::span<const std::uint8_t> data, ReceiptOptions receipt,
                                         const PublishOptions& options) const {
  auto& runtime = *state_->runtime;
  auto state = api::new_receipt(state_->runtime, std::move(receipt));
  if (!state) return std::unexpected(std::move(state.error()));
  const std::function<void(const pubsub::MessageId&)> before = [&](const pubsub::MessageId& id) {
    api::follow(*state, id);
  };
  auto how = how_of(runtime, options);
  how.before = &before;
  auto published = runtime.publisher().publish({state_->name, *state_->rules->get()}, data, how);
  if (!published) return std::unexpected(std::move(published.error()));
  return Receipt{*std::move(state)};
}

Expected<Receipt> Topic::publish_tracked(std::string_view text, ReceiptOptions receipt,
                                         const PublishOptions& options) const {
  return publish_tracked(as_bytes(text), std::move(receipt), options);
}

Expected<void> Topic::wait_for_peers(std::size_t count, milliseconds wait) const {
  return wait_for(state_, Kind::peers, count, wait);
}

Expected<void> Topic::wait_for_mesh(std::size_t count, milliseconds wait) const {
  return wait_for(state_, Kind::mesh, count, wait);
}

void Topic::when_peers(std::size_t count, std::function<void(Expected<void>)> done) const {
  when(state_, Kind::peers, count, std::move(done));
}

void Topic::when_mesh(std::size_t count, std::function<void(Expected<void>)> done) const {
  when(state_, Kind::mesh, count, std::move(done));
}

Expected<Published> Topic::publish(std::string_view text, std::chrono::milliseconds wait) const {
  return publish(as_bytes(text), wait);
}

Expected<std::vector<Published>> Topic::publish_all(
    std::span<const std::span<const std::uint8_t>> batch, std::chrono::milliseconds wait,
    BatchOrder order) const {
  auto& runtime = *state_->runtime;
  api::Publisher::How how{room_by(runtime, wait)};
  how.interleaved = order == BatchOrder::interleaved;
  return runtime.publisher().publish_all({state_->name, *state_->rules->get()}, batch, how);
}

Expected<Subscription> Topic::subscribe(SubscriptionOptions options) const {
  static std::atomic<std::uint64_t> next_id = 1;
  const auto id = next_id.fetch_add(1);
  auto& runtime = *state_->runtime;
  auto& topics = runtime.topics();
  const auto released = [topic = state_, id] {
    auto& known = topic->runtime->topics();
    topic->runtime->post([&known, topic, id] { known.unsubscribe(topic->name, id); });
  };
  auto state = std::make_shared<Subscription::State>(std::move(options), released);
  const std::weak_ptr<Subscription::State> weak = state;
  // No need to wait: commands come before messages, so what is published from now on is heard.
  if (!runtime.post(
          [&topics, topic = state_, id, weak] { topics.subscribe(topic->name, id, weak); })) {
    return std::unexpected(api::node_stopped());
  }
  return Subscription{std::move(state)};
}

std::vector<Peer> Topic::peers() const {
  return api::subscribers_of(*state_->runtime, state_->name);
}
std::vector<Peer> Topic::mesh() const { return api::mesh_of(*state_->runtime, state_->name); }

namespace {

/// How far back of the earlier run's last message: what was under way then, and other clocks.
constexpr std::chrono::milliseconds overlap{60'000};

/// Mesh peers first; of those that say what they speak, only who speaks the protocol.
std::vector<PeerId> keepers(api::Runtime& runtime, const std::string& topic) {
  std::vector<PeerId> found;
  const auto& router = runtime.host().router();
  auto candidates = router.mesh(topic);
  std::ranges::copy(router.subscribers(topic), std::back_inserter(candidates));
  for (const auto& id : candidates) {
    const auto view = runtime.host().peer(id);
    const bool speaks =
        view && std::ranges::find(view->protocols, history::protocol) != view->protocols.end();
    if (speaks && std::ranges::find(found, id) == found.end()) found.push_back(id);
  }
  return found;
}

std::optional<std::chrono::milliseconds> age_of(
    api::Runtime& runtime, std::optional<std::chrono::system_clock::time_point> since) {
  std::optional<store::WallTime> from;
  if (since) {
    from = api::from_system(*since);
  } else if (const auto& kept = runtime.histories().store()) {
    if (const auto last = kept->last_of_earlier_runs()) from = *last - overlap;
  }
  if (!from) return std::nullopt;
  return std::max(api::wall_time() - *from, store::WallTime{0});
}

}  // namespace

Expected<CaughtUp> Topic::catch_up(std::optional<std::chrono::system_clock::time_point> since,
                                   CatchUpOptions options) const {
  auto& runtime = *state_->runtime;
  if (runtime.on_loop()) return std::unexpected(api::on_network_thread());
  const auto answer = std::make_shared<api::Answer<Expected<CaughtUp>>>();
  const bool posted = runtime.post([&runtime, topic = state_, since, options, answer] {
    api::CatchUps::Wanted wanted;
    wanted.topic = topic->name;
    wanted.peers =
        options.from ? std::vector{api::to_peer_id(*options.from)} : keepers(runtime, topic->name);
    wanted.age_max = age_of(runtime, since);
    wanted.messages_max = std::max<std::size_t>(options.messages_max, 1);
    wanted.deadline = base::saturating_add(runtime.time(), options.wait);
    wanted.done = [answer](Expected<CaughtUp> done) { answer->give(std::move(done)); };
    runtime.histories().catch_ups().start(std::move(wanted));
  });
  if (!posted) return std::unexpected(api::node_stopped());
  // Whatever happens, the loop answers: by the deadline, or when it ends.
  return answer->wait();
}

}  // namespace grapevine
