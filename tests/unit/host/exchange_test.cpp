// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "base/varint.hpp"
#include "core/host/dial_backoffs.hpp"
#include "core/pubsub/rpc.hpp"
#include "unit/host/lab.hpp"

namespace grapevine::host {
namespace {

std::shared_ptr<const Config> exchanging(bool bootstrapper = false, bool on = true) {
  return config_with([&](Config& config, gossipsub::Config& gossip, session::Config&) {
    gossip.peer_exchange = on;
    if (bootstrapper) gossip.d = gossip.d_low = gossip.d_high = gossip.d_score = gossip.d_out = 0;
    config.dial_timeout = 5s;
  });
}

/// A peer that a PRUNE names.
struct Named {
  PeerId id;
  Bytes record;
};
Named named(std::uint64_t key, const Multiaddr& address) {
  const auto pair = key_of(key);
  return {pair.peer_id(), PeerRecord{pair.peer_id(), 1, {address}}.seal(pair)};
}

/// A node and a mesh peer of its in ten topics, which can say on a second stream what it likes.
struct Poisoned : testing::Test {
  void begin(const std::shared_ptr<const Config>& config) {
    victim = lab.add(config);
    evil = lab.add();
    for (const auto at : {victim, evil}) {
      for (int i = 0; i < 10; ++i) lab.host(at).join(topic(i), lab.now());
    }
    lab.connect(evil, victim);
    lab.run(2s);
    ASSERT_EQ(lab.host(victim).router().mesh(topic(9)).size(), 1u);
    const auto stream = lab.host(evil).open_stream(lab.id(victim), {"/meshsub/1.1.0"}, lab.now());
    ASSERT_TRUE(stream);
    stream_ = *stream;
    lab.run(1s);
    lab.forget(victim);
  }
  static std::string topic(int number) { return "t" + std::to_string(number); }

  /// Prunes the victim in the next topic and names peers; a heartbeat passes.
  void prune_with(const std::vector<Named>& peers) {
    const auto name = topic(used_++);
    pubsub::Prune prune{name, 60, {}};
    for (const auto& peer : peers) prune.peers.push_back({peer.id.bytes(), peer.record});
    pubsub::RpcWriter writer{{.batch_bytes = 1 << 20, .control_bytes = 1 << 20}};
    writer.add_prune(prune);
    Bytes whole;
    for (const auto& piece : writer.take().pieces) append(whole, piece);
    ASSERT_TRUE(lab.host(evil).write(stream_, SharedBytes{std::move(whole)}));
    lab.run(1500ms);
  }
  std::size_t dials() { return lab.all<Dial>(victim).size(); }
  bool refused(std::string_view reason) {
    return std::ranges::any_of(lab.all<Traced>(victim), [&](const Traced& event) {
      return event.kind == Traced::Kind::px_refused && event.reason == reason;
    });
  }

