// SPDX-License-Identifier: Apache-2.0
#include "node/identity.hpp"

#include <gtest/gtest.h>

#include "unit/store/directory.hpp"

namespace grapevine::node {
namespace {

constexpr std::uint64_t noon = 1'790'000'000'000'000'000;
constexpr const char* demo_two = "12D3KooWB1b3qZxWJanuhtseF3DmPggHCtG36KZ9ixkqHtdKH9fh";

/// A home of its own and starts from it.
struct Home {
  store::TestDirectory directory;
  std::string path = directory.path().string();
  int started = 0;

  store::Stored<Identity> start(const RunOptions& options = {}) {
    Rng rng{Rng::Seed{static_cast<std::uint8_t>(++started)}};
    return make_identity(options, {{"", path}, noon}, rng);
  }
  std::filesystem::path data(std::string_view name) const {
    return directory.path() / ".local/share/grapevine" / name;
  }
};

std::uint64_t first_number(Identity identity, std::uint64_t clock) {
  NodeConfig config;
  apply_identity(identity, clock, config);
  EXPECT_TRUE(config.reserve_seqno(config.first_seqno + 1000));
  return config.first_seqno;
}

TEST(Identity, WithoutFlagsIsKeptInTheDataDirectory) {
  Home home;
  std::string first;
  {
    first = home.start()->peer_id;
  }

  const auto second = home.start();

  ASSERT_TRUE(second);
  EXPECT_EQ(second->peer_id, first);
  EXPECT_EQ(second->note, "");
  EXPECT_TRUE(std::filesystem::exists(home.data("default") / "key"));
}

TEST(Identity, TheSecondOfTwoNodesHasAKeyInMemoryAndSaysSo) {
  Home home;
  const auto first = home.start();

  const auto second = home.start();

  ASSERT_TRUE(first);
  ASSERT_TRUE(second);
  EXPECT_NE(second->peer_id, first->peer_id);
  EXPECT_NE(second->note.find("a key in memory"), std::string::npos) << second->note;
  EXPECT_FALSE(second->numbers);
}

TEST(Identity, DemoNumbersHaveTheDemosPeerIdsAndDirectoriesOfTheirOwn) {
  Home home;
  const auto first = home.start({.seq = 1});
  const auto second = home.start({.seq = 2});

  ASSERT_TRUE(first);
  ASSERT_TRUE(second);
  EXPECT_EQ(second->peer_id, demo_two);
  EXPECT_EQ(second->note, "");
  EXPECT_TRUE(std::filesystem::exists(home.data(demo_two)));
  EXPECT_FALSE(std::filesystem::exists(home.data(demo_two) / "key")) << "nothing secret to keep";
}

TEST(Identity, ADemoNodeNeedsNoDirectory) {
  Rng rng{Rng::Seed{1}};
  const auto identity = make_identity({.seq = 2}, {{"", ""}, noon}, rng);

  ASSERT_TRUE(identity);
  EXPECT_EQ(identity->peer_id, demo_two);
  EXPECT_NE(identity->note.find("not kept"), std::string::npos);
  EXPECT_FALSE(make_identity({}, {{"", ""}, noon}, rng)) << "a new key needs a place";
}

TEST(Identity, AKeyFileIsMadeWhenItIsMissingAndRefusedWhenItIsForeign) {
  Home home;
  RunOptions options;
  options.key_file = (home.directory / "mine").string();
  const auto made = home.start(options)->peer_id;
  EXPECT_EQ(home.start(options)->peer_id, made);
  EXPECT_TRUE(std::filesystem::exists(home.data(made) / "lock"));

  store::write_text(home.directory / "foreign", "hello");
  options.key_file = (home.directory / "foreign").string();

  const auto refused = home.start(options);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().detail.find("foreign"), std::string::npos);
  EXPECT_EQ(store::read_text(home.directory / "foreign"), "hello");
}

TEST(Identity, V44_NumbersGrowAcrossStartsWithTheClockSetBack) {
  Home home;
  for (const auto seq : {std::optional<std::int64_t>{}, std::optional<std::int64_t>{7}}) {
    RunOptions options;
    options.seq = seq;
    EXPECT_EQ(first_number(home.start(options).value(), noon), noon);
    EXPECT_EQ(first_number(home.start(options).value(), noon - 500), noon + 1000);
    EXPECT_EQ(first_number(home.start(options).value(), noon + 9000), noon + 9000);
  }
}

TEST(Identity, ANumberFileThatIsNoneIsRefused) {
  Home home;
  RunOptions options;
  options.data_directory = (home.directory / "data").string();
  std::filesystem::create_directory(home.directory / "data");
  store::write_text(home.directory / "data/seqno", "soon\n");

  EXPECT_FALSE(home.start(options));
}

TEST(Identity, F11_AFailedReservationSaysSoAndLetsTheNodeGoOn) {
  Home home;
  auto identity = home.start();
  NodeConfig config;
  apply_identity(*identity, noon, config);
  std::filesystem::remove_all(home.data("default"));

  EXPECT_TRUE(config.reserve_seqno(noon + 1));
  EXPECT_TRUE(config.reserve_seqno(noon + 2));
  EXPECT_EQ(identity->numbers->mark(), 0u);
}

}  // namespace
}  // namespace grapevine::node
