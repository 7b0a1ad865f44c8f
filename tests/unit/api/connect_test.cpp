// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <future>

#include "cluster.hpp"

namespace grapevine::test {
namespace {

/// A loopback port that nobody listens on, kept bound so that nobody else can.
class DeadPort {
 public:
  DeadPort() : socket_{::socket(AF_INET, SOCK_STREAM, 0)} {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(::bind(socket_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(::getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size), 0);
    port_ = ntohs(address.sin_port);
  }
  ~DeadPort() { ::close(socket_); }
  /// As a listener that accepts nobody.
  void listen() { EXPECT_EQ(::listen(socket_, 8), 0); }
  std::string address() const { return "/ip4/127.0.0.1/tcp/" + std::to_string(port_); }

 private:
  int socket_;
  int port_ = 0;
};

std::string with_host(std::string address, std::string_view host) {
  const std::string_view usual = "/ip4/127.0.0.1";
  return address.replace(0, usual.size(), host);
}

struct Connecting : testing::Test {
  TestNode a, b;
  std::string other_id = TestNode{}.id();
};

TEST_F(Connecting, ToldWhoAnswered) {
  const auto connected = a.node.connect({b.address()}, patience);

  ASSERT_TRUE(connected) << connected.error().detail;
  EXPECT_EQ(connected->peer, b.node.id());
  EXPECT_FALSE(connected->already);
  EXPECT_TRUE(b.saw("connected " + a.id()));
  EXPECT_TRUE(a.saw("identified " + b.id()));
  EXPECT_TRUE(b.saw("identified " + a.id()));
  EXPECT_TRUE(a.node.connect({b.address()}, patience)->already);
}

TEST_F(Connecting, KnowsWhatAPeerTold) {
  ASSERT_TRUE(a.node.connect({b.address()}, patience));
  ASSERT_TRUE(a.saw("identified " + b.id()));

  const auto peers = a.node.peers();

  ASSERT_EQ(peers.size(), 1u);
  EXPECT_EQ(peers[0].peer, b.node.id());
  EXPECT_TRUE(peers[0].outbound);
  EXPECT_TRUE(peers[0].agent.starts_with("grapevine/"));
  EXPECT_TRUE(std::ranges::count(peers[0].protocols, "/meshsub/1.2.0") == 1);
  EXPECT_TRUE(peers[0].address.starts_with("/ip4/127.0.0.1/tcp/"));
  EXPECT_EQ(a.node.statistics().peers, 1u);
  EXPECT_EQ(a.node.statistics().links, 1u);
}

TEST_F(Connecting, WorksWithoutNamingThePeer) {
  const auto bare = b.address().substr(0, b.address().find("/p2p"));

  EXPECT_EQ(a.node.connect({bare}, patience)->peer, b.node.id());
}

TEST_F(Connecting, ResolvesNames) {
  for (const auto* host : {"/dns/localhost", "/dns4/localhost"}) {
    TestNode from;
    const auto connected = from.node.connect({with_host(b.address(), host)}, patience);
    EXPECT_TRUE(connected) << host << ": " << connected.error().detail;
  }
}

TEST_F(Connecting, TellsThatANameHasNoAddress) {
  const auto connected =
      a.node.connect({with_host(b.address(), "/dns4/no-such-name.invalid")}, patience);

  ASSERT_FALSE(connected);
  EXPECT_EQ(connected.error().code, ErrorCode::dial_failed);
  EXPECT_NE(connected.error().detail.find("no-such-name.invalid"), std::string::npos);
}

TEST_F(Connecting, RefusesAnotherPeerThanAskedFor) {
  const auto address = b.address();
  const auto wrong = address.substr(0, address.find("/p2p/")) + "/p2p/" + other_id;

  const auto connected = a.node.connect({wrong}, patience);

  ASSERT_FALSE(connected);
  EXPECT_EQ(connected.error().code, ErrorCode::wrong_peer) << connected.error().detail;
  EXPECT_TRUE(a.node.peers().empty());
}

TEST_F(Connecting, RefusesToDialItself) {
  const auto named = a.node.connect({a.address()}, patience);
  ASSERT_FALSE(named);
  EXPECT_EQ(named.error().code, ErrorCode::self_dial);

  const auto bare = a.node.connect({a.address().substr(0, a.address().find("/p2p"))}, patience);
  ASSERT_FALSE(bare);
  EXPECT_EQ(bare.error().code, ErrorCode::self_dial) << bare.error().detail;
}

TEST_F(Connecting, TellsThatAPortRefuses) {
  const DeadPort port;

  const auto connected = a.node.connect({port.address()}, patience);

  ASSERT_FALSE(connected);
  EXPECT_EQ(connected.error().code, ErrorCode::dial_failed);
  EXPECT_NE(connected.error().detail.find(port.address()), std::string::npos);
  EXPECT_NE(connected.error().detail.find("refused"), std::string::npos)
      << connected.error().detail;
}

TEST_F(Connecting, GivesUpOnAPortThatSaysNothing) {
  DeadPort port;
  port.listen();

  const auto connected = a.node.connect({port.address()}, 200ms);

  ASSERT_FALSE(connected);
  EXPECT_EQ(connected.error().code, ErrorCode::timeout);
}

TEST_F(Connecting, TriesEveryAddress) {
  const DeadPort port;

  const auto connected = a.node.connect({port.address(), b.address()}, patience);

  EXPECT_TRUE(connected) << connected.error().detail;
}

TEST_F(Connecting, RefusesTextThatIsNoAddress) {
  for (const auto* text : {"", "127.0.0.1:80", "/ip4/1.2.3.4/tpc/1", "/ip4/1.2.3.4/udp/1"}) {
    const auto connected = a.node.connect({text}, patience);
    ASSERT_FALSE(connected);
    EXPECT_EQ(connected.error().code, ErrorCode::bad_address) << text;
  }
  EXPECT_EQ(a.node.connect({}, patience).error().code, ErrorCode::bad_address);
}

TEST_F(Connecting, TellsLaterOnTheNetworkThread) {
  std::promise<Expected<Connected>> told;
  a.node.connect({b.address()}, patience,
                 [&](Expected<Connected> result) { told.set_value(result); });

  EXPECT_EQ(told.get_future().get()->peer, b.node.id());
}

TEST_F(Connecting, EndsOnBothSides) {
  ASSERT_TRUE(a.node.connect({b.address()}, patience));

  a.node.disconnect(b.node.id());

  EXPECT_TRUE(a.saw("disconnected " + b.id()));
  EXPECT_TRUE(b.saw("disconnected " + a.id()));
}

TEST_F(Connecting, MeasuresRoundTrips) {
  ASSERT_TRUE(a.node.connect({b.address()}, patience));

  const auto took = a.node.ping(b.node.id(), patience);
  ASSERT_TRUE(took) << took.error().detail;
  EXPECT_GT(took->count(), 0);
  const auto nobody = a.node.ping(*Peer::parse(other_id));
  ASSERT_FALSE(nobody);
  EXPECT_EQ(nobody.error().code, ErrorCode::not_connected);
}

TEST(Listening, TellsThatAnAddressIsInUse) {
  const TestNode first;
  NodeConfig config;
  config.listen = {first.address()};

  const auto second = Node::start(config);

  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::address_in_use);
  EXPECT_TRUE(second.error().detail.starts_with("cannot listen on /ip4/127.0.0.1/tcp/"));
  EXPECT_TRUE(second.error().detail.ends_with(": Address already in use")) << second.error().detail;
}

TEST(Listening, TellsThatAnAddressIsNotOurs) {
  NodeConfig config;
  config.listen = {"/ip4/192.0.2.1/tcp/0"};
  EXPECT_EQ(Node::start(config).error().code, ErrorCode::io);
  config.listen = {"/dns4/localhost/tcp/0"};
  EXPECT_EQ(Node::start(config).error().code, ErrorCode::bad_address);
}

TEST(Listening, CanBeLeftOut) {
  NodeConfig config = quick();
  config.listen = {};
  TestNode quiet{config}, other;

  EXPECT_TRUE(quiet.node.addresses().empty());
  EXPECT_TRUE(quiet.node.connect({other.address()}, patience));
}

TEST(Listening, OnTheSamePortAgainAtOnce) {
  auto config = quick();
  {
    TestNode first;
    TestNode caller;
    ASSERT_TRUE(caller.node.connect({first.address()}, patience));
    config.listen = {first.address().substr(0, first.address().find("/p2p"))};
  }

  const auto second = Node::start(config);

  EXPECT_TRUE(second) << second.error().detail;
}

TEST(DirectPeers, AreConnectedByTheNodeItself) {
  TestNode server;
  auto config = quick();
  config.direct_peers = {server.address()};

  TestNode client{config};

  EXPECT_TRUE(client.saw("connected " + server.id()));
}

TEST(Config, IsRefusedByName) {
  const auto code = [](auto change) {
    NodeConfig config;
    change(config);
    const auto node = Node::start(config);
    return node ? std::string{} : std::string{name(node.error().code)} + ": " + node.error().detail;
  };

  EXPECT_EQ(code([](auto& c) { c.gossip.d = 20; }), "bad_config: d_high must be at least d");
  EXPECT_EQ(code([](auto& c) { c.workers = 0; }), "bad_config: workers must be from 1 to 64");
  EXPECT_EQ(code([](auto& c) { c.message_id = "x"; }),
            "bad_config: message_id must be the name of an id function");
  EXPECT_EQ(code([](auto& c) { c.key_protobuf = {1, 2, 3}; }),
            "bad_config: key_protobuf must be a libp2p private key");
  EXPECT_TRUE(code([](auto& c) { c.gossip_protocols = {"/x"}; }).starts_with("bad_config"));
  EXPECT_TRUE(
      code([](auto& c) { c.direct_peers = {"/ip4/1.2.3.4/tcp/1"}; }).starts_with("bad_config"));
  EXPECT_TRUE(code([](auto& c) { c.listen = {"nowhere"}; }).starts_with("bad_address"));
}

TEST(Topics, HaveNamesWithinLimits) {
  TestNode node;
  EXPECT_EQ(node.node.topic("").error().code, ErrorCode::bad_topic);
  EXPECT_EQ(node.node.join(std::string(1025, 'x')).error().code, ErrorCode::bad_topic);
  EXPECT_TRUE(node.node.join(std::string(1024, 'x')));
}

TEST(Peers, AreReadAndPrinted) {
  const TestNode node;
  EXPECT_EQ(*Peer::parse(node.id()), node.node.id());
  EXPECT_EQ(*Peer::from_bytes(node.node.id().bytes()), node.node.id());
  EXPECT_FALSE(Peer::parse("nobody"));
  EXPECT_TRUE(Peer{}.empty());
}

}  // namespace
}  // namespace grapevine::test
