// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <mutex>
#include <string_view>
#include <vector>

#include "store/history.hpp"
#include "store/sqlite.hpp"

namespace grapevine::store {

/// Answers questions about a history file over a connection of its own, one at a time. Safe on
/// every thread.
class HistoryReader {
 public:
  Stored<void> open(const std::filesystem::path& path);

  Stored<HistoryRows> read(const HistoryQuery& query);
  Stored<std::vector<bool>> has(std::string_view topic, const std::vector<ByteView>& ids);
  Stored<void> read_seen(WallTime not_before,
                         const std::function<void(ByteView id, WallTime at)>& visit);

 private:
  struct Topic {
    std::uint32_t number = 0;  ///< 0: not known
    std::uint64_t last = 0;
  };
  Stored<Topic> find(std::string_view topic);
  Stored<std::uint64_t> start_of(const HistoryQuery& query, const Topic& topic);
  Stored<HistoryRows> read_from(const HistoryQuery& query, const Topic& topic, HistoryRows rows);

  std::mutex mutex_;
  sqlite::Connection database_;
  sqlite::Statement find_, first_, first_at_, rows_, has_, seen_;
};

}  // namespace grapevine::store
