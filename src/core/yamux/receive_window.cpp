// SPDX-License-Identifier: Apache-2.0
#include "core/yamux/receive_window.hpp"

#include <algorithm>

#include "base/assert.hpp"

namespace grapevine::yamux {
namespace {

/// Round trips count as at least this long. Between near neighbours a ping is back before a busy
/// process would even be woken, and a sender waits for that too, not for the wire alone.
constexpr Duration round_trip_min = std::chrono::milliseconds{1};

}  // namespace

ReceiveWindow::ReceiveWindow(std::uint32_t window, TimePoint now)
    : window_{window}, pending_{window - initial_credit}, since_{now} {
  ASSERT(window >= initial_credit);
}

bool ReceiveWindow::take(std::uint32_t size, TimePoint now) {
  if (size > credit_) return false;
  if (credit_ == window_)
    since_ = now;  // an idle time before the burst says nothing about its speed
  credit_ -= size;
  return true;
}

void ReceiveWindow::consumed(std::uint32_t size) {
  ASSERT(size <= held());
  pending_ += size;
}

ReceiveWindow::Update ReceiveWindow::update(const Growth& growth, TimePoint now) {
  std::uint32_t grown = 0;
  if (update_due() && growth.round_trip &&
      now - since_ < 2 * std::max(*growth.round_trip, round_trip_min)) {
    grown = std::min(window_, growth.allowed);
  }
  const auto credit = pending_ + grown;
  window_ += grown;
  credit_ += credit;
  pending_ = 0;
  since_ = now;
  return {credit, grown};
}

}  // namespace grapevine::yamux
