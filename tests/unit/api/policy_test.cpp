// SPDX-License-Identifier: Apache-2.0
#include "api/policy.hpp"

#include "unit/api/cluster.hpp"

namespace grapevine {
namespace {

using test::mesh;
using test::patience;
using test::quick;
using test::take;
using test::TestNode;

std::string texts(Subscription& subscription, std::size_t count) {
  std::string all;
  for (const auto& message : take(subscription, count)) {
    all += std::string{message.data.text()} + ";";
  }
  return all;
}

std::span<const std::uint8_t> bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

/// Two nodes with one policy in a topic that both joined.
struct Pair {
  explicit Pair(const TopicPolicy& policy) {
    for (auto* each : {&a, &b}) {
      const auto set = each->node.set_policy("t", policy);
      EXPECT_TRUE(set) << set.error().detail;
    }
    mesh(a, b, "t");
  }
  TestNode a, b;
  Topic to_a = *a.node.topic("t");
  Topic to_b = *b.node.topic("t");
  Subscription at_a = *to_a.subscribe();
  Subscription at_b = *to_b.subscribe();
};

TEST(Policy, ThatBreaksARuleIsRefusedByName) {
  TestNode node;
  const auto refused = [&](const TopicPolicy& policy) {
    const auto set = node.node.set_policy("t", policy);
    return set ? std::string{} : set.error().detail;
  };

  EXPECT_EQ(refused({}), "");
  EXPECT_EQ(refused({.d_low = 7}), "d_low must be at most d, and is 7");
  EXPECT_NE(refused({.message_id = "nobody's"}).find("message_id"), std::string::npos);
  EXPECT_NE(refused({.max_message_size = 100u << 20}).find("max_message_size"), std::string::npos);
  EXPECT_NE(refused({.max_message_size = 0}).find("max_message_size"), std::string::npos);
  EXPECT_NE(refused({.expiry = std::chrono::milliseconds{0}}).find("expiry"), std::string::npos);
  EXPECT_NE(refused({.queue_share = 2.0}).find("queue_share"), std::string::npos);
  EXPECT_EQ(node.node.set_policy("", {}).error().code, ErrorCode::bad_topic);
}

TEST(Policy, OfATopicWithoutSignaturesLeavesTheOthersSigned) {
  Pair pair{{.signing = Signing::none}};
  auto signed_at_b = *pair.b.node.topic("signed")->subscribe();
  auto signed_at_a = *pair.a.node.topic("signed")->subscribe();
  ASSERT_TRUE(pair.a.saw("grafted signed " + pair.b.id()));

  ASSERT_TRUE(pair.to_a.publish("bare"));
  ASSERT_TRUE(pair.a.node.topic("signed")->publish("signed"));

  const auto bare = take(pair.at_b, 1);
  const auto adorned = take(signed_at_b, 1);
  ASSERT_EQ(bare.size(), 1u);
  EXPECT_FALSE(bare[0].from);
  EXPECT_FALSE(bare[0].seqno);
  ASSERT_EQ(adorned.size(), 1u);
  EXPECT_EQ(adorned[0].from, pair.a.node.id());
}

/// go: TestWithTopicMsgIdFunction.
TEST(Policy, MayBringAnIdFunctionOfTheApplicationsOwn) {
  const auto first_letter = [](const MessageFields& message) {
    return std::vector<std::uint8_t>{message.data.begin(), message.data.begin() + 1};
  };
  Pair pair{{.message_id_function = first_letter}};

  const auto one = pair.to_a.publish("apple");
  const auto two = pair.to_a.publish("banana");

  ASSERT_TRUE(one && two);
  EXPECT_EQ(one->id.text(), "a");
  const auto heard = take(pair.at_b, 2);
  ASSERT_EQ(heard.size(), 2u);
  EXPECT_EQ(heard[1].id.text(), "b");
}

TEST(Policy, WhoseIdFunctionGivesNothingRefusesTheMessage) {
  TestNode node;
  ASSERT_TRUE(node.node.set_policy("t", {.message_id_function = [](const MessageFields&) {
                                     return std::vector<std::uint8_t>{};
                                   }}));

  EXPECT_FALSE(node.node.topic("t")->publish("x"));
}

TEST(Policy, BoundsWhatIsPublishedFromThenOnAlsoThroughHandlesThatWereThere) {
  TestNode node;
  const auto topic = *node.node.topic("t");
  ASSERT_TRUE(topic.publish(std::string(1000, 'x')));

  ASSERT_TRUE(node.node.set_policy("t", {.max_message_size = 500}));
  EXPECT_EQ(topic.publish(std::string(1000, 'y')).error().code, ErrorCode::too_large);
  ASSERT_TRUE(node.node.set_policy("t", {}));

  EXPECT_TRUE(topic.publish(std::string(1000, 'z')));
}

TEST(Policy, WithIdsOfContentTellsARepeatedPublishAtOnce) {
  TestNode node;
  ASSERT_TRUE(node.node.set_policy("t", {.message_id = "sha256"}));
  const auto topic = *node.node.topic("t");

  EXPECT_TRUE(topic.publish("once"));
  EXPECT_EQ(topic.publish("once").error().code, ErrorCode::duplicate);
}

/// go: TestFanoutOnly.
TEST(Policy, OfAFanoutOnlyTopicLetsTheNodeHearItselfOnly) {
  TestNode a;
  TestNode b;
  ASSERT_TRUE(a.node.set_policy("t", {.fanout_only = true}));
  const auto to_a = *a.node.topic("t");
  auto at_a = *to_a.subscribe();
  const auto to_b = *b.node.topic("t");
  auto at_b = *to_b.subscribe();
  ASSERT_TRUE(a.node.connect({b.address()}, patience));
  ASSERT_TRUE(a.saw("joined t " + b.id()));

  ASSERT_TRUE(to_b.publish("from b"));
  ASSERT_TRUE(to_a.publish("from a"));

  EXPECT_EQ(texts(at_b, 2), "from b;from a;");
  EXPECT_EQ(texts(at_a, 1), "from a;");
  EXPECT_TRUE(a.node.topics().empty());
  EXPECT_EQ(b.events->count("joined t " + a.id()), 0u);
}

/// go: TestFanoutOnlyRelay.
TEST(Relaying, OfAFanoutOnlyTopicIsRefused) {
  TestNode node;
  ASSERT_TRUE(node.node.set_policy("t", {.fanout_only = true}));
  EXPECT_EQ(node.node.topic("t")->relay().error().code, ErrorCode::bad_config);

  const auto relay = node.node.topic("other")->relay();
  ASSERT_TRUE(relay);
  EXPECT_EQ(node.node.set_policy("other", {.fanout_only = true}).error().code,
            ErrorCode::bad_config);
}

/// go: TestTopicRelay.
TEST(Relaying, CarriesBetweenSubscribersThatAreNotConnected) {
  TestNode a;
  TestNode middle;
  TestNode c;
  const auto relay = middle.node.topic("t")->relay();
  ASSERT_TRUE(relay);
  auto at_a = *a.node.topic("t")->subscribe();
  auto at_c = *c.node.topic("t")->subscribe();
  mesh(a, middle, "t");
  mesh(c, middle, "t");

  ASSERT_TRUE(a.node.topic("t")->publish("across"));

  EXPECT_EQ(texts(at_c, 1), "across;");
  EXPECT_EQ(middle.node.statistics().delivered, 1u);
}

/// go: TestTopicRelayReuse.
TEST(Relaying, EndsWithTheLastRelayAndClosingTwiceIsHarmless) {
  TestNode node;
  const auto topic = *node.node.topic("t");
  auto first = *topic.relay();
  auto second = *topic.relay();
  {
    const auto third = topic.relay();
    ASSERT_TRUE(third);
  }
  EXPECT_EQ(node.node.topics().size(), 1u);

  first.close();
  first.close();
  EXPECT_EQ(node.node.topics().size(), 1u);
  second.close();

  EXPECT_TRUE(node.node.topics().empty());
  auto again = *topic.relay();
  EXPECT_EQ(node.node.topics().size(), 1u);
  ASSERT_TRUE(node.node.leave("t"));
  EXPECT_TRUE(node.node.topics().empty());
  again.close();
}

/// go: TestTopicRelayOnClosedTopic.
TEST(Relaying, OfAStoppedNodeIsRefused) {
  TestNode node;
  const auto topic = *node.node.topic("t");
  node.node.stop();

  EXPECT_EQ(topic.relay().error().code, ErrorCode::closed);
}

TEST(Transform, SnappyIsUndoneForSubscribersAndIdsAreThoseOfTheWire) {
  Pair pair{{.message_id = "sha256", .transform = DataTransform::snappy()}};
  const std::string text(50'000, 'x');

  const auto published = pair.to_a.publish(text);

  ASSERT_TRUE(published);
  const auto heard = take(pair.at_b, 1);
  ASSERT_EQ(heard.size(), 1u);
  EXPECT_EQ(heard[0].data.text(), text);
  EXPECT_TRUE(std::ranges::equal(heard[0].id.bytes(), published->id.bytes()));
  EXPECT_EQ(texts(pair.at_a, 1), text + ";");  // our own as well
}

TEST(Transform, ThatCannotUndoWhatCameRejectsIt) {
  TestNode a;
  TestNode b;
  ASSERT_TRUE(b.node.set_policy("t", {.transform = DataTransform::snappy()}));
  const auto to_a = *a.node.topic("t");
  auto at_a = *to_a.subscribe();
  auto at_b = *b.node.topic("t")->subscribe();
  mesh(a, b, "t");
  const auto good = DataTransform::snappy().encode(bytes("good"), 100);

  ASSERT_TRUE(to_a.publish("no snappy"));
  ASSERT_TRUE(to_a.publish(*good));

  EXPECT_EQ(texts(at_b, 1), "good;");
  EXPECT_EQ(b.node.statistics().rejected, 1u);
}

TEST(Transform, RefusesABombAtTheLargestMessage) {
  TestNode a;
  TestNode b;
  ASSERT_TRUE(
      b.node.set_policy("t", {.max_message_size = 10'000, .transform = DataTransform::snappy()}));
  const auto to_a = *a.node.topic("t");
  auto at_a = *to_a.subscribe();
  auto at_b = *b.node.topic("t")->subscribe();
  mesh(a, b, "t");
  const auto snappy = DataTransform::snappy();
  const auto bomb = snappy.encode(bytes(std::string(10'001, 'x')), 10'000);
  const auto just = snappy.encode(bytes(std::string(10'000, 'y')), 10'000);

  ASSERT_TRUE(to_a.publish(*bomb));
  ASSERT_TRUE(to_a.publish(*just));

  EXPECT_EQ(texts(at_b, 1), std::string(10'000, 'y') + ";");
  EXPECT_EQ(b.node.statistics().rejected, 1u);
}

TEST(Transform, OfTheApplicationsOwnComesBeforeItsValidator) {
  DataTransform reversed;
  reversed.encode = reversed.decode = [](std::span<const std::uint8_t> data, std::size_t) {
    return std::optional{std::vector<std::uint8_t>{data.rbegin(), data.rend()}};
  };
  Pair pair{{.transform = reversed}};
  ASSERT_TRUE(pair.b.node.set_validator("t", [](const Message& message, auto answer) {
    answer(message.data.text() == "evil" ? Verdict::reject : Verdict::accept);
  }));
  pair.b.node.topics();  // the validator is there

  ASSERT_TRUE(pair.to_a.publish("evil"));
  ASSERT_TRUE(pair.to_a.publish("good"));

  EXPECT_EQ(texts(pair.at_b, 1), "good;");
}

TEST(PublishSlots, ForgetTopicsThatNobodyHolds) {
  api::PublishSlots slots{api::PublishRules{}};
  const auto kept = slots.of("kept");
  slots.set("ruled", {.max_message_size = 7});

  for (int i = 0; i < 1000; ++i) slots.of("topic" + std::to_string(i));

  EXPECT_EQ(slots.of("kept"), kept);
  EXPECT_EQ(slots.of("ruled")->get()->size_max, 7u);
  EXPECT_LE(slots.size(), 64u + 2);
}

TEST(PresetConfigurations, StartANode) {
  for (const auto* name : {"go", "rust", "js", "nim", "jvm", "eth2"}) {
    const auto config = preset(name);
    ASSERT_TRUE(config) << name;
    const auto node = Node::start(*config);
    EXPECT_TRUE(node) << name << (node ? "" : node.error().detail);
  }
  EXPECT_EQ(preset("cpp").error().code, ErrorCode::bad_config);
  EXPECT_EQ(preset("eth2")->message_id, "eth2");
  EXPECT_EQ(preset("rust")->max_message_size, 65'536u);
}

TEST(HashedTopics, AreThoseOfRust) {
  EXPECT_EQ(hashed_topic("topic"), "DF9RZI9Nz5orB0sXydN2MItRjQ2PPQEBGnNte0Xs3v8=");
}

}  // namespace
}  // namespace grapevine
