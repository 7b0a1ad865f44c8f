// SPDX-License-Identifier: Apache-2.0
#include "store/history_writer.hpp"

#include <algorithm>

namespace grapevine::store {
namespace {

/// Rows taken away in one go where a window shrank or time passed: no transaction is long.
constexpr std::size_t prune_step = 512;

std::int64_t signed_of(std::uint64_t value) { return static_cast<std::int64_t>(value); }

/// A topic's row as it was committed, or as the batch has changed it so far.
template <class Totals>
HistoryTopic& changing(Totals& changed, const Totals& committed, std::uint32_t number) {
  const auto [place, fresh] = changed.try_emplace(number);
  if (fresh) {
    if (const auto known = committed.find(number); known != committed.end()) {
      place->second = known->second;
    }
  }
  return place->second;
}

}  // namespace

HistoryWriter::HistoryWriter(HistoryFile file, HistoryWindow window, Statements statements)
    : file_{std::move(file)}, window_{window}, statements_{std::move(statements)} {
  for (auto& topic : file_.topics) {
    const auto number = topic.number;
    topics_.emplace(number, std::move(topic));
  }
}

Stored<HistoryWriter> HistoryWriter::create(HistoryFile file, const HistoryConfig& config) {
  Statements statements;
  const std::pair<sqlite::Statement*, std::string_view> wanted[] = {
      {&statements.add_message, "INSERT INTO messages VALUES(?, ?, ?, ?, ?)"},
      {&statements.add_topic, "INSERT INTO topics VALUES(?, ?, 0, 0, 0, 0)"},
      {&statements.set_topic,
       "UPDATE topics SET last = ?2, last_at = ?3, count = ?4, bytes = ?5 WHERE number = ?1"},
      {&statements.add_seen, "INSERT INTO seen(number, at, id) VALUES(?, ?, ?)"},
      {&statements.oldest,
       "SELECT place, at, length(field) FROM messages WHERE place > ? AND place < ? "
       "ORDER BY place LIMIT ?"},
      {&statements.remove_to, "DELETE FROM messages WHERE place > ? AND place <= ?"},
      {&statements.oldest_seen, "SELECT number, at FROM seen ORDER BY number LIMIT ?"},
      {&statements.remove_seen, "DELETE FROM seen WHERE number <= ?"}};
  for (const auto& [statement, sql] : wanted) {
    auto prepared = file.writer.prepare(sql);
    if (!prepared) return unexpected{std::move(prepared.error())};
    *statement = std::move(*prepared);
  }
  const auto last_seen = file.writer.number("SELECT max(number) FROM seen");
  if (!last_seen) return unexpected{last_seen.error()};
  HistoryWriter writer{std::move(file), config.window, std::move(statements)};
  writer.seen_ttl_ = config.seen_ttl;
  writer.seen_ids_max_ = signed_of(config.seen_ids_max);
  writer.last_seen_ = *last_seen;
  return writer;
}

Stored<void> HistoryWriter::commit(const std::vector<PendingRow>& rows, WallTime now) {
  const auto last_seen = last_seen_;
  Totals changed;
  auto done = file_.writer.execute("BEGIN IMMEDIATE");
  if (done) done = write(rows, changed);
  // As much goes as comes, so that a full window stays full.
  if (done) done = shrink_changed(changed, std::max(prune_step, rows.size()), now);
  if (done) done = save(changed);
  if (done) done = file_.writer.execute("COMMIT");
  if (!done) {
    (void)file_.writer.execute("ROLLBACK");  // SQLite may have done it already
    last_seen_ = last_seen;
    return done;
  }
  keep(std::move(changed));
  return {};
}

void HistoryWriter::keep(Totals changed) {
  for (auto& [number, topic] : changed) topics_.insert_or_assign(number, std::move(topic));
}

Stored<void> HistoryWriter::shrink_changed(Totals& changed, std::size_t step, WallTime now) {
  for (auto& [number, topic] : changed) {
    if (const auto shrunk = shrink(topic, step, now); !shrunk) return unexpected{shrunk.error()};
  }
  if (const auto shrunk = shrink_seen(step, now); !shrunk) return unexpected{shrunk.error()};
  return {};
}

Stored<void> HistoryWriter::write(const std::vector<PendingRow>& rows, Totals& changed) {
  for (const auto& row : rows) {
    auto& topic = changing(changed, topics_, row.topic);
    if (topic.name.empty()) {
      topic.number = row.topic;
      topic.name = *row.topic_name;
      const auto name = as_bytes(topic.name);
      auto added = statements_.add_topic.bind(1, std::int64_t{row.topic}).bind(2, name).run();
      if (!added) return added;
    }
    if (auto added = add(row, topic); !added) return added;
  }
  return {};
}

Stored<void> HistoryWriter::add(const PendingRow& row, HistoryTopic& topic) {
  auto added = statements_.add_message.bind(1, place_of(row.topic, row.number))
                   .bind(2, std::int64_t{row.topic})
                   .bind(3, row.at.count())
                   .bind(4, row.id)
                   .bind(5, row.field)
                   .run();
  if (!added) return added;
  topic.last = row.number;
  topic.last_at = row.at;
  ++topic.count;
  topic.bytes += row.field.size();
  return statements_.add_seen.bind(1, ++last_seen_).bind(2, row.at.count()).bind(3, row.id).run();
}

Stored<bool> HistoryWriter::prune(WallTime now) {
  if (auto begun = file_.writer.execute("BEGIN IMMEDIATE"); !begun)
    return unexpected{begun.error()};
  Totals changed;
  auto more = shrink_all(changed, now);
  Stored<void> done;
  if (more) done = save(changed);
  if (more && done) done = file_.writer.execute("COMMIT");
  if (more && done) {
    keep(std::move(changed));
    return more;
  }
  (void)file_.writer.execute("ROLLBACK");
  if (!more) return more;
  return unexpected{done.error()};
}

/// One step over all topics together: what the clock alone has made too old.
Stored<bool> HistoryWriter::shrink_all(Totals& changed, WallTime now) {
  for (const auto& [number, committed] : topics_) {
    auto topic = committed;
    const auto more = shrink(topic, prune_step, now);
    if (!more) return more;
    if (topic.count != committed.count) changed.emplace(number, std::move(topic));
    if (*more) return more;
  }
  return shrink_seen(prune_step, now);
}

bool HistoryWriter::over(const HistoryTopic& topic, WallTime oldest, WallTime now) const {
  return topic.count > window_.count_max || topic.bytes > window_.bytes_max ||
         oldest + window_.age_max < now;
}

/// Takes up to `step` rows from the front; true when there are more to take.
Stored<bool> HistoryWriter::shrink(HistoryTopic& topic, std::size_t step, WallTime now) {
  if (topic.count == 0) return false;
  const auto start = place_of(topic.number, 0);
  auto& oldest = statements_.oldest;
  oldest.bind(1, start).bind(2, place_of(topic.number + 1, 0)).bind(3, signed_of(step));
  auto remove_to = start;
  std::size_t taken = 0;
  Stored<sqlite::Step> row = sqlite::Step::done;
  for (row = oldest.step(); row && *row == sqlite::Step::row; row = oldest.step()) {
    if (!over(topic, WallTime{oldest.number(1)}, now)) break;
    remove_to = oldest.number(0);
    --topic.count;
    topic.bytes -= static_cast<std::uint64_t>(oldest.number(2));
    ++taken;
  }
  oldest.reset();
  if (!row) return unexpected{row.error()};
  if (taken == 0) return false;
  auto removed = statements_.remove_to.bind(1, start).bind(2, remove_to).run();
  if (!removed) return unexpected{std::move(removed.error())};
  return taken == step;
}

Stored<bool> HistoryWriter::shrink_seen(std::size_t step, WallTime now) {
  auto& oldest = statements_.oldest_seen;
  oldest.bind(1, signed_of(step));
  std::int64_t remove_to = 0;
  std::size_t taken = 0;
  Stored<sqlite::Step> row = sqlite::Step::done;
  for (row = oldest.step(); row && *row == sqlite::Step::row; row = oldest.step()) {
    const auto number = oldest.number(0);
    const bool expired = WallTime{oldest.number(1)} + seen_ttl_ < now;
    if (!expired && last_seen_ - number < seen_ids_max_) break;
    remove_to = number;
    ++taken;
  }
  oldest.reset();
  if (!row) return unexpected{row.error()};
  if (taken == 0) return false;
  auto removed = statements_.remove_seen.bind(1, remove_to).run();
  if (!removed) return unexpected{std::move(removed.error())};
  return taken == step;
}

Stored<void> HistoryWriter::save(const Totals& changed) {
  for (const auto& [number, topic] : changed) {
    auto saved = statements_.set_topic.bind(1, std::int64_t{number})
                     .bind(2, signed_of(topic.last))
                     .bind(3, topic.last_at.count())
                     .bind(4, signed_of(topic.count))
                     .bind(5, signed_of(topic.bytes))
                     .run();
    if (!saved) return saved;
  }
  return {};
}

/// A checkpoint syncs the log first. PASSIVE waits for no reader.
Stored<void> HistoryWriter::sync() {
  return file_.writer.execute("PRAGMA wal_checkpoint(PASSIVE)");
}

}  // namespace grapevine::store
