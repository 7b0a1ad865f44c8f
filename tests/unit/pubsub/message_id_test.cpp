// SPDX-License-Identifier: Apache-2.0
#include "core/pubsub/message_id.hpp"

#include <gtest/gtest.h>

#include <string>

namespace grapevine::pubsub {
namespace {

TEST(MessageId, HoldsBytesOfEveryLengthUpToItsBound) {
  for (std::size_t size = 0; size <= MessageId::size_max; ++size) {
    const std::string text(size, 'x');

    const MessageId id{as_bytes(text)};

    EXPECT_EQ(as_text(id.bytes()), text);
    EXPECT_EQ(id.empty(), size == 0);
  }
}

TEST(MessageId, JoinsTwoPartsWhereverTheySplit) {
  const std::string text = "0123456789012345678901234567890123456789012345678901234567890123456789";
  for (std::size_t size : {std::size_t{46}, MessageId::inline_size, text.size()}) {
    const auto whole = as_bytes(text).first(size);
    for (std::size_t cut = 0; cut <= size; ++cut) {
      EXPECT_EQ((MessageId{whole.first(cut), whole.subspan(cut)}), MessageId{whole});
    }
  }
}

TEST(MessageId, OrdersByBytesAndCopiesByValue) {
  const MessageId low{as_bytes(std::string_view{"a"})};
  const std::string long_text(100, 'b');
  const MessageId high{as_bytes(long_text)};

  auto copy = high;

  EXPECT_LT(low, high);
  EXPECT_EQ(copy, high);
  EXPECT_NE(copy.bytes().data(), high.bytes().data());
}

TEST(MessageIdDeathTest, RefusesMoreThanItsBound) {
  const std::string text(MessageId::size_max + 1, 'x');

  EXPECT_DEATH(MessageId{as_bytes(text)}, "size_max");
}

}  // namespace
}  // namespace grapevine::pubsub
