// SPDX-License-Identifier: Apache-2.0
#include <atomic>

#include "api/answer.hpp"
#include "api/convert.hpp"
#include "api/handles.hpp"

namespace grapevine {

const std::string& Topic::name() const { return state_->name; }

namespace {

/// The network thread makes the room: it cannot wait for it.
net::Inbox::Deadline room_by(const api::Runtime& runtime, std::chrono::milliseconds wait) {
  if (wait.count() <= 0 || runtime.on_loop()) return net::Inbox::Deadline::min();
  return api::deadline_in(wait);
}

}  // namespace

Expected<Published> Topic::publish(std::span<const std::uint8_t> data,
                                   std::chrono::milliseconds wait) const {
  auto& runtime = *state_->runtime;
  return runtime.publisher().publish(state_->name, data, room_by(runtime, wait));
}

Expected<Published> Topic::publish(std::string_view text, std::chrono::milliseconds wait) const {
  return publish(as_bytes(text), wait);
}

Expected<std::vector<Published>> Topic::publish_all(
    std::span<const std::span<const std::uint8_t>> batch, std::chrono::milliseconds wait) const {
  auto& runtime = *state_->runtime;
  return runtime.publisher().publish_all(state_->name, batch, room_by(runtime, wait));
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
  auto state = std::make_shared<Subscription::State>(options, released);
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

}  // namespace grapevine
