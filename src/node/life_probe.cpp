// SPDX-License-Identifier: Apache-2.0
#include "node/life_probe.hpp"

namespace grapevine::node {

LifeProbe::LifeProbe(Node node) : node_{std::move(node)}, thread_{[this] { run(); }} {}

LifeProbe::~LifeProbe() {
  {
    const std::lock_guard held{mutex_};
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

double LifeProbe::lag(std::chrono::milliseconds wait) {
  std::unique_lock held{mutex_};
  const auto number = ++asked_;
  changed_.notify_all();
  const bool came = changed_.wait_for(held, wait, [&] { return answered_ >= number; });
  return came ? milliseconds_ : -1;
}

void LifeProbe::run() {
  std::unique_lock held{mutex_};
  for (;;) {
    changed_.wait(held, [this] { return stopping_ || answered_ < asked_; });
    if (stopping_) return;
    const auto number = asked_;
    held.unlock();
    const auto start = std::chrono::steady_clock::now();
    (void)node_.topics();
    const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - start;
    held.lock();
    milliseconds_ = took.count();
    answered_ = number;
    changed_.notify_all();
  }
}

}  // namespace grapevine::node
