// SPDX-License-Identifier: Apache-2.0
#include "core/gossipsub/score.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "unit/gossipsub/alone.hpp"
#include "unit/gossipsub/score_twin.hpp"

namespace grapevine::gossipsub {
namespace {

constexpr TimePoint start{1s};
constexpr PeerHandle alice{1};
constexpr PeerHandle bob{2};

/// Parameters of one topic "t" of weight 1 with nothing switched on.
ScoreParams quiet() {
  ScoreParams p;
  p.skip_atomic_validation = true;
  p.topics["t"].skip_atomic_validation = true;
  p.topics["t"].topic_weight = 1;
  p.topics["t"].time_in_mesh_quantum = 1s;
  return p;
}

/// Scores under a clock that the test moves; refreshed when due.
class Scored {
 public:
  explicit Scored(const ScoreParams& params) : scores_{params, rng_, start} {
    EXPECT_TRUE(check(params));
    scores_.add_peer(alice, Alone::key(1).peer_id());
    scores_.add_peer(bob, Alone::key(2).peer_id());
  }
  void pass(Duration span) {
    const auto end = now_ + span;
    for (auto due = scores_.next_refresh(); due <= end; due = scores_.next_refresh()) {
      scores_.refresh(due);
    }
    now_ = end;
  }
  void graft(PeerHandle peer) { scores_.graft(peer, topic(), now_); }
  void prune(PeerHandle peer) { scores_.prune(peer, topic()); }
  void deliver(int id, std::vector<PeerHandle> senders) {
    scores_.deliver({IdKey{static_cast<std::uint64_t>(id)}, topic(), senders}, now_);
  }
  void deliver(PeerHandle peer, int count) {
    for (int i = 0; i < count; ++i) deliver(next_id_++, {peer});
  }
  void reject(int id, std::vector<PeerHandle> senders) {
    scores_.reject({IdKey{static_cast<std::uint64_t>(id)}, topic(), senders}, now_);
  }
  void duplicate(PeerHandle peer, int id) {
    scores_.duplicate(peer, IdKey{static_cast<std::uint64_t>(id)}, topic(), now_);
  }
  void leave(PeerHandle peer) { scores_.remove_peer(peer, now_); }
  double score(PeerHandle peer) const { return scores_.score(peer); }
  ScoredTopic topic() const { return scores_.topic("t"); }
  PeerScores& operator*() { return scores_; }
  PeerScores* operator->() { return &scores_; }

