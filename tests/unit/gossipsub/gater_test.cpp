// SPDX-License-Identifier: Apache-2.0
#include "core/gossipsub/gater.hpp"

#include <gtest/gtest.h>

namespace grapevine::gossipsub {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint start{1s};
constexpr PeerHandle alice{1};
constexpr PeerHandle bob{2};

std::array<IpAddress, 1> at(std::uint8_t last) {
  return {*IpAddress::from_bytes(std::array<std::uint8_t, 4>{1, 2, 3, last})};
}

class Gated : public ::testing::Test {
 protected:
  Gated() {
    params_.threshold = 0.1;
    params_.global_decay = 0.9;
    params_.source_decay = 0.999;
    gater_.emplace(params_, rng_, start);
    gater_->add_peer(alice, at(1));
    gater_->add_peer(bob, at(2));
  }
  /// Of a thousand RPCs.
  int accepted(PeerHandle peer, TimePoint now = start) {
    int count = 0;
    for (int i = 0; i < 1000; ++i) count += gater_->accepts(peer, now);
    return count;
  }
  void overload() {
    gater_->validate();
    gater_->throttle(start);
  }
  void misbehave(PeerHandle peer) {
    for (int i = 0; i < 100; ++i) {
      gater_->ignore(peer);
      gater_->reject(peer);
    }
  }

  GaterParams params_;
  Rng rng_{Rng::Seed{9}};
  std::optional<Gater> gater_;
};

TEST_F(Gated, EverybodyPassesWhileTheChecksKeepUp) {
  misbehave(alice);

  EXPECT_EQ(accepted(alice), 1000);
  for (int i = 0; i < 100; ++i) gater_->validate();
  gater_->throttle(start);
  EXPECT_EQ(accepted(alice), 1000);  // 1 in 100 is below the threshold
}

TEST_F(Gated, WhoSentBadMessagesIsMostlyShedUnderOverload_V53) {
  overload();
  misbehave(alice);

  EXPECT_LT(accepted(alice), 20);
  EXPECT_GE(accepted(alice) + accepted(alice) + accepted(alice), 1);  // never for good
  EXPECT_EQ(accepted(bob), 1000);
}

TEST_F(Gated, DeliveriesRestoreAPeer) {
  overload();
  misbehave(alice);
  const auto before = accepted(alice);

  for (int i = 0; i < 3000; ++i) gater_->deliver(alice, 1);

  EXPECT_GT(accepted(alice), before + 300);
}

TEST_F(Gated, TheGaterEndsAfterTheQuietTime) {
  overload();
  misbehave(alice);

  EXPECT_LT(accepted(alice, start + params_.quiet), 20);
  EXPECT_EQ(accepted(alice, start + params_.quiet + 1us), 1000);
}

TEST_F(Gated, TheGaterEndsWhenThrottlingHasDecayed) {
  overload();
  misbehave(alice);

  for (int i = 0; i < 100; ++i) gater_->refresh(gater_->next_refresh());

  EXPECT_EQ(accepted(alice), 1000);
}

TEST_F(Gated, PeersAtOneAddressShareItsRecord) {
  const PeerHandle sybil{3};
  gater_->add_peer(sybil, at(1));
  overload();
  misbehave(alice);

  EXPECT_LT(accepted(sybil), 20);
}

TEST_F(Gated, TheRecordOfAnAddressOutlivesItsPeersForItsTime) {
  overload();
  misbehave(alice);
  gater_->remove_peer(alice, start);
  EXPECT_EQ(gater_->peers(), 1u);
  EXPECT_EQ(gater_->sources(), 2u);

  gater_->add_peer(PeerHandle{3}, at(1));
  EXPECT_LT(accepted(PeerHandle{3}), 20);
  gater_->remove_peer(PeerHandle{3}, start);
  gater_->refresh(start + params_.retain_stats);
  EXPECT_EQ(gater_->sources(), 1u);
}

TEST_F(Gated, NothingIsKeptOfPeersThatDidNothingBadOrHaveNoAddress) {
  const PeerHandle nowhere{3};
  gater_->add_peer(nowhere, {});
  misbehave(nowhere);
  gater_->deliver(bob, 1);

  for (const auto peer : {alice, bob, nowhere}) gater_->remove_peer(peer, start);

  EXPECT_EQ(gater_->peers(), 0u);
  EXPECT_EQ(gater_->sources(), 0u);
}

TEST_F(Gated, TheNumberOfAddressesIsBounded) {
  for (std::uint32_t i = 0; i < Gater::sources_max + 100; ++i) {
    const std::array<std::uint8_t, 4> ip{9, static_cast<std::uint8_t>(i >> 16),
                                         static_cast<std::uint8_t>(i >> 8),
                                         static_cast<std::uint8_t>(i)};
    const PeerHandle peer{i + 10};
    gater_->add_peer(peer, std::array{*IpAddress::from_bytes(ip)});
    gater_->reject(peer);
    gater_->remove_peer(peer, start + std::chrono::seconds{i});
  }

  EXPECT_LE(gater_->sources(), Gater::sources_max);
}

TEST_F(Gated, MessagesOfAFavouredTopicCountMore) {
  params_.topic_delivery_weights["news"] = 5;
  Gater gater{params_, rng_, start};

  EXPECT_EQ(gater.delivery_weight("news"), 5);
  EXPECT_EQ(gater.delivery_weight("other"), 1);
}

}  // namespace
}  // namespace grapevine::gossipsub
