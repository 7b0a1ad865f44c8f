// SPDX-License-Identifier: Apache-2.0
#include "node/output.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <thread>

#include "node/escape.hpp"

namespace grapevine::node {
namespace {

Message message(std::string_view text) {
  Message made;
  made.data = Payload{nullptr, {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}};
  return made;
}

std::string read_some(int descriptor) {
  std::array<char, 4096> space{};
  const auto got = ::read(descriptor, space.data(), space.size());
  return {space.data(), got > 0 ? static_cast<std::size_t>(got) : 0};
}

TEST(Output, IsRawInAPipe) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe(ends.data()), 0);
  Output output{ends[1], [] {}};

  output.line("peer connected!");
  output.messages({message(std::string_view{"a\x1b[2J\0\xff", 7}), message("")});

  output.finish();
  EXPECT_EQ(read_some(ends[0]), (std::string{"peer connected!\na\x1b[2J\0\xff\n\n", 25}));
  ::close(ends[0]);
  ::close(ends[1]);
}

TEST(Output, IsEscapedOnATerminal) {
  const int terminal = ::posix_openpt(O_RDWR | O_NOCTTY);
  ASSERT_GE(terminal, 0);
  ASSERT_EQ(::grantpt(terminal) | ::unlockpt(terminal), 0);
  const int screen = ::open(::ptsname(terminal), O_RDWR | O_NOCTTY);
  ASSERT_GE(screen, 0);
  Output output{screen, [] {}};

  output.messages({message("a\x1b[2J\nb")});

  output.finish();
  EXPECT_EQ(read_some(terminal), "a\\x1b[2J\\nb\r\n");
  ::close(screen);
  ::close(terminal);
}

TEST(Output, SaysOnceThatNobodyReadsAnyMore) {
  ::signal(SIGPIPE, SIG_IGN);
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe(ends.data()), 0);
  int closed = 0;
  Output output{ends[1], [&] { ++closed; }};
  ::close(ends[0]);

  output.line("a");
  output.messages({message(std::string(2 * Output::held_max, 'b'))});
  output.messages({message("c")});
  output.line("d");

  output.finish();
  EXPECT_EQ(closed, 1);
  ::close(ends[1]);
}

TEST(Output, F34_AReaderWhoDoesNotReadHoldsNobodyUp) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe(ends.data()), 0);
  Output output{ends[1], [] {}};
  const std::string line(Output::held_max / 4, 'x');

  for (int i = 0; i < 20; ++i) output.line(line);  // far more than the pipe and the bound take

  const auto lost = output.lost();
  EXPECT_GE(lost, 20u - 2 * 5);
  std::thread finishing{[&] { output.finish(); }};
  std::size_t read = 0;
  while (read < (20 - lost) * (line.size() + 1)) read += read_some(ends[0]).size();
  finishing.join();
  EXPECT_EQ(read, (20 - lost) * (line.size() + 1)) << "whole lines or none";
  ::close(ends[0]);
  ::close(ends[1]);
}

TEST(EscapeForTerminal, LeavesTextOfAllLanguagesAlone) {
  EXPECT_EQ(escape_for_terminal("hello\tkatty, 你好, مرحبا, 😀"), "hello\tkatty, 你好, مرحبا, 😀");
}

TEST(EscapeForTerminal, LeavesNoByteThatDrivesTheTerminal) {
  EXPECT_EQ(escape_for_terminal("\x1b]0;x\x07"), "\\x1b]0;x\\x07");
  EXPECT_EQ(escape_for_terminal("a\r\nb"), "a\\x0d\\nb");
  EXPECT_EQ(escape_for_terminal("\xc2\x9b"
                                "2J"),
            "\\xc2\\x9b2J")
      << "C1, in UTF-8";
  EXPECT_EQ(escape_for_terminal("\x9b"
                                "2J"),
            "\\x9b2J")
      << "C1, as one byte";
  EXPECT_EQ(escape_for_terminal("\x7f"), "\\x7f");
  EXPECT_EQ(escape_for_terminal("\u202e\u2066\u200f\u2028"),
            "\\xe2\\x80\\xae\\xe2\\x81\\xa6\\xe2\\x80\\x8f\\xe2\\x80\\xa8");
  EXPECT_EQ(escape_for_terminal("a\u061cb"), "a\\xd8\\x9cb") << "it turns the direction too";
  EXPECT_EQ(escape_for_terminal("\xe2\x80"), "\\xe2\\x80") << "cut short";
}

TEST(EscapeForTerminal, HoldsForEveryByte) {
  for (int byte = 0; byte < 256; ++byte) {
    const std::string text = escape_for_terminal(std::string{static_cast<char>(byte)});
    for (const char letter : text) {
      EXPECT_TRUE((letter >= 0x20 && letter < 0x7f) || letter == '\t') << byte;
    }
  }
}

}  // namespace
}  // namespace grapevine::node
