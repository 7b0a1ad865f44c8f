// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <array>
#include <chrono>
#include <fstream>
#include <iostream>
#include <iterator>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "gossipsub/identity.hpp"
#include "gossipsub/log.hpp"
#include "gossipsub/player.hpp"
#include "gossipsub/script.hpp"

/// `grapevine-interop --params FILE.json`: a node of gossipsub-interop, whose number is in the name
/// of the host. Ends after the last instruction.
namespace {

using namespace grapevine::interop;

constexpr std::chrono::seconds flush_wait{5};
constexpr int status_failed = 1;
constexpr int status_usage = 2;

int fail(int status, const std::string& text) {
  std::cerr << "grapevine-interop: " << text << '\n';
  return status;
}

std::optional<std::string> read_file(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  if (!file) return std::nullopt;
  using Iterator = std::istreambuf_iterator<char>;
  return std::string{Iterator{file}, Iterator{}};
}

std::string host_name() {
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "";
}

int run(std::span<char* const> arguments, Player::Clock::time_point started) {
  if (arguments.size() != 2 || std::string_view{arguments[0]} != "--params") {
    return fail(status_usage, "usage: grapevine-interop --params FILE.json");
  }
  const auto number = node_number(host_name());
  if (!number) return fail(status_usage, "this host is not named node<number>");
  const auto text = read_file(arguments[1]);
  if (!text) return fail(status_usage, std::string{"cannot read "} + arguments[1]);
  const auto script = parse_script(*text, *number);
  if (!script) return fail(status_usage, script.error());

  Log log;
  Player player{*number, started, log};
  const auto played = player.play(*script);
  player.stop();
  log.flush(flush_wait);
  return played ? 0 : fail(status_failed, played.error());
}

}  // namespace

int main(int count, char** words) {
  const auto started = Player::Clock::now();
  return run(std::span{words, static_cast<std::size_t>(count)}.subspan(count > 0 ? 1 : 0), started);
}
