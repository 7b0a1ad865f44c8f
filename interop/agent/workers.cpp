// SPDX-License-Identifier: Apache-2.0
#include "agent/workers.hpp"

namespace grapevine::agent {

void Workers::run(std::function<void()> work) {
  {
    const std::lock_guard lock{state_->mutex};
    ++state_->active;
  }
  std::thread{[state = state_, work = std::move(work)]() mutable {
    work();
    work = nullptr;  // what it holds goes before it counts as done
    const std::lock_guard lock{state->mutex};
    --state->active;
    state->changed.notify_all();
  }}.detach();
}

bool Workers::wait(std::chrono::milliseconds wait) {
  std::unique_lock lock{state_->mutex};
  return state_->changed.wait_for(lock, wait, [&] { return state_->active == 0; });
}

Delays::~Delays() {
  {
    const std::lock_guard lock{mutex_};
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Delays::call_in(std::chrono::milliseconds delay, std::function<void()> function) {
  {
    const std::lock_guard lock{mutex_};
    calls_.push({Clock::now() + delay, ++last_number_, std::move(function)});
    if (!thread_.joinable()) thread_ = std::thread{[this] { serve(); }};
  }
  changed_.notify_all();
}

void Delays::serve() {
  std::unique_lock lock{mutex_};
  while (!stopping_) {
    if (calls_.empty()) {
      changed_.wait(lock);
    } else if (const auto due = calls_.top().due; due > Clock::now()) {
      changed_.wait_until(lock, due);
    } else {
      const auto function = calls_.top().function;
      calls_.pop();
      lock.unlock();
      function();
      lock.lock();
    }
  }
}

}  // namespace grapevine::agent
