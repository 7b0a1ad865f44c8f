// SPDX-License-Identifier: Apache-2.0
#include "node/command_line.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <map>

namespace grapevine::node {
namespace {

constexpr std::string_view commands =
    "grapevine [run] [FLAGS]   one node: joins a mesh, prints what it hears, takes HTTP requests\n"
    "grapevine demo [FLAGS]    several nodes on this machine, joined and talking\n"
    "grapevine version         the version\n"
    "grapevine COMMAND -help   the flags of a command\n";

/// What the flags of `run` fill before they are checked together.
struct RunFlags {
  std::uint16_t port = 8001;
  std::int64_t seq = 0;
  std::string http;
  std::string history;
  bool insecure = false;
  bool quiet = false;
};

const std::map<std::string, TraceFormat> trace_formats{{"json", TraceFormat::json},
                                                       {"protobuf", TraceFormat::protobuf}};
const std::map<std::string, LogLevel> levels{{"debug", LogLevel::debug},
                                             {"info", LogLevel::info},
                                             {"warn", LogLevel::warning},
                                             {"error", LogLevel::error}};

/// `-hp, --http-port PORT`: short names as they are typed.
std::string flag_names(const CLI::Option& option) {
  std::string names;
  for (const auto& name : option.get_lnames()) {
    if (!names.empty()) names += ", ";
    names += (name.size() <= 2 || name == "topic" || name == "help" ? "-" : "--") + name;
  }
  if (option.get_items_expected_max() > 0) names += " " + option.get_type_name();
  return names;
}

std::string usage_of(const CLI::App& app) {
  std::string text = app.get_description() + "\n\nflags:\n";
  for (const auto* option : app.get_options()) {
    auto line = "  " + flag_names(*option);
    line.resize(std::max<std::size_t>(line.size() + 2, 32), ' ');
    line += option->get_description();
    if (!option->get_default_str().empty()) {
      line += " (default " + option->get_default_str() + ")";
    }
    text += line + "\n";
  }
  return text;
}

/// Flags in the one form that CLI11 takes for all of them, `--name=value`. Go takes the argument
/// behind a flag as its value whatever it looks like; CLI11 does not.
Result<std::vector<std::string>, std::string> rewrite(const std::vector<std::string>& arguments,
                                                      const CLI::App& app) {
  std::vector<std::string> rewritten;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string_view argument = arguments[i];
    if (argument.size() < 2 || argument.front() != '-' || argument == "--") {
      return unexpected{"unexpected argument '" + arguments[i] + "'"};
    }
    const auto start = argument.starts_with("--") ? 2u : 1u;
    const auto equals = argument.find('=');
    const std::string name{argument.substr(start, equals - start)};
    const auto* option = app.get_option_no_throw("--" + name);
    if (option == nullptr) return unexpected{"unknown flag -" + name};
    const bool takes_value = option->get_items_expected_max() > 0;
    std::string value;
    if (equals != argument.npos) {
      value = argument.substr(equals + 1);
    } else if (!takes_value) {
      value = "true";
    } else if (i + 1 < arguments.size()) {
      value = arguments[++i];
    }
    if (value.empty()) return unexpected{"flag -" + name + " needs a value"};
    rewritten.push_back(std::string{"--"}.append(name).append("=").append(value));
  }
  return rewritten;
}

/// Runs CLI11 over the arguments; a sentence when they do not fit, which is empty when help was
/// asked for.
std::optional<std::string> apply(const std::vector<std::string>& arguments, CLI::App& app) {
  auto rewritten = rewrite(arguments, app);
  if (!rewritten) return rewritten.error();
  std::ranges::reverse(*rewritten);  // CLI11 takes them from the back
  try {
    app.parse(std::move(*rewritten));
  } catch (const CLI::CallForHelp&) {
    return "";
  } catch (const CLI::Error& error) {
    std::string line = error.what();
    std::ranges::replace(line, '\n', ' ');
    return line;
  }
  return std::nullopt;
}

/// CLI11 takes the nearest number for one that does not fit.
std::string check_number(const std::string& text) {
  errno = 0;
  char* end = nullptr;
  (void)std::strtoll(text.c_str(), &end, 0);
  const bool fits = errno == 0 && end != text.c_str() && *end == '\0';
  return fits ? "" : "'" + text + "' is no number of 64 bits";
}

CLI::Option* last_wins(CLI::Option* option, const std::string& environment) {
  return option->multi_option_policy(CLI::MultiOptionPolicy::TakeLast)
      ->envname("GRAPEVINE_" + environment);
}

void add_trace_flags(CLI::App& app, RunOptions& options) {
  last_wins(app.add_option("--trace", options.trace_file,
                           "file for what becomes of every message and RPC; begun anew"),
            "TRACE")
      ->type_name("FILE");
  last_wins(app.add_option("--trace-format", options.trace_format,
                           "json or protobuf, as go-libp2p-pubsub's tracers write"),
            "TRACE_FORMAT")
      ->type_name("FORMAT")
      ->transform(CLI::CheckedTransformer(trace_formats, CLI::ignore_case).description(""))
      ->default_str("json");
}

void add_run_flags(CLI::App& app, RunOptions& options, RunFlags& flags) {
  last_wins(app.add_option("--hp,--http-port", flags.port, "port of the HTTP server; 0: any"),
            "HTTP_PORT")
      ->type_name("PORT")
      ->default_str("8001");
  auto* seq = last_wins(app.add_option("--s,--seq", flags.seq,
                                       "identity number N of the demo: known to everybody"),
                        "SEQ")
                  ->type_name("N")
                  ->check(check_number, "");
  app.add_option("--topic", options.topics, "topic to join; repeat it or separate by commas")
      ->delimiter(',')
      ->type_name("NAME")
      ->envname("GRAPEVINE_TOPIC")
      ->default_str("meetme");
  app.add_option("--listen", options.listen, "multiaddr to listen on; repeatable")
      ->delimiter(',')
      ->type_name("ADDR")
      ->envname("GRAPEVINE_LISTEN")
      ->default_str("/ip4/127.0.0.1/tcp/0");
  app.add_option("--connect", options.connect, "multiaddr of a peer to connect to; repeatable")
      ->delimiter(',')
      ->type_name("ADDR")
      ->envname("GRAPEVINE_CONNECT");
  last_wins(app.add_option("--key", options.key_file, "key file; made when it is missing"), "KEY")
      ->type_name("FILE")
      ->excludes(seq);
  last_wins(app.add_option("--data-dir", options.data_directory, "where the node keeps its data"),
            "DATA_DIR")
      ->type_name("DIR");
  last_wins(app.add_option("--history", flags.history,
                           "keep so many messages, or bytes (64MiB), of each topic in the data "
                           "directory, and catch up on what was missed"),
            "HISTORY")
      ->type_name("N|SIZE");
  app.add_flag("--check-seqno", options.check_seqno,
               "ignore messages whose number does not rise above their author's last");
  last_wins(app.add_option("--http", flags.http, "address of the HTTP server, HOST or HOST:PORT"),
            "HTTP")
      ->type_name("ADDR")
      ->default_str("127.0.0.1");
  app.add_flag("--http-insecure", flags.insecure,
               "let --http be reachable from other machines: anybody there can publish");
  last_wins(app.add_option("--log-level", options.log_level, "debug, info, warn or error"),
            "LOG_LEVEL")
      ->type_name("LEVEL")
      ->transform(CLI::CheckedTransformer(levels, CLI::ignore_case).description(""))
      ->default_str("info");
  app.add_flag("--quiet", flags.quiet, "only errors on standard error");
  add_trace_flags(app, options);
}

/// `HOST`, `HOST:PORT`, `[V6]` or `[V6]:PORT` over the defaults in `endpoint`.
std::optional<http::Endpoint> parse_endpoint(std::string_view text, http::Endpoint endpoint) {
  std::string_view port;
  if (text.starts_with('[')) {
    const auto end = text.find(']');
    if (end == text.npos) return std::nullopt;
    endpoint.host = text.substr(1, end - 1);
    port = text.substr(end + 1);
  } else if (const auto colon = text.find(':'); colon == text.rfind(':')) {
    endpoint.host = text.substr(0, colon);
    port = colon == text.npos ? "" : text.substr(colon);
  } else {
    endpoint.host = text;
  }
  if (endpoint.host == "localhost") endpoint.host = "127.0.0.1";
  if (!port.empty() && (!port.starts_with(':') ||
                        !CLI::detail::lexical_cast(std::string{port.substr(1)}, endpoint.port))) {
    return std::nullopt;
  }
  return endpoint;
}

bool is_loopback(std::string_view host) { return host == "::1" || host.starts_with("127."); }

/// What the flags mean together; a sentence when they contradict each other.
std::optional<std::string> settle(RunOptions& options, const RunFlags& flags, bool has_seq) {
  if (has_seq) options.seq = flags.seq;
  if (options.topics.empty()) options.topics = {"meetme"};
  if (options.listen.empty()) options.listen = {"/ip4/127.0.0.1/tcp/0"};
  if (flags.quiet) options.log_level = LogLevel::error;
  options.http.port = flags.port;
  if (!flags.history.empty()) {
    options.history = parse_history(flags.history);
    if (!options.history) return "--history " + flags.history + " is neither N nor a size: 64MiB";
  }
  if (!flags.http.empty()) {
    const auto endpoint = parse_endpoint(flags.http, options.http);
    if (!endpoint) return "--http " + flags.http + " is no address: HOST or HOST:PORT";
    options.http = *endpoint;
  }
  if (!is_loopback(options.http.host) && !flags.insecure) {
    return "--http " + flags.http +
           " can be reached from other machines, and whoever reaches it can publish; add "
           "--http-insecure if that is meant";
  }
  for (const auto& address : options.connect) {
    if (auto fault = http::address_fault(address)) return "--connect " + address + ": " + *fault;
  }
  return std::nullopt;
}

Result<Command, UsageError> parse_run(const std::vector<std::string>& arguments) {
  CLI::App app{std::string{commands}};
  app.set_help_flag("--h,--help", "this text");
  RunOptions options;
  RunFlags flags;
  add_run_flags(app, options, flags);
  auto wrong = apply(arguments, app);
  if (wrong && wrong->empty()) return ShowText{usage_of(app)};
  if (!wrong) wrong = settle(options, flags, app.get_option("--seq")->count() > 0);
  if (wrong) return unexpected{UsageError{*wrong, usage_of(app)}};
  return options;
}

Result<Command, UsageError> parse_demo(const std::vector<std::string>& arguments) {
  CLI::App app{"grapevine demo [FLAGS]   several nodes on this machine, joined and talking"};
  app.set_help_flag("--h,--help", "this text");
  DemoOptions options;
  app.add_option("--nodes", options.nodes, "how many")
      ->type_name("N")
      ->check(CLI::Range(2, 64).description(""))
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeLast)
      ->default_str("3");
  app.add_flag("--once", options.once, "end when the message has reached every node");
  const auto wrong = apply(arguments, app);
  if (wrong && wrong->empty()) return ShowText{usage_of(app)};
  if (wrong) return unexpected{UsageError{*wrong, usage_of(app)}};
  return options;
}

}  // namespace

