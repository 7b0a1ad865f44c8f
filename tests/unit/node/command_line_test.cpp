// SPDX-License-Identifier: Apache-2.0
#include "node/command_line.hpp"

#include <gtest/gtest.h>

namespace grapevine::node {
namespace {

using Arguments = std::vector<std::string>;

RunOptions run_options(const Arguments& arguments) {
  auto command = parse_command_line(arguments);
  EXPECT_TRUE(command) << (command ? "" : command.error().line);
  auto* options = command ? std::get_if<RunOptions>(&*command) : nullptr;
  EXPECT_NE(options, nullptr);
  return options != nullptr ? *options : RunOptions{};
}

std::string wrong(const Arguments& arguments) {
  const auto command = parse_command_line(arguments);
  EXPECT_FALSE(command) << (arguments.empty() ? "" : arguments.back());
  if (command) return {};
  EXPECT_FALSE(command.error().usage.empty());
  EXPECT_EQ(command.error().line.find('\n'), std::string::npos);
  return command.error().line;
}

TEST(CommandLine, NothingIsTheDemosDefaults) {
  const auto options = run_options({});

  EXPECT_EQ(options.http.host, "127.0.0.1");
  EXPECT_EQ(options.http.port, 8001);
  EXPECT_EQ(options.topics, Arguments{"meetme"});
  EXPECT_EQ(options.listen, Arguments{"/ip4/127.0.0.1/tcp/0"});
  EXPECT_FALSE(options.seq);
  EXPECT_EQ(options.log_level, LogLevel::info);
}

TEST(CommandLine, TakesTheDemosFlagsInEveryFormOfGo) {
  for (const auto& arguments :
       {Arguments{"-hp", "8002", "-s", "2"}, Arguments{"--hp", "8002", "--s", "2"},
        Arguments{"-hp=8002", "-s=2"}, Arguments{"--http-port=8002", "--seq", "2"},
        Arguments{"run", "-hp", "8002", "-s", "2"}, Arguments{"-http-port", "8002", "-seq", "2"}}) {
    const auto options = run_options(arguments);
    EXPECT_EQ(options.http.port, 8002);
    EXPECT_EQ(options.seq, 2);
  }
}

TEST(CommandLine, TakesATraceFileAndItsFormat) {
  EXPECT_EQ(run_options({}).trace_file, "");
  const auto json = run_options({"--trace", "events"});
  EXPECT_EQ(json.trace_file, "events");
  EXPECT_EQ(json.trace_format, TraceFormat::json);
  const auto protobuf = run_options({"--trace=events", "--trace-format=protobuf"});
  EXPECT_EQ(protobuf.trace_format, TraceFormat::protobuf);
  EXPECT_NE(wrong({"--trace-format", "xml"}).find("xml"), std::string::npos);
}

TEST(CommandLine, TheLastValueWins) {
  EXPECT_EQ(run_options({"-hp", "1", "--http-port", "2", "-hp=3"}).http.port, 3);
  EXPECT_EQ(run_options({"-s", "1", "-s", "-7"}).seq, -7);
}

TEST(CommandLine, ZeroIsANumberToo) { EXPECT_EQ(run_options({"-s", "0"}).seq, 0); }

TEST(CommandLine, CollectsTopicsAndAddresses) {
  EXPECT_EQ(run_options({"-topic", "a,b", "--topic=c"}).topics, (Arguments{"a", "b", "c"}));
  const auto options = run_options(
      {"--listen", "/ip4/1.2.3.4/tcp/1", "--listen", "/ip6/::1/tcp/2,/ip4/1.2.3.4/tcp/3"});
  EXPECT_EQ(options.listen.size(), 3u);
}

TEST(CommandLine, AFlagTakesWhateverStandsBehindItAsItsValue) {
  EXPECT_EQ(run_options({"-topic", "-hp"}).topics, Arguments{"-hp"});
  EXPECT_EQ(run_options({"-topic", "--"}).topics, Arguments{"--"});
  EXPECT_EQ(run_options({"-topic=a=b"}).topics, Arguments{"a=b"});
}

TEST(CommandLine, ShowsHelpWhenAsked) {
  for (const auto& arguments : {Arguments{"-h"}, Arguments{"-help"}, Arguments{"--help"},
                                Arguments{"run", "-h"}, Arguments{"-hp", "1", "-help"}}) {
    const auto command = parse_command_line(arguments);
    ASSERT_TRUE(command);
    const auto* shown = std::get_if<ShowText>(&*command);
    ASSERT_NE(shown, nullptr);
    EXPECT_NE(shown->text.find("-hp, --http-port PORT"), std::string::npos) << shown->text;
    EXPECT_NE(shown->text.find("-topic NAME"), std::string::npos) << shown->text;
  }
}

TEST(CommandLine, SaysInOneLineWhatIsWrong) {
  EXPECT_EQ(wrong({"-bogus"}), "unknown flag -bogus");
  EXPECT_EQ(wrong({"--bogus=1"}), "unknown flag -bogus");
  EXPECT_EQ(wrong({"-hps", "1"}), "unknown flag -hps");
  EXPECT_EQ(wrong({"-hp"}), "flag -hp needs a value");
  EXPECT_EQ(wrong({"-hp="}), "flag -hp needs a value");
  EXPECT_EQ(wrong({"-topic", ""}), "flag -topic needs a value");
  EXPECT_EQ(wrong({"frobnicate"}), "unknown command 'frobnicate'");
  EXPECT_EQ(wrong({"-hp", "1", "more"}), "unexpected argument 'more'");
  EXPECT_EQ(wrong({"-hp", "1", "-"}), "unexpected argument '-'");
}

TEST(CommandLine, RefusesBadValues) {
  for (const auto& arguments :
       {Arguments{"-hp", "x"}, Arguments{"-hp", "-1"}, Arguments{"-hp", "65536"},
        Arguments{"-s", "1.5"}, Arguments{"-s", "9223372036854775808"},
        Arguments{"--log-level", "loud"}, Arguments{"demo", "--nodes", "1"},
        Arguments{"demo", "--nodes", "65"}, Arguments{"--key", "k", "-s", "1"},
        Arguments{"--connect", "/ip4/1.2.3.4/tcp/1"}, Arguments{"--connect", "x"}}) {
    EXPECT_FALSE(wrong(arguments).empty());
  }
}

TEST(CommandLine, H01_OtherMachinesReachTheHttpServerOnlyWhenThatIsMeant) {
  EXPECT_EQ(run_options({"--http", "127.0.0.2:9000", "-hp", "1"}).http.port, 9000);
  EXPECT_EQ(run_options({"--http", "localhost"}).http.host, "127.0.0.1");
  EXPECT_EQ(run_options({"--http", "[::1]:9000"}).http.host, "::1");
  EXPECT_EQ(run_options({"--http", "::1", "-hp", "7"}).http.port, 7);
  EXPECT_NE(wrong({"--http", "0.0.0.0"}).find("--http-insecure"), std::string::npos);
  EXPECT_FALSE(wrong({"--http", "[::]:8001"}).empty());
  const auto options = run_options({"--http", "0.0.0.0:80", "--http-insecure"});
  EXPECT_EQ(options.http.host, "0.0.0.0");
  EXPECT_EQ(options.http.port, 80);
  EXPECT_FALSE(wrong({"--http", "127.0.0.1:x"}).empty());
  EXPECT_FALSE(wrong({"--http", "127.0.0.1:70000"}).empty());
  EXPECT_FALSE(wrong({"--http", "[::1"}).empty());
}

TEST(CommandLine, HistoryIsANumberOfMessagesOrASize) {
  const auto flag = [](const std::string& text) {
    const auto options = run_options({"--history", text});
    return std::pair{options.history->messages, options.history->bytes};
  };
  EXPECT_FALSE(run_options({}).history);

  EXPECT_EQ(flag("10000"), std::pair(std::size_t{10'000}, std::uint64_t{0}));
  for (const auto* size : {"64M", "64MB", "64MiB", "65536K"}) {
    EXPECT_EQ(flag(size), std::pair(std::size_t{0}, std::uint64_t{64} << 20)) << size;
  }
  EXPECT_EQ(flag("1TiB").second, std::uint64_t{1} << 40);
  for (const auto* text : {"0", "-1", "M", "1X", "1Mi", "1 M", "all", "99999999999G"}) {
    EXPECT_NE(wrong({"--history", text}), "") << text;
  }
}

TEST(CommandLine, LevelsAndQuiet) {
  EXPECT_EQ(run_options({"--log-level", "debug"}).log_level, LogLevel::debug);
  EXPECT_EQ(run_options({"--log-level=WARN"}).log_level, LogLevel::warning);
  EXPECT_EQ(run_options({"--quiet"}).log_level, LogLevel::error);
  EXPECT_EQ(run_options({"-quiet=true"}).log_level, LogLevel::error);
  EXPECT_EQ(run_options({"-quiet=false"}).log_level, LogLevel::info);
}

TEST(CommandLine, TheDemoHasFlagsOfItsOwn) {
  const auto command = parse_command_line({"demo", "--nodes", "8", "--once"});
  ASSERT_TRUE(command);
  EXPECT_EQ(std::get<DemoOptions>(*command).nodes, 8);
  EXPECT_TRUE(std::get<DemoOptions>(*command).once);
  EXPECT_EQ(std::get<DemoOptions>(*parse_command_line({"demo"})).nodes, 3);
  EXPECT_EQ(wrong({"demo", "-hp", "1"}), "unknown flag -hp");
}

TEST(CommandLine, TheVersionIsText) {
  EXPECT_TRUE(std::get<ShowText>(*parse_command_line({"version"})).text.starts_with("grapevine "));
}

}  // namespace
}  // namespace grapevine::node
