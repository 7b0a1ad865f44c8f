// SPDX-License-Identifier: Apache-2.0
#include "core/gossipsub/partial_groups.hpp"

#include <gtest/gtest.h>

#include <string>

#include "base/rng.hpp"

namespace grapevine::gossipsub {
namespace {

constexpr PeerHandle alice{1};
constexpr PeerHandle bob{2};

ByteView id(std::string_view text) { return as_bytes(text); }
Bytes numbered(std::size_t number) { return to_bytes(as_bytes(std::to_string(number))); }

struct Kept {
  PartialLimits limits{};
  MetadataBudget budget{limits};
  PartialGroups groups{limits, budget};
};

TEST(UnionOfBitmaps, HasTheBitsOfBothAtTheLengthOfTheLonger) {
  EXPECT_EQ(union_of_bitmaps(Bytes{1, 2}, Bytes{4}), (Bytes{5, 2}));
  EXPECT_EQ(union_of_bitmaps(Bytes{4}, Bytes{1, 2}), (Bytes{5, 2}));
  EXPECT_EQ(union_of_bitmaps({}, Bytes{7}), Bytes{7});
  EXPECT_EQ(union_of_bitmaps({}, {}), Bytes{});
}

TEST(PartialGroups, PeersBeginEightEachAndNoMore) {
  Kept kept;
  for (std::size_t i = 0; i < 8; ++i) {
    EXPECT_NE(kept.groups.initiate(numbered(i), alice), nullptr);
  }

  EXPECT_EQ(kept.groups.initiate(id("ninth"), alice), nullptr);
  EXPECT_NE(kept.groups.initiate(numbered(3), alice), nullptr) << "known";
  EXPECT_NE(kept.groups.initiate(id("ninth"), bob), nullptr);
  EXPECT_EQ(kept.groups.initiated(alice), 8u);
  kept.groups.check_invariants();
}

TEST(PartialGroups, PeersBegin255TogetherAndNoMore) {
  Kept kept;
  for (std::size_t i = 0; i < 255; ++i) {
    const PeerHandle peer{static_cast<std::uint32_t>(i / 8)};
    EXPECT_NE(kept.groups.initiate(numbered(i), peer), nullptr);
  }

  EXPECT_EQ(kept.groups.initiate(id("one more"), PeerHandle{77}), nullptr);
  EXPECT_EQ(kept.groups.initiated(), 255u);
  kept.groups.check_invariants();
}

TEST(PartialGroups, APublishTakesAGroupOverAndFreesItsPlace) {
  Kept kept;
  for (std::size_t i = 0; i < 8; ++i) kept.groups.initiate(numbered(i), alice);

  kept.groups.publish(numbered(0));

  EXPECT_EQ(kept.groups.initiated(alice), 7u);
  EXPECT_NE(kept.groups.initiate(id("ninth"), alice), nullptr);
  kept.groups.check_invariants();
}

TEST(PartialGroups, EndAtTheFourthHeartbeatAfterTheLastPublish) {
  Kept kept;
  kept.groups.publish(id("g"));
  for (int i = 0; i < 3; ++i) kept.groups.heartbeat();
  EXPECT_NE(kept.groups.find(id("g")), nullptr);
  kept.groups.publish(id("g"));
  for (int i = 0; i < 3; ++i) kept.groups.heartbeat();
  EXPECT_NE(kept.groups.find(id("g")), nullptr);

  kept.groups.heartbeat();

  EXPECT_EQ(kept.groups.find(id("g")), nullptr);
}

TEST(PartialGroups, ThatAPeerBeganEndAlikeHoweverMuchItSays) {
  Kept kept;
  for (int i = 0; i < 4; ++i) {
    auto* group = kept.groups.initiate(id("g"), alice);
    kept.groups.note(*group, alice, {1});
    kept.groups.heartbeat();
  }

  EXPECT_EQ(kept.groups.find(id("g")), nullptr);
  EXPECT_EQ(kept.groups.initiated(), 0u);
  EXPECT_EQ(kept.budget.bytes(), 0u);
}

TEST(PartialGroups, OfWhichNothingIsKnownEndAtOnce) {
  Kept kept;
  kept.groups.initiate(id("g"), alice);

  kept.groups.heartbeat();

  EXPECT_EQ(kept.groups.find(id("g")), nullptr);
}

TEST(PartialGroups, GoOverToWhoElseSpokeOfThemWhenTheirPeerLeaves) {
  Kept kept;
  auto* group = kept.groups.initiate(id("shared"), alice);
  kept.groups.note(*group, alice, {1});
  kept.groups.note(*group, bob, {2});
  kept.groups.initiate(id("own"), alice);

  kept.groups.remove(alice);

  EXPECT_EQ(kept.groups.find(id("own")), nullptr);
  ASSERT_EQ(kept.groups.find(id("shared")), group);
  EXPECT_EQ(group->initiator, bob);
  EXPECT_EQ(group->peers.size(), 1u);
  EXPECT_EQ(kept.groups.initiated(alice), 0u);
  kept.groups.check_invariants();
}

TEST(PartialGroups, G18NeverGrowByAPeerThatComesBack) {
  Kept kept;
  for (std::size_t i = 0; i < 1'000'000; ++i) {
    if (auto* group = kept.groups.initiate(numbered(i), alice)) {
      kept.groups.note(*group, alice, Bytes(32, 1));
    }
    if (i % 100 == 0) kept.groups.remove(alice);
    ASSERT_LE(kept.groups.all().size(), 8u);
  }

  kept.groups.remove(alice);
  EXPECT_EQ(kept.groups.all().size(), 0u);
  EXPECT_EQ(kept.budget.bytes(), 0u);
}

TEST(PartialGroups, BoundTheMetadataOfAPeerAndOfAll) {
  Kept kept;
  kept.limits.metadata_bytes_max = 5000;
  MetadataBudget budget{{.metadata_per_peer_max = 3000, .metadata_bytes_max = 5000}};
  PartialGroups groups{kept.limits, budget};
  auto& a = groups.publish(id("a"));
  auto& b = groups.publish(id("b"));

  EXPECT_TRUE(groups.note(a, alice, Bytes(2000, 1)));
  EXPECT_FALSE(groups.note(b, alice, Bytes(2000, 1))) << "of the peer";
  EXPECT_EQ(b.find(alice), nullptr);
  EXPECT_TRUE(groups.note(a, bob, Bytes(2000, 1)));
  EXPECT_FALSE(groups.note(a, PeerHandle{3}, Bytes(2000, 1))) << "of all";
  EXPECT_FALSE(groups.note(a, bob, Bytes(4000, 1)));
  EXPECT_EQ(a.find(bob)->has.size(), 2000u) << "what was known stays";
  EXPECT_TRUE(groups.note(a, bob, Bytes(10, 1)));
  EXPECT_TRUE(groups.note(a, PeerHandle{3}, Bytes(2000, 1)));
  groups.check_invariants();
}

TEST(PartialGroups, KeepTheirInvariantsWhateverHappens) {
  Rng rng{Rng::Seed{5}};
  PartialLimits limits{.groups_per_topic_max = 20,
                       .groups_per_peer_max = 4,
                       .metadata_per_peer_max = 2000,
                       .metadata_bytes_max = 6000};
  MetadataBudget budget{limits};
  PartialGroups groups{limits, budget};
  for (int step = 0; step < 20'000; ++step) {
    const PeerHandle peer{static_cast<std::uint32_t>(rng.below(12))};
    const auto name = numbered(rng.below(60));
    const auto what = rng.below(20);
    if (what == 0) groups.remove(peer);
    if (what == 1) groups.heartbeat();
    if (what == 2) groups.publish(name);
    if (what > 2) {
      if (auto* group = groups.initiate(name, peer)) {
        groups.note(*group, peer, Bytes(rng.below(300), 1));
      }
    }
    groups.check_invariants();
    std::size_t charged = 0;
    for (const auto& group : groups.all()) {
      for (const auto& entry : group->peers) charged += entry.charged;
    }
    ASSERT_EQ(charged, budget.bytes());
    ASSERT_LE(budget.bytes(), limits.metadata_bytes_max);
  }
}

}  // namespace
}  // namespace grapevine::gossipsub
