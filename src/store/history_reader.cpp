// SPDX-License-Identifier: Apache-2.0
#include "store/history_reader.hpp"

#include <algorithm>

#include "store/history_file.hpp"

namespace grapevine::store {
namespace {

/// All that one question reads is of one moment.
class Snapshot {
 public:
  explicit Snapshot(sqlite::Connection& database) : database_{database} {
    (void)database_.execute("BEGIN");
  }
  Snapshot(const Snapshot&) = delete;
  Snapshot& operator=(const Snapshot&) = delete;
  ~Snapshot() { (void)database_.execute("COMMIT"); }

 private:
  sqlite::Connection& database_;
};

}  // namespace

Stored<void> HistoryReader::open(const std::filesystem::path& path) {
  auto opened = sqlite::Connection::open(path, sqlite::Mode::read);
  if (!opened) return unexpected{std::move(opened.error())};
  database_ = std::move(*opened);
  const std::pair<sqlite::Statement*, std::string_view> wanted[] = {
      {&find_, "SELECT number, last FROM topics WHERE name = ?"},
      {&first_, "SELECT place FROM messages WHERE place > ? AND place < ? ORDER BY place LIMIT 1"},
      {&first_at_,
       "SELECT place FROM messages WHERE topic = ? AND at >= ? ORDER BY at, place LIMIT 1"},
      {&rows_,
       "SELECT place, at, id, field FROM messages WHERE place > ? AND place < ? ORDER BY place"},
      {&has_, "SELECT 1 FROM messages WHERE topic = ? AND id = ? LIMIT 1"},
      {&seen_, "SELECT at, id FROM seen WHERE at >= ? ORDER BY number"}};
  for (const auto& [statement, sql] : wanted) {
    auto prepared = database_.prepare(sql);
    if (!prepared) return unexpected{std::move(prepared.error())};
    *statement = std::move(*prepared);
  }
  return {};
}

Stored<HistoryReader::Topic> HistoryReader::find(std::string_view topic) {
  const auto row = find_.bind(1, as_bytes(topic)).step();
  Topic found;
  if (row && *row == sqlite::Step::row) {
    found = {static_cast<std::uint32_t>(find_.number(0)),
             static_cast<std::uint64_t>(find_.number(1))};
  }
  find_.reset();
  if (!row) return unexpected{row.error()};
  return found;
}

/// Behind which number a question without one begins.
Stored<std::uint64_t> HistoryReader::start_of(const HistoryQuery& query, const Topic& topic) {
  auto& first = query.from ? first_at_ : first_;
  if (query.from) {
    first.bind(1, std::int64_t{topic.number}).bind(2, query.from->count());
  } else {
    first.bind(1, place_of(topic.number, 0)).bind(2, place_of(topic.number + 1, 0));
  }
  const auto row = first.step();
  const auto start = row && *row == sqlite::Step::row ? number_of(first.number(0)) - 1 : topic.last;
  first.reset();
  if (!row) return unexpected{row.error()};
  return start;
}

Stored<HistoryRows> HistoryReader::read(const HistoryQuery& query) {
  const std::lock_guard held{mutex_};
  const Snapshot snapshot{database_};
  const auto topic = find(query.topic);
  if (!topic) return unexpected{topic.error()};
  HistoryRows rows;
  rows.unknown_since = query.since.value_or(0) > topic->last;
  if (query.since && !rows.unknown_since) {
    rows.next = *query.since;
  } else {
    const auto start = start_of(query, *topic);
    if (!start) return unexpected{start.error()};
    rows.next = *start;
  }
  if (topic->number == 0) return rows;
  return read_from(query, *topic, std::move(rows));
}

/// Times do not decrease within a topic: the first row that is too late is the end.
Stored<HistoryRows> HistoryReader::read_from(const HistoryQuery& query, const Topic& topic,
                                             HistoryRows rows) {
  const auto start = rows.next;
  rows_.bind(1, place_of(topic.number, start)).bind(2, place_of(topic.number + 1, 0));
  std::size_t bytes = 0;
  bool too_late = false;
  std::uint64_t passed = 0;  // rows before `from`
  Stored<sqlite::Step> row = sqlite::Step::done;
  for (row = rows_.step(); row && *row == sqlite::Step::row; row = rows_.step()) {
    const WallTime at{rows_.number(1)};
    const auto field = rows_.bytes(3);
    if (query.from && at < *query.from) {
      rows.next = number_of(rows_.number(0));
      ++passed;
      continue;
    }
    too_late = query.until && at > *query.until;
    const bool full = rows.rows.size() >= query.count_max ||
                      (!rows.rows.empty() && bytes + field.size() > query.bytes_max);
    if (full) rows.more = true;
    if (too_late || full) break;
    bytes += field.size();
    rows.next = number_of(rows_.number(0));
    rows.rows.push_back({rows.next, at, to_bytes(rows_.bytes(2)), SharedBytes::copy_of(field)});
  }
  rows_.reset();
  if (!row) return unexpected{row.error()};
  // What was lost behind the last row counts once nothing else is left to come.
  if (!rows.more && !too_late) rows.next = std::max(rows.next, topic.last);
  rows.lost = rows.next - start - rows.rows.size() - passed;
  return rows;
}

Stored<std::vector<bool>> HistoryReader::has(std::string_view topic,
                                             const std::vector<ByteView>& ids) {
  const std::lock_guard held{mutex_};
  const Snapshot snapshot{database_};
  const auto found = find(topic);
  if (!found) return unexpected{found.error()};
  std::vector<bool> known;
  for (const auto id : ids) {
    const auto row = has_.bind(1, std::int64_t{found->number}).bind(2, id).step();
    known.push_back(row && *row == sqlite::Step::row);
    has_.reset();
    if (!row) return unexpected{row.error()};
  }
  return known;
}

Stored<void> HistoryReader::read_seen(WallTime not_before,
                                      const std::function<void(ByteView id, WallTime at)>& visit) {
  const std::lock_guard held{mutex_};
  seen_.bind(1, not_before.count());
  Stored<sqlite::Step> row = sqlite::Step::done;
  for (row = seen_.step(); row && *row == sqlite::Step::row; row = seen_.step()) {
    visit(seen_.bytes(1), WallTime{seen_.number(0)});
  }
  seen_.reset();
  if (!row) return unexpected{row.error()};
  return {};
}

}  // namespace grapevine::store
