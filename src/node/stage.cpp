// SPDX-License-Identifier: Apache-2.0
#include "node/stage.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "node/escape.hpp"

namespace grapevine::node {
namespace {

constexpr std::chrono::seconds patience{15};
/// What a demo that stays up for days remembers of each node.
constexpr std::size_t lines_max = 1000;

constexpr std::string_view plain = "\x1b[0m";
constexpr std::string_view bold = "\x1b[1m";
constexpr std::string_view dim = "\x1b[2m";
constexpr std::string_view node_colours[] = {"\x1b[36m", "\x1b[33m", "\x1b[35m",
                                             "\x1b[32m", "\x1b[34m", "\x1b[31m"};

std::string in(std::string_view colour, std::string_view text) {
  return std::string{colour}.append(text).append(plain);
}

}  // namespace

Stage::Stage(std::size_t nodes)
    : terminal_{::isatty(STDOUT_FILENO) == 1},
      colours_{terminal_ && std::getenv("NO_COLOR") == nullptr},
      lines_(nodes) {}

void Stage::on_line(std::size_t node, Source source, std::string_view line) {
  std::string name = "node-" + std::to_string(node + 1);
  auto text = terminal_ ? escape_for_terminal(line) : std::string{line};
  if (colours_) {
    name = in(node_colours[node % std::size(node_colours)], name + " │");
    if (source == Source::error) text = in(dim, text);
  } else {
    name += " |";
  }
  const std::lock_guard held{mutex_};
  print(name + " " + text);
  if (source == Source::error || lines_[node].size() >= lines_max) return;
  lines_[node].emplace_back(line);
  changed_.notify_all();
}

void Stage::say(std::string_view text) {
  const std::lock_guard held{mutex_};
  print(text);
}

void Stage::command(std::string_view text) {
  const auto line = "$ " + std::string{text};
  say("\n" + (colours_ ? in(bold, line) : line));
}

void Stage::interrupt() {
  const std::lock_guard held{mutex_};
  interrupted_ = true;
  changed_.notify_all();
}

bool Stage::interrupted() const {
  const std::lock_guard held{mutex_};
  return interrupted_;
}

std::optional<std::string> Stage::wait_for(std::size_t node, std::string_view start) {
  std::unique_lock held{mutex_};
  std::optional<std::string> rest;
  changed_.wait_for(held, patience, [&] {
    const auto found = std::ranges::find_if(
        lines_[node], [&](const std::string& line) { return line.starts_with(start); });
    if (found != lines_[node].end()) rest = found->substr(start.size());
    return interrupted_ || rest.has_value();
  });
  return rest;
}

std::size_t Stage::wait_for_all(std::string_view line) {
  std::unique_lock held{mutex_};
  changed_.wait_for(held, patience, [&] { return interrupted_ || seen_by(line) == lines_.size(); });
  return seen_by(line);
}

std::size_t Stage::count(std::size_t node, std::string_view line) const {
  const std::lock_guard held{mutex_};
  return count_held(node, line);
}

void Stage::wait_for_interrupt() {
  std::unique_lock held{mutex_};
  changed_.wait(held, [this] { return interrupted_; });
}

void Stage::print(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fputc('\n', stdout);
  std::fflush(stdout);
}

std::size_t Stage::seen_by(std::string_view line) const {
  std::size_t nodes = 0;
  for (std::size_t node = 0; node < lines_.size(); ++node) nodes += count_held(node, line) > 0;
  return nodes;
}

std::size_t Stage::count_held(std::size_t node, std::string_view line) const {
  return static_cast<std::size_t>(std::ranges::count(lines_[node], line));
}

}  // namespace grapevine::node
