// SPDX-License-Identifier: Apache-2.0
#include "store/blocked_file.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cerrno>
#include <string>

#include "unit/store/directory.hpp"

namespace grapevine::store {
namespace {

PeerId peer(std::uint8_t number) {
  const std::array<std::uint8_t, 34> hash{0x12, 0x20, number};
  return *PeerId::from_bytes(hash);
}

TEST(BlockedFile, KeepsPeersWithAndWithoutATime) {
  const TestDirectory directory;
  const std::vector<Blocked> blocked{{peer(1)}, {peer(2), 1'790'000'000'000}};

  EXPECT_TRUE(load_blocked(directory / "blocked")->empty());
  ASSERT_TRUE(save_blocked(directory / "blocked", blocked));

  EXPECT_EQ(load_blocked(directory / "blocked"), blocked);
}

TEST(BlockedFile, ThatCannotBeReadIsAnErrorAndNoEmptyList) {
  const TestDirectory directory;
  const auto name = peer(1).to_string();

  for (const auto& text : {std::string{"x"}, name + " -", name + "\n", name + " soon\n",
                           name + " 5\nnobody -\n", name + " 99999999999999999999\n"}) {
    EXPECT_FALSE(parse_blocked(text)) << text;
  }
  write_text(directory / "blocked", "x");
  EXPECT_EQ(load_blocked(directory / "blocked").error().code, ErrorCode::bad_content);
}

TEST(BlockedFile, IsTheOldOrTheNewListWhateverFails_F11) {
  for (const auto step : {Step::open_temporary, Step::write, Step::sync, Step::publish}) {
    const TestDirectory directory;
    ASSERT_TRUE(save_blocked(directory / "blocked", std::vector<Blocked>{{peer(1)}}));

    EXPECT_FALSE(save_blocked(directory / "blocked", std::vector<Blocked>{{peer(2)}},
                              [=](Step at) { return at == step ? ENOSPC : 0; }));

    EXPECT_EQ(load_blocked(directory / "blocked"), (std::vector<Blocked>{{peer(1)}}));
  }
}

}  // namespace
}  // namespace grapevine::store
