// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "unit/gossipsub/alone.hpp"

namespace grapevine::gossipsub {
namespace {

constexpr pubsub::Extensions partial_only{.partial_messages = true, .test = false};
constexpr pubsub::PartialFlags requests{.requests = true, .supports_sending = true};
constexpr pubsub::PartialFlags supports{.requests = false, .supports_sending = true};
using Flags = std::vector<std::pair<std::string, pubsub::PartialFlags>>;

Config with_partial() {
  auto config = Alone::plain();
  config.extensions = partial_only;
  return config;
}

/// What we have: `text`, named by itself; peers that ask get it whole.
struct Have {
  std::string_view topic = "t";
  std::string_view group = "g";
  std::string_view metadata = "\x0f";
  std::string_view part = "part";

  operator PartialMessage() const {
    return {topic, as_bytes(group), as_bytes(metadata), [this](const PartialReceiver& to) {
              if (!to.has.empty() && equal(to.has, as_bytes(metadata))) return Parts{};
              return Parts{to_bytes(as_bytes(part)), to_bytes(as_bytes(metadata))};
            }};
  }
};

/// One router that takes part in the topic, among peers the test plays.
struct Lab : Alone {
  explicit Lab(PartialTopic ours = {.requests = true}, Config config = with_partial())
      : Alone{std::move(config)} {
    set_partial("t", std::move(ours));
    join("t");
  }
  PeerHandle peer(pubsub::PartialFlags flags, pubsub::Extensions said = partial_only) {
    const auto peer = add({.version = Version::v1_3});
    say(peer, [&](auto& rpc) {
      rpc.add_extensions(said);
      rpc.add_subscription(true, "t", flags);
    });
    return peer;
  }
  void tell(PeerHandle peer, const pubsub::PartialView& view) {
    say(peer, [&](auto& rpc) { rpc.add_extension_body(pubsub::partial_field(view)); });
  }
  void tell(PeerHandle peer, std::string_view group, std::string_view metadata) {
    tell(peer, {"t", as_bytes(group), {}, as_bytes(metadata)});
  }
};

TEST(Partial, FlagsAreSaidWithSubscriptionsToThoseWhoUnderstandThem) {
  Lab node;
  const auto knows = node.add({.version = Version::v1_3});
  const auto older = node.add({.version = Version::v1_2});

  node.join("whole");
  node.set_partial("t", PartialTopic{.requests = false});
  node.set_partial("t", std::nullopt);
  node.leave("t");

  EXPECT_EQ(node.heard(knows).flags,
            (Flags{{"t", requests}, {"whole", {}}, {"t", supports}, {"t", {}}, {"t", {}}}));
  EXPECT_EQ(node.heard(older).flags,
            (Flags{{"t", {}}, {"whole", {}}, {"t", {}}, {"t", {}}, {"t", {}}}));
}

TEST(Partial, ATopicTakesNoPartWhereTheExtensionIsOff) {
  Alone node;

  EXPECT_FALSE(node.set_partial("t", PartialTopic{}));
  EXPECT_FALSE(Lab{}.set_partial("", PartialTopic{}));
  EXPECT_EQ(node.publish(Have{}).error(), PartialError::not_enabled);
}

TEST(Partial, PublishingRefusesWhatOthersWouldNotRead) {
  Lab node;
  const std::string long_group(129, 'g');
  const std::string long_metadata(16 * 1024 + 1, 'm');

  EXPECT_EQ(node.publish(Have{.topic = "other"}).error(), PartialError::not_enabled);
  EXPECT_EQ(node.publish(Have{.group = ""}).error(), PartialError::bad_group);
  EXPECT_EQ(node.publish(Have{.group = long_group}).error(), PartialError::bad_group);
  EXPECT_EQ(node.publish(Have{.metadata = long_metadata}).error(),
            PartialError::metadata_too_large);
}

TEST(Partial, WhoRequestsGetsPartsAndMetadata) {
  Lab node;
  const auto peer = node.peer(requests);

  EXPECT_EQ(node.publish(Have{}), 1u);

  ASSERT_EQ(node.heard(peer).partials.size(), 1u);
  const auto& told = node.heard(peer).partials[0];
  EXPECT_EQ(told.topic, "t");
  EXPECT_EQ(told.group, "g");
  EXPECT_EQ(told.message, "part");
  EXPECT_EQ(told.metadata, "\x0f");
}

TEST(Partial, WhoOnlySupportsGetsMetadataAndNoParts) {
  Lab node;
  const auto peer = node.peer(supports);

  node.publish(Have{});

  ASSERT_EQ(node.heard(peer).partials.size(), 1u);
  EXPECT_FALSE(node.heard(peer).partials[0].message);
  EXPECT_EQ(node.heard(peer).partials[0].metadata, "\x0f");
}

TEST(Partial, WhoTakesNoPartGetsNothing) {
  Lab node;
  const auto plain = node.peer({});
  const auto mute = node.peer(requests, {});
  const auto older = node.add({.version = Version::v1_2});
  node.say(older, [](auto& rpc) {
    rpc.add_extensions(partial_only);
    rpc.add_subscription(true, "t", requests);
  });

  EXPECT_EQ(node.publish(Have{}), 0u);
  node.heartbeats(3);

  for (const auto peer : {plain, mute, older}) EXPECT_TRUE(node.heard(peer).partials.empty());
}

TEST(Partial, NobodyIsToldTwiceOfTheSame) {
  Lab node;
  const auto peer = node.peer(requests);
  node.publish(Have{});

  EXPECT_EQ(node.publish(Have{}), 0u);
  EXPECT_EQ(node.publish(Have{.metadata = "\x1f"}), 1u);

  EXPECT_EQ(node.heard(peer).partials.size(), 2u);
}

TEST(Partial, AreToldToTheApplicationWithAllThatIsKnownOfThePeer) {
  Lab node;
  const auto peer = node.peer(requests);
  node.tell(peer, "g", "\x01");

  node.tell(peer, {"t", as_bytes("g"), as_bytes("part"), as_bytes("\x02")});

  ASSERT_EQ(node.partials.size(), 2u);
  const auto& received = node.partials[1];
  EXPECT_EQ(received.topic, "t");
  EXPECT_EQ(to_text(received.group), "g");
  EXPECT_EQ(to_text(received.message), "part");
  EXPECT_EQ(to_text(*received.metadata), "\x02");
  EXPECT_EQ(received.has, Bytes{3});
  EXPECT_EQ(received.via, node.id(peer));
  const auto holders = node.router().partial_holders("t", as_bytes("g"));
  ASSERT_EQ(holders.size(), 1u);
  EXPECT_EQ(holders[0].id, node.id(peer));
  EXPECT_EQ(holders[0].has, Bytes{3});
  EXPECT_TRUE(holders[0].said);
}

TEST(Partial, MetadataIsMergedAsTheTopicSays) {
  Lab node{{.requests = true, .merge = newest_metadata}};
  const auto peer = node.peer(requests);
  node.tell(peer, "g", "\x01");

  node.tell(peer, "g", "\x02");

  EXPECT_EQ(node.partials.back().has, Bytes{2});
}

TEST(Partial, OfASenderOutsideTheMeshAreTaken) {
  Lab node;
  const auto stranger = node.add({.version = Version::v1_3});
  node.say(stranger, [](auto& rpc) { rpc.add_extensions(partial_only); });

  node.tell(stranger, "g", "\x01");

  EXPECT_EQ(node.partials.size(), 1u);
  EXPECT_EQ(node.publish(Have{}), 1u) << "it is answered with what we have";
  EXPECT_FALSE(node.heard(stranger).partials.at(0).message) << "it did not ask for parts";
}

TEST(Partial, OfNoTopicOfOursOrNotAgreedOnAreDropped) {
  Lab node;
  const auto peer = node.peer(requests);
  const auto mute = node.peer(requests, {});

  node.tell(peer, {"other", as_bytes("g"), {}, as_bytes("\x01")});
  node.tell(mute, "g", "\x01");

  EXPECT_TRUE(node.partials.empty());
  EXPECT_EQ(node.traced(Traced::Kind::undeliverable), 1u);
  EXPECT_EQ(node.traced(Traced::Kind::ignored), 1u);
}

TEST(Partial, WholeMessagesSkipThoseWhoAskForParts) {
  Lab node;
  const auto asks = node.peer(requests);
  const auto sends = node.peer(supports);
  const auto mute = node.peer(requests, {});

  node.publish("t", "whole");

  EXPECT_EQ(node.heard(asks).count("whole"), 0u);
  EXPECT_EQ(node.heard(sends).count("whole"), 1u);
  EXPECT_EQ(node.heard(mute).count("whole"), 1u) << "it never said that it has the extension";
}

TEST(Partial, WholeMessagesGoToAllWhereWeSendNoParts) {
  Alone node{with_partial()};
  node.join("t");
  const auto peer = node.add({.version = Version::v1_3});
  node.say(peer, [](auto& rpc) {
    rpc.add_extensions(partial_only);
    rpc.add_subscription(true, "t", requests);
  });

  node.publish("t", "whole");

  EXPECT_EQ(node.heard(peer).count("whole"), 1u);
}

TEST(Partial, TheLastFlagsOfAPeerCount) {
  Lab node;
  const auto peer = node.peer(requests);
  node.subscribe(peer, "t");  // without flags
  node.publish("t", "first");
  node.say(peer, [](auto& rpc) { rpc.add_subscription(true, "t", requests); });
  node.publish("t", "second");
  node.subscribe(peer, "t", false);
  node.subscribe(peer, "t");
  node.heartbeat();
  node.publish("t", "third");

  EXPECT_EQ(node.heard(peer).count("first"), 1u);
  EXPECT_EQ(node.heard(peer).count("second"), 0u);
  EXPECT_EQ(node.heard(peer).count("third"), 1u);
}

TEST(Partial, IdontwantIsNotSentToThoseWhoSendUsParts) {
  Lab node;
  const auto author = node.peer({});
  const auto sends = node.peer(supports);
  const auto plain = node.peer({});

  node.send(author, "t", std::string(2000, 'x'));

  EXPECT_EQ(node.heard(sends).idontwant.size(), 0u);
  EXPECT_EQ(node.heard(plain).idontwant.size(), 1u);
}

TEST(Partial, GossipToThoseWhoAskForPartsIsMetadataOnceInPlaceOfIhave) {
  auto config = with_partial();
  config.d = config.d_low = config.d_high = config.d_score = config.d_out = 0;  // no mesh at all
  Lab node{{.requests = true}, config};
  const auto asks = node.peer(requests);
  const auto plain = node.peer({});
  node.publish("t", "whole");
  node.publish(Have{});
  ASSERT_TRUE(node.heard(asks).partials.empty());

  node.heartbeats(2);

  EXPECT_EQ(node.heard(asks).ids_advertised(), 0u);
  ASSERT_EQ(node.heard(asks).partials.size(), 1u);
  EXPECT_EQ(node.heard(asks).partials[0].metadata, "\x0f");
  EXPECT_FALSE(node.heard(asks).partials[0].message);
  EXPECT_GT(node.heard(plain).ids_advertised(), 0u);
  EXPECT_TRUE(node.heard(plain).partials.empty());
}

TEST(Partial, GossipIsOfGroupsWePublishedOnly) {
  auto config = with_partial();
  config.d = config.d_low = config.d_high = config.d_score = config.d_out = 0;
  Lab node{{.requests = true}, config};
  const auto from = node.peer(requests);
  const auto to = node.peer(requests);
  node.tell(from, "theirs", "\x01");

  node.heartbeats(2);

  EXPECT_TRUE(node.heard(to).partials.empty());
}

TEST(Partial, DirectPeersGetPartsToo) {
  auto config = with_partial();
  config.direct_peers = {Alone::key(7).peer_id()};
  Lab node{{.requests = true}, config};
  const auto direct = node.add({.version = Version::v1_3, .identity = 7});
  node.say(direct, [](auto& rpc) {
    rpc.add_extensions(partial_only);
    rpc.add_subscription(true, "t", requests);
  });

  EXPECT_EQ(node.publish(Have{}), 1u);

  EXPECT_EQ(node.heard(direct).partials.size(), 1u);
}

TEST(Partial, EachBodyTravelsInItsOwnRpcAndNoneIsLost) {
  Lab node;
  const auto peer = node.peer(requests);
  node.hold_writes = true;
  for (int i = 0; i < 300; ++i) {
    const auto group = std::to_string(i);
    EXPECT_EQ(node.publish(Have{.group = group}), 1u);
  }
  for (int i = 0; i < 300; ++i) node.join("topic " + std::to_string(i));
  const std::string big(100'000, 'x');
  EXPECT_EQ(node.publish(Have{.group = "big", .part = big}), 1u);
  node.publish("whole", "message");

  node.release_writes();

  EXPECT_EQ(node.heard(peer).partials.size(), 301u);
  EXPECT_EQ(node.heard(peer).partials.back().message, big);
  EXPECT_EQ(node.heard(peer).subscriptions.size(), 301u);
}

TEST(Partial, WhatFindsNoRoomInTheOutboxIsTriedAgain) {
  Lab node;
  const auto peer = node.peer(requests);
  node.hold_writes = true;
  const std::string big(900'000, 'x');
  EXPECT_EQ(node.publish(Have{.group = "1", .part = big}), 1u);
  EXPECT_EQ(node.publish(Have{.group = "2", .part = big}), 1u);
  EXPECT_EQ(node.publish(Have{.group = "3", .part = big}), 0u);
  EXPECT_EQ(node.traced(Traced::Kind::outbox_dropped), 1u);

  node.release_writes();
  EXPECT_EQ(node.publish(Have{.group = "3", .part = big}), 1u);

  EXPECT_EQ(node.heard(peer).partials.size(), 3u);
}

TEST(Partial, WhatAPeerSaidEndsWithIt) {
  Lab node;
  const auto peer = node.peer(requests);
  const auto other = node.peer(requests);
  node.tell(peer, "theirs", "\x01");
  node.publish(Have{});
  node.tell(other, "g", "\x01");

  node.remove(peer);
  EXPECT_EQ(node.router().partial_holders("t", as_bytes("g")).size(), 1u);
  node.remove(other);

  EXPECT_TRUE(node.router().partial_holders("t", as_bytes("g")).empty());
  EXPECT_EQ(node.router().peer_state_size(), 0u);
}

TEST(Partial, ALostStreamForgetsWhatWasTold) {
  Lab node;
  const auto peer = node.peer(requests);
  node.publish(Have{});

  node.lose(peer);
  node.open(peer, Version::v1_3);
  node.say(peer, [](auto& rpc) { rpc.add_graft("t"); });
  node.publish(Have{});

  EXPECT_EQ(node.heard(peer).partials.size(), 2u);
}

TEST(Partial, SwitchedOffATopicForgetsItsGroups) {
  Lab node;
  const auto peer = node.peer(requests);
  node.tell(peer, "g", "\x01");

  node.set_partial("t", std::nullopt);
  node.leave("t");

  EXPECT_TRUE(node.router().partial_holders("t", as_bytes("g")).empty());
  node.tell(peer, "g", "\x01");
  EXPECT_EQ(node.partials.size(), 1u);
}

TEST(Partial, G18AMillionGroupsOfOnePeerLeaveEight) {
  Lab node;
  const auto peer = node.peer(requests);

  for (int i = 0; i < 1'000'000; ++i) {
    const auto group = std::to_string(i);
    const auto field = pubsub::partial_field({"t", as_bytes(group), {}, as_bytes("\x01")});
    ASSERT_TRUE(node.router().on_rpc(peer, field, node.now()));
    if (i % 1000 == 0) node.heard(peer), node.advance(0s);
  }
  node.heartbeat();

  EXPECT_EQ(node.partials.size(), 8u);
  EXPECT_EQ(node.router().peer_state_size(), 2u + 1u + 8u);
  EXPECT_EQ(node.traced(Traced::Kind::limit_hit), 1'000'000u - 8u);
}

}  // namespace
}  // namespace grapevine::gossipsub
