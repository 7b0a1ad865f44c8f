// SPDX-License-Identifier: Apache-2.0
#include "store/file.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cerrno>

#include "unit/store/directory.hpp"

namespace grapevine::store {
namespace {

constexpr Step steps[] = {Step::open_temporary, Step::write, Step::sync, Step::publish,
                          Step::sync_directory};

StepProbe fail_at(Step wanted, int number) {
  return [=](Step step) { return step == wanted ? number : 0; };
}

StepProbe die_at(Step wanted) {
  return [=](Step step) {
    if (step == wanted) ::_exit(9);
    return 0;
  };
}

TEST(WriteFile, MakesANewFileWithItsModeWhateverTheUmask) {
  const TestDirectory directory;
  const auto old = ::umask(0377);

  const auto written = write_file(directory / "a", as_bytes("content"));

  ::umask(old);
  ASSERT_TRUE(written);
  struct stat found{};
  ASSERT_EQ(::stat((directory / "a").c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777, 0600u);
  EXPECT_EQ(read_text(directory / "a"), "content");
  EXPECT_EQ(directory.files(), 1u);
}

TEST(WriteFile, LeavesAnExistingFileAloneUnlessToldToReplaceIt) {
  const TestDirectory directory;
  write_text(directory / "a", "old");

  const auto refused = write_file(directory / "a", as_bytes("new"));

  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::exists);
  EXPECT_EQ(read_text(directory / "a"), "old");
  EXPECT_TRUE(write_file(directory / "a", as_bytes("new"), {.replace = true}));
  EXPECT_EQ(read_text(directory / "a"), "new");
  EXPECT_EQ(directory.files(), 1u);
}

TEST(WriteFile, DoesNotReplaceThroughASymbolicLinkEither) {
  const TestDirectory directory;
  std::filesystem::create_symlink("nowhere", directory / "a");

  const auto refused = write_file(directory / "a", as_bytes("new"));

  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::exists);
  EXPECT_FALSE(std::filesystem::exists(directory / "nowhere"));
}

TEST(WriteFile, F11_AFullDiskAtAnyStepLeavesTheOldContentOrTheNewAndNoRubbish) {
  for (const auto step : steps) {
    const TestDirectory directory;
    write_text(directory / "a", "old");

    const auto written = write_file(directory / "a", as_bytes("new"),
                                    {.replace = true, .probe = fail_at(step, ENOSPC)});

    ASSERT_FALSE(written);
    EXPECT_EQ(written.error().code, ErrorCode::io);
    EXPECT_NE(written.error().detail.find("No space left"), std::string::npos);
    EXPECT_EQ(read_text(directory / "a"), step == Step::sync_directory ? "new" : "old");
    EXPECT_EQ(directory.files(), 1u);
  }
}

TEST(WriteFile, F13_DeathAtAnyStepLeavesTheOldContentOrTheNew) {
  for (const auto step : steps) {
    const TestDirectory directory;
    write_text(directory / "a", "old");

    const auto code = in_child([&] {
      (void)write_file(directory / "a", as_bytes("new"), {.replace = true, .probe = die_at(step)});
    });

    EXPECT_EQ(code, 9);
    EXPECT_EQ(read_text(directory / "a"), step == Step::sync_directory ? "new" : "old");
    EXPECT_TRUE(write_file(directory / "a", as_bytes("later"), {.replace = true}));
    EXPECT_EQ(read_text(directory / "a"), "later");
  }
}

TEST(WriteFile, F13_SyncsTheContentBeforeTheNameAndTheDirectoryAfterIt) {
  const TestDirectory directory;
  std::vector<Step> seen;

  ASSERT_TRUE(write_file(directory / "a", as_bytes("x"), {.probe = [&](Step step) {
                           seen.push_back(step);
                           return 0;
                         }}));

  EXPECT_EQ(seen, std::vector<Step>(std::begin(steps), std::end(steps)));
}

TEST(ReadFile, RefusesWhatIsNoRegularFile) {
  const TestDirectory directory;
  write_text(directory / "file", "x");
  std::filesystem::create_symlink("file", directory / "link");
  std::filesystem::create_directory(directory / "folder");
  ASSERT_EQ(::mkfifo((directory / "fifo").c_str(), 0600), 0);

  for (const auto* name : {"link", "folder", "fifo"}) {
    const auto content = read_file(directory / name);
    ASSERT_FALSE(content) << name;
    EXPECT_EQ(content.error().code, ErrorCode::not_a_file) << name;
  }
  EXPECT_EQ(read_file(directory / "none").error().code, ErrorCode::missing);
}

TEST(ReadFile, TakesItsLargestSizeAndNotAByteMore) {
  const TestDirectory directory;
  write_text(directory / "a", "1234");

  EXPECT_TRUE(read_file(directory / "a", {.size_max = 4}));
  EXPECT_EQ(read_file(directory / "a", {.size_max = 3}).error().code, ErrorCode::bad_content);
}

TEST(MakeDirectories, MakesThemForTheOwnerAloneAndRefusesAFileInTheWay) {
  const TestDirectory directory;
  write_text(directory / "file", "x");

  ASSERT_TRUE(make_directories(directory / "a/b"));

  struct stat found{};
  ASSERT_EQ(::stat((directory / "a/b").c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777, 0700u);
  EXPECT_TRUE(make_directories(directory / "a/b"));
  EXPECT_FALSE(make_directories(directory / "file"));
  EXPECT_FALSE(make_directories(directory / "file/b"));
}

}  // namespace
}  // namespace grapevine::store
