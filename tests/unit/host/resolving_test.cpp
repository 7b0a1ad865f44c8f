// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "unit/host/lab.hpp"

namespace grapevine::host {
namespace {

const std::string name = "_dnsaddr.example.com";
const Multiaddr asked = parse("/dnsaddr/example.com");

/// A node that knows another one by a name only.
class Naming : public testing::Test {
 protected:
  std::string record(const Multiaddr& address) { return "dnsaddr=" + address.to_string(); }
  Multiaddr with_peer(const Multiaddr& address) { return address.with_p2p(lab.id(b).bytes()); }
  std::string port(int number) {
    return record(with_peer(parse("/ip4/10.7.7.7/tcp/" + std::to_string(number))));
  }
  void connect(const Multiaddr& to) {
    lab.connect(a, {to});
    lab.run(1s);
  }
  ConnectResult result() {
    const auto results = lab.all<ConnectResult>(a);
    EXPECT_EQ(results.size(), 1u);
    return results.empty() ? ConnectResult{} : results.front();
  }
  void expect_nothing_left() {
    const auto size = lab.host(a).state_size();
    EXPECT_EQ(size.lookups + size.dials + size.connecting, 0u);
  }

  Lab lab;
  Lab::Node a = lab.add();
  Lab::Node b = lab.add();
};

TEST_F(Naming, LeadsToThePeersAddress) {
  lab.name(name, {"v=spf1 -all", "dnsaddr=nonsense", "dnsaddr=", record(lab.full(b))});

  connect(with_peer(asked));

  EXPECT_FALSE(result().error) << result().detail;
  EXPECT_EQ(result().peer, lab.id(b));
  EXPECT_EQ(lab.all<Resolve>(a).front().name, name);
  expect_nothing_left();
}

TEST_F(Naming, LeadsOverOtherNames) {
  lab.name(name, {record(with_peer(parse("/dnsaddr/b.example.com")))});
  lab.name("_dnsaddr.b.example.com", {port(1), record(lab.full(b))});

  connect(with_peer(asked));

  EXPECT_FALSE(result().error) << result().detail;
}

TEST_F(Naming, TakesOnlyRecordsThatEndInThePeerAskedFor) {
  const auto other = key_of(77).peer_id();
  lab.name(name, {record(Lab::address(b)), record(Lab::address(b).with_p2p(other.bytes())),
                  record(parse("/dnsaddr/x").with_p2p(other.bytes()))});

  connect(with_peer(asked));

  EXPECT_EQ(result().error, DialError::resolve_failed);
  EXPECT_NE(result().detail.find("/dnsaddr/example.com"), std::string::npos);
  EXPECT_TRUE(lab.all<Dial>(a).empty());
  EXPECT_EQ(lab.all<Resolve>(a).size(), 1u);
}

TEST_F(Naming, WithoutAPeerMeansTheFirstOneNamed) {
  const auto other = key_of(77).peer_id();
  lab.name(name,
           {record(lab.full(b)), record(parse("/ip4/10.7.7.7/tcp/1").with_p2p(other.bytes()))});

  connect(asked);

  EXPECT_EQ(result().peer, lab.id(b));
  for (const auto& dial : lab.all<Dial>(a)) EXPECT_EQ(dial.address, Lab::address(b));
}

TEST_F(Naming, OfAConnectedPeerDialsNothing) {
  lab.connect(a, b);
  lab.forget(a);
  lab.name(name, {record(lab.full(b))});

  connect(asked);

  EXPECT_TRUE(result().already);
  EXPECT_TRUE(lab.all<Dial>(a).empty());
}

TEST_F(Naming, OfOurselvesIsPassedOver) {
  lab.name(name, {record(Lab::address(a).with_p2p(lab.id(a).bytes()))});

  connect(asked);

  EXPECT_EQ(result().error, DialError::resolve_failed);
  EXPECT_TRUE(lab.all<Dial>(a).empty());
}

TEST_F(Naming, UnknownOrEmptyIsATypedError_F29) {
  connect(with_peer(asked));

  EXPECT_EQ(result().error, DialError::resolve_failed);
  EXPECT_NE(result().detail.find("no such name"), std::string::npos) << result().detail;
  expect_nothing_left();
}

TEST_F(Naming, DoesNotHoldUpTheOtherAddresses_F29) {
  lab.name(name, {});  // never answered

  lab.connect(a, {with_peer(asked), lab.full(b)});
  lab.settle();

  EXPECT_FALSE(result().error);
  expect_nothing_left();
}

TEST_F(Naming, NeverAnsweredEndsWithTheCommand_F29) {
  lab.name(name, {});

  connect(with_peer(asked));
  EXPECT_TRUE(lab.all<ConnectResult>(a).empty());
  lab.run(15s);

  EXPECT_EQ(result().error, DialError::timeout);
  expect_nothing_left();
  lab.host(a).on_resolved(lab.all<Resolve>(a).front().resolve, {port(1)}, lab.now());
  lab.settle();
  EXPECT_TRUE(lab.all<Dial>(a).empty());
}

TEST_F(Naming, OfAThousandRecordsIsTriedAtAFewAddresses_F29) {
  std::vector<std::string> records;
  for (int i = 1; i <= 1000; ++i) records.push_back(port(i));
  lab.name(name, records);

  connect(with_peer(asked));

  EXPECT_EQ(lab.all<Dial>(a).size(), 15u);  // the name is the sixteenth
  EXPECT_EQ(result().error, DialError::refused);
  expect_nothing_left();
}

TEST_F(Naming, InCirclesEndsAfterFourNames_F29) {
  lab.name(name, {record(with_peer(asked))});

  connect(with_peer(asked));

  EXPECT_EQ(lab.all<Resolve>(a).size(), 4u);
  EXPECT_EQ(result().error, DialError::resolve_failed);
  EXPECT_NE(result().detail.find("too many names"), std::string::npos) << result().detail;
  expect_nothing_left();
}

TEST_F(Naming, InATreeOfNamesTakesThirtyTwoRecordsInAll_F29) {
  const auto config =
      config_with([](Config& changed, auto&, auto&) { changed.dial_addresses_max = 1000; });
  const auto node = lab.add(config);
  lab.name(name, std::vector<std::string>(100, record(with_peer(asked))));

  lab.connect(node, {with_peer(asked)});
  lab.run(1s);

  EXPECT_EQ(lab.all<Resolve>(node).size(), 33u);
  EXPECT_EQ(lab.last<ConnectResult>(node)->error, DialError::resolve_failed);
}

TEST_F(Naming, IsCancelledWithTheCommand) {
  lab.name(name, {});
  connect(with_peer(asked));

  lab.host(a).disconnect(lab.id(b), lab.now());
  lab.settle();

  EXPECT_EQ(result().error, DialError::cancelled);
  expect_nothing_left();
}

TEST_F(Naming, FollowedByATransportIsNoName) {
  connect(parse("/dnsaddr/example.com/tcp/1"));

  EXPECT_EQ(result().error, DialError::unsupported);
}

}  // namespace
}  // namespace grapevine::host
