// SPDX-License-Identifier: Apache-2.0
#include "agent/publisher.hpp"

#include <gtest/gtest.h>

#include "agent/payload.hpp"
#include "grapevine/node.hpp"

namespace grapevine::agent {
namespace {

struct Taken {
  explicit Taken(std::string_view text) : arguments{*Arguments::parse(text)} {
    campaign = Campaign::take(arguments);
  }

  Arguments arguments;
  Campaign campaign;
};

TEST(Campaign, HasDefaultsForWhatIsNotGiven) {
  const Taken taken{R"({"size":16,"count":10,"window":3,"acks":[]})"};

  EXPECT_EQ(taken.arguments.error(), std::nullopt);
  EXPECT_EQ(taken.campaign.size, 16u);
  EXPECT_EQ(taken.campaign.count, 10u);
  EXPECT_EQ(taken.campaign.window, 3u);
  EXPECT_EQ(taken.campaign.warmup, 0u);
  EXPECT_EQ(taken.campaign.rate, 0.0);
  EXPECT_EQ(taken.campaign.first_sequence, 0u);
  EXPECT_EQ(taken.campaign.sequence_step, 1u);
}

TEST(Campaign, TakesAllItIsGiven) {
  const Taken taken{R"({"size":64,"count":10,"window":3,"acks":["127.0.0.1:1"],"warmup":9,
      "rate":2.5,"first_sequence":4,"sequence_step":5})"};

  EXPECT_EQ(taken.arguments.error(), std::nullopt);
  EXPECT_EQ(taken.campaign.warmup, 9u);
  EXPECT_EQ(taken.campaign.rate, 2.5);
  EXPECT_EQ(taken.campaign.first_sequence, 4u);
  EXPECT_EQ(taken.campaign.sequence_step, 5u);
  EXPECT_EQ(taken.campaign.acks, std::vector<std::string>{"127.0.0.1:1"});
}

TEST(Campaign, IsRefusedWhenItCannotBeRun) {
  for (const auto* text :
       {R"({"size":15,"count":1,"window":1,"acks":[]})",
        R"({"size":16,"count":0,"window":1,"acks":[]})",
        R"({"size":16,"count":1,"window":0,"acks":[]})", R"({"size":16,"count":1,"window":1})",
        R"({"size":16,"count":2,"window":1,"acks":[],"warmup":2})",
        R"({"size":16,"count":1,"window":1,"acks":[],"rate":-1})",
        R"({"size":16,"count":1,"window":1,"acks":[],"sequence_step":0})",
        R"({"size":16,"count":1,"window":1,"acks":[],"colour":"red"})"}) {
    EXPECT_NE(Taken{text}.arguments.error(), std::nullopt) << text;
  }
}

constexpr std::int64_t start = 5'000'000'000;
constexpr std::int64_t millisecond = 1'000'000;

TEST(Schedule, SaysWhatIsDue) {
  const Schedule schedule{1000, start};

  EXPECT_EQ(schedule.due(start), 1u);
  EXPECT_EQ(schedule.due(start + 10 * millisecond), 11u);
  EXPECT_EQ(schedule.time_of(10), start + 10 * millisecond);
}

TEST(Schedule, WakesForTheTimeOfTheNext) {
  const Schedule schedule{1000, start};

  EXPECT_EQ(schedule.wake(3, start + 2 * millisecond), start + 3 * millisecond);
}

/// The window is full: looking again at once, and again, would burn a core.
TEST(Schedule, DoesNotWakeForWhatIsLate) {
  EXPECT_EQ((Schedule{1000, start}.wake(3, start + 3 * millisecond)), std::nullopt);
  EXPECT_EQ((Schedule{0, start}.wake(3, start)), std::nullopt);
}

/// The acknowledgements count what others publish, too: they say nothing about our own messages.
TEST(Publisher, PublishesAllAlthoughOthersWereFaster) {
  const auto acks = AckServer::start();
  ASSERT_TRUE(acks);
  acks->announce(100);
  auto node = *Node::start({});
  const auto topic = *node.topic("t");
  auto subscription = *topic.subscribe();
  const std::atomic<bool> stopped = false;
  Campaign campaign;
  campaign.size = 16;
  campaign.count = 50;
  campaign.window = 1000;
  campaign.sequence_step = 2;
  campaign.acks = {acks->address()};

  const auto outcome = Publisher{campaign, topic, stopped}.run();

  ASSERT_TRUE(outcome) << outcome.error();
  EXPECT_EQ(outcome->at("published"), 50);
  for (std::uint64_t i = 0; i < campaign.count; ++i) {
    const auto message = subscription.next(std::chrono::seconds{30});
    ASSERT_TRUE(message);
    EXPECT_EQ(read_header(message->data.bytes()).sequence, 2 * i);
  }
}

}  // namespace
}  // namespace grapevine::agent
