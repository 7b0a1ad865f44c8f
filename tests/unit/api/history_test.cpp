// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <set>

#include "cluster.hpp"
#include "unit/store/directory.hpp"

namespace grapevine::test {
namespace {

using store::TestDirectory;

NodeConfig keeping(const std::filesystem::path& file, std::uint8_t key = 0) {
  auto config = quick();
  config.history.emplace();
  config.history->file = file.string();
  if (key > 0) {
    config.key_seed.emplace();
    config.key_seed->at(0) = key;
  }
  return config;
}

std::vector<std::string> texts(const std::vector<Message>& messages) {
  std::vector<std::string> all;
  for (const auto& message : messages) all.emplace_back(message.data.text());
  return all;
}

std::vector<std::string> texts(const HistoryPage& page) {
  std::vector<std::string> all;
  for (const auto& kept : page.messages) all.emplace_back(kept.message.data.text());
  return all;
}

using Texts = std::vector<std::string>;

TEST(Cursor, ComesBackFromItsText) {
  const Cursor cursor{0xBEEF, 1841};

  EXPECT_EQ(cursor.to_string(), "beef-1841");
  EXPECT_EQ(Cursor::parse("beef-1841"), cursor);
  EXPECT_EQ(Cursor::parse("ffffffff-18446744073709551615"), (Cursor{UINT32_MAX, UINT64_MAX}));
  for (const auto* text : {"", "-", "1-", "-1", "1", "1-2-3", "100000000-1", "1--1", " 1-1",
                           "1-18446744073709551616"}) {
    EXPECT_FALSE(Cursor::parse(text)) << text;
  }
}

TEST(NodeHistory, HasWhatWasDeliveredWithItsCursor) {
  const TestDirectory directory;
  TestNode a{keeping(directory / "a")};
  TestNode b;
  auto topic = *a.node.join("t");
  auto heard = *topic.subscribe();
  auto other = *b.node.join("t");
  mesh(a, b, "t");

  ASSERT_TRUE(topic.publish("mine"));
  ASSERT_EQ(take(heard, 1).size(), 1U);
  ASSERT_TRUE(other.publish("theirs"));
  const auto messages = take(heard, 1);
  ASSERT_EQ(messages.size(), 1U);
  ASSERT_TRUE(messages[0].cursor);

  const auto page = a.node.history("t");
  ASSERT_TRUE(page) << page.error().detail;
  EXPECT_EQ(texts(*page), (Texts{"mine", "theirs"}));
  EXPECT_EQ(page->messages[1].message.cursor, messages[0].cursor);
  EXPECT_EQ(page->messages[1].message.from, b.node.id());
  EXPECT_EQ(page->messages[1].message.seqno, messages[0].seqno);
  EXPECT_TRUE(std::ranges::equal(page->messages[1].message.id.bytes(), messages[0].id.bytes()));
  EXPECT_TRUE(page->messages[0].message.local);
  EXPECT_FALSE(page->messages[1].message.local);
  EXPECT_EQ(page->lost, 0U);
  EXPECT_EQ(texts(*a.node.history("t", page->messages[0].message.cursor)), Texts{"theirs"});
  EXPECT_TRUE(a.node.history("t", page->next)->messages.empty());
  EXPECT_EQ(a.node.history_status().stored, 2U);
}

TEST(NodeHistory, AnswersACursorOfAnotherHistoryFromTheOldestAndSaysSo) {
  const TestDirectory directory;
  TestNode node{keeping(directory / "a")};
  auto topic = *node.node.topic("t");
  ASSERT_TRUE(topic.publish("x"));
  node.node.stop();  // all is written
  const auto own = node.node.history("t")->next;

  const auto page = node.node.history("t", Cursor{own.epoch + 1, own.number});

  EXPECT_TRUE(page->gap);
  EXPECT_EQ(texts(*page), Texts{"x"});
  EXPECT_FALSE(node.node.history("t", own)->gap);
}

/// Neighbours may ask for what is kept.
TEST(NodeHistory, DoesNotHaveWhatIsPublishedForThisNodeAlone) {
  const TestDirectory directory;
  TestNode node{keeping(directory / "a")};
  auto topic = *node.node.join("t");
  auto heard = *topic.subscribe();
  PublishOptions local;
  local.local = true;

  ASSERT_TRUE(topic.publish("for all"));
  ASSERT_TRUE(topic.publish("for us", local));

  const auto messages = take(heard, 2);
  EXPECT_EQ(texts(messages), (Texts{"for all", "for us"}));
  EXPECT_TRUE(messages.at(0).cursor && !messages.at(1).cursor);
  EXPECT_EQ(texts(*node.node.history("t")), Texts{"for all"});
}

TEST(NodeHistory, WithoutAFileIsAnError) {
  const TestNode node;

  EXPECT_EQ(node.node.history("t").error().code, ErrorCode::io);
  EXPECT_FALSE(node.node.history_status().kept);
}

TEST(NodeHistory, InAFileOfAnotherKindStopsTheStart) {
  const TestDirectory directory;
  store::write_text(directory / "a", "somebody's diary");

  const auto node = Node::start(keeping(directory / "a"));

  ASSERT_FALSE(node);
  EXPECT_EQ(node.error().code, ErrorCode::io);
  EXPECT_EQ(store::read_text(directory / "a"), "somebody's diary");
}

/// The second run knows what the first has seen, and its sequence numbers go on: what it publishes
/// is heard, and what it heard before does not come again.
TEST(Restart, DeliversNothingTwiceAndIsHeard_F10_V44) {
  const TestDirectory directory;
  TestNode peer;
  auto topic = *peer.node.join("t");
  auto at_peer = *topic.subscribe({.own_messages = false});
  std::uint64_t mark = 0;
  Texts heard;
  for (int life = 0; life < 2; ++life) {
    auto config = keeping(directory / "a", 7);
    config.first_seqno = mark;
    config.reserve_seqno = [&](std::uint64_t below) {
      mark = below;
      return true;
    };
    TestNode node{config};
    auto own = *node.node.join("t");
    auto subscription = *own.subscribe({.own_messages = false});
    mesh(node, peer, "t");
    if (life == 0) {
      ASSERT_TRUE(topic.publish("once"));
      ASSERT_EQ(texts(take(subscription, 1)), Texts{"once"});
    }
    ASSERT_TRUE(own.publish("life" + std::to_string(life)));
    const auto received = take(at_peer, 1);
    ASSERT_EQ(received.size(), 1U);
    heard.emplace_back(received[0].data.text());
    if (life == 1) {
      // The peer's gossip and its history both offer what is known.
      const auto caught = own.catch_up(std::chrono::system_clock::time_point{});
      EXPECT_FALSE(caught);  // it keeps none
      ASSERT_TRUE(topic.publish("behind"));
      EXPECT_EQ(texts(take(subscription, 1)), Texts{"behind"});
    }
  }
  EXPECT_EQ(heard, (Texts{"life0", "life1"}));
}

struct CatchUp : testing::Test {
  /// A node that keeps `count` messages of the topic.
  void keep(std::size_t count, std::size_t size = 10) {
    for (std::size_t i = 0; i < count; ++i) {
      auto text = std::to_string(i);
      text.resize(size, '.');
      ASSERT_TRUE(kept_topic.publish(text, patience));
    }
    const auto end = std::chrono::steady_clock::now() + patience;
    while (keeper.node.history_status().stored < count) {
      ASSERT_LT(std::chrono::steady_clock::now(), end);
    }
  }
  const TestDirectory directory;
  TestNode keeper{keeping(directory / "keeper")};
  Topic kept_topic = *keeper.node.join("t");
};

TEST_F(CatchUp, BringsWhatWasMissedOnceAndMarked) {
  keep(2500);
  TestNode node{keeping(directory / "late")};
  auto topic = *node.node.join("t");
  auto heard = *topic.subscribe();
  mesh(node, keeper, "t");
  ASSERT_TRUE(node.saw("identified " + keeper.id()));

  const auto caught = topic.catch_up();

  ASSERT_TRUE(caught) << caught.error().detail;
  EXPECT_EQ(caught->received, 2500U);
  EXPECT_TRUE(caught->complete);
  EXPECT_EQ(caught->from, keeper.node.id());
  const auto messages = take(heard, 2500);
  ASSERT_EQ(messages.size(), 2500U);
  std::set<std::string> different;
  for (const auto& message : messages) {
    different.emplace(message.data.text());
    EXPECT_EQ(message.from, keeper.node.id());
  }
  EXPECT_EQ(different.size(), 2500U);
  EXPECT_EQ(static_cast<std::uint64_t>(std::ranges::count_if(messages, &Message::history)),
            caught->delivered);
  const auto again = topic.catch_up(std::chrono::system_clock::time_point{});
  ASSERT_TRUE(again) << again.error().detail;
  EXPECT_EQ(again->duplicates, 2500U);
  EXPECT_EQ(again->delivered, 0U);
  // Gossip may have brought the youngest meanwhile.
  EXPECT_LE(caught->delivered + caught->duplicates, 2500U);
  EXPECT_EQ(caught->refused, 0U);
}

TEST_F(CatchUp, CarriesLargeMessagesInManyPages) {
  keep(30, 500'000);
  TestNode node{keeping(directory / "late")};
  auto topic = *node.node.join("t");
  auto heard = *topic.subscribe();
  mesh(node, keeper, "t");
  ASSERT_TRUE(node.saw("identified " + keeper.id()));

  const auto caught = topic.catch_up();

  ASSERT_TRUE(caught) << caught.error().detail;
  EXPECT_EQ(caught->received, 30U);
  EXPECT_EQ(take(heard, 30).size(), 30U);
}

TEST_F(CatchUp, AsksTheValidator) {
  keep(10);
  TestNode node;
  auto topic = *node.node.join("t");
  ASSERT_TRUE(node.node.set_validator("t", [](const Message& message, const auto& answer) {
    answer(message.data.text().front() % 2 == 0 ? Verdict::accept : Verdict::reject);
  }));
  mesh(node, keeper, "t");
  ASSERT_TRUE(node.saw("identified " + keeper.id()));

  const auto caught = topic.catch_up();

  ASSERT_TRUE(caught) << caught.error().detail;
  EXPECT_EQ(caught->received, 10U);
  EXPECT_LE(caught->delivered, 5U);
  EXPECT_EQ(caught->delivered + caught->duplicates + caught->refused, 10U);
}

TEST_F(CatchUp, FromWhoKeepsNothingIsAnError) {
  TestNode bare;
  TestNode node;
  auto topic = *node.node.join("t");
  (void)*bare.node.join("t");
  mesh(node, bare, "t");
  ASSERT_TRUE(node.saw("identified " + bare.id()));

  EXPECT_EQ(topic.catch_up().error().code, ErrorCode::not_connected);
  EXPECT_EQ(topic.catch_up({}, {.from = bare.node.id()}).error().code, ErrorCode::refused);
  EXPECT_EQ(topic.catch_up({}, {.from = keeper.node.id()}).error().code, ErrorCode::not_connected);
}

TEST_F(CatchUp, EndsWhenTheNodeIsStopped) {
  TestNode node;
  auto topic = *node.node.join("t");
  node.node.stop();

  EXPECT_EQ(topic.catch_up().error().code, ErrorCode::closed);
}

}  // namespace
}  // namespace grapevine::test
