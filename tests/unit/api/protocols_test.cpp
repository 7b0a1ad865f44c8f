// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "cluster.hpp"

namespace grapevine::test {
namespace {

bool heard(TestNode& from, TestNode& by) {
  auto topic = *from.node.topic("t");
  auto subscription = *by.node.topic("t")->subscribe();
  EXPECT_TRUE(from.node.connect({by.address()}, patience));
  EXPECT_TRUE(from.saw("joined t " + by.id()));
  EXPECT_TRUE(topic.publish("data"));
  return take(subscription, 1).size() == 1;
}

TEST(Protocols, OfOnesOwnAreSpokenLikeOurs) {
  auto config = quick();
  config.custom_protocols = {{"/mine/2.0.0", "/meshsub/1.2.0"}};
  TestNode a{config};
  config.custom_protocols = {{"/mine/2.0.1", "/meshsub/1.2.0"}};
  config.match_protocol = [](std::string_view, std::string_view theirs) {
    return theirs.starts_with("/mine/2.");
  };
  TestNode b{config};

  EXPECT_TRUE(heard(b, a));
  EXPECT_EQ(b.node.peers().at(0).gossip_protocol, "/mine/2.0.0");
}

TEST(Protocols, LikeNoneWeHaveAreRefused) {
  auto config = quick();
  config.custom_protocols = {{"/mine/1", "/meshsub/9.9.9"}};
  EXPECT_EQ(Node::start(config).error().code, ErrorCode::bad_config);
  config.custom_protocols = {{"", "/meshsub/1.2.0"}};
  EXPECT_EQ(Node::start(config).error().code, ErrorCode::bad_config);
  config.custom_protocols.assign(17, {"/mine/1", "/meshsub/1.2.0"});
  EXPECT_EQ(Node::start(config).error().code, ErrorCode::bad_config);
}

TEST(RandomsubNodes, HearEachOtherAndHaveNoMesh) {
  auto config = quick();
  config.router = Router::randomsub;
  TestNode a{config};
  TestNode b{config};

  EXPECT_TRUE(heard(a, b));
  EXPECT_EQ(a.node.peers().at(0).gossip_protocol, "/randomsub/1.0.0");
  EXPECT_TRUE(b.node.mesh("t").empty());
}

}  // namespace
}  // namespace grapevine::test
