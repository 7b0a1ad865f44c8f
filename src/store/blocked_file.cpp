// SPDX-License-Identifier: Apache-2.0
#include "store/blocked_file.hpp"

#include <charconv>
#include <string>

namespace grapevine::store {
namespace {

/// More than as many lines as peers may be blocked.
constexpr std::size_t size_max = 16 * 1024 * 1024;

std::optional<Blocked> parse_line(std::string_view line) {
  const auto space = line.find(' ');
  if (space == line.npos) return std::nullopt;
  const auto peer = PeerId::parse(line.substr(0, space));
  if (!peer) return std::nullopt;
  const auto time = line.substr(space + 1);
  if (time == "-") return Blocked{*peer};
  std::uint64_t until = 0;
  const auto [end, fault] = std::from_chars(time.data(), time.data() + time.size(), until);
  if (fault != std::errc{} || end != time.data() + time.size()) return std::nullopt;
  return Blocked{*peer, until};
}

}  // namespace

std::optional<std::vector<Blocked>> parse_blocked(std::string_view content) {
  std::vector<Blocked> blocked;
  while (!content.empty()) {
    const auto end = content.find('\n');
    if (end == content.npos) return std::nullopt;
    auto line = parse_line(content.substr(0, end));
    if (!line) return std::nullopt;
    blocked.push_back(*line);
    content.remove_prefix(end + 1);
  }
  return blocked;
}

Stored<std::vector<Blocked>> load_blocked(const std::filesystem::path& path) {
  const auto content = read_file(path, {.size_max = size_max});
  if (!content && content.error().code == ErrorCode::missing) return std::vector<Blocked>{};
  if (!content) return unexpected{content.error()};
  auto blocked = parse_blocked(as_text(*content));
  if (blocked) return *std::move(blocked);
  return unexpected{
      Error{ErrorCode::bad_content, path.string() + " holds no list of blocked peers"}};
}

Stored<void> save_blocked(const std::filesystem::path& path, std::span<const Blocked> blocked,
                          const StepProbe& probe) {
  std::string text;
  for (const auto& [peer, until] : blocked) {
    text.append(peer.to_string()).append(" ");
    text.append(until ? std::to_string(*until) : "-").append("\n");
  }
  return write_file(path, as_bytes(text), {.replace = true, .probe = probe});
}

}  // namespace grapevine::store
