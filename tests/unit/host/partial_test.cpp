// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "unit/host/lab.hpp"

namespace grapevine::host {
namespace {

using gossipsub::PartialMessage;
using gossipsub::PartialReceiver;
using gossipsub::Parts;

/// Two hosts in a mesh, each of which asks for parts.
struct InParts : testing::Test {
  InParts() {
    for (const auto at : {a, b}) {
      EXPECT_TRUE(
          lab.host(at).set_partial("t", gossipsub::PartialTopic{.requests = true}, lab.now()));
      lab.host(at).join("t", lab.now());
    }
    lab.connect(a, b);
    lab.run(1s);
  }
  static std::shared_ptr<const Config> config() {
    return config_with([](Config&, gossipsub::Config& gossip, session::Config&) {
      gossip.extensions.partial_messages = true;
    });
  }
  std::size_t publish(Lab::Node at, std::uint8_t have, std::span<const PeerId> to = {}) {
    const auto parts_for = [have](const PartialReceiver& to_whom) {
      Parts parts;
      if (to_whom.said) parts = {Bytes{have}, Bytes{have}};
      return parts;
    };
    const auto sent = lab.host(at).publish_partial(
        PartialMessage{"t", as_bytes("g"), ByteView{&have, 1}, parts_for, to}, lab.now());
    lab.settle();
    return sent.value_or(0);
  }

  Lab lab;
  Lab::Node a = lab.add(config());
  Lab::Node b = lab.add(config());
};

TEST_F(InParts, AMessageGoesToAPeerThatSaidWhatItHas) {
  EXPECT_EQ(publish(a, 1), 1u);
  EXPECT_EQ(publish(b, 2), 1u);

  const auto at_b = lab.all<PartialReceived>(b);
  ASSERT_EQ(at_b.size(), 1u);
  EXPECT_EQ(at_b[0].topic, "t");
  EXPECT_EQ(to_text(at_b[0].group), "g");
  EXPECT_TRUE(at_b[0].message.empty());
  EXPECT_EQ(at_b[0].has, Bytes{1});
  EXPECT_EQ(at_b[0].via, lab.id(a));
  const auto at_a = lab.all<PartialReceived>(a);
  ASSERT_EQ(at_a.size(), 1u);
  EXPECT_EQ(to_bytes(at_a[0].message), Bytes{2});
}

TEST_F(InParts, OnlyNamedPeersHearWhereSomeAreNamed) {
  const PeerId others[] = {key_of(99).peer_id()};
  const PeerId with_b[] = {key_of(99).peer_id(), lab.id(b)};

  EXPECT_EQ(publish(a, 1, others), 0u);
  EXPECT_EQ(publish(a, 1, with_b), 1u);
}

TEST_F(InParts, NothingIsLeftOfPeersThatWent) {
  publish(a, 1);
  publish(b, 2);

  lab.host(a).disconnect(lab.id(b), lab.now());
  lab.run(1s);

  EXPECT_EQ(lab.host(a).state_size().router, 0u);
  EXPECT_EQ(lab.host(b).state_size().router, 0u);
}

TEST(PartialTopic, IsRefusedWithoutTheExtension) {
  Lab lab;
  const auto node = lab.add();

  EXPECT_FALSE(lab.host(node).set_partial("t", gossipsub::PartialTopic{}, lab.now()));
}

}  // namespace
}  // namespace grapevine::host
