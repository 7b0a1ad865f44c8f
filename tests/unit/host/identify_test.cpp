// SPDX-License-Identifier: Apache-2.0
#include "core/identify/info.hpp"

#include <gtest/gtest.h>

#include "unit/host/lab.hpp"

namespace grapevine::host {
namespace {

const std::string push{identify::push_protocol};
const std::string ask{identify::protocol};

TEST(Identify, TellsBothSidesAgentProtocolsAddressesAndWhereEachIsSeen) {
  Lab lab;
  const auto a =
      lab.add(config_with([](Config& config, auto&, auto&) { config.agent_version = "alice/1"; }));
  const auto b = lab.add();
  lab.host(a).set_listen_addresses({port(1), port(2)}, lab.now());
  lab.host(a).handle("/app/1", lab.now());

  lab.connect(a, b);
  lab.run(1s);

  const auto seen = lab.host(b).peers().at(0);
  EXPECT_EQ(seen.agent, "alice/1");
  EXPECT_NE(std::ranges::find(seen.protocols, "/app/1"), seen.protocols.end());
  EXPECT_NE(std::ranges::find(seen.protocols, "/meshsub/1.2.0"), seen.protocols.end());
  EXPECT_EQ(lab.host(b).addresses_of(lab.id(a), lab.now()), (std::vector{port(1), port(2)}));
  EXPECT_EQ(lab.host(a).peers().at(0).observed, Lab::address(a));
  EXPECT_EQ(seen.observed, Lab::address(b));
  EXPECT_EQ(lab.all<PeerIdentified>(a).size(), 1u);
  EXPECT_EQ(lab.all<PeerIdentified>(b).size(), 1u);
}

TEST(Identify, TellsNoNameAsTheAddressWhereThePeerIsSeen) {
  Lab lab;
  const auto a = lab.add();
  const auto b = lab.add();
  lab.redirect(parse("/dns4/b.example.com/tcp/4001"), b);

  lab.connect(a, {parse("/dns4/b.example.com/tcp/4001")});
  lab.run(1s);

  ASSERT_EQ(lab.host(b).peers().size(), 1u);
  EXPECT_FALSE(lab.host(b).peers()[0].observed);
}

TEST(Push, BringsNewProtocolsAndAddressesAndTakesOldOnesAway_V32) {
  Lab lab;
  const auto a = lab.add();
  const auto b = lab.add();
  lab.host(a).set_listen_addresses({port(1), port(2)}, lab.now());
  lab.connect(a, b);
  lab.run(10s);

  lab.host(a).handle("/app/1", lab.now());
  lab.run(10s);
  lab.host(a).set_listen_addresses({port(2), port(3)}, lab.now());
  lab.run(10s);

  const auto protocols = lab.host(b).peers().at(0).protocols;
  EXPECT_NE(std::ranges::find(protocols, "/app/1"), protocols.end());
  EXPECT_EQ(lab.host(b).addresses_of(lab.id(a), lab.now()), (std::vector{port(2), port(3)}));
  EXPECT_EQ(lab.all<PeerIdentified>(b).size(), 1u);
}

TEST(Push, OfManyChangesAtOnceIsSentOnceAndSaysTheLast) {
  Lab lab;
  const auto a = lab.add();
  identify::Info info;
  info.protocols = {push};
  const auto other = *lab.visit(a, 100, {push, ask}, parse("/ip4/10.9.9.9/tcp/9"), info);
  lab.run(1s);
  const auto pushes = [&] { return lab.guest(other).inbound(push).size(); };
  const auto before = pushes();

  for (int i = 0; i < 20; ++i) lab.host(a).handle("/app/" + std::to_string(i), lab.now());
  lab.run(30s);

  EXPECT_GE(pushes(), before + 1);
  EXPECT_LE(pushes(), before + 2);
  const auto& last = lab.guest(other).streams[lab.guest(other).inbound(push).back()];
  EXPECT_NE(as_text(last.bytes).find("/app/19"), std::string_view::npos);
}

class TellingGuest : public testing::Test {
 protected:
  void come() { wire = *lab.visit(node, 100, {ask, push}); }
  void tell(const identify::Info& info) {
    const auto stream = lab.guest(wire).open(push, lab.now());
    lab.guest(wire).session->write(stream, SharedBytes{identify::encode(info)});
    lab.guest(wire).session->end_stream(stream);
    lab.settle();
  }
  static identify::Info naming(std::vector<std::string> protocols) {
    identify::Info info;
    info.protocols = std::move(protocols);
    return info;
  }

