// SPDX-License-Identifier: Apache-2.0
#include "node/catcher.hpp"

#include <algorithm>

#include "node/escape.hpp"
#include "node/log.hpp"

namespace grapevine::node {
namespace {

/// A peer in the mesh may not have said yet that it keeps a history.
constexpr int attempts_max = 5;
constexpr std::chrono::milliseconds pause{500};

}  // namespace

Catcher::Catcher(std::vector<Topic> topics) {
  for (auto& topic : topics) wanted_.push_back({std::move(topic)});
  thread_ = std::thread{[this] { run(); }};
}

Catcher::~Catcher() {
  stop();
  thread_.join();
}

void Catcher::on_grafted(std::string_view topic) {
  {
    const std::lock_guard held{mutex_};
    for (auto& wanted : wanted_) wanted.meshed = wanted.meshed || wanted.topic.name() == topic;
  }
  changed_.notify_all();
}

void Catcher::stop() {
  {
    const std::lock_guard held{mutex_};
    stopping_ = true;
  }
  changed_.notify_all();
}

bool Catcher::due() const { return std::ranges::any_of(wanted_, &Wanted::meshed); }

void Catcher::run() {
  std::unique_lock held{mutex_};
  while (!stopping_ && !wanted_.empty()) {
    changed_.wait(held, [this] { return stopping_ || due(); });
    if (stopping_) return;
    held.unlock();
    try_all();
    held.lock();
    changed_.wait_for(held, pause, [this] { return stopping_; });
  }
}

void Catcher::try_all() {
  std::vector<Wanted> ready;
  {
    const std::lock_guard held{mutex_};
    std::ranges::copy_if(wanted_, std::back_inserter(ready), &Wanted::meshed);
  }
  for (auto& wanted : ready) {
    const bool over = catch_up(wanted);
    const std::lock_guard held{mutex_};
    std::erase_if(wanted_, [&](const Wanted& known) {
      return over && known.topic.name() == wanted.topic.name();
    });
    for (auto& known : wanted_) {
      if (known.topic.name() == wanted.topic.name()) known.attempts = wanted.attempts;
    }
  }
}

bool Catcher::catch_up(Wanted& wanted) {
  const auto caught = wanted.topic.catch_up();
  const auto name = "'" + escape_for_terminal(wanted.topic.name()) + "'";
  if (caught) {
    log(LogLevel::info, "caught up on " + name + ": " + std::to_string(caught->delivered) +
                            " new messages from " + caught->from.to_string());
    return true;
  }
  const auto& error = caught.error();
  const bool over = ++wanted.attempts >= attempts_max || error.code == ErrorCode::closed;
  if (over) log(LogLevel::info, "not caught up on " + name + ": " + error.detail);
  return over;
}

}  // namespace grapevine::node
