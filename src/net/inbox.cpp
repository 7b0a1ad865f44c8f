// SPDX-License-Identifier: Apache-2.0
#include "net/inbox.hpp"

#include <utility>

#include "base/assert.hpp"

namespace grapevine::net {

Result<Inbox::Place, InboxError> Inbox::reserve(std::size_t count, std::size_t size) {
  const std::lock_guard lock{mutex_};
  if (closed_) return unexpected(InboxError::closed);
  if (slots_.size() + count > limits_.messages_max) return unexpected(InboxError::full);
  if (bytes_ > 0 && bytes_ + size > limits_.bytes_max) return unexpected(InboxError::full);
  const auto place = head_ + slots_.size();
  for (std::size_t i = 0; i < count; ++i) slots_.push({std::nullopt, i == 0 ? size : 0, false});
  bytes_ += size;
  return place;
}

void Inbox::fill(Place first, std::span<pubsub::Message> messages) {
  bool wake = false;
  {
    const std::lock_guard lock{mutex_};
    auto slot = slots_.begin() + static_cast<std::ptrdiff_t>(first - head_);
    for (auto& message : messages) {
      ASSERT(!slot->settled);
      slot->message = std::move(message);
      slot->settled = true;
      ++slot;
    }
    wake = must_wake(first);
  }
  if (wake) wake_();
}

void Inbox::give_up(Place first, std::size_t count) {
  bool wake = false;
  {
    const std::lock_guard lock{mutex_};
    auto slot = slots_.begin() + static_cast<std::ptrdiff_t>(first - head_);
    for (std::size_t i = 0; i < count; ++i, ++slot) slot->settled = true;
    wake = must_wake(first);
  }
  if (wake) wake_();
}

bool Inbox::must_wake(Place first) { return first == head_ && !std::exchange(woken_, true); }

bool Inbox::post(Command command) {
  bool wake = false;
  {
    const std::lock_guard lock{mutex_};
    if (closed_) return false;
    commands_.push_back(std::move(command));
    wake = !std::exchange(woken_, true);
  }
  if (wake) wake_();
  return true;
}

std::vector<Inbox::Command> Inbox::take_commands() {
  const std::lock_guard lock{mutex_};
  woken_ = false;
  return std::exchange(commands_, {});
}

std::vector<pubsub::Message> Inbox::take_messages(std::size_t count, std::size_t bytes) {
  std::vector<pubsub::Message> taken;
  std::size_t size = 0;
  const std::lock_guard lock{mutex_};
  while (head_ready() && taken.size() < count && size < bytes) {
    auto slot = slots_.pop();
    ++head_;
    bytes_ -= slot.size;
    if (!slot.message) continue;
    size += slot.message->field.size();
    taken.push_back(std::move(*slot.message));
  }
  return taken;
}

bool Inbox::has_messages() const {
  const std::lock_guard lock{mutex_};
  return head_ready();
}

void Inbox::close() {
  const std::lock_guard lock{mutex_};
  closed_ = true;
}

}  // namespace grapevine::net
