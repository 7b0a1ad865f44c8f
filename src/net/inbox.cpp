// SPDX-License-Identifier: Apache-2.0
#include "net/inbox.hpp"

#include <utility>

#include "base/assert.hpp"

namespace grapevine::net {

Result<Inbox::Place, InboxError> Inbox::reserve(std::size_t count, std::size_t size,
                                                Deadline deadline) {
  Lock lock{mutex_};
  if (!closed_ && !has_room(count, size) && deadline > Deadline::min()) {
    ++waiting_;
    room_.wait_until(lock, deadline, [&] { return closed_ || has_room(count, size); });
    --waiting_;
  }
  if (closed_) return unexpected(InboxError::closed);
  if (!has_room(count, size)) return unexpected(InboxError::full);
  const auto place = head_ + slots_.size();
  for (std::size_t i = 0; i < count; ++i) slots_.push({std::nullopt, {}, i == 0 ? size : 0, false});
  bytes_ += size;
  return place;
}

void Inbox::fill(Place first, std::span<pubsub::Message> messages, const Manner& manner) {
  bool wake = false;
  {
    const std::lock_guard lock{mutex_};
    auto slot = slots_.begin() + static_cast<std::ptrdiff_t>(first - head_);
    for (auto& message : messages) {
      ASSERT(!slot->settled);
      slot->message = std::move(message);
      slot->manner = manner;
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

bool Inbox::has_room(std::size_t count, std::size_t size) const {
  return slots_.size() + count <= limits_.messages_max &&
         (bytes_ == 0 || bytes_ + size <= limits_.bytes_max);
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

std::vector<Parcel> Inbox::take_messages(std::size_t count, std::size_t bytes) {
  std::vector<Parcel> taken;
  std::size_t size = 0;
  Lock lock{mutex_};
  if (!commands_.empty()) return taken;
  for (pass_over_given_up(); head_ready() && taken.size() < count; pass_over_given_up()) {
    auto& message = *slots_.front().message;
    if (!taken.empty() && size + message.field.size() > bytes) break;
    size += message.field.size();
    taken.push_back({std::move(message), slots_.front().manner});
    drop_head();
  }
  tell_of_room(std::move(lock));
  return taken;
}

void Inbox::drop_head() {
  bytes_ -= slots_.pop().size;
  ++head_;
}

void Inbox::pass_over_given_up() {
  while (head_ready() && !slots_.front().message) drop_head();
}

void Inbox::tell_of_room(Lock lock) {
  const bool awaited = waiting_ > 0;
  lock.unlock();
  if (awaited) room_.notify_all();
}

std::optional<std::size_t> Inbox::first_size() {
  Lock lock{mutex_};
  pass_over_given_up();
  std::optional<std::size_t> size;
  if (head_ready()) size = slots_.front().message->field.size();
  tell_of_room(std::move(lock));
  return size;
}

bool Inbox::has_messages() const {
  const std::lock_guard lock{mutex_};
  return head_ready();
}

void Inbox::close() {
  {
    const std::lock_guard lock{mutex_};
    closed_ = true;
  }
  room_.notify_all();
}

}  // namespace grapevine::net
