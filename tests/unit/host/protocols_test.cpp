// SPDX-License-Identifier: Apache-2.0
// Protocol ids of the application's own, as go's tests have them.
#include <gtest/gtest.h>

#include "unit/host/lab.hpp"

namespace grapevine::host {
namespace {

using gossipsub::Protocol;
using gossipsub::Version;

std::shared_ptr<const Config> speaking(std::vector<Protocol> protocols,
                                       gossipsub::MatchProtocol match = {}) {
  return config_with([&](Config&, gossipsub::Config& gossip, session::Config&) {
    gossip.protocols = std::move(protocols);
    gossip.match_protocol = std::move(match);
  });
}

/// The same name, whatever the version behind it.
bool same_name(std::string_view ours, std::string_view theirs) {
  return ours.substr(0, ours.rfind('/')) == theirs.substr(0, theirs.rfind('/'));
}

struct Pair {
  Pair(const std::shared_ptr<const Config>& first, const std::shared_ptr<const Config>& second)
      : a{lab.add(first)}, b{lab.add(second)} {
    for (const auto at : {a, b}) lab.host(at).join("t", lab.now());
    lab.connect(a, b);
    lab.run(2s);
  }
  bool delivers(Lab::Node from, Lab::Node to) {
    lab.publish(from, "t", "data");
    lab.run(100ms);
    return lab.all<Deliver>(to).size() == 1;
  }
  Lab lab;
  Lab::Node a;
  Lab::Node b;
};

TEST(CustomProtocols, CarryMessagesWhereBothHaveThem) {
  Pair pair{speaking({{"/mine/2", Version::v1_2}, {"/mine/1", Version::v1_0}}),
            speaking({{"/mine/1", Version::v1_0}})};

  EXPECT_EQ(pair.lab.host(pair.a).peers().at(0).gossip_protocol, "/mine/1");
  EXPECT_TRUE(pair.delivers(pair.a, pair.b));
}

TEST(CustomProtocols, WithNothingInCommonCarryNothing) {
  Pair pair{speaking({{"/mine/1", Version::floodsub}}),
            speaking({{"/yours/1", Version::floodsub}})};

  EXPECT_EQ(pair.lab.host(pair.a).peers().at(0).gossip_protocol, "");
  EXPECT_FALSE(pair.delivers(pair.a, pair.b));
}

TEST(CustomProtocols, AreSpokenAsTheConfigurationSays) {
  Pair flood{speaking({{"/mine/1", Version::floodsub}}),
             speaking({{"/mine/1", Version::floodsub}})};
  Pair mesh{speaking({{"/mine/1", Version::v1_1}}), speaking({{"/mine/1", Version::v1_1}})};

  EXPECT_TRUE(flood.lab.host(flood.a).router().mesh("t").empty());
  EXPECT_EQ(mesh.lab.host(mesh.a).router().mesh("t").size(), 1u);
  EXPECT_TRUE(flood.delivers(flood.b, flood.a));
}

TEST(MatchingProtocols, AreSpokenByTheIdOfWhoListens) {
  Pair pair{speaking({{"/custom/1.0.0", Version::v1_1}}, same_name),
            speaking({{"/custom/1.0.1-beta", Version::v1_1}}, same_name)};

  EXPECT_EQ(pair.lab.host(pair.a).peers().at(0).gossip_protocol, "/custom/1.0.1-beta");
  EXPECT_EQ(pair.lab.host(pair.b).peers().at(0).gossip_protocol, "/custom/1.0.0");
  EXPECT_EQ(pair.lab.host(pair.a).router().mesh("t").size(), 1u);
  EXPECT_TRUE(pair.delivers(pair.a, pair.b));
}

TEST(MatchingProtocols, OfOneSideAloneAreHeardByIt) {
  Pair pair{speaking({{"/custom/1.0.0", Version::floodsub}}, same_name),
            speaking({{"/custom/1.0.1", Version::floodsub}})};

  EXPECT_EQ(pair.lab.host(pair.a).peers().at(0).gossip_protocol, "/custom/1.0.1");
  EXPECT_TRUE(pair.delivers(pair.a, pair.b));
}

TEST(MatchingProtocols, OfAnotherNameAreNone) {
  Pair pair{speaking({{"/custom/1.0.0", Version::v1_1}}, same_name),
            speaking({{"/other/1.0.0", Version::v1_1}}, same_name)};

  EXPECT_FALSE(pair.delivers(pair.a, pair.b));
}

}  // namespace
}  // namespace grapevine::host
