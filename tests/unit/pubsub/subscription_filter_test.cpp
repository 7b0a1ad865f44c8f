// SPDX-License-Identifier: Apache-2.0
#include "core/pubsub/subscription_filter.hpp"

#include <gtest/gtest.h>

#include <tuple>

namespace grapevine::pubsub {
namespace {

TEST(Pattern, StandsForWholeNames) {
  EXPECT_TRUE(matches("news", "news"));
  EXPECT_FALSE(matches("news", "news2"));
  EXPECT_FALSE(matches("news", "new"));
  EXPECT_TRUE(matches("", ""));
  EXPECT_FALSE(matches("", "x"));
}

TEST(Pattern, WithAStarTakesAnyCharactersAlsoNone) {
  EXPECT_TRUE(matches("*", ""));
  EXPECT_TRUE(matches("a*", "a"));
  EXPECT_TRUE(matches("a*c", "abbc"));
  EXPECT_TRUE(matches("*ab*ab", "abxabxab"));
  EXPECT_TRUE(matches("a**b", "ab"));
  EXPECT_FALSE(matches("a*c", "abcd"));
  EXPECT_FALSE(matches("*ab*ab", "ab"));
}

TEST(Pattern, WithAQuestionMarkTakesOneCharacter) {
  EXPECT_TRUE(matches("t?", "t1"));
  EXPECT_TRUE(matches("*?", "x"));
  EXPECT_FALSE(matches("t?", "t"));
  EXPECT_FALSE(matches("t?", "t12"));
}

TEST(Pattern, OfManyStarsIsNoMoreThanAQuadraticCost) {
  std::string pattern;
  while (pattern.size() + 2 < SubscriptionFilter::pattern_size_max) pattern += "a*";
  pattern += "b";

  EXPECT_FALSE(matches(pattern, std::string(1024, 'a')));  // exponential matchers never return
}

TEST(SubscriptionFilter, AllowsWhatIsListedOrMatchesAndAllWithoutAWord) {
  SubscriptionFilter filter;
  EXPECT_TRUE(filter.allows("anything"));

  filter.allowed = {"a", "b"};
  EXPECT_TRUE(filter.allows("b"));
  EXPECT_FALSE(filter.allows("c"));

  filter.patterns = {"c?"};
  EXPECT_TRUE(filter.allows("a"));
  EXPECT_TRUE(filter.allows("c1"));
  EXPECT_FALSE(filter.allows("d"));

  filter.allowed.clear();
  EXPECT_FALSE(filter.allows("a"));
}

TEST(SubscriptionFilter, IsAffordableWithFewShortPatterns) {
  SubscriptionFilter filter;
  filter.patterns.assign(SubscriptionFilter::patterns_max,
                         std::string(SubscriptionFilter::pattern_size_max, 'x'));
  EXPECT_TRUE(filter.affordable());

  filter.patterns.back() += 'x';
  EXPECT_FALSE(filter.affordable());
  filter.patterns.back() = "x";
  filter.patterns.emplace_back("x");
  EXPECT_FALSE(filter.affordable());
}

TEST(LastWords, AreOnePerTopicInTheirOrder) {
  const auto said = [](std::vector<std::pair<bool, std::string_view>> words) {
    std::vector<Subscription> all;
    for (const auto& [subscribe, topic] : words) all.push_back({subscribe, {}, topic});
    std::vector<std::pair<bool, std::string_view>> kept;
    for (const auto& word : last_words(all)) kept.emplace_back(word.subscribe, word.topic);
    return kept;
  };
  using Words = std::vector<std::pair<bool, std::string_view>>;

  EXPECT_EQ(said({}), Words{});
  EXPECT_EQ(said({{true, "b"}, {true, "a"}}), (Words{{true, "b"}, {true, "a"}}));
  EXPECT_EQ(said({{true, "b"}, {true, "a"}, {true, "b"}}), (Words{{true, "a"}, {true, "b"}}));
  EXPECT_EQ(said({{true, "a"}, {false, "a"}}), (Words{{false, "a"}}));
  EXPECT_EQ(said({{false, "a"}, {true, "a"}}), (Words{{true, "a"}}));
}

}  // namespace
}  // namespace grapevine::pubsub
