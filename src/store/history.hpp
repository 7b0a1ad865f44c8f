// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "base/shared_bytes.hpp"
#include "store/error.hpp"

/// The messages of each topic, and the ids seen lately, on disk: events in, rows out.
namespace grapevine::store {

/// Milliseconds since 1970, by the caller's clock.
using WallTime = std::chrono::milliseconds;

/// How much of each topic is kept. Whatever is above one of the bounds goes, the oldest first.
struct HistoryWindow {
  std::size_t count_max = 100'000;
  std::uint64_t bytes_max = 256u << 20;  ///< of encoded messages
  std::chrono::milliseconds age_max = std::chrono::hours{24 * 7};
};

struct HistoryConfig {
  std::filesystem::path path = {};
  HistoryWindow window = {};
  std::size_t topics_max = 1024;  ///< further topics are not recorded
  std::size_t queue_messages_max = 16'384;
  std::size_t queue_bytes_max = 64u << 20;
  std::chrono::milliseconds seen_ttl{120'000};
  std::size_t seen_ids_max = 1'000'000;
  /// What was committed reaches the disk so soon: what a power failure can take back.
  std::chrono::milliseconds sync_interval{1000};
  std::size_t pages_max = 0;  ///< of 4 KiB; 0: as many as the disk has
  std::function<WallTime()> clock = {};
  /// All that was appended up to `ticket` is committed, or lost: called on the writer's thread.
  std::function<void(std::uint64_t ticket)> on_done = {};
  /// The disk does not take what it is given: once, and again only after a minute without.
  std::function<void(std::string_view)> on_failing = {};
};

/// One message to be kept.
struct HistoryRecord {
  std::string_view topic;
  ByteView id;
  SharedBytes field;  ///< as an RPC's `publish` field, so that it can be checked again
  WallTime at{};
};
/// Where an appended message stands in its topic, and when that is certain.
struct Appended {
  std::uint64_t number;
  std::uint64_t ticket;
};

/// One message that was kept. Numbers count a topic's messages, those that were lost as well.
struct HistoryRow {
  std::uint64_t number;
  WallTime at;
  Bytes id;
  SharedBytes field;
};
struct HistoryQuery {
  std::string topic = {};
  std::optional<std::uint64_t> since = {};  ///< behind this number; absent: from the oldest
  std::optional<WallTime> from = {};        ///< not before
  std::optional<WallTime> until = {};       ///< not after
  std::size_t count_max = 100;
  std::size_t bytes_max = 4u << 20;  ///< but one message at least
};
struct HistoryRows {
  std::vector<HistoryRow> rows;
  std::uint64_t next = 0;      ///< `since` of the query that goes on from here
  std::uint64_t lost = 0;      ///< messages before `next` that are not here any more
  bool more = false;           ///< there are further rows already
  bool unknown_since = false;  ///< `since` is no number of this history: answered from the oldest
};

struct HistoryCounters {
  std::uint64_t stored = 0;
  std::uint64_t lost = 0;  ///< no room in the queue, or refused by the disk
  bool failing = false;    ///< the last attempt to write failed
};

/// A message history in one SQLite file, written by a thread of its own. What `on_done` was told of
/// survives the end of the process, however it ends; a power failure takes back at most the last
/// `sync_interval`, and then the history begins a new epoch, so that old numbers mean nothing.
///
/// `append` belongs to one thread; everything else is safe on every thread.
class History {
 public:
  /// Opens the file, or makes it where there is none. A file of another kind, of a newer schema or
  /// in use by another process is refused and stays as it is.
  static Stored<std::unique_ptr<History>> open(HistoryConfig config);
  History(const History&) = delete;
  History& operator=(const History&) = delete;
  ~History();

  /// Never waits; nullopt when there is no room, and the message is lost.
  std::optional<Appended> append(const HistoryRecord& record);
  /// All that was appended is written and synced; nothing is taken from now on. Rows can still be
  /// read.
  void close();

  Stored<HistoryRows> read(const HistoryQuery& query);
  /// Which of the ids the topic's history has.
  Stored<std::vector<bool>> has(std::string_view topic, const std::vector<ByteView>& ids);
  /// Ids that were seen within the TTL before the start, the oldest first.
  Stored<void> read_seen(const std::function<void(ByteView id, WallTime at)>& visit);

  std::uint32_t epoch() const;
  /// When the last message of the runs before came; absent: there was none.
  std::optional<WallTime> last_of_earlier_runs() const;
  HistoryCounters counters() const;

 private:
  struct State;
  explicit History(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace grapevine::store
