// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <atomic>
#include <exception>
#include <stdexcept>
#include <thread>
#include <type_traits>

#include "unit/api/cluster.hpp"

namespace grapevine::test {
namespace {

Validator answering(Verdict verdict) {
  return [verdict](const Message&, auto answer) { answer(verdict); };
}
InlineValidator saying(Verdict verdict) {
  return [verdict](const Message&) { return verdict; };
}

std::vector<Verdict> verdicts() { return {}; }
std::string out_of_range() {
  try {
    verdicts().at(0);
  } catch (const std::out_of_range& fault) {
    return fault.what();
  }
  return {};
}

template <class Condition>
bool eventually(Condition condition) {
  const auto end = std::chrono::steady_clock::now() + patience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::yield();
  }
  return true;
}

/// `a` publishes, `b` validates.
struct Pair {
  explicit Pair(NodeConfig config = quick()) : b{std::move(config)} {}
  void meet() {
    to_b.emplace(*b.node.topic("t")->subscribe());
    topic.emplace(*a.node.join("t"));
    mesh(a, b, "t");
  }
  std::vector<std::string> heard(std::size_t count) {
    std::vector<std::string> texts;
    for (const auto& message : take(*to_b, count)) texts.emplace_back(message.data.text());
    return texts;
  }
  using Texts = std::vector<std::string>;

