// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/time.hpp"

namespace grapevine::host {

/// How large an RPC one peer takes. Limits differ between implementations and are configured, so
/// that only a peer's conduct tells: a stream that is reset right after a larger RPC than any it
/// took before was reset for its size. The cap is then the next usual limit below that size, or
/// what the peer has taken if that is more; an RPC that goes well raises it, and after a while,
/// longer each time, it is put to the test again: a reset may have had another reason. As long as
/// the connection, and of fixed size.
class SizeCap {
 public:
  struct Limits {
    std::size_t size_min;  ///< a smaller RPC is never why a stream was reset
    Duration proof;        ///< a stream that outlives an RPC by so much has taken it
    Duration holds;        ///< the first cap holds so long; each further one twice as long
  };
  explicit SizeCap(const Limits& limits) : limits_{limits} {}

  /// An RPC was written to the stream.
  void on_sent(std::size_t size, TimePoint now);
  /// Of all that was written, so many bytes have not left yet.
  void on_queued(std::size_t size, TimePoint now);
  /// The stream was reset; true when that is put down to a size.
  bool on_reset(TimePoint now);
  /// The stream ended in another way: what was on it proves nothing.
  void on_end() { under_test_ = 0; }
  /// Nullopt: any size.
  std::optional<std::size_t> size_max(TimePoint now) const;
  TimePoint until() const { return until_; }  ///< when a cap is put to the test again

 private:
  void prove(TimePoint now);

  Limits limits_;
  std::size_t taken_ = 0;       ///< the largest that went well
  std::size_t refused_ = 0;     ///< the smallest that did not; 0: none
  std::size_t under_test_ = 0;  ///< the largest sent that is not proven; 0: none
  std::size_t behind_ = 0;      ///< bytes written after it
  bool left_ = false;           ///< it has, since `left_at_`
  TimePoint left_at_{};
  TimePoint until_{};
  std::uint8_t times_ = 0;  ///< a cap was learned
};

}  // namespace grapevine::host
