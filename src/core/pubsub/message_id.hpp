// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <compare>
#include <cstdint>

#include "base/bytes.hpp"

namespace grapevine::pubsub {

/// A message's identity: opaque bytes, equal or not. The usual ones (peer id and sequence number, a
/// hash) stand inside the value; longer ones own their memory. At most `size_max` bytes.
class MessageId {
 public:
  static constexpr std::size_t size_max = 128;
  static constexpr std::size_t inline_size = 55;

  MessageId() = default;
  explicit MessageId(ByteView bytes);          ///< at most `size_max` bytes
  MessageId(ByteView first, ByteView second);  ///< the two joined, together at most `size_max`

  ByteView bytes() const {
    return size_ <= inline_size ? ByteView{near_}.first(size_) : ByteView{far_};
  }
  bool empty() const { return size_ == 0; }
  friend bool operator==(const MessageId& a, const MessageId& b) {
    return equal(a.bytes(), b.bytes());
  }
  friend std::strong_ordering operator<=>(const MessageId& a, const MessageId& b) {
    return as_text(a.bytes()) <=> as_text(b.bytes());
  }

 private:
  std::array<std::uint8_t, inline_size> near_{};
  std::uint8_t size_ = 0;
  Bytes far_;
};

}  // namespace grapevine::pubsub
