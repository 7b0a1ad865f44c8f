// SPDX-License-Identifier: Apache-2.0
#include "net/inbox.hpp"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <semaphore>
#include <thread>

namespace grapevine::net {
namespace {

pubsub::Message message(std::string_view text) {
  return pubsub::encode({"t", as_bytes(text), nullptr, std::nullopt, nullptr});
}

void put(Inbox& inbox, Inbox::Place place, std::string_view text) {
  auto filled = message(text);
  inbox.fill(place, {&filled, 1});
}

using Clock = std::chrono::steady_clock;

std::vector<std::string> texts(Inbox& inbox, std::size_t count = 100, std::size_t bytes = 1 << 20) {
  std::vector<std::string> texts;
  for (const auto& taken : inbox.take_messages(count, bytes)) {
    texts.push_back(to_text(taken.message.view.payload()));
  }
  return texts;
}

struct InboxTest : testing::Test {
  int wakes = 0;
  Inbox inbox{{4, 1000}, [this] { ++wakes; }};
};

TEST_F(InboxTest, GivesMessagesInTheOrderOfTheirPlaces) {
  const auto first = inbox.reserve(1, 1);
  const auto second = inbox.reserve(1, 1);
  put(inbox, *second, "b");
  EXPECT_EQ(texts(inbox), std::vector<std::string>{});

  put(inbox, *first, "a");

  EXPECT_EQ(texts(inbox), (std::vector<std::string>{"a", "b"}));
}

TEST_F(InboxTest, PassesOverPlacesGivenUp) {
  const auto first = inbox.reserve(2, 2);
  const auto second = inbox.reserve(1, 1);
  put(inbox, *second, "c");
  put(inbox, *first, "a");

  inbox.give_up(*first + 1, 1);

  EXPECT_EQ(texts(inbox), (std::vector<std::string>{"a", "c"}));
}

TEST_F(InboxTest, IsFullByNumberUntilTaken) {
  const auto places = inbox.reserve(4, 4);
  EXPECT_EQ(inbox.reserve(1, 1).error(), InboxError::full);
  for (int i = 0; i < 4; ++i) put(inbox, *places + i, "x");
  EXPECT_EQ(inbox.reserve(1, 1).error(), InboxError::full);

  EXPECT_EQ(texts(inbox, 1).size(), 1u);

  EXPECT_TRUE(inbox.reserve(1, 1).has_value());
}

TEST_F(InboxTest, IsFullByBytesButTakesOneMessageOfAnySize) {
  const auto large = inbox.reserve(1, 5000);
  ASSERT_TRUE(large.has_value());
  EXPECT_EQ(inbox.reserve(1, 1).error(), InboxError::full);
  put(inbox, *large, "x");

  EXPECT_EQ(texts(inbox).size(), 1u);

  EXPECT_TRUE(inbox.reserve(1, 999).has_value());
}

TEST_F(InboxTest, TakesNoMoreBytesThanAskedForButOneMessage) {
  const std::string text(100, 'x');
  const auto size = message(text).field.size();
  const auto places = inbox.reserve(4, 400);
  for (int i = 0; i < 4; ++i) put(inbox, *places + i, text);

  EXPECT_EQ(texts(inbox, 100, 2 * size).size(), 2u);
  EXPECT_EQ(texts(inbox, 100, size - 1).size(), 1u);
  EXPECT_TRUE(inbox.has_messages());
}

TEST_F(InboxTest, TellsTheSizeOfTheFirstMessage) {
  EXPECT_EQ(inbox.first_size(), std::nullopt);
  const auto first = inbox.reserve(2, 2);
  EXPECT_EQ(inbox.first_size(), std::nullopt);
  auto second = message("b");
  const auto size = second.field.size();
  inbox.fill(*first + 1, {&second, 1});
  inbox.give_up(*first, 1);

  EXPECT_EQ(inbox.first_size(), size);
}

TEST_F(InboxTest, RefusesAtTheDeadlineOfWhoWaits) {
  ASSERT_TRUE(inbox.reserve(4, 4));

  EXPECT_EQ(inbox.reserve(1, 1, Clock::now()).error(), InboxError::full);
  EXPECT_EQ(inbox.reserve(1, 1, Clock::now() + std::chrono::milliseconds{1}).error(),
            InboxError::full);
}

TEST_F(InboxTest, WakesOnceUntilTheLoopLooks) {
  inbox.post([] {});
  inbox.post([] {});
  const auto place = inbox.reserve(1, 1);
  put(inbox, *place, "a");
  EXPECT_EQ(wakes, 1);

  inbox.take_commands();
  inbox.post([] {});

  EXPECT_EQ(wakes, 2);
}

TEST_F(InboxTest, GivesNoMessageBeforeACommandThatWasPostedEarlier) {
  const auto place = inbox.reserve(1, 1);
  inbox.take_commands();
  inbox.post([] {});
  put(inbox, *place, "a");

  EXPECT_EQ(texts(inbox), std::vector<std::string>{});
  EXPECT_TRUE(inbox.has_messages());
  inbox.take_commands();
  EXPECT_EQ(texts(inbox), std::vector<std::string>{"a"});
}

TEST_F(InboxTest, KeepsWithEachMessageHowItIsToBePublished) {
  const auto first = inbox.reserve(2, 2);
  const auto second = inbox.reserve(1, 1);
  std::array pair{message("a"), message("b")};
  inbox.fill(*first, pair, {.batch = 7});
  auto alone = message("c");
  inbox.fill(*second, {&alone, 1}, {.local = true});

  const auto taken = inbox.take_messages(10, 1000);

  ASSERT_EQ(taken.size(), 3u);
  EXPECT_EQ(taken[0].manner.batch, 7u);
  EXPECT_EQ(taken[1].manner.batch, 7u);
  EXPECT_FALSE(taken[1].manner.local);
  EXPECT_EQ(taken[2].manner.batch, 0u);
  EXPECT_TRUE(taken[2].manner.local);
}

TEST_F(InboxTest, WakesForAMessageWhoseTurnItIsOnly) {
  const auto first = inbox.reserve(1, 1);
  const auto second = inbox.reserve(1, 1);

  put(inbox, *second, "b");
  EXPECT_EQ(wakes, 0);
  put(inbox, *first, "a");
  EXPECT_EQ(wakes, 1);
}

TEST_F(InboxTest, RefusesOnceClosedAndKeepsWhatIsIn) {
  int ran = 0;
  inbox.post([&] { ++ran; });
  const auto place = inbox.reserve(1, 1);
  put(inbox, *place, "a");

  inbox.close();

  EXPECT_FALSE(inbox.post([] {}));
  EXPECT_EQ(inbox.reserve(1, 1).error(), InboxError::closed);
  for (auto& command : inbox.take_commands()) command();
  EXPECT_EQ(ran, 1);
  EXPECT_EQ(texts(inbox).size(), 1u);
}

struct InboxRoom : InboxTest {
  InboxRoom() {
    places = *inbox.reserve(4, 4);
    waiter = std::thread{[this] {
      about_to_wait.release();
      reserved = inbox.reserve(1, 1, Clock::now() + std::chrono::seconds{30});
    }};
    about_to_wait.acquire();
  }

