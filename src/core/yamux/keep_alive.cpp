// SPDX-License-Identifier: Apache-2.0
#include "core/yamux/keep_alive.hpp"

#include <algorithm>

namespace grapevine::yamux {

void KeepAlive::on_pong(std::uint32_t value, TimePoint now) {
  if (!waiting_ || value != value_) return;
  waiting_ = false;
  round_trip_ = now - sent_at_;
}

bool KeepAlive::on_deadline(TimePoint now) {
  if (waiting_ && now >= dead_at()) return false;
  if (now >= next_at_) {
    due_ = true;
    next_at_ = now + interval_;
  }
  return true;
}

std::uint32_t KeepAlive::take_ping(TimePoint now) {
  due_ = false;
  waiting_ = true;
  sent_at_ = now;
  return ++value_;
}

TimePoint KeepAlive::next_deadline() const {
  return waiting_ ? std::min(next_at_, dead_at()) : next_at_;
}

TimePoint KeepAlive::dead_at() const { return std::max(sent_at_, heard_at_) + timeout_; }

}  // namespace grapevine::yamux
