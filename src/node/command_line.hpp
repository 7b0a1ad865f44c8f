// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.hpp"
#include "grapevine/config.hpp"
#include "http/server.hpp"
#include "node/log.hpp"

/// The command line. Flags follow Go's habits, as the demo's do: `-name` is `--name`, a value comes
/// behind a space or `=`, the last one wins.
namespace grapevine::node {

/// How much of each topic is kept on disk: one of the two.
struct HistoryFlag {
  std::size_t messages = 0;
  std::uint64_t bytes = 0;
};
/// `10000`, or a size: `64MiB`, `64M`, `1GiB`; nullopt for anything else, and for nothing.
std::optional<HistoryFlag> parse_history(std::string_view text);

/// `grapevine [run]`: one node.
struct RunOptions {
  http::Endpoint http = {.host = "127.0.0.1", .port = 8001};
  std::optional<std::int64_t> seq = {};
  std::vector<std::string> topics = {};     ///< at least one; `/send` publishes to the first
  std::vector<std::string> listen = {};     ///< multiaddrs
  std::vector<std::string> connect = {};    ///< multiaddrs with peers
  std::string key_file = {};                ///< empty: the key of the data directory
  std::string data_directory = {};          ///< empty: where the XDG specification says
  std::optional<HistoryFlag> history = {};  ///< absent: nothing is kept
  bool check_seqno = false;                 ///< replays are told by their numbers
  LogLevel log_level = LogLevel::info;
  std::string trace_file = {};  ///< empty: nothing is traced
  TraceFormat trace_format = TraceFormat::json;
};

/// `grapevine demo`: several nodes on this machine.
struct DemoOptions {
  int nodes = 3;
  bool once = false;  ///< ends behind the scripted part
};

/// Help or version: text for standard output.
struct ShowText {
  std::string text;
};

/// What is wrong with a command line, and what would be right.
struct UsageError {
  std::string line;
  std::string usage;
};

using Command = std::variant<RunOptions, DemoOptions, ShowText>;

/// `arguments` without the program's name.
Result<Command, UsageError> parse_command_line(const std::vector<std::string>& arguments);

}  // namespace grapevine::node