  std::binary_semaphore about_to_wait{0};
  Result<Inbox::Place, InboxError> reserved;
  Inbox::Place places;
  std::thread waiter;
};

TEST_F(InboxRoom, IsTakenByWhoWaitsWhenMessagesAreTaken) {
  for (std::size_t i = 0; i < 4; ++i) put(inbox, places + i, "x");
  texts(inbox, 1);

  waiter.join();
  EXPECT_EQ(reserved, places + 4);
}

TEST_F(InboxRoom, IsTakenByWhoWaitsWhenPlacesAreGivenUp) {
  inbox.give_up(places, 4);
  inbox.first_size();

  waiter.join();
  EXPECT_EQ(reserved, places + 4);
}

TEST_F(InboxRoom, IsNotWaitedForOnceTheLoopHasEnded) {
  inbox.close();

  waiter.join();
  EXPECT_EQ(reserved, unexpected(InboxError::closed));
}

/// However the threads run, places are taken in order and none is lost or doubled.
TEST(InboxThreads, KeepTheOrderOfPlacesUnderContention) {
  constexpr int threads = 4;
  constexpr int each = 5000;
  std::atomic<int> wakes = 0;
  Inbox inbox{{64, 1 << 20}, [&] { wakes.fetch_add(1); }};
  const auto publish = [&] {
    for (int sent = 0; sent < each; ++sent) {
      const auto place = inbox.reserve(1, 8, Clock::now() + std::chrono::seconds{30});
      ASSERT_TRUE(place);
      put(inbox, *place, std::to_string(*place));
    }
  };
  std::vector<std::thread> publishers;
  for (int i = 0; i < threads; ++i) publishers.emplace_back(publish);

  std::uint64_t next = 0;
  while (next < threads * each) {
    inbox.take_commands();
    for (const auto& text : texts(inbox)) ASSERT_EQ(text, std::to_string(next++));
  }

  for (auto& publisher : publishers) publisher.join();
  EXPECT_GT(wakes.load(), 0);
}

}  // namespace
}  // namespace grapevine::net
