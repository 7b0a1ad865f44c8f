// SPDX-License-Identifier: Apache-2.0
#include "store/author_marks.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "identity/keys.hpp"
#include "unit/store/directory.hpp"

namespace grapevine::store {
namespace {

PeerId author(std::uint32_t number) {
  std::array<std::uint8_t, 34> hash{0x12, 0x20, static_cast<std::uint8_t>(number),
                                    static_cast<std::uint8_t>(number >> 8)};
  return *PeerId::from_bytes(hash);
}

using Numbers = std::vector<AuthorNumber>;

TEST(AuthorMarks, OfAnEarlierRunAreThere_V43) {
  const TestDirectory directory;
  {
    auto marks = AuthorMarks::open(directory / "authors", 10);
    ASSERT_TRUE(marks);
    EXPECT_TRUE(marks->loaded().empty());
    ASSERT_TRUE(marks->append(Numbers{{author(1), 5}, {author(2), 7}}));
    ASSERT_TRUE(marks->append(Numbers{{author(1), 6}}));
  }

  const auto again = AuthorMarks::open(directory / "authors", 10);

  ASSERT_TRUE(again);
  EXPECT_EQ(again->loaded(), (Numbers{{author(2), 7}, {author(1), 6}}));
}

TEST(AuthorMarks, NeverFallWhateverTheOrderOfTheirLines) {
  const auto name = author(1).to_string();

  EXPECT_EQ(parse_author_numbers(name + " 9\n" + name + " 3\n"), (Numbers{{author(1), 9}}));
}

TEST(AuthorMarks, PassOverALineThatACrashCutOffAndGoOnBehindIt) {
  const TestDirectory directory;
  write_text(directory / "authors", author(1).to_string() + " 5\n" + author(2).to_string() + " 1");
  {
    auto marks = AuthorMarks::open(directory / "authors", 10);
    ASSERT_TRUE(marks);
    EXPECT_EQ(marks->loaded(), (Numbers{{author(1), 5}}));
    ASSERT_TRUE(marks->append(Numbers{{author(3), 7}}));
  }

  // The line cut off is whole by then, with the number that was written: lower, never higher.
  EXPECT_EQ(AuthorMarks::open(directory / "authors", 10)->loaded(),
            (Numbers{{author(1), 5}, {author(2), 1}, {author(3), 7}}));
}

TEST(AuthorMarks, AreWrittenAnewWhenTheFileHasGrownLong) {
  const TestDirectory directory;
  auto marks = AuthorMarks::open(directory / "authors", 2);
  ASSERT_TRUE(marks);

  std::uintmax_t largest = 0;
  for (std::uint64_t i = 1; i <= 3000; i += 30) {
    Numbers rising;
    for (auto k = i; k < i + 30; ++k)
      rising.push_back({author(static_cast<std::uint32_t>(k % 3)), k});
    ASSERT_TRUE(marks->append(rising));
    largest = std::max(largest, std::filesystem::file_size(directory / "authors"));
  }

  EXPECT_LE(largest, 65u * 1024);
  EXPECT_EQ(directory.files(), 1u);
  const auto again = AuthorMarks::open(directory / "authors", 2);
  EXPECT_EQ(again->loaded(), (Numbers{{author(2), 2999}, {author(0), 3000}}));
}

TEST(AuthorMarks, AFailedAppendIsSaidAndTheNextIsReadable_F11) {
  const TestDirectory directory;
  bool full = true;
  auto marks = AuthorMarks::open(directory / "authors", 10, [&](Step step) {
    return full && step == Step::write ? ENOSPC : 0;
  });
  ASSERT_TRUE(marks);

  EXPECT_FALSE(marks->append(Numbers{{author(1), 5}}));
  full = false;
  ASSERT_TRUE(marks->append(Numbers{{author(1), 6}}));

  EXPECT_EQ(AuthorMarks::open(directory / "authors", 10)->loaded(), (Numbers{{author(1), 6}}));
}

TEST(AuthorMarks, InAFileOfAnotherKindAreRefused) {
  const TestDirectory directory;
  write_text(directory / "authors", "something else\n");

  const auto marks = AuthorMarks::open(directory / "authors", 10);

  ASSERT_FALSE(marks);
  EXPECT_EQ(marks.error().code, ErrorCode::bad_content);
  EXPECT_EQ(read_text(directory / "authors"), "something else\n");
}

}  // namespace
}  // namespace grapevine::store
