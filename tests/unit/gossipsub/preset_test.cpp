// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "core/gossipsub/preset.hpp"
#include "core/gossipsub/router.hpp"
#include "identity/keys.hpp"

namespace grapevine::gossipsub {
namespace {

using namespace std::chrono_literals;

class Presets : public testing::TestWithParam<const char*> {};
TEST_P(Presets, AreConfigurationsThatARouterTakes) {
  const auto known = preset(GetParam());
  ASSERT_TRUE(known);

  EXPECT_TRUE(check(known->config));
  EXPECT_TRUE(known->config.message_id);
  EXPECT_TRUE(pubsub::ids::by_name(known->message_id));
  const auto key = KeyPair::from_ed25519_seed({});
  EXPECT_TRUE(Router::create(key.peer_id(), std::make_shared<const Config>(known->config),
                             Rng{Rng::Seed{}}, TimePoint{1s}));
}
INSTANTIATE_TEST_SUITE_P(All, Presets, testing::Values("go", "rust", "js", "nim", "jvm", "eth2"));

TEST(Preset, OfAnotherNameIsNone) {
  EXPECT_FALSE(preset("cpp"));
  EXPECT_FALSE(preset(""));
}

/// The figures of the implementations, as their sources have them.
TEST(Preset, HasTheIdsSizesAndDegreesOfTheImplementation) {
  struct Expected {
    const char* name;
    std::string_view id;
    std::size_t size, d, d_low, d_high, d_out;
    bool flood_publish;
  };
  constexpr std::size_t mib = 1024 * 1024;
  for (const auto& expected : {Expected{"go", "from_seqno", mib, 6, 5, 12, 2, false},
                               {"rust", "rust", 64 * 1024, 6, 5, 12, 2, true},
                               {"js", "js", 4 * mib, 6, 4, 12, 2, true},
                               {"nim", "nim", mib, 6, 4, 12, 3, true},
                               {"jvm", "from_seqno", mib, 6, 4, 12, 3, false},
                               {"eth2", "eth2", 12'234'442, 8, 6, 12, 2, false}}) {
    const auto known = *preset(expected.name);
    const auto& config = known.config;
    EXPECT_EQ(known.message_id, expected.id);
    EXPECT_EQ(config.message_size_max, expected.size) << expected.name;
    EXPECT_EQ(config.d, expected.d) << expected.name;
    EXPECT_EQ(config.d_low, expected.d_low) << expected.name;
    EXPECT_EQ(config.d_high, expected.d_high) << expected.name;
    EXPECT_EQ(config.d_out, expected.d_out) << expected.name;
    EXPECT_EQ(config.flood_publish, expected.flood_publish) << expected.name;
  }
  EXPECT_EQ(preset("rust")->config.seen.ttl, 60s);
  EXPECT_EQ(preset("eth2")->config.seen.ttl, 768s);
  EXPECT_EQ(preset("eth2")->config.heartbeat_interval, 700ms);
  EXPECT_EQ(preset("eth2")->config.signature_policy, pubsub::SignaturePolicy::strict_no_sign);
}

}  // namespace
}  // namespace grapevine::gossipsub
