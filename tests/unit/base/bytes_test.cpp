// SPDX-License-Identifier: Apache-2.0
#include "base/bytes.hpp"

#include <gtest/gtest.h>

#include <memory>

#include "base/queue.hpp"
#include "base/time.hpp"

namespace grapevine::base {
namespace {

TEST(ByteReader, TakesNumbersBigEndianFromTheFront) {
  const Bytes bytes{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
  ByteReader in{bytes};

  EXPECT_EQ(in.u8(), 0x01);
  EXPECT_EQ(in.u16(), 0x0203);
  EXPECT_EQ(in.u32(), 0x04050607U);
  EXPECT_EQ(in.u64(), 0x08090a0b0c0d0e0fU);
  EXPECT_EQ(in.remaining(), 1U);
  EXPECT_EQ(in.take(1)[0], 16);
  EXPECT_TRUE(in.empty());
}

TEST(ByteReaderDeathTest, StopsTheProgramWhenReadPastTheEnd) {
  const Bytes bytes{1};
  ByteReader in{bytes};
  EXPECT_DEATH(in.u16(), "this must hold and does not: size <= rest_.size()");
}

TEST(Bytes, AppendsNumbersBigEndian) {
  Bytes out{0xff};
  append_big_endian(out, std::uint16_t{0x0102});
  append_big_endian(out, std::uint64_t{3});
  EXPECT_EQ(out, (Bytes{0xff, 1, 2, 0, 0, 0, 0, 0, 0, 0, 3}));
}

TEST(Bytes, ComparesByContent) {
  EXPECT_TRUE(equal(as_bytes("abc"), Bytes{'a', 'b', 'c'}));
  EXPECT_FALSE(equal(as_bytes("abc"), as_bytes("ab")));
}

TEST(Queue, GivesItemsInTheOrderTheyCame) {
  Queue<int> queue;
  int next = 0;
  for (int i = 0; i < 1000; ++i) {
    queue.push(i);
    if (i % 3 == 0) {
      EXPECT_EQ(queue.pop(), next++);
    }
  }
  EXPECT_EQ(queue.size(), 1000U - 334U);
  EXPECT_EQ(queue.front(), next);
  EXPECT_EQ(queue.back(), 999);
  while (!queue.empty()) EXPECT_EQ(queue.pop(), next++);
  EXPECT_EQ(next, 1000);
}

TEST(Queue, RemovesWhatAPredicateNamesAndOnlyThat) {
  Queue<int> queue;
  for (int i = 0; i < 10; ++i) queue.push(i);
  queue.pop();

  EXPECT_EQ(queue.remove_if([](int item) { return item % 2 == 0; }), 4U);

  EXPECT_EQ(std::vector<int>(queue.begin(), queue.end()), (std::vector<int>{1, 3, 5, 7, 9}));
}

TEST(Queue, HoldsOnlyWhatIsStillQueued) {
  Queue<std::shared_ptr<int>> queue;
  const auto item = std::make_shared<int>(1);
  for (int i = 0; i < 200; ++i) queue.push(item);
  while (!queue.empty()) queue.pop();
  EXPECT_EQ(item.use_count(), 1);

  queue.push(item);
  queue.clear();
  EXPECT_EQ(item.use_count(), 1);
}

TEST(Time, V35AddsWithoutWrapping) {
  using std::chrono::seconds;
  const TimePoint start{seconds{10}};
  EXPECT_EQ(saturating_add(start, seconds{5}), TimePoint{seconds{15}});
  EXPECT_EQ(saturating_add(start, seconds{-5}), TimePoint{seconds{5}});
  EXPECT_EQ(saturating_add(start, Duration::max()), TimePoint::max());
  EXPECT_EQ(saturating_add(TimePoint::max(), seconds{1}), TimePoint::max());
  EXPECT_EQ(saturating_add(TimePoint{seconds{-10}}, Duration::min()), TimePoint::min());
}

}  // namespace
}  // namespace grapevine::base
