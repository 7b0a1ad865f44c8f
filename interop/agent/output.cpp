// SPDX-License-Identifier: Apache-2.0
#include "agent/output.hpp"

#include <poll.h>
#include <unistd.h>

#include <boost/json/serialize.hpp>
#include <cerrno>
#include <utility>

namespace grapevine::agent {

namespace {

/// False when nobody reads any more.
bool write_all(std::string_view text) {
  while (!text.empty()) {
    const auto written = ::write(STDOUT_FILENO, text.data(), text.size());
    if (written >= 0) {
      text.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno == EAGAIN) {
      pollfd room{STDOUT_FILENO, POLLOUT, 0};
      ::poll(&room, 1, -1);
    } else if (errno != EINTR) {
      return false;
    }
  }
  return true;
}

}  // namespace

Output::Output() : thread_{[this] { drain(); }} {}

Output::~Output() {
  {
    const std::lock_guard lock{mutex_};
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void Output::emit(const boost::json::object& line) {
  auto text = boost::json::serialize(line);
  text.push_back('\n');
  {
    const std::lock_guard lock{mutex_};
    pending_ += text;
  }
  changed_.notify_all();
}

bool Output::flush(std::chrono::milliseconds wait) {
  std::unique_lock lock{mutex_};
  return changed_.wait_for(lock, wait, [&] { return pending_.empty() && !writing_; });
}

void Output::drain() {
  std::unique_lock lock{mutex_};
  for (;;) {
    changed_.wait(lock, [&] { return stopping_ || !pending_.empty(); });
    if (stopping_) return;
    const auto lines = std::exchange(pending_, {});
    writing_ = true;
    lock.unlock();
    write_all(lines);
    lock.lock();
    writing_ = false;
    changed_.notify_all();
  }
}

}  // namespace grapevine::agent
