// SPDX-License-Identifier: Apache-2.0
#include "node/remembered.hpp"

#include <gtest/gtest.h>

#include "unit/store/directory.hpp"

namespace grapevine::node {
namespace {

using namespace std::chrono_literals;

Peer peer(std::uint8_t number) {
  const std::array<std::uint8_t, 34> hash{0x12, 0x20, number};
  return *Peer::from_bytes(hash);
}

/// A node's start with a data directory of its own.
struct Start {
  store::TestDirectory directory;
  Identity identity = [this] {
    Identity made;
    made.directory.emplace(*store::DataDirectory::open(directory / "data"));
    return made;
  }();
};

TEST(Remembered, BlockedPeersAreThereAfterARestartForTheTimeThatIsLeft) {
  Start start;
  NodeConfig first;
  ASSERT_TRUE(apply_remembered(start.identity, false, first));
  EXPECT_TRUE(first.blocked.empty());

  first.on_blocked({{peer(1)}, {peer(2), 1h}, {peer(3), 0ms}});
  NodeConfig second;
  ASSERT_TRUE(apply_remembered(start.identity, false, second));

  ASSERT_EQ(second.blocked.size(), 2u);
  EXPECT_EQ(second.blocked[0].peer, peer(1));
  EXPECT_FALSE(second.blocked[0].left);
  EXPECT_EQ(second.blocked[1].peer, peer(2));
  EXPECT_LE(second.blocked[1].left, 1h);
  EXPECT_GT(second.blocked[1].left, 50min);
  EXPECT_FALSE(second.sequence_check);
}

TEST(Remembered, AListOfBlockedPeersThatCannotBeReadStopsTheStart) {
  Start start;
  store::write_text(start.identity.directory->blocked_path(), "everybody");
  NodeConfig config;

  EXPECT_FALSE(apply_remembered(start.identity, false, config));
}

TEST(Remembered, NumbersOfAuthorsAreThereAfterARestart_V43) {
  Start start;
  NodeConfig first;
  {
    const auto kept = apply_remembered(start.identity, true, first);
    ASSERT_TRUE(kept);
    ASSERT_TRUE(first.sequence_check);
    first.sequence_check->raised({{peer(1), 7}});
  }
  NodeConfig second;

  const auto kept = apply_remembered(start.identity, true, second);

  ASSERT_TRUE(kept);
  ASSERT_EQ(second.sequence_check->known.size(), 1u);
  EXPECT_EQ(second.sequence_check->known[0].author, peer(1));
  EXPECT_EQ(second.sequence_check->known[0].seqno, 7u);
}

TEST(Remembered, WithoutADirectoryNothingIsKept) {
  NodeConfig config;

  ASSERT_TRUE(apply_remembered(Identity{}, true, config));

  EXPECT_FALSE(config.on_blocked);
  EXPECT_TRUE(config.sequence_check);
  EXPECT_FALSE(config.sequence_check->raised);
}

}  // namespace
}  // namespace grapevine::node
