// SPDX-License-Identifier: Apache-2.0
#include "agent/topics.hpp"

#include <chrono>
#include <utility>

#include "agent/base64.hpp"
#include "agent/clock.hpp"

namespace grapevine::agent {

namespace {

constexpr std::size_t batch_max = 1024;

SubscriptionOptions subscription_options() {
  SubscriptionOptions options;
  options.bytes_max = 1u << 30;
  options.own_messages = false;
  return options;
}

}  // namespace

boost::json::object message_event(const Message& message) {
  boost::json::object event{
      {"event", "message"},
      {"topic", *message.topic},
      {"data", to_base64(message.data.bytes())},
      {"from", nullptr},
      {"via", message.via.to_string()},
      {"message_id", to_base64(message.id.bytes())},
  };
  if (message.from) event["from"] = message.from->to_string();
  return event;
}

Topics::~Topics() {
  {
    const std::lock_guard lock{mutex_};
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

Expected<Topics::EntryPointer> Topics::entry(const std::string& name) {
  if (const auto known = entries_.find(name); known != entries_.end()) return known->second;
  auto topic = node_.topic(name);
  if (!topic) return std::unexpected(std::move(topic.error()));
  return entries_.emplace(name, std::make_shared<Entry>(*std::move(topic))).first->second;
}

Expected<Topic> Topics::find(const std::string& name) {
  const std::lock_guard lock{commands_};
  const auto found = entry(name);
  if (!found) return std::unexpected(found.error());
  return (*found)->topic;
}

Expected<void> Topics::subscribe(const std::string& name) {
  const std::lock_guard lock{commands_};
  const auto found = entry(name);
  if (!found) return std::unexpected(found.error());
  const auto& wanted = *found;
  if (!wanted->subscription.closed()) return {};
  auto subscription = wanted->topic.subscribe(subscription_options());
  if (!subscription) return std::unexpected(std::move(subscription.error()));
  subscription->on_ready([this, weak = std::weak_ptr{wanted}] {
    if (const auto live = weak.lock()) on_ready(live);
  });
  {
    const std::lock_guard inner{mutex_};
    wanted->subscription = *std::move(subscription);
  }
  if (!thread_.joinable()) thread_ = std::thread{[this] { deliver(); }};
  on_ready(wanted);  // something may have come before it was said whom to call
  return {};
}

void Topics::unsubscribe(const std::string& name) {
  const std::lock_guard lock{commands_};
  const auto known = entries_.find(name);
  if (known == entries_.end()) return;
  known->second->subscription.close();
  const std::lock_guard inner{mutex_};
  known->second->subscription = {};
}

Expected<void> Topics::arm(std::shared_ptr<Receiver> receiver) {
  if (auto subscribed = subscribe(receiver->topic()); !subscribed) return subscribed;
  std::shared_ptr<Receiver> former;  // ends outside the lock
  const std::lock_guard lock{commands_};
  auto& entry = *entries_.at(receiver->topic());
  const std::lock_guard inner{mutex_};
  former = std::exchange(entry.latest, receiver);
  entry.armed = std::move(receiver);
  return {};
}

std::vector<std::shared_ptr<Receiver>> Topics::unfinished() {
  const std::lock_guard lock{commands_};
  const std::lock_guard inner{mutex_};
  std::vector<std::shared_ptr<Receiver>> runs;
  for (const auto& [name, entry] : entries_) {
    if (entry->armed) runs.push_back(entry->armed);
  }
  return runs;
}

void Topics::on_ready(const EntryPointer& entry) {
  {
    const std::lock_guard lock{mutex_};
    if (std::exchange(entry->ready, true)) return;
    ready_.push_back(entry);
  }
  changed_.notify_one();
}

void Topics::deliver() {
  for (;;) {
    EntryPointer entry;
    Subscription subscription;
    {
      std::unique_lock lock{mutex_};
      changed_.wait(lock, [&] { return stopping_ || !ready_.empty(); });
      if (stopping_) return;
      entry = std::move(ready_.front());
      ready_.pop_front();
      entry->ready = false;
      subscription = entry->subscription;
    }
    auto batch = subscription.take(batch_max, std::chrono::milliseconds{0});
    if (batch.empty()) continue;  // it says when there is more
    hand_on(entry, std::move(batch));
    on_ready(entry);
  }
}

void Topics::hand_on(const EntryPointer& entry, std::vector<Message> batch) {
  std::shared_ptr<Receiver> armed;
  {
    const std::lock_guard lock{mutex_};
    armed = entry->armed;
  }
  std::span<const Message> rest{batch};
  if (armed) {
    rest = rest.subspan(armed->take(rest, monotonic_ns()));
    if (armed->complete()) {
      {
        const std::lock_guard lock{mutex_};
        if (entry->armed == armed) entry->armed.reset();
      }
      output_.emit(armed->report());
    }
  }
  for (const auto& message : rest) output_.emit(message_event(message));
}

}  // namespace grapevine::agent
