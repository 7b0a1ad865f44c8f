// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "store/file.hpp"
#include "store/history.hpp"
#include "store/sqlite.hpp"

namespace grapevine::store {

/// What a topic's row says.
struct HistoryTopic {
  std::uint32_t number = 0;  ///< of the topic
  std::string name;
  std::uint64_t last = 0;  ///< number given to a message
  WallTime last_at{};
  std::uint64_t count = 0;
  std::uint64_t bytes = 0;
};

/// A message's place: topics lie one behind another, each in the order of its numbers.
inline constexpr unsigned place_bits = 48;
constexpr std::int64_t place_of(std::uint32_t topic, std::uint64_t number) {
  return static_cast<std::int64_t>((std::uint64_t{topic} << place_bits) | number);
}
constexpr std::uint64_t number_of(std::int64_t place) {
  return static_cast<std::uint64_t>(place) & ((std::uint64_t{1} << place_bits) - 1);
}

/// The file itself: whose it is, what it looks like, and the connection that writes. It is locked
/// for as long as this lives.
struct HistoryFile {
  /// `pages_max`: 0 for no limit.
  static Stored<HistoryFile> open(const std::filesystem::path& path, std::size_t pages_max);
  /// Whatever was written is on the disk, and numbers go on where they are.
  Stored<void> mark_clean();

  Descriptor lock;  ///< first: closed last, as its end would undo SQLite's own locks
  sqlite::Connection writer;
  std::uint32_t epoch = 0;
  std::vector<HistoryTopic> topics;
};

}  // namespace grapevine::store