 private:
  Rng rng_{Rng::Seed{3}};
  PeerScores scores_;
  TimePoint now_ = start;
  int next_id_ = 1000;
};

TEST(TimeInMesh, CountsWholeQuantaAtTheDecay) {
  auto params = quiet();
  params.topics["t"].topic_weight = 0.5;
  params.topics["t"].time_in_mesh_weight = 2;
  params.topics["t"].time_in_mesh_quantum = 3s;
  params.topics["t"].time_in_mesh_cap = 100;
  Scored scores{params};
  scores.graft(alice);

  EXPECT_EQ(scores.score(alice), 0);
  scores.pass(2s);
  EXPECT_EQ(scores.score(alice), 0);
  scores.pass(9s);
  EXPECT_EQ(scores.score(alice), 0.5 * 2 * 3);
  scores.prune(alice);
  EXPECT_EQ(scores.score(alice), 0);
  EXPECT_EQ(scores.score(bob), 0);
}

TEST(TimeInMesh, EndsAtItsCap) {
  auto params = quiet();
  params.topics["t"].time_in_mesh_weight = 2;
  params.topics["t"].time_in_mesh_cap = 10;
  Scored scores{params};
  scores.graft(alice);

  scores.pass(40s);

  EXPECT_EQ(scores.score(alice), 20);
}

TEST(TimeInMesh, OfOurOwnSleepDoesNotCountNorMakeAnybodyLate_F09) {
  auto params = quiet();
  auto& t = params.topics["t"];
  t.time_in_mesh_weight = 1;
  t.time_in_mesh_cap = 1000;
  t.mesh_message_deliveries_weight = -1;
  t.mesh_message_deliveries_decay = 0.5;
  t.mesh_message_deliveries_cap = 10;
  t.mesh_message_deliveries_threshold = 5;
  t.mesh_message_deliveries_activation = 10s;
  Scored scores{params};
  scores.graft(alice);
  scores.pass(2s);

  scores->refresh(start + 600s);

  EXPECT_EQ(scores.score(alice), 3);
}

TEST(FirstDeliveries, CountTheFirstSenderUpToTheCapAndDecay) {
  auto params = quiet();
  auto& t = params.topics["t"];
  t.first_message_deliveries_weight = 2;
  t.first_message_deliveries_decay = 0.9;
  t.first_message_deliveries_cap = 50;
  Scored scores{params};

  scores.deliver(1, {alice, bob});
  EXPECT_EQ(scores.score(alice), 2);
  EXPECT_EQ(scores.score(bob), 0);
  scores.deliver(alice, 80);
  EXPECT_EQ(scores.score(alice), 100);
  scores.pass(10s);
  EXPECT_NEAR(scores.score(alice), 100 * std::pow(0.9, 10), 1e-9);
  scores.pass(200s);
  EXPECT_EQ(scores.score(alice), 0);  // below decay_to_zero
}

ScoreParams mesh_deliveries() {
  auto params = quiet();
  auto& t = params.topics["t"];
  t.mesh_message_deliveries_weight = -1;
  t.mesh_message_deliveries_decay = 0.9999;
  t.mesh_message_deliveries_cap = 100;
  t.mesh_message_deliveries_threshold = 20;
  t.mesh_message_deliveries_window = 10ms;
  t.mesh_message_deliveries_activation = 1s;
  return params;
}

TEST(MeshDeliveries, AreOwedOnlyAfterTheActivation) {
  Scored scores{mesh_deliveries()};
  scores.graft(alice);

  scores.pass(1s);
  EXPECT_EQ(scores.score(alice), 0);
  scores.pass(1s);
  EXPECT_EQ(scores.score(alice), -400);
  EXPECT_EQ(scores.score(bob), 0);
}

TEST(MeshDeliveries, CountFirstOnesAndCopiesDuringTheCheckOrWithinTheWindow) {
  Scored scores{mesh_deliveries()};
  const PeerHandle carol{3};
  const PeerHandle late{4};
  scores->add_peer(carol, Alone::key(3).peer_id());
  scores->add_peer(late, Alone::key(4).peer_id());
  for (const auto peer : {alice, bob, carol, late}) scores.graft(peer);
  for (int id = 0; id < 20; ++id) {
    scores.deliver(id, {alice, bob});
    scores.pass(10ms);
    scores.duplicate(carol, id);
    scores.pass(1ms);
    scores.duplicate(late, id);
  }

  scores.pass(3s);

  EXPECT_GE(scores.score(alice), -1);
  EXPECT_GE(scores.score(bob), -1);
  EXPECT_GE(scores.score(carol), -1);
  EXPECT_EQ(scores.score(late), -400);
}

TEST(MeshDeliveries, CountOnceForEachMessageAndPeer) {
  Scored scores{mesh_deliveries()};
  scores.graft(alice);
  scores.graft(bob);
  scores.deliver(1, {alice, bob});

  for (int i = 0; i < 50; ++i) {
    scores.duplicate(alice, 1);
    scores.duplicate(bob, 1);
  }

  EXPECT_EQ(scores->explain(alice)->topics[0].mesh_message_deliveries, 1);
  EXPECT_EQ(scores->explain(bob)->topics[0].mesh_message_deliveries, 1);
}

TEST(MeshDeliveries, AreNotOwedOutsideTheMesh) {
  Scored scores{mesh_deliveries()};
  scores.graft(alice);
  scores.pass(1s);
  scores.deliver(alice, 30);

  scores.prune(alice);
  scores.pass(3600s);  // its count has decayed long since

  EXPECT_EQ(scores.score(alice), 0);
}

TEST(MeshDeliveries, DecayBelowTheThresholdInSilence) {
  auto params = mesh_deliveries();
  params.topics["t"].mesh_message_deliveries_decay = 0.9;
  Scored scores{params};
  scores.graft(alice);
  scores.deliver(alice, 40);

  scores.pass(2s);
  EXPECT_EQ(scores.score(alice), 0);
  scores.pass(18s);
  const auto deficit = 20 - 40 * std::pow(0.9, 20);
  EXPECT_NEAR(scores.score(alice), -deficit * deficit, 1e-9);
}

TEST(MeshFailure, SticksToWhoLeavesTheMeshInDeficit) {
  auto params = mesh_deliveries();
  auto& t = params.topics["t"];
  t.mesh_message_deliveries_weight = 0;
  t.mesh_failure_penalty_weight = -1;
  t.mesh_failure_penalty_decay = 0.5;
  Scored scores{params};
  scores.graft(alice);
  scores.graft(bob);
  scores.pass(2s);
  scores.deliver(bob, 25);
  EXPECT_EQ(scores.score(alice), 0);

  scores.prune(alice);
  scores.prune(bob);
  EXPECT_EQ(scores.score(alice), -400);
  EXPECT_EQ(scores.score(bob), 0);
  scores.graft(alice);
  EXPECT_EQ(scores.score(alice), -400);
  scores.pass(1s);
  EXPECT_EQ(scores.score(alice), -200);
}

TEST(MeshFailure, IsNotChargedTwiceNorBeforeTheActivation) {
  auto params = mesh_deliveries();
  params.topics["t"].mesh_failure_penalty_weight = -1;
  params.topics["t"].mesh_failure_penalty_decay = 0.9;
  Scored scores{params};
  scores.graft(alice);
  scores.prune(alice);
  EXPECT_EQ(scores.score(alice), 0);
  scores.graft(alice);
  scores.pass(2s);

  scores.prune(alice);
  scores.prune(alice);

  EXPECT_EQ(scores.score(alice), -400);
}

ScoreParams invalid_deliveries() {
  auto params = quiet();
  params.topics["t"].invalid_message_deliveries_weight = -1;
  params.topics["t"].invalid_message_deliveries_decay = 0.9;
  return params;
}

TEST(InvalidMessages, CountByTheSquareAndDecay) {
  Scored scores{invalid_deliveries()};
  for (int i = 0; i < 100; ++i) scores->reject_unidentified(alice, scores.topic());

  EXPECT_EQ(scores.score(alice), -10'000);
  scores.pass(10s);
  EXPECT_NEAR(scores.score(alice), -std::pow(100 * std::pow(0.9, 10), 2), 1e-6);
}

TEST(InvalidMessages, AreHeldAgainstTheFirstSenderAndEarlierAndLaterOnes) {
  Scored scores{invalid_deliveries()};
  const PeerHandle carol{3};
  scores->add_peer(carol, Alone::key(3).peer_id());

  scores.reject(1, {alice, bob});
  scores.duplicate(carol, 1);

  EXPECT_EQ(scores.score(alice), -1);
  EXPECT_EQ(scores.score(bob), -1);
  EXPECT_EQ(scores.score(carol), -1);
}

TEST(InvalidMessages, AreForgottenAfterTheSeenTtl) {
  auto params = invalid_deliveries();
  params.seen_msg_ttl = 30s;
  Scored scores{params};
  scores.reject(1, {alice});

  scores.pass(31s);
  scores.duplicate(bob, 1);

  EXPECT_EQ(scores.score(bob), 0);
}

TEST(Copies, OfMessagesThatWereNeitherAcceptedNorRejectedMeanNothing) {
  auto params = invalid_deliveries();
  Scored scores{params};
  scores.graft(alice);

  scores.duplicate(alice, 7);

  EXPECT_EQ(scores.score(alice), 0);
  EXPECT_EQ(scores->explain(alice)->topics[0].mesh_message_deliveries, 0);
}

TEST(Topics, WithoutParametersDoNotCount) {
  Scored scores{invalid_deliveries()};
  const auto other = scores->topic("other");
  EXPECT_EQ(other, ScoredTopic::none);

  scores->graft(alice, other, start);
  scores->deliver({IdKey{1}, other, {{alice}}}, start);
  scores->reject({IdKey{2}, other, {{alice}}}, start);
  scores->duplicate(alice, IdKey{2}, other, start);
  scores->reject_unidentified(alice, other);
  scores->prune(alice, other);

  EXPECT_EQ(scores.score(alice), 0);
  EXPECT_TRUE(scores->explain(alice)->topics.empty());
}

TEST(Topics, TogetherBringNoMoreThanTheCap) {
  auto params = quiet();
  params.topics["t"].first_message_deliveries_weight = 1;
  params.topics["t"].first_message_deliveries_decay = 0.9;
  params.topics["t"].first_message_deliveries_cap = 100;
  params.topic_score_cap = 10;
  params.app_specific_weight = 1;
  Scored scores{params};
  scores.deliver(alice, 50);
  scores->set_application_score(alice, 5);

  EXPECT_EQ(scores.score(alice), 15);
  EXPECT_EQ(scores->explain(alice)->topics_score, 10);
  EXPECT_EQ(scores->explain(alice)->topics[0].score, 50);
}

TEST(ApplicationScore, IsWeighted) {
  auto params = quiet();
  params.app_specific_weight = 0.5;
  Scored scores{params};

  for (int value = -100; value < 100; ++value) {
    scores->set_application_score(alice, value);
    EXPECT_EQ(scores.score(alice), value * 0.5);
  }
  scores->set_application_score(alice, std::nan(""));
  EXPECT_EQ(scores.score(alice), 0);
}

TEST(ApplicationScore, IsAskedOfAFunctionWhenAPeerComesAndAtEachDecay) {
  double said = 4;
  auto params = quiet();
  params.app_specific_weight = 2;
  params.app_specific_score = [&](const PeerId& id) {
    return id == Alone::key(1).peer_id() ? said : 0;
  };
  Scored scores{params};

  EXPECT_EQ(scores.score(alice), 8);
  EXPECT_EQ(scores.score(bob), 0);
  said = -3;
  scores.pass(1s);
  EXPECT_EQ(scores.score(alice), -6);
}

IpAddress ip4(std::uint8_t last) { return ScorePair::ip(0, last); }

ScoreParams colocation() {
  auto params = quiet();
  params.ip_colocation_factor_weight = -1;
  params.ip_colocation_factor_threshold = 1;
  return params;
}

TEST(IpColocation, CountsTheSquareOfTheSurplusAtAnAddress) {
  Scored scores{colocation()};
  const IpAddress shared[] = {ip4(1)};
  scores->set_ips(alice, shared);
  EXPECT_EQ(scores.score(alice), 0);
  for (std::uint32_t i = 0; i < 3; ++i) {
    scores->add_peer(PeerHandle{10 + i}, Alone::key(10 + static_cast<int>(i)).peer_id());
    scores->set_ips(PeerHandle{10 + i}, shared);
  }

  EXPECT_EQ(scores.score(alice), -9);
  EXPECT_EQ(scores.score(PeerHandle{11}), -9);
  EXPECT_EQ(scores.score(bob), 0);
  scores.leave(PeerHandle{10});
  EXPECT_EQ(scores.score(alice), -4);
  scores->set_ips(PeerHandle{11}, {});
  EXPECT_EQ(scores.score(alice), -1);
}

TEST(IpColocation, CountsAnIp6AddressAndItsNetwork) {
  Scored scores{colocation()};
  const IpAddress one[] = {ScorePair::ip6(1, 1)};
  const IpAddress other[] = {ScorePair::ip6(1, 2)};
  scores->set_ips(alice, one);
  scores->set_ips(bob, other);

  EXPECT_EQ(scores.score(alice), -1);  // of the /64 alone
  scores->set_ips(bob, one);
  EXPECT_EQ(scores.score(alice), -2);
}

TEST(IpColocation, ExemptsLoopbackAndTheWhitelist) {
  auto params = colocation();
  params.ip_colocation_factor_whitelist = {{ip4(0), 24}, {ScorePair::ip6(7, 0), 64}};
  Scored scores{params};
  const IpAddress both[] = {ip4(1), ScorePair::ip6(7, 3),
                            *IpAddress::from_bytes(std::array<std::uint8_t, 4>{127, 0, 0, 1})};
  scores->set_ips(alice, both);
  scores->set_ips(bob, both);
  EXPECT_EQ(scores.score(alice), 0);

  const IpAddress outside[] = {ScorePair::ip(1, 1)};
  scores->set_ips(alice, outside);
  scores->set_ips(bob, outside);
  EXPECT_EQ(scores.score(alice), -1);
}

TEST(Networks, ContainTheAddressesThatShareTheirFirstBits) {
  const IpNetwork slash20{*IpAddress::from_bytes(std::array<std::uint8_t, 4>{10, 1, 16, 0}), 20};
  const auto contains = [&](std::uint8_t third) {
    const std::array<std::uint8_t, 4> ip{10, 1, third, 200};
    return slash20.contains(*IpAddress::from_bytes(ip));
  };

  EXPECT_FALSE(contains(15));
  EXPECT_TRUE(contains(16));
  EXPECT_TRUE(contains(31));
  EXPECT_FALSE(contains(32));
  EXPECT_FALSE((IpNetwork{IpAddress{}, 0}.contains(slash20.address)));
  EXPECT_TRUE((IpNetwork{slash20.address, 0}.contains(ip4(9))));
}

ScoreParams behaviour() {
  auto params = quiet();
  params.behaviour_penalty_weight = -1;
  params.behaviour_penalty_threshold = 1;
  params.behaviour_penalty_decay = 0.99;
  return params;
}

TEST(Misbehaviour, CountsByTheSquareOfWhatIsAboveTheThreshold) {
  Scored scores{behaviour()};

  scores->penalise(alice, 1);
  EXPECT_EQ(scores.score(alice), 0);
  scores->penalise(alice, 1);
  EXPECT_EQ(scores.score(alice), -1);
  scores->penalise(alice, 2);
  EXPECT_EQ(scores.score(alice), -9);
  scores.pass(1s);
  EXPECT_NEAR(scores.score(alice), -std::pow(4 * 0.99 - 1, 2), 1e-9);
}

TEST(Misbehaviour, OfAnUnknownPeerIsPassedOver) {
  Scored scores{behaviour()};

  scores->penalise(PeerHandle{99}, 5);
  scores->drop(PeerHandle{99}, 5);
  scores->set_ips(PeerHandle{99}, {});
  scores->set_application_score(PeerHandle{99}, 5);
  scores->remove_peer(PeerHandle{99}, start);

  EXPECT_EQ(scores.score(PeerHandle{99}), 0);
  EXPECT_FALSE(scores->explain(PeerHandle{99}));
}

TEST(SlowPeers, PayForWhatTheyDidNotTakeAboveTheThreshold) {
  auto params = quiet();
  params.slow_peer_weight = -0.5;
  params.slow_peer_threshold = 10;
  params.slow_peer_decay = 0.2;
  Scored scores{params};

  scores->drop(alice, 10);
  EXPECT_EQ(scores.score(alice), 0);
  scores->drop(alice, 20);
  EXPECT_EQ(scores.score(alice), -10);
  scores.pass(1s);
  EXPECT_EQ(scores.score(alice), 0);
}

TEST(Retention, KeepsABadScoreForItsTime) {
  auto params = behaviour();
  params.retain_score = 100s;
  Scored scores{params};
  scores->penalise(alice, 11);
  scores.leave(alice);
  EXPECT_EQ(scores.score(alice), 0);
  EXPECT_EQ(scores->explain_retained(Alone::key(1).peer_id())->score, -100);

  scores.pass(99s);  // without decay: time away does not mend it
  scores->add_peer(PeerHandle{5}, Alone::key(1).peer_id());
  EXPECT_EQ(scores.score(PeerHandle{5}), -100);
  EXPECT_FALSE(scores->explain_retained(Alone::key(1).peer_id()));
  scores.leave(PeerHandle{5});
  scores.pass(101s);
  scores->add_peer(PeerHandle{6}, Alone::key(1).peer_id());
  EXPECT_EQ(scores.score(PeerHandle{6}), 0);
}

TEST(Retention, DoesNotKeepAGoodScoreNorAnEmptyOne) {
  auto params = behaviour();
  params.app_specific_weight = 1;
  Scored scores{params};
  scores->set_application_score(alice, 50);
  scores->penalise(alice, 3);

  scores.leave(alice);
  scores.leave(bob);

  EXPECT_EQ(scores->retained(), 0u);
}

TEST(Retention, HoldsAMeshLeftInDeficitAgainstThePeer) {
  auto params = mesh_deliveries();
  params.topics["t"].mesh_failure_penalty_weight = -1;
  params.topics["t"].mesh_failure_penalty_decay = 0.9;
  Scored scores{params};
  scores.graft(alice);
  scores.pass(3s);

  scores.leave(alice);
  scores->add_peer(PeerHandle{5}, Alone::key(1).peer_id());

  EXPECT_EQ(scores.score(PeerHandle{5}), -400);
  EXPECT_FALSE(scores->explain(PeerHandle{5})->topics[0].in_mesh);
}

TEST(Retention, IsBoundedAndForgetsTheLeastBadFirst) {
  auto params = behaviour();
  Scored scores{params};
  scores->penalise(alice, 50);
  scores.leave(alice);
  std::array<std::uint8_t, 34> bytes{0x12, 0x20};
  for (std::size_t i = 0; i < PeerScores::retained_max + 100; ++i) {
    bytes[2] = static_cast<std::uint8_t>(i);
    bytes[3] = static_cast<std::uint8_t>(i >> 8);
    const PeerHandle peer{static_cast<std::uint32_t>(i + 100)};
    scores->add_peer(peer, *PeerId::from_bytes(bytes));
    scores->penalise(peer, 3);
    scores.leave(peer);
  }

  EXPECT_EQ(scores->retained(), PeerScores::retained_max);
  EXPECT_TRUE(scores->explain_retained(Alone::key(1).peer_id()));
}

TEST(Parameters, ChangedAtRunTimeApplyAndCutCounters) {
  auto params = quiet();
  auto& t = params.topics["t"];
  t.first_message_deliveries_weight = 1;
  t.first_message_deliveries_decay = 0.999;
  t.first_message_deliveries_cap = 100;
  Scored scores{params};
  scores.deliver(alice, 80);
  EXPECT_EQ(scores.score(alice), 80);

  t.first_message_deliveries_cap = 50;
  scores->set_topic_params("t", t);
  EXPECT_EQ(scores.score(alice), 50);
  t.first_message_deliveries_weight = 3;
  scores->set_topic_params("t", t);
  EXPECT_EQ(scores.score(alice), 150);
}

TEST(Parameters, CanBeGivenToATopicThatHadNone) {
  Scored scores{quiet()};
  auto t = invalid_deliveries().topics["t"];

  const auto topic = scores->set_topic_params("new", t);
  scores->reject_unidentified(alice, topic);

  EXPECT_EQ(topic, scores->topic("new"));
  EXPECT_EQ(scores.score(alice), -1);
}

TEST(Scores, StayFiniteWhateverIsCounted) {
  auto params = invalid_deliveries();
  params.topics["t"].topic_weight = 1e300;
  params.topics["t"].invalid_message_deliveries_weight = -1e300;
  params.behaviour_penalty_weight = -1e308;
  params.behaviour_penalty_decay = 0.5;
  params.app_specific_weight = 1e308;
  Scored scores{params};
  scores->set_application_score(alice, 1e308);
  scores->penalise(alice, 1e300);
  scores->reject_unidentified(alice, scores.topic());

  scores->check_invariants();

  EXPECT_TRUE(std::isfinite(scores.score(alice)));
}

TEST(Explanation, NamesEveryPartAndItsCounter) {
  auto params = ScorePair::params();
  Scored scores{params};
  const auto topic = scores->topic("a");
  scores->graft(alice, topic, start);
  scores.pass(5s);
  scores->deliver({IdKey{1}, topic, {{alice}}}, start + 5s);
  scores->reject_unidentified(alice, topic);
  scores->penalise(alice, 4);
  scores->drop(alice, 7);
  scores->set_application_score(alice, 10);

  const auto told = *scores->explain(alice);

  ASSERT_EQ(told.topics.size(), 1u);
  const auto& part = told.topics[0];
  EXPECT_EQ(part.topic, "a");
  EXPECT_TRUE(part.in_mesh && part.mesh_message_deliveries_active);
  EXPECT_EQ(part.time_in_mesh, 5s);
  EXPECT_NEAR(part.p1, 7 * 0.03, 1e-12);
  EXPECT_EQ(part.first_message_deliveries, 1);
  EXPECT_NEAR(part.p2, 1.1, 1e-12);
  EXPECT_NEAR(part.p3, -0.7 * 16, 1e-12);
  EXPECT_EQ(part.p3b, 0);
  EXPECT_EQ(part.invalid_message_deliveries, 1);
  EXPECT_EQ(part.p4, -2);
  EXPECT_NEAR(part.score, 0.5 * (part.p1 + part.p2 + part.p3 + part.p4), 1e-12);
  EXPECT_EQ(told.behaviour_penalty, 4);
  EXPECT_NEAR(told.p7, -1.3 * 9, 1e-12);
  EXPECT_NEAR(told.slow_peer, -0.2 * 5, 1e-12);
  EXPECT_NEAR(told.p5, 9, 1e-12);
  EXPECT_EQ(told.score, told.topics_score + told.p5 + told.p6 + told.p7 + told.slow_peer);
  EXPECT_EQ(told.score, scores.score(alice));
}

TEST(Scores, BehaveAsTheirNaiveTwin) {
  std::vector<PeerId> ids;
  for (int i = 0; i < ScorePair::identities; ++i) ids.push_back(Alone::key(i).peer_id());
  for (std::uint8_t seed = 0; seed < 5; ++seed) {
    Rng rng{Rng::Seed{seed}};
    ScorePair pair{ids};
    for (int step = 0; step < 4000; ++step) {
      const auto draw = rng.u64();
      pair.step(static_cast<std::uint8_t>(draw), static_cast<std::uint8_t>(draw >> 8),
                static_cast<std::uint8_t>(draw >> 16));
    }
    pair.finish();
  }
}

}  // namespace
}  // namespace grapevine::gossipsub
