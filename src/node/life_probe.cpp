// SPDX-License-Identifier: Apache-2.0
#include "node/life_probe.hpp"

namespace grapevine::node {
namespace {

/// How long an answer stands for the next.
constexpr std::chrono::milliseconds fresh{100};

}  // namespace

LifeProbe::LifeProbe(Node node) : node_{std::move(node)}, thread_{[this] { run(); }} {}

LifeProbe::~LifeProbe() {
  {
    const std::lock_guard held{mutex_};
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

Pulse LifeProbe::check(std::chrono::milliseconds wait) {
  std::unique_lock held{mutex_};
  const auto now = std::chrono::steady_clock::now();
  if (!asking_ && now >= answered_ + fresh) {
    asking_ = true;
    asked_ = now;
    changed_.notify_all();
  }
  changed_.wait_until(held, asked_ + wait, [this] { return !asking_; });
  return asking_ ? Pulse{} : last_;
}

void LifeProbe::run() {
  std::unique_lock held{mutex_};
  for (;;) {
    changed_.wait(held, [this] { return stopping_ || asking_; });
    if (stopping_) return;
    held.unlock();
    const auto start = std::chrono::steady_clock::now();
    const auto peers = node_.peers().size();
    const auto end = std::chrono::steady_clock::now();
    const std::chrono::duration<double, std::milli> took = end - start;
    held.lock();
    last_ = {took.count(), peers};
    answered_ = end;
    asking_ = false;
    changed_.notify_all();
  }
}

}  // namespace grapevine::node
