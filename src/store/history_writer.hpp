// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "store/history_file.hpp"

namespace grapevine::store {

/// A message on its way to the disk.
struct PendingRow {
  std::shared_ptr<const std::string> topic_name;
  std::uint32_t topic;
  std::uint64_t number;
  WallTime at;
  Bytes id;
  SharedBytes field;
};

/// Puts rows into the file, a batch at a time, and keeps each topic within its window. The writer
/// thread's own.
class HistoryWriter {
 public:
  static Stored<HistoryWriter> create(HistoryFile file, const HistoryConfig& config);

  /// All of them or, with an error, none. Takes some of what is above the windows away on the way.
  Stored<void> commit(const std::vector<PendingRow>& rows, WallTime now);
  /// Takes away another step; true while there is more to take.
  Stored<bool> prune(WallTime now);
  /// What was committed is on the disk.
  Stored<void> sync();
  Stored<void> mark_clean() { return file_.mark_clean(); }

 private:
  struct Statements {
    sqlite::Statement add_message, add_topic, set_topic, add_seen, oldest, remove_to, oldest_seen,
        remove_seen;
  };
  using Totals = std::unordered_map<std::uint32_t, HistoryTopic>;

  HistoryWriter(HistoryFile file, HistoryWindow window, Statements statements);
  Stored<void> write(const std::vector<PendingRow>& rows, Totals& changed);
  Stored<void> add(const PendingRow& row, HistoryTopic& topic);
  Stored<bool> shrink(HistoryTopic& topic, std::size_t step, WallTime now);
  Stored<bool> shrink_seen(std::size_t step, WallTime now);
  Stored<void> shrink_changed(Totals& changed, std::size_t step, WallTime now);
  Stored<bool> shrink_all(Totals& changed, WallTime now);
  Stored<void> save(const Totals& changed);
  void keep(Totals changed);
  bool over(const HistoryTopic& topic, WallTime oldest, WallTime now) const;

  HistoryFile file_;
  HistoryWindow window_;
  std::chrono::milliseconds seen_ttl_{};
  std::int64_t seen_ids_max_ = 0;
  std::int64_t last_seen_ = 0;
  Totals topics_;  ///< as committed
  Statements statements_;
};

}  // namespace grapevine::store
