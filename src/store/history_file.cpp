// SPDX-License-Identifier: Apache-2.0
#include "store/history_file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <cerrno>

namespace grapevine::store {
namespace {

/// "GVhi": tells our files from other SQLite files.
constexpr std::int64_t application_id = 0x47566869;
constexpr std::int64_t schema_version = 1;
constexpr std::size_t boot_size_max = 64;

/// `place` is the topic's number, then the message's; `at` never decreases within a topic, so that
/// times can be searched for. `open_in` is the boot in which a writer has the file open, or empty.
constexpr const char* schema = R"(
BEGIN IMMEDIATE;
CREATE TABLE state(epoch INTEGER NOT NULL, open_in BLOB NOT NULL);
CREATE TABLE topics(number INTEGER PRIMARY KEY, name BLOB NOT NULL UNIQUE, last INTEGER NOT NULL,
  last_at INTEGER NOT NULL, count INTEGER NOT NULL, bytes INTEGER NOT NULL);
CREATE TABLE messages(place INTEGER PRIMARY KEY, topic INTEGER NOT NULL, at INTEGER NOT NULL,
  id BLOB NOT NULL, field BLOB NOT NULL);
CREATE INDEX messages_by_time ON messages(topic, at);
CREATE INDEX messages_by_id ON messages(topic, id);
CREATE TABLE seen(number INTEGER PRIMARY KEY, at INTEGER NOT NULL, id BLOB NOT NULL);
INSERT INTO state VALUES(random() & 0xFFFFFFFF, x'');
PRAGMA application_id = 1196845161;
PRAGMA user_version = 1;
COMMIT;
)";
static_assert(application_id == 1196845161);

Error refused(const std::filesystem::path& path, std::string_view why) {
  return {ErrorCode::bad_content, path.string() + " " + std::string{why}};
}

Stored<Descriptor> lock_file(const std::filesystem::path& path) {
  Descriptor file{::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600)};
  if (!file) return unexpected{system_error("cannot open", path, errno)};
  struct stat found{};
  if (::fstat(file.get(), &found) != 0) return unexpected{system_error("cannot read", path, errno)};
  if (!S_ISREG(found.st_mode)) {
    return unexpected{Error{ErrorCode::not_a_file, path.string() + " is not a regular file"}};
  }
  if (::flock(file.get(), LOCK_EX | LOCK_NB) == 0) return file;
  if (errno != EWOULDBLOCK) return unexpected{system_error("cannot lock", path, errno)};
  return unexpected{Error{ErrorCode::locked, path.string() + " is used by another node"}};
}

/// A file of no pages is new; any other must be ours.
Stored<void> check_or_make(sqlite::Connection& database, const std::filesystem::path& path) {
  const auto pages = database.number("SELECT count(*) FROM sqlite_schema");
  if (!pages) {
    if (pages.error().code != ErrorCode::bad_content) return unexpected{pages.error()};
    return unexpected{refused(path, "is no message history, and is left as it is")};
  }
  const auto id = database.number("PRAGMA application_id");
  const auto version = database.number("PRAGMA user_version");
  if (!id || !version) return unexpected{database.error()};
  if (*pages == 0 && *id == 0 && *version == 0) return database.execute(schema);
  if (*id != application_id) {
    return unexpected{refused(path, "is no message history, and is left as it is")};
  }
  if (*version != schema_version) {
    return unexpected{refused(path, "is a message history of another version of grapevine")};
  }
  return {};
}

/// What the machine calls the time since it was switched on; a constant where it says nothing.
Bytes this_boot() {
  const auto boot = read_file("/proc/sys/kernel/random/boot_id", {.size_max = boot_size_max});
  return boot ? *boot : to_bytes(as_bytes("unknown"));
}

/// A writer that died in an earlier boot may have lost its last numbers to a power failure; they
/// must not be given to other messages under the same epoch.
Stored<std::uint32_t> begin_epoch(sqlite::Connection& database) {
  auto read = database.prepare("SELECT epoch, open_in FROM state");
  if (!read) return unexpected{read.error()};
  const auto row = read->step();
  if (!row) return unexpected{row.error()};
  if (*row != sqlite::Step::row) return unexpected{Error{ErrorCode::bad_content, "no state row"}};
  auto epoch = static_cast<std::uint32_t>(read->number(0));
  const auto boot = this_boot();
  const auto open_in = read->bytes(1);
  if (!open_in.empty() && !equal(open_in, boot)) ++epoch;
  read->reset();
  auto write = database.prepare("UPDATE state SET epoch = ?, open_in = ?");
  if (!write) return unexpected{write.error()};
  if (auto done = write->bind(1, epoch).bind(2, boot).run(); !done) {
    return unexpected{std::move(done.error())};
  }
  return epoch;
}

Stored<std::vector<HistoryTopic>> read_topics(sqlite::Connection& database) {
  auto read = database.prepare("SELECT number, name, last, last_at, count, bytes FROM topics");
  if (!read) return unexpected{read.error()};
  std::vector<HistoryTopic> topics;
  for (;;) {
    const auto row = read->step();
    if (!row) return unexpected{row.error()};
    if (*row == sqlite::Step::done) return topics;
    topics.push_back({static_cast<std::uint32_t>(read->number(0)), to_text(read->bytes(1)),
                      static_cast<std::uint64_t>(read->number(2)), WallTime{read->number(3)},
                      static_cast<std::uint64_t>(read->number(4)),
                      static_cast<std::uint64_t>(read->number(5))});
  }
}

/// WAL: readers do not stop the writer. NORMAL: a commit is a write, not a sync; the writer syncs
/// at its own interval.
Stored<void> tune(sqlite::Connection& database, std::size_t pages_max) {
  for (const auto* setting : {"PRAGMA journal_mode = WAL", "PRAGMA synchronous = NORMAL",
                              "PRAGMA journal_size_limit = 67108864"}) {
    if (auto set = database.execute(setting); !set) return set;
  }
  if (pages_max == 0) return {};
  return database.execute(("PRAGMA max_page_count = " + std::to_string(pages_max)).c_str());
}

}  // namespace

Stored<HistoryFile> HistoryFile::open(const std::filesystem::path& path, std::size_t pages_max) {
  auto lock = lock_file(path);
  if (!lock) return unexpected{std::move(lock.error())};
  auto writer = sqlite::Connection::open(path, sqlite::Mode::write);
  if (!writer) return unexpected{std::move(writer.error())};
  HistoryFile file{std::move(*lock), std::move(*writer), 0, {}};
  // The check comes first: settings change a file.
  if (auto checked = check_or_make(file.writer, path); !checked) {
    return unexpected{std::move(checked.error())};
  }
  if (auto tuned = tune(file.writer, pages_max); !tuned) return unexpected{tuned.error()};
  const auto epoch = begin_epoch(file.writer);
  if (!epoch) return unexpected{epoch.error()};
  auto topics = read_topics(file.writer);
  if (!topics) return unexpected{std::move(topics.error())};
  file.epoch = *epoch;
  file.topics = std::move(*topics);
  return file;
}

Stored<void> HistoryFile::mark_clean() {
  if (auto marked = writer.execute("UPDATE state SET open_in = x''"); !marked) return marked;
  return writer.execute("PRAGMA wal_checkpoint(TRUNCATE)");
}

}  // namespace grapevine::store