  Lab lab;
  Lab::Node node = lab.add();
  Lab::WireId wire = 0;
};

TEST_F(TellingGuest, IsListenedToOnceInFiveSecondsAndThenAskedSoThatNothingIsLost) {
  come();
  lab.guest(wire).info = naming({"/last/1"});
  lab.run(20s);

  for (int i = 0; i < 50; ++i) tell(naming({"/p/" + std::to_string(i)}));
  EXPECT_EQ(lab.host(node).peers().at(0).protocols, std::vector<std::string>{"/p/0"});
  lab.run(5s);

  EXPECT_EQ(lab.host(node).peers().at(0).protocols, std::vector<std::string>{"/last/1"});
  EXPECT_EQ(lab.guest(wire).inbound(ask).size(), 2u);
  EXPECT_FALSE(lab.guest(wire).closed);
}

TEST_F(TellingGuest, OfOtherPeersIsNotBelieved_V31) {
  come();
  lab.run(20s);
  for (std::uint64_t i = 0; i < 20; ++i) {
    identify::Info info;
    const auto other = key_of(1000 + i);
    info.signed_record = PeerRecord{other.peer_id(), 1, {port(1)}}.seal(other);
    info.addresses = {port(5).with_p2p(other.peer_id().bytes())};
    tell(info);
    lab.run(6s);
  }

  EXPECT_LE(lab.host(node).state_size().addresses, 1u);
  for (std::uint64_t i = 0; i < 20; ++i) {
    EXPECT_TRUE(lab.host(node).addresses_of(key_of(1000 + i).peer_id(), lab.now()).empty());
  }
}

TEST_F(TellingGuest, OfAddressesAndProtocolsWithoutEndIsCutAtTheLimits_V32) {
  come();
  lab.run(20s);
  identify::Info info;
  for (int i = 0; i < 2000; ++i) info.protocols.push_back("/planted/" + std::to_string(i));
  for (int i = 1; i < 500; ++i) info.addresses.push_back(port(i));

  for (int i = 0; i < 10; ++i) {
    tell(info);
    lab.run(6s);
  }

  ASSERT_EQ(lab.host(node).peers().size(), 1u);
  EXPECT_EQ(lab.host(node).peers()[0].protocols.size(), 256u);
  EXPECT_EQ(lab.host(node).addresses_of(key_of(100).peer_id(), lab.now()).size(), 32u);
}

TEST_F(TellingGuest, OfTwoAddressesAndThenOneHasOne_V32) {
  come();
  lab.run(20s);
  const auto key = key_of(100);
  identify::Info info;
  info.signed_record = PeerRecord{key.peer_id(), 1, {port(1), port(2)}}.seal(key);
  tell(info);
  lab.run(6s);
  EXPECT_EQ(lab.host(node).addresses_of(key.peer_id(), lab.now()).size(), 3u - 1u);

  info.signed_record = PeerRecord{key.peer_id(), 2, {port(2)}}.seal(key);
  tell(info);
  lab.run(6s);
  EXPECT_EQ(lab.host(node).addresses_of(key.peer_id(), lab.now()), std::vector{port(2)});
  info.signed_record = PeerRecord{key.peer_id(), 1, {port(1), port(2)}}.seal(key);  // F20
  tell(info);
  lab.run(6s);

  EXPECT_EQ(lab.host(node).addresses_of(key.peer_id(), lab.now()), std::vector{port(2)});
}

TEST_F(TellingGuest, ThatNeverFinishesItsPushLosesTheStream) {
  come();
  const auto stream = lab.guest(wire).open(push, lab.now());
  lab.guest(wire).session->write(stream, SharedBytes{Bytes{100}});
  lab.run(9s);
  EXPECT_FALSE(lab.guest(wire).streams[stream].closed);
  lab.run(2s);

  EXPECT_EQ(lab.guest(wire).streams[stream].closed, session::StreamClosed::Reason::reset);
  EXPECT_FALSE(lab.guest(wire).closed);
}

TEST_F(TellingGuest, AskingOnAndOnHoldsNoMoreThanTwoAnswers_V17) {
  come();
  lab.run(1s);
  const auto before = lab.host(node).state_size().streams;

  for (int i = 0; i < 100; ++i) lab.guest(wire).open(ask, lab.now());
  lab.settle();

  EXPECT_LE(lab.host(node).state_size().streams, before + 2);
  lab.run(11s);
  EXPECT_LE(lab.host(node).state_size().streams, before);
}

}  // namespace
}  // namespace grapevine::host