  Lab lab;
  Lab::Node victim = 0;
  Lab::Node evil = 0;
  StreamKey stream_{};
  int used_ = 0;
};

TEST(PeerExchange, BringsTogetherWhomABootstrapperPrunes) {
  Lab lab;
  const auto hub = lab.add(exchanging(true));
  std::vector<Lab::Node> leaves;
  for (int i = 0; i < 3; ++i) leaves.push_back(lab.add(exchanging()));
  lab.host(hub).join("t", lab.now());
  for (const auto leaf : leaves) {
    lab.host(leaf).set_listen_addresses({Lab::address(leaf)}, lab.now());
    lab.host(leaf).join("t", lab.now());
    lab.connect(leaf, hub);
    lab.run(2s);
  }

  lab.run(3s);

  EXPECT_TRUE(lab.host(hub).router().mesh("t").empty());
  for (const auto leaf : leaves) {
    EXPECT_EQ(lab.host(leaf).peers().size(), 3u);
    EXPECT_EQ(lab.host(leaf).router().mesh("t").size(), 2u);
    // It was not the application who asked.
    EXPECT_EQ(lab.all<ConnectResult>(leaf).size(), 1u);
  }
  lab.publish(leaves[0], "t", "news");
  EXPECT_EQ(lab.delivered(leaves[1], "news"), 1u);
}

TEST_F(Poisoned, DialsNobodyByDefault_G14) {
  begin(exchanging(false, false));

  prune_with({named(100, port(1)), named(101, port(2))});

  EXPECT_EQ(dials(), 0u);
}

TEST_F(Poisoned, DialsOnlyPeersThatSignedTheirRecordThemselves_V11) {
  begin(exchanging());
  const auto honest = named(100, port(1));
  auto forged = named(101, port(2));
  forged.record[forged.record.size() - 1] ^= 1;
  const Named borrowed{key_of(102).peer_id(), honest.record};

  prune_with({forged, borrowed, {key_of(103).peer_id(), to_bytes(as_bytes("junk"))}});
  EXPECT_EQ(dials(), 0u);
  EXPECT_TRUE(refused("bad_signature"));
  EXPECT_TRUE(refused("record of another peer"));

  prune_with({honest});
  ASSERT_EQ(dials(), 1u);
  EXPECT_EQ(lab.last<Dial>(victim)->address, port(1));
}

TEST_F(Poisoned, KeepsNothingOfPeersItHasOnlyHeardOf_V31) {
  begin(exchanging());
  const auto before = lab.host(victim).state_size().addresses;

  for (int i = 0; i < 5; ++i) {
    std::vector<Named> peers;
    for (int k = 0; k < 16; ++k) {
      const auto number = 100 + 16 * i + k;
      peers.push_back(named(static_cast<std::uint64_t>(number), port(number)));
    }
    prune_with(peers);
  }
  lab.run(60s);

  EXPECT_EQ(lab.host(victim).state_size().addresses, before);
  EXPECT_EQ(lab.host(victim).state_size().exchanged, 0u);
  EXPECT_EQ(lab.host(victim).state_size().connecting, 0u);
  EXPECT_EQ(lab.host(victim).peers().size(), 1u);
  EXPECT_TRUE(lab.all<ConnectResult>(victim).empty());
}

TEST_F(Poisoned, DialsEightAtATimeAndTheOthersLater) {
  begin(exchanging());
  std::vector<Named> peers;
  for (int i = 0; i < 16; ++i) {
    lab.silence(port(i + 1));
    peers.push_back(named(static_cast<std::uint64_t>(100 + i), port(i + 1)));
  }

  prune_with(peers);
  EXPECT_EQ(dials(), 8u);
  EXPECT_EQ(lab.host(victim).state_size().exchanged, 16u);
  lab.run(5s);
  EXPECT_EQ(dials(), 16u);
  lab.run(10s);
  EXPECT_EQ(lab.host(victim).state_size().exchanged, 0u);
}

TEST_F(Poisoned, LeavesAPeerAloneThatWasNotReachedLately) {
  begin(exchanging());
  const auto nobody = named(100, port(1));

  prune_with({nobody});
  prune_with({nobody});
  EXPECT_EQ(dials(), 2u);  // a second has gone by
  prune_with({nobody});
  EXPECT_EQ(dials(), 2u);
  EXPECT_TRUE(refused("not reached lately"));
  prune_with({nobody});
  EXPECT_EQ(dials(), 3u);
}

TEST_F(Poisoned, DialsNoNamesAndNoAddressThatTheFilterRefuses) {
  begin(config_with([](Config& config, gossipsub::Config& gossip, session::Config&) {
    gossip.peer_exchange = true;
    config.px_filter = [](const PeerId&, const Multiaddr& address) { return address != port(2); };
  }));

  prune_with({named(100, parse("/dns4/example.com/tcp/1")), named(101, port(2)),
              named(102, port(3)), named(103, parse("/dnsaddr/example.com"))});

  ASSERT_EQ(dials(), 1u);
  EXPECT_EQ(lab.last<Dial>(victim)->address, port(3));
  EXPECT_TRUE(lab.all<Resolve>(victim).empty());
  EXPECT_TRUE(refused("no address that may be dialled"));
}

TEST(PeerExchange, PassesNoRecordOnThatHasOnlyAddressesTheFilterRefuses) {
  Lab lab;
  const auto hub =
      lab.add(config_with([](Config& config, gossipsub::Config& gossip, session::Config&) {
        gossip.peer_exchange = true;
        gossip.d = gossip.d_low = gossip.d_high = gossip.d_score = gossip.d_out = 0;
        config.px_filter = [](const PeerId&, const Multiaddr&) { return false; };
      }));
  const auto first = lab.add(exchanging());
  const auto second = lab.add(exchanging());
  lab.host(hub).join("t", lab.now());
  for (const auto leaf : {first, second}) {
    lab.host(leaf).set_listen_addresses({Lab::address(leaf)}, lab.now());
    lab.host(leaf).join("t", lab.now());
    lab.connect(leaf, hub);
    lab.run(2s);
  }

  EXPECT_EQ(lab.host(second).peers().size(), 1u);
}

TEST(DialBackoffs, DoubleUpToAMostAndAreBounded) {
  Config config;
  config.px_backoffs_max = 2;
  config.dial_backoff_max = 4s;
  Rng rng{seed_of(1)};
  DialBackoffs backoffs{config, PeerIdHash{base::KeyedHash{rng}}};
  const auto a = key_of(1).peer_id();
  TimePoint now{1s};

  EXPECT_FALSE(backoffs.holds(a, now));
  for (const Duration wait : {1s, 2s, 4s, 4s}) {
    backoffs.fail(a, now, rng);
    EXPECT_TRUE(backoffs.holds(a, now + wait - 1us));
    EXPECT_FALSE(backoffs.holds(a, now + wait + wait / 4));
    now += wait + wait / 4;
  }
  now += 20s;
  backoffs.fail(a, now, rng);
  EXPECT_FALSE(backoffs.holds(a, now + 1250ms));
  backoffs.succeed(a);
  EXPECT_FALSE(backoffs.holds(a, now));

  for (std::uint64_t i = 0; i < 5; ++i) {
    backoffs.fail(key_of(10 + i).peer_id(), now + i * 1s, rng);
    EXPECT_LE(backoffs.size(), 2u);
  }
  EXPECT_TRUE(backoffs.holds(key_of(14).peer_id(), now + 4s));
}

}  // namespace
}  // namespace grapevine::host
