// SPDX-License-Identifier: Apache-2.0
#include "store/sequence_file.hpp"

#include <gtest/gtest.h>

#include <cerrno>

#include "store/data_directory.hpp"
#include "unit/store/directory.hpp"

namespace grapevine::store {
namespace {

constexpr std::uint64_t noon = 1'790'000'000'000'000'000;

TEST(SequenceFile, StartsAtTheWallClockWhenItIsNew) {
  const TestDirectory directory;

  const auto numbers = SequenceFile::open(directory / "seqno");

  ASSERT_TRUE(numbers);
  EXPECT_EQ(numbers->start(noon), noon);
}

TEST(SequenceFile, V44_GrowsAcrossRestartsWithTheClockSetBack) {
  const TestDirectory directory;
  ASSERT_TRUE(SequenceFile::open(directory / "seqno")->reserve(noon + 4096));

  const auto restarted = SequenceFile::open(directory / "seqno");

  ASSERT_TRUE(restarted);
  EXPECT_EQ(restarted->start(0), noon + 4096);
  EXPECT_EQ(restarted->start(noon - 3'600'000'000'000), noon + 4096);
  EXPECT_EQ(restarted->start(noon + 4097), noon + 4097);
}

TEST(SequenceFile, NeverLowersItsMark) {
  const TestDirectory directory;
  auto numbers = SequenceFile::open(directory / "seqno");

  ASSERT_TRUE(numbers->reserve(200));
  ASSERT_TRUE(numbers->reserve(100));

  EXPECT_EQ(numbers->mark(), 200u);
  EXPECT_EQ(read_text(directory / "seqno"), "200\n");
}

TEST(SequenceFile, F10_DeathAtAnyStepNeverGivesANumberTwice) {
  for (const auto step :
       {Step::open_temporary, Step::write, Step::sync, Step::publish, Step::sync_directory}) {
    const TestDirectory directory;
    ASSERT_TRUE(SequenceFile::open(directory / "seqno")->reserve(1000));

    const auto code = in_child([&] {
      const auto numbers = SequenceFile::open(directory / "seqno", [=](Step at) {
        if (at == step) ::_exit(9);
        return 0;
      });
      // Numbers up to 2000 are used only once this returned.
      (void)const_cast<SequenceFile&>(*numbers).reserve(2000);
    });

    EXPECT_EQ(code, 9);
    const auto next = SequenceFile::open(directory / "seqno")->start(0);
    EXPECT_EQ(next, step == Step::sync_directory ? 2000u : 1000u);
  }
}

TEST(SequenceFile, F11_AFailedReservationKeepsTheMarkAndIsSaid) {
  const TestDirectory directory;
  bool full = true;
  auto numbers = SequenceFile::open(directory / "seqno", [&](Step) { return full ? ENOSPC : 0; });

  const auto refused = numbers->reserve(1000);

  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::io);
  EXPECT_EQ(numbers->mark(), 0u);
  full = false;
  EXPECT_TRUE(numbers->reserve(1000));
}

TEST(SequenceFile, RefusesForeignContent) {
  const TestDirectory directory;
  for (const auto* content : {"", "\n", "12", "12 \n", "-1\n", "abc\n", "18446744073709551615\n",
                              "99999999999999999999\n", "1\n2\n"}) {
    write_text(directory / "seqno", content);
    const auto numbers = SequenceFile::open(directory / "seqno");
    ASSERT_FALSE(numbers) << content;
    EXPECT_EQ(numbers.error().code, ErrorCode::bad_content) << content;
    EXPECT_EQ(read_text(directory / "seqno"), content);
  }
}

TEST(DataDirectory, IsHeldByOneAtATimeAndFreeAgainAfterwards) {
  const TestDirectory directory;
  {
    const auto first = DataDirectory::open(directory / "data");
    ASSERT_TRUE(first);

    const auto second = DataDirectory::open(directory / "data");

    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, ErrorCode::locked);
  }
  EXPECT_TRUE(DataDirectory::open(directory / "data"));
}

TEST(DataDirectory, ALockGoesWithTheProcessHoweverItEnds) {
  const TestDirectory directory;
  EXPECT_EQ(in_child([&] {
              const auto held = DataDirectory::open(directory / "data");
              ::_exit(held ? 9 : 1);
            }),
            9);
  EXPECT_TRUE(DataDirectory::open(directory / "data"));
}

TEST(DataDirectory, RemovesWhatAKilledPredecessorWasWriting) {
  const TestDirectory directory;
  std::filesystem::create_directory(directory / "data");
  write_text(directory / "data/.seqno.123.new", "1");

  const auto data = DataDirectory::open(directory / "data");

  ASSERT_TRUE(data);
  EXPECT_FALSE(std::filesystem::exists(directory / "data/.seqno.123.new"));
  EXPECT_EQ(data->key_path(), directory / "data/key");
}

TEST(DataPath, FollowsTheBaseDirectorySpecification) {
  EXPECT_EQ(data_path({"/data", "/users/me"}, "a").value(), "/data/grapevine/a");
  EXPECT_EQ(data_path({"", "/users/me"}, "a").value(), "/users/me/.local/share/grapevine/a");
  EXPECT_EQ(data_path({"relative", "/users/me"}, "a").value(),
            "/users/me/.local/share/grapevine/a");
  EXPECT_EQ(data_path({"", ""}, "a").error().code, ErrorCode::missing);
}

}  // namespace
}  // namespace grapevine::store
