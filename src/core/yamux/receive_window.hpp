// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "base/time.hpp"
#include "core/yamux/frame.hpp"

namespace grapevine::yamux {

/// What the remote may still send on one stream, and when to allow it more. yamux spec, "Flow
/// Control". The window doubles when half of it was consumed within two round trips, or two
/// milliseconds where those are shorter, that is, when the sender is likely to wait for us.
/// Invariant: credit + held + pending == window, where `held` was received and not yet consumed.
class ReceiveWindow {
 public:
  /// `window` >= initial_credit; what exceeds it is granted with the first update.
  ReceiveWindow(std::uint32_t window, TimePoint now);

  /// The remote sends `size` body bytes; false, and nothing changed, when that exceeds its credit.
  [[nodiscard]] bool take(std::uint32_t size, TimePoint now);
  /// The application is done with `size` of the bytes taken.
  void consumed(std::uint32_t size);

  /// Half the window waits to be granted again.
  bool update_due() const { return pending_ >= window_ / 2; }

  struct Growth {
    std::optional<Duration> round_trip;  ///< without one the window stays as it is
    std::uint32_t allowed = 0;           ///< bytes the window may grow by at most
  };
  struct Update {
    std::uint32_t credit;  ///< to be sent
    std::uint32_t grown;   ///< by how much the window grew
  };
  /// Grants what is pending, and more when the window is to grow.
  Update update(const Growth& growth, TimePoint now);

  std::uint32_t credit() const { return credit_; }
  std::uint32_t window() const { return window_; }
  std::uint32_t pending() const { return pending_; }
  std::uint32_t held() const { return window_ - credit_ - pending_; }

 private:
  std::uint32_t window_;
  std::uint32_t credit_ = initial_credit;
  std::uint32_t pending_;
  TimePoint since_;  ///< the last update, or the first byte into an untouched window
};

}  // namespace grapevine::yamux
