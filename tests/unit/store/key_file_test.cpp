// SPDX-License-Identifier: Apache-2.0
#include "store/key_file.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cerrno>

#include "unit/store/directory.hpp"

namespace grapevine::store {
namespace {

Rng rng() { return Rng{Rng::Seed{7}}; }

void expect_refused(const std::filesystem::path& path, ErrorCode code) {
  auto chance = rng();
  const auto key = load_or_create_key(path, chance);
  ASSERT_FALSE(key) << path;
  EXPECT_EQ(name(key.error().code), name(code)) << path;
  EXPECT_NE(key.error().detail.find(path.string()), std::string::npos) << key.error().detail;
}

TEST(KeyFile, IsMadeOnceAndReadAgainWithItsMode) {
  const TestDirectory directory;
  auto chance = rng();

  const auto made = load_or_create_key(directory / "key", chance);
  const auto again = load_or_create_key(directory / "key", chance);

  ASSERT_TRUE(made);
  ASSERT_TRUE(again);
  EXPECT_EQ(made->peer_id(), again->peer_id());
  struct stat found{};
  ASSERT_EQ(::stat((directory / "key").c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777, 0600u);
}

TEST(KeyFile, HoldsTheProtobufOfThePeerIdsSpec) {
  const TestDirectory directory;
  const auto key = KeyPair::from_ed25519_seed({1, 2, 3});

  ASSERT_TRUE(create_key(directory / "key", key));

  const auto content = read_text(directory / "key");
  ASSERT_EQ(content.size(), 68u);  // type 1, then 64 bytes: the seed and the public key
  EXPECT_EQ(content.substr(0, 7), std::string_view("\x08\x01\x12\x40\x01\x02\x03", 7));
  EXPECT_EQ(load_key(directory / "key")->peer_id(), key.peer_id());
}

TEST(KeyFile, F12_RefusesEveryForeignThingAndLeavesItAsItIs) {
  const TestDirectory directory;
  write_text(directory / "empty", "");
  write_text(directory / "foreign", "-----BEGIN PRIVATE KEY-----\n");
  write_text(directory / "long", std::string(KeyPair::encoded_size_max + 1, 'x'));
  std::filesystem::create_directory(directory / "folder");
  ASSERT_TRUE(create_key(directory / "good", KeyPair::from_ed25519_seed({5})));
  std::filesystem::create_symlink("good", directory / "link");
  std::filesystem::create_symlink("nowhere", directory / "dangling");
  write_text(directory / "truncated", read_text(directory / "good").substr(0, 40));

  expect_refused(directory / "empty", ErrorCode::empty);
  expect_refused(directory / "foreign", ErrorCode::bad_content);
  expect_refused(directory / "long", ErrorCode::bad_content);
  expect_refused(directory / "truncated", ErrorCode::bad_content);
  expect_refused(directory / "folder", ErrorCode::not_a_file);
  expect_refused(directory / "link", ErrorCode::not_a_file);
  expect_refused(directory / "dangling", ErrorCode::not_a_file);
  EXPECT_EQ(read_text(directory / "empty"), "");
  EXPECT_EQ(read_text(directory / "foreign"), "-----BEGIN PRIVATE KEY-----\n");
  EXPECT_FALSE(std::filesystem::exists(directory / "nowhere"));
}

TEST(KeyFile, F12_RefusesEveryModeThatOthersCouldUseOrItsOwnerCouldNotRead) {
  const TestDirectory directory;
  ASSERT_TRUE(create_key(directory / "key", KeyPair::from_ed25519_seed({5})));
  const auto content = read_text(directory / "key");

  for (const auto mode : {0640, 0604, 0660, 0644, 0777, 0601, 0200, 0000}) {
    std::filesystem::permissions(directory / "key", static_cast<std::filesystem::perms>(mode));
    const auto key = load_key(directory / "key");
    ASSERT_FALSE(key) << mode;
    EXPECT_TRUE(key.error().code == ErrorCode::wrong_mode || key.error().code == ErrorCode::io);
  }
  for (const auto mode : {0600, 0400}) {
    std::filesystem::permissions(directory / "key", static_cast<std::filesystem::perms>(mode));
    EXPECT_TRUE(load_key(directory / "key")) << mode;
  }
  EXPECT_EQ(read_text(directory / "key"), content);
}

TEST(KeyFile, F11_AFullDiskGivesNoKeyAndNoFile) {
  for (const auto step : {Step::open_temporary, Step::write, Step::sync, Step::publish}) {
    const TestDirectory directory;
    auto chance = rng();

    const auto key = load_or_create_key(directory / "key", chance,
                                        [=](Step at) { return at == step ? ENOSPC : 0; });

    ASSERT_FALSE(key);
    EXPECT_EQ(key.error().code, ErrorCode::io);
    EXPECT_EQ(directory.files(), 0u);
  }
}

TEST(KeyFile, F10_DeathAtAnyStepLeavesAWholeKeyOrNone) {
  for (const auto step :
       {Step::open_temporary, Step::write, Step::sync, Step::publish, Step::sync_directory}) {
    const TestDirectory directory;

    const auto code = in_child([&] {
      auto chance = rng();
      (void)load_or_create_key(directory / "key", chance, [=](Step at) {
        if (at == step) ::_exit(9);
        return 0;
      });
    });

    EXPECT_EQ(code, 9);
    EXPECT_EQ(std::filesystem::exists(directory / "key"), step == Step::sync_directory);
    auto chance = rng();
    const auto key = load_or_create_key(directory / "key", chance);
    ASSERT_TRUE(key);
    EXPECT_EQ(load_key(directory / "key")->peer_id(), key->peer_id());
  }
}

TEST(KeyFile, TheSecondOfTwoThatStartAtOnceTakesTheKeyOfTheFirst) {
  const TestDirectory directory;
  const auto first = KeyPair::from_ed25519_seed({1});
  auto chance = rng();

  const auto second = load_or_create_key(directory / "key", chance, [&](Step step) {
    return step == Step::publish && !create_key(directory / "key", first) ? EIO : 0;
  });

  ASSERT_TRUE(second);
  EXPECT_EQ(second->peer_id(), first.peer_id());
}

}  // namespace
}  // namespace grapevine::store
