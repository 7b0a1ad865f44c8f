// SPDX-License-Identifier: Apache-2.0
#include "core/pubsub/message_id.hpp"

#include <algorithm>

namespace grapevine::pubsub {

MessageId::MessageId(ByteView bytes) : MessageId{bytes, {}} {}

MessageId::MessageId(ByteView first, ByteView second)
    : size_{static_cast<std::uint8_t>(first.size() + second.size())} {
  ASSERT(first.size() <= size_max && second.size() <= size_max - first.size());
  if (size_ <= inline_size) {
    std::ranges::copy(second, std::ranges::copy(first, near_.begin()).out);
    return;
  }
  far_.reserve(size_);
  append(far_, first);
  append(far_, second);
}

}  // namespace grapevine::pubsub