std::optional<HistoryFlag> parse_history(std::string_view text) {
  std::uint64_t number = 0;
  const auto* end = text.data() + text.size();
  const auto [stop, fault] = std::from_chars(text.data(), end, number);
  if (fault != std::errc{} || number == 0) return std::nullopt;
  const std::string_view unit{stop, end};
  if (unit.empty()) return HistoryFlag{.messages = number, .bytes = 0};
  static constexpr std::pair<char, unsigned> units[] = {{'K', 10}, {'M', 20}, {'G', 30}, {'T', 40}};
  for (const auto& [letter, shift] : units) {
    const bool named = unit.front() == letter &&
                       (unit.size() == 1 || unit.substr(1) == "iB" || unit.substr(1) == "B");
    if (!named) continue;
    if (number > UINT64_MAX >> shift >> 1) return std::nullopt;
    return HistoryFlag{.messages = 0, .bytes = number << shift};
  }
  return std::nullopt;
}

Result<Command, UsageError> parse_command_line(const std::vector<std::string>& arguments) {
  if (arguments.empty() || arguments.front().starts_with('-')) return parse_run(arguments);
  const std::vector<std::string> rest{arguments.begin() + 1, arguments.end()};
  const auto& command = arguments.front();
  if (command == "run") return parse_run(rest);
  if (command == "demo") return parse_demo(rest);
  if (command == "version") return ShowText{"grapevine " GRAPEVINE_VERSION "\n"};
  if (command == "help") return ShowText{std::string{commands}};
  return unexpected{UsageError{"unknown command '" + command + "'", std::string{commands}}};
}

}  // namespace grapevine::node
