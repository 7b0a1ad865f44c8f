// SPDX-License-Identifier: Apache-2.0
#include "node/output.hpp"

#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <string>
#include <utility>

#include "node/escape.hpp"
#include "node/log.hpp"

namespace grapevine::node {
namespace {

constexpr std::size_t batch_size = 256;

}  // namespace

Output::Output(int descriptor, std::function<void()> on_closed)
    : descriptor_{descriptor},
      terminal_{::isatty(descriptor) == 1},
      on_closed_{std::move(on_closed)},
      thread_{[this] { run(); }} {}

void Output::line(std::string_view text) {
  const auto whole = shown(text) + "\n";
  {
    const std::lock_guard held{mutex_};
    if (held_.size() >= held_max) {
      ++lost_;
      return;
    }
    held_ += whole;
  }
  changed_.notify_all();
}

void Output::messages(const std::vector<Message>& messages) {
  std::string text;
  for (const auto& message : messages) text.append(shown(message.data.text())).append("\n");
  {
    std::unique_lock held{mutex_};
    changed_.wait(held, [this] { return closed_ || held_.size() < held_max; });
    held_ += text;
  }
  changed_.notify_all();
}

void Output::finish() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard held{mutex_};
    finishing_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

std::uint64_t Output::lost() const {
  const std::lock_guard held{mutex_};
  return lost_;
}

std::string Output::shown(std::string_view text) const {
  return terminal_ ? escape_for_terminal(text) : std::string{text};
}

void Output::run() {
  std::uint64_t told = 0;
  std::unique_lock held{mutex_};
  for (;;) {
    changed_.wait(held, [this] { return finishing_ || !held_.empty(); });
    if (held_.empty()) return;
    const auto text = std::exchange(held_, {});
    const auto lost = lost_;
    const bool open = !closed_;
    held.unlock();
    changed_.notify_all();  // there is room
    const bool closes = open && !write(text);
    if (lost != std::exchange(told, lost)) {
      log(LogLevel::warning, std::to_string(lost) + " lines lost so far: the reader is too slow");
    }
    if (closes) on_closed_();
    held.lock();
    closed_ = closed_ || closes;
  }
}

/// False when nobody reads any more.
bool Output::write(std::string_view text) const {
  while (!text.empty()) {
    const auto written = ::write(descriptor_, text.data(), text.size());
    if (written < 0 && errno != EINTR) return false;
    if (written > 0) text.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

Printer::Printer(Output& output, std::vector<Subscription> subscriptions)
    : output_{output}, subscriptions_{std::move(subscriptions)} {
  for (auto& subscription : subscriptions_) {
    subscription.on_ready([this] {
      const std::lock_guard held{mutex_};
      ready_ = true;
      changed_.notify_one();
    });
  }
  thread_ = std::thread{[this] { run(); }};
}

void Printer::finish() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard held{mutex_};
    finishing_ = true;
  }
  changed_.notify_one();
  thread_.join();
  for (auto& subscription : subscriptions_) {
    subscription.on_ready({});
    subscription.close();
  }
}

void Printer::run() {
  while (wait()) print_all();
  print_all();
}

/// False when it is time to end.
bool Printer::wait() {
  std::unique_lock held{mutex_};
  changed_.wait(held, [this] { return ready_ || finishing_; });
  ready_ = false;
  return !finishing_;
}

void Printer::print_all() {
  for (auto& subscription : subscriptions_) {
    for (;;) {
      const auto batch = subscription.take(batch_size, std::chrono::milliseconds{0});
      if (batch.empty()) break;
      output_.messages(batch);
    }
  }
  report_lost();
}

void Printer::report_lost() {
  std::uint64_t lost = 0;
  for (const auto& subscription : subscriptions_) lost += subscription.lost();
  // Only when it doubles: who is slow must not be buried in words about it.
  if (lost < 2 * lost_ || lost == lost_) return;
  lost_ = lost;
  log(LogLevel::warning, std::to_string(lost) + " messages lost so far: the reader is too slow");
}

}  // namespace grapevine::node