  TestNode a, b;
  std::optional<Subscription> to_b;
  std::optional<Topic> topic;
};

TEST(Validators, OfOneNameAreAddedAndRemovedOnce) {
  TestNode node;
  const auto accept = saying(Verdict::accept);

  EXPECT_TRUE(node.node.add_inline_validator("t", "size", accept));
  EXPECT_EQ(node.node.add_inline_validator("t", "size", accept).error().code, ErrorCode::exists);
  EXPECT_TRUE(node.node.add_inline_validator("t", "form", accept));
  EXPECT_TRUE(node.node.add_inline_validator("other", "size", accept));
  EXPECT_TRUE(node.node.remove_validator("t", "size"));
  EXPECT_EQ(node.node.remove_validator("t", "size").error().code, ErrorCode::not_found);
  EXPECT_TRUE(node.node.add_inline_validator("t", "size", accept));
}

TEST(Validators, OfAnotherKindAreRefused) {
  // A yes or no does not compile: it does not say whether the sender is to blame.
  static_assert(!std::is_constructible_v<InlineValidator, bool (*)(const Message&)>);
  TestNode node;

  EXPECT_EQ(node.node.add_inline_validator("t", "none", {}).error().code, ErrorCode::bad_config);
  EXPECT_EQ(node.node.add_validator("t", "none", {}).error().code, ErrorCode::bad_config);
  EXPECT_EQ(node.node.add_validator("t", "hasty", answering(Verdict::accept), {.timeout = 0ms})
                .error()
                .code,
            ErrorCode::bad_config);
  EXPECT_EQ(node.node.add_validator(std::string(2000, 't'), "long", answering(Verdict::accept))
                .error()
                .code,
            ErrorCode::bad_topic);
}

TEST(Validators, OfATopicAreBounded) {
  TestNode node;
  for (int i = 0; i < 32; ++i) {
    ASSERT_TRUE(node.node.add_inline_validator("t", std::to_string(i), saying(Verdict::accept)));
  }

  EXPECT_EQ(node.node.add_inline_validator("t", "32", saying(Verdict::accept)).error().code,
            ErrorCode::limit);
}

TEST(Validators, AllHaveToAcceptAndTheWorstWordCounts) {
  Pair pair;
  const auto on = [](std::string text, Verdict verdict) -> InlineValidator {
    return [text, verdict](const Message& message) {
      return message.data.text().find(text) == std::string_view::npos ? Verdict::accept : verdict;
    };
  };
  const auto later = [&](std::string text, Verdict verdict) -> Validator {
    return [decide = on(text, verdict)](const Message& message, auto answer) {
      std::thread{[verdict = decide(message), answer] { answer(verdict); }}.detach();
    };
  };
  ASSERT_TRUE(pair.b.node.add_inline_validator({}, "all", on("x", Verdict::ignore)));
  ASSERT_TRUE(pair.b.node.add_validator("t", "one", later("y", Verdict::ignore)));
  ASSERT_TRUE(pair.b.node.add_validator("t", "two", later("z", Verdict::reject)));
  pair.meet();

  for (const auto* text : {"x", "xz", "y", "z", "yz", "good"})
    ASSERT_TRUE(pair.topic->publish(text));

  EXPECT_EQ(pair.heard(1), Pair::Texts{"good"});
  const auto counted = [&] { return pair.b.node.statistics(); };
  ASSERT_TRUE(eventually([&] { return counted().rejected + counted().ignored == 5; }));
  EXPECT_EQ(counted().rejected,
            2u);  // z, yz: xz was ignored before anybody who takes time was asked
  EXPECT_EQ(counted().ignored, 3u);
}

TEST(Validators, OfEveryTopicAreAskedWhereATopicHasNoneOfItsOwn) {
  Pair pair;
  ASSERT_TRUE(pair.b.node.add_validator({}, "all", [](const Message& message, auto answer) {
    answer(message.data.text() == "bad" ? Verdict::reject : Verdict::accept);
  }));
  pair.meet();

  ASSERT_TRUE(pair.topic->publish("bad"));
  ASSERT_TRUE(pair.topic->publish("good"));
  EXPECT_EQ(pair.heard(1), Pair::Texts{"good"});

  ASSERT_TRUE(pair.b.node.remove_validator({}, "all"));
  pair.b.node.topics();  // the removal has come to pass
  ASSERT_TRUE(pair.topic->publish("bad too"));
  EXPECT_EQ(pair.heard(1), Pair::Texts{"bad too"});
}

TEST(Validators, ThatDecideAtOnceAnswerWhoPublishes) {
  TestNode node;
  std::atomic<int> local = 0;
  ASSERT_TRUE(node.node.add_inline_validator("t", "form", [&](const Message& message) {
    local += message.local && message.topic && *message.topic == "t";
    return message.data.text() == "bad"    ? Verdict::reject
           : message.data.text() == "late" ? Verdict::ignore
                                           : Verdict::accept;
  }));
  const auto topic = *node.node.topic("t");
  auto subscription = *topic.subscribe();

  EXPECT_EQ(topic.publish("bad").error().code, ErrorCode::rejected);
  EXPECT_EQ(topic.publish("late").error().code, ErrorCode::ignored);
  EXPECT_TRUE(topic.publish("good"));

  EXPECT_EQ(take(subscription, 1).at(0).data.text(), "good");
  EXPECT_EQ(local, 3);
}

TEST(Validators, ThatThrowAreContainedCountedAndToldOnce) {
  auto config = quick();
  const auto warnings = std::make_shared<Events>();
  config.on_warning = [warnings](std::string_view text) { warnings->add(std::string{text}); };
  Pair pair{config};
  ASSERT_TRUE(pair.b.node.add_inline_validator("t", "sound", [](const Message& message) {
    return message.data.text() == "inline" ? verdicts().at(0) : Verdict::accept;
  }));
  ASSERT_TRUE(pair.b.node.add_validator("t", "later", [](const Message& message, auto answer) {
    if (message.data.text() == "later") std::rethrow_exception(std::make_exception_ptr(7));
    answer(Verdict::accept);
  }));
  pair.meet();

  for (const auto* text : {"inline", "later", "good"}) ASSERT_TRUE(pair.topic->publish(text));
  EXPECT_EQ(pair.heard(1), Pair::Texts{"good"});
  ASSERT_TRUE(pair.b.node.add_inline_validator({}, "own", [](const Message& message) {
    return message.local ? verdicts().at(0) : Verdict::accept;
  }));
  EXPECT_EQ(pair.b.node.topic("t")->publish("x").error().code, ErrorCode::ignored);

  EXPECT_EQ(pair.b.node.statistics().validator_faults, 3u);
  EXPECT_TRUE(warnings->wait("the validator 'sound' of topic 't' threw: " + out_of_range()));
}

TEST(Validators, ThatTakeTooLongHaveIgnoredTheMessageAndTheOthersHaveTheirTime) {
  std::mutex mutex;
  std::vector<std::function<void(Verdict)>> held;  // as if somebody were still thinking
  Pair pair;
  ASSERT_TRUE(pair.b.node.add_validator("t", "slow",
                                        [&](const Message& message, auto answer) {
                                          if (message.data.text() != "slow")
                                            return answer(Verdict::accept);
                                          const std::lock_guard lock{mutex};
                                          held.push_back(std::move(answer));
                                        },
                                        {.timeout = 50ms}));
  pair.meet();

  ASSERT_TRUE(pair.topic->publish("slow"));
  ASSERT_TRUE(eventually([&] { return pair.b.node.statistics().timed_out == 1; }));
  {
    const std::lock_guard lock{mutex};
    for (const auto& answer : held) answer(Verdict::accept);
  }
  ASSERT_TRUE(pair.topic->publish("good"));

  EXPECT_EQ(pair.heard(1), Pair::Texts{"good"});
}

TEST(MessageFilters, ChooseBeforeTheBufferAndForTheirSubscriptionOnly) {
  TestNode node;
  const auto topic = *node.node.topic("t");
  const auto filter = [](const Message& message) { return message.data.text() != "no"; };
  auto some = *topic.subscribe({.bytes_max = 257, .filter = filter});
  auto all = *topic.subscribe();

  for (const auto* text : {"yes", "no"}) ASSERT_TRUE(topic.publish(text));

  EXPECT_EQ(take(all, 2).size(), 2u);
  EXPECT_EQ(take(some, 1).at(0).data.text(), "yes");
  EXPECT_EQ(some.lost(), 0u);  // what the filter refuses takes no room
}

TEST(TopicFilter, RefusesOurOwnSubscriptionsToo) {
  auto config = quick();
  config.topic_filter.allowed = {"news"};
  config.topic_filter.patterns = {"chat/*"};
  TestNode node{config};

  EXPECT_TRUE(node.node.join("news"));
  EXPECT_TRUE(node.node.topic("chat/here"));
  EXPECT_EQ(node.node.join("other").error().code, ErrorCode::rejected);

  config.topic_filter.patterns = {std::string(129, '*')};
  EXPECT_EQ(Node::start(config).error().code, ErrorCode::bad_config);
}

TEST(Inspection, OfAnRpcSeesItsNumbers) {
  auto config = quick();
  std::atomic<std::size_t> messages = 0;
  std::atomic<std::size_t> subscriptions = 0;
  config.rpc_inspector = [&](const Peer& from, const RpcSummary& rpc) {
    if (!from.empty() && rpc.bytes > 0) subscriptions += rpc.subscriptions;
    messages += rpc.messages;
    return true;
  };
  Pair pair{config};
  pair.meet();

  ASSERT_TRUE(pair.topic->publish("x"));

  EXPECT_EQ(pair.heard(1), Pair::Texts{"x"});
  EXPECT_EQ(messages, 1u);
  EXPECT_GE(subscriptions, 1u);
}

TEST(SequenceCheck, TellsWhatAuthorsHaveReached_V43) {
  auto config = quick();
  const auto events = std::make_shared<Events>();
  config.sequence_check.emplace();
  config.sequence_check->raised = [events](const std::vector<SequenceMark>& marks) {
    for (const auto& mark : marks) events->add("raised " + mark.author.to_string());
  };
  Pair pair{config};
  pair.meet();

  ASSERT_TRUE(pair.topic->publish("x"));

  EXPECT_EQ(pair.heard(1), Pair::Texts{"x"});
  EXPECT_TRUE(events->wait("raised " + pair.a.id()));
}

TEST(SequenceCheck, IgnoresWhatAnEarlierRunHasSeen_V43) {
  Pair first;
  auto config = quick();
  config.sequence_check.emplace();
  config.sequence_check->known = {{first.a.node.id(), UINT64_MAX}};
  first.meet();
  TestNode again{config};
  auto subscription = *again.node.topic("t")->subscribe();
  mesh(first.a, again, "t");

  ASSERT_TRUE(first.topic->publish("x"));

  EXPECT_EQ(first.heard(1), Pair::Texts{"x"});
  ASSERT_TRUE(eventually([&] { return again.node.statistics().ignored == 1; }));
  EXPECT_EQ(again.node.statistics().delivered, 0u);
}

TEST(Blocking, EndsTheConnectionAndRefusesTheNext) {
  auto config = quick();
  const auto events = std::make_shared<Events>();
  config.on_blocked = [events](const std::vector<BlockedPeer>& blocked) {
    events->add("blocked " + std::to_string(blocked.size()));
  };
  TestNode a, b{config};
  ASSERT_TRUE(a.node.join("t"));
  ASSERT_TRUE(b.node.join("t"));
  mesh(a, b, "t");

  ASSERT_TRUE(b.node.block(a.node.id()));

  EXPECT_TRUE(b.saw("disconnected " + a.id()));
  EXPECT_TRUE(events->wait("blocked 1"));
  ASSERT_EQ(b.node.blocked().size(), 1u);
  EXPECT_EQ(b.node.blocked()[0].peer, a.node.id());
  EXPECT_EQ(b.node.connect({a.address()}, patience).error().code, ErrorCode::blocked);
  EXPECT_TRUE(b.node.peers().empty());

  EXPECT_TRUE(b.node.unblock(a.node.id()));
  EXPECT_EQ(b.node.unblock(a.node.id()).error().code, ErrorCode::not_found);
  EXPECT_TRUE(events->wait("blocked 0"));
  EXPECT_TRUE(b.node.connect({a.address()}, patience));
}

TEST(Blocking, FromTheStartHoldsForItsTime) {
  TestNode a;
  auto config = quick();
  config.blocked = {{a.node.id(), 1h}};
  TestNode b{config};

  EXPECT_EQ(b.node.connect({a.address()}, patience).error().code, ErrorCode::blocked);
  ASSERT_TRUE(b.node.blocked().at(0).left);
  EXPECT_LE(*b.node.blocked()[0].left, 1h);
}

}  // namespace
}  // namespace grapevine::test
