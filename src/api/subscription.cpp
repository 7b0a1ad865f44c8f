// SPDX-License-Identifier: Apache-2.0
#include "api/subscription.hpp"

#include <algorithm>

#include "api/answer.hpp"

namespace grapevine {

namespace {

/// What a message costs besides its payload.
constexpr std::size_t message_cost = 256;

std::size_t cost(const Message& message) { return message.data.size() + message_cost; }

}  // namespace

bool Subscription::State::collect(Message message) {
  turn.push_back(std::move(message));
  return turn.size() == 1;
}

void Subscription::State::hand_over() {
  std::shared_ptr<const std::function<void()>> ready;
  {
    const std::lock_guard lock{mutex};
    const bool was_empty = buffer.empty();
    for (auto& message : turn) add(std::move(message));
    if (was_empty && !buffer.empty()) ready = on_ready;
    if (waiting > 0) arrived.notify_all();
  }
  turn.clear();
  if (turn.capacity() > 4096) turn.shrink_to_fit();
  if (ready && *ready) (*ready)();
}

void Subscription::State::add(Message message) {
  if (closed) return;
  const auto size = cost(message);
  if (bytes + size > options.bytes_max && options.overflow == Overflow::drop_newest &&
      !buffer.empty()) {
    ++lost;
    return;
  }
  while (!buffer.empty() && bytes + size > options.bytes_max) {
    bytes -= cost(buffer.pop());
    ++lost;
  }
  bytes += size;
  buffer.push(std::move(message));
}

void Subscription::State::end() {
  std::shared_ptr<const std::function<void()>> ready;
  {
    const std::lock_guard lock{mutex};
    if (closed) return;
    closed = true;
    ready = on_ready;
    arrived.notify_all();
  }
  if (ready && *ready) (*ready)();  // somebody may wait for nothing else
}

std::vector<Message> Subscription::State::take(std::size_t count, std::chrono::milliseconds wait) {
  const auto until = api::deadline_in(wait);
  std::unique_lock lock{mutex};
  ++waiting;
  arrived.wait_until(lock, until, [&] { return !buffer.empty() || closed; });
  --waiting;
  std::vector<Message> taken;
  taken.reserve(std::min(count, buffer.size()));
  while (!buffer.empty() && taken.size() < count) {
    taken.push_back(buffer.pop());
    bytes -= cost(taken.back());
  }
  return taken;
}

void Subscription::State::close() {
  base::Queue<Message> dropped;
  const std::lock_guard lock{mutex};
  closed = true;
  std::swap(dropped, buffer);
  bytes = 0;
  arrived.notify_all();
}

std::vector<Message> Subscription::take(std::size_t count, std::chrono::milliseconds wait) {
  return state_ ? state_->take(count, wait) : std::vector<Message>{};
}

std::optional<Message> Subscription::next(std::chrono::milliseconds wait) {
  auto taken = take(1, wait);
  if (taken.empty()) return std::nullopt;
  return std::move(taken.front());
}

std::uint64_t Subscription::lost() const {
  if (!state_) return 0;
  const std::lock_guard lock{state_->mutex};
  return state_->lost;
}

bool Subscription::closed() const {
  if (!state_) return true;
  const std::lock_guard lock{state_->mutex};
  return state_->closed;
}

void Subscription::on_ready(std::function<void()> ready) {
  if (!state_) return;
  auto shared = std::make_shared<const std::function<void()>>(std::move(ready));
  const std::lock_guard lock{state_->mutex};
  state_->on_ready = std::move(shared);
}

void Subscription::close() {
  if (!state_) return;
  state_->close();
  state_->released();
}

}  // namespace grapevine
