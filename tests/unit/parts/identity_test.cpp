// SPDX-License-Identifier: Apache-2.0
#include "gossipsub/identity.hpp"

#include <gtest/gtest.h>

#include "base/bytes.hpp"
#include "base/text.hpp"
#include "crypto/hash.hpp"

namespace grapevine::interop {
namespace {

TEST(Identity, OfTenThousandNodesIsWhatTheContractSays) {
  std::string all;
  for (int number = 0; number < 10'000; ++number) {
    all += ">" + std::to_string(number) + ":" + peer_of(number).to_string() + "\n";
  }

  EXPECT_EQ(base::to_hex(crypto::sha256(as_bytes(all))),
            "11395ea896d00ca25f7f648ebb336488ee092096a5498d90d76b92eaec27867a");
}

TEST(Identity, FollowsFromTheNameOfTheHost) {
  EXPECT_EQ(node_number("node0"), 0u);
  EXPECT_EQ(node_number("node4294967295"), 4294967295u);
  for (const auto* other : {"", "node", "node-1", "node1x", "host1", "node4294967296"}) {
    EXPECT_EQ(node_number(other), std::nullopt) << other;
  }
}

}  // namespace
}  // namespace grapevine::interop
