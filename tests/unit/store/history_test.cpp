// SPDX-License-Identifier: Apache-2.0
#include "store/history.hpp"

#include <gtest/gtest.h>
#include <signal.h>

#include <atomic>
#include <condition_variable>
#include <mutex>

#include "store/sqlite.hpp"
#include "unit/store/directory.hpp"

namespace grapevine::store {
namespace {

using namespace std::chrono_literals;

constexpr auto patience = 30s;

/// What a history's writer has told, to be waited for.
class Told {
 public:
  void done(std::uint64_t ticket) {
    const std::lock_guard held{mutex_};
    done_ = ticket;
    changed_.notify_all();
  }
  bool wait(std::uint64_t ticket) {
    std::unique_lock held{mutex_};
    return changed_.wait_for(held, patience, [&] { return done_ >= ticket; });
  }

  std::atomic<int> failures = 0;

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t done_ = 0;
};

Bytes id_of(std::uint64_t number) { return to_bytes(as_bytes("id" + std::to_string(number))); }

SharedBytes field_of(std::uint64_t number, std::size_t size = 10) {
  auto text = std::to_string(number);
  text.resize(size, '.');
  return SharedBytes::copy_of(as_bytes(text));
}

/// One run of a history, at a time of the test's choice.
struct Keeper {
  explicit Keeper(const std::filesystem::path& path, HistoryConfig config = {}) {
    config.path = path;
    config.clock = [this] { return WallTime{now.load()}; };
    config.on_done = [this](std::uint64_t ticket) { told.done(ticket); };
    config.on_failing = [this](std::string_view) { ++told.failures; };
    auto opened = History::open(std::move(config));
    EXPECT_TRUE(opened) << (opened ? "" : opened.error().detail);
    if (opened) history = std::move(*opened);
  }
  ~Keeper() { history.reset(); }

  std::optional<Appended> append(std::uint64_t number, std::size_t size = 10,
                                 std::string_view topic = "news") {
    return history->append({topic, id_of(number), field_of(number, size), WallTime{now.load()}});
  }
  /// Appends `from` to `to` and waits until they are written.
  void fill(std::uint64_t from, std::uint64_t to, std::size_t size = 10) {
    std::optional<Appended> last;
    for (auto number = from; number <= to; ++number) last = append(number, size);
    ASSERT_TRUE(last && told.wait(last->ticket));
  }
  HistoryRows read(HistoryQuery query) {
    if (query.topic.empty()) query.topic = "news";
    auto rows = history->read(query);
    EXPECT_TRUE(rows) << (rows ? "" : rows.error().detail);
    return rows ? std::move(*rows) : HistoryRows{};
  }

  Told told;
  std::atomic<std::int64_t> now = 1'000'000;
  std::unique_ptr<History> history;
};

std::vector<std::uint64_t> numbers(const HistoryRows& rows) {
  std::vector<std::uint64_t> all;
  for (const auto& row : rows.rows) all.push_back(row.number);
  return all;
}

using Numbers = std::vector<std::uint64_t>;

TEST(History, GivesATopicsMessagesInOrderBehindACursor) {
  const TestDirectory directory;
  Keeper run{directory / "history"};
  run.fill(1, 5);
  ASSERT_TRUE(run.told.wait(run.append(6, 10, "other")->ticket));

  const auto first = run.read({.count_max = 2});
  const auto second = run.read({.since = first.next, .count_max = 10});
  const auto third = run.read({.since = second.next});

  EXPECT_EQ(numbers(first), (Numbers{1, 2}));
  EXPECT_TRUE(first.more);
  EXPECT_EQ(numbers(second), (Numbers{3, 4, 5}));
  EXPECT_FALSE(second.more);
  EXPECT_EQ(first.lost + second.lost + third.lost, 0U);
  EXPECT_TRUE(third.rows.empty());
  EXPECT_EQ(third.next, 5U);
  EXPECT_TRUE(equal(second.rows[0].field, field_of(3)));
  EXPECT_EQ(second.rows[0].id, id_of(3));
}

TEST(History, OfAnUnknownTopicIsEmpty) {
  const TestDirectory directory;
  Keeper run{directory / "history"};

  const auto rows = run.read({.topic = "nothing"});

  EXPECT_TRUE(rows.rows.empty());
  EXPECT_EQ(rows.next + rows.lost, 0U);
}

TEST(History, GivesNoMoreBytesThanAskedForButOneMessage) {
  const TestDirectory directory;
  Keeper run{directory / "history"};
  run.fill(1, 4, 1000);

  EXPECT_EQ(numbers(run.read({.bytes_max = 2500})), (Numbers{1, 2}));
  EXPECT_EQ(numbers(run.read({.bytes_max = 1})), Numbers{1});
}

TEST(History, IsAskedByTime) {
  const TestDirectory directory;
  Keeper run{directory / "history"};
  run.now = 1000;
  run.fill(1, 2);
  run.now = 2000;
  run.fill(3, 4);
  run.now = 1500;  // set back: within a topic time does not
  run.fill(5, 5);
  run.now = 3000;
  run.fill(6, 6);

  EXPECT_EQ(numbers(run.read({.from = 2000ms})), (Numbers{3, 4, 5, 6}));
  EXPECT_EQ(numbers(run.read({.from = 1001ms, .until = 2000ms})), (Numbers{3, 4, 5}));
  EXPECT_EQ(numbers(run.read({.until = 1999ms})), (Numbers{1, 2}));
  EXPECT_EQ(numbers(run.read({.since = 1, .from = 2000ms})), (Numbers{3, 4, 5, 6}));
  EXPECT_TRUE(run.read({.from = 3001ms}).rows.empty());
  const std::vector<HistoryQuery> queries = {
      {.from = 2000ms}, {.since = 1, .from = 2000ms}, {.until = 1999ms}, {.from = 3001ms}};
  for (const auto& query : queries) {
    EXPECT_EQ(run.read(query).lost, 0U);
  }
}

TEST(History, SurvivesItsProcessWithNumbersAndEpoch_F10) {
  const TestDirectory directory;
  std::uint32_t epoch = 0;
  for (std::uint64_t life = 0; life < 3; ++life) {
    const auto ended = in_child([&] {
      auto run = std::make_unique<Keeper>(directory / "history");
      run->fill(life * 10 + 1, life * 10 + 10);
      ::kill(::getpid(), SIGKILL);
    });
    ASSERT_EQ(ended, -1);
    Keeper run{directory / "history"};
    if (life == 0) epoch = run.history->epoch();

    const auto rows = run.read({});

    ASSERT_EQ(rows.rows.size(), (life + 1) * 10);
    EXPECT_EQ(rows.next, (life + 1) * 10);
    EXPECT_EQ(run.history->epoch(), epoch);
    EXPECT_EQ(run.history->last_of_earlier_runs(), 1'000'000ms);
  }
}

TEST(History, KilledAtAnyMomentKeepsWhatItSaidIsDone_F10) {
  const TestDirectory directory;
  for (std::uint64_t life = 0; life < 20; ++life) {
    const auto acknowledged = directory / "acknowledged";
    const auto ended = in_child([&] {
      auto run = std::make_unique<Keeper>(directory / "history");
      std::uint64_t number = life * 100'000;
      for (;;) {
        const auto appended = run->append(++number, 10 + number % 3000);
        if (number % 10 != life % 10 || !appended) continue;
        run->told.wait(appended->ticket);
        write_text(acknowledged, std::to_string(appended->number));
        if (number % 100'000 > 50 * life) ::kill(::getpid(), SIGKILL);
      }
    });
    ASSERT_EQ(ended, -1);
    Keeper run{directory / "history"};
    const auto promised = std::stoull(read_text(acknowledged));

    const auto rows = run.read({.count_max = 1'000'000, .bytes_max = 1u << 30});

    ASSERT_GE(rows.next, promised);
    ASSERT_EQ(rows.lost, 0U);
    ASSERT_EQ(rows.rows.size(), rows.next);
  }
}

TEST(History, KeepsItsWindowByCountAndSaysWhatIsGone) {
  const TestDirectory directory;
  Keeper run{directory / "history", {.window = {.count_max = 100}}};
  run.fill(1, 250);

  const auto all = run.read({.count_max = 1000});
  const auto behind = run.read({.since = 20, .count_max = 1000});

  EXPECT_EQ(all.rows.size(), 100U);
  EXPECT_EQ(all.rows.front().number, 151U);
  EXPECT_EQ(all.lost, 0U);
  EXPECT_EQ(behind.rows.size(), 100U);
  EXPECT_EQ(behind.lost, 130U);
}

TEST(History, AtItsBoundOfMessagesTakesOutOneForOne) {
  const TestDirectory directory;
  Keeper run{directory / "history", {.window = {.count_max = 3}}};
  run.fill(1, 3);
  EXPECT_EQ(run.read({}).rows.size(), 3U);

  run.fill(4, 4);

  EXPECT_EQ(numbers(run.read({})), (Numbers{2, 3, 4}));
}

TEST(History, KeepsItsWindowByBytes) {
  const TestDirectory directory;
  Keeper run{directory / "history", {.window = {.bytes_max = 10'000}}};
  run.fill(1, 10, 1000);
  EXPECT_EQ(run.read({}).rows.size(), 10U);

  run.fill(11, 11, 1001);

  EXPECT_EQ(numbers(run.read({.count_max = 1})), Numbers{3});
}

/// The writer takes away what is too old also where nothing comes any more.
TEST(History, KeepsItsWindowByAgeInSmallSteps) {
  const TestDirectory directory;
  Keeper run{directory / "history", {.window = {.age_max = 1000ms}}};
  run.fill(1, 2000);
  run.now += 1001;

  const auto end = std::chrono::steady_clock::now() + patience;
  while (!run.read({}).rows.empty()) ASSERT_LT(std::chrono::steady_clock::now(), end);

  EXPECT_EQ(run.read({.since = 0}).lost, 2000U);
  run.fill(2001, 2001);
  EXPECT_EQ(numbers(run.read({})), Numbers{2001});
}

TEST(History, WhoseWindowShrankLosesTheOldestAfterARestart) {
  const TestDirectory directory;
  Keeper{directory / "history"}.fill(1, 2000);

  Keeper run{directory / "history", {.window = {.count_max = 50}}};

  const auto end = std::chrono::steady_clock::now() + patience;
  while (run.read({.count_max = 2000}).rows.size() > 50) {
    ASSERT_LT(std::chrono::steady_clock::now(), end);
  }
  EXPECT_EQ(run.read({.count_max = 1}).rows.front().number, 1951U);
}

TEST(History, ThatIsAskedForMoreThanItsQueueHoldsLosesAndCounts) {
  const TestDirectory directory;
  Keeper run{directory / "history", {.queue_bytes_max = 20'000}};

  EXPECT_FALSE(run.append(1, 20'000));
  run.fill(2, 2);

  const auto rows = run.read({.since = 0});
  EXPECT_EQ(numbers(rows), Numbers{2});
  EXPECT_EQ(rows.lost, 1U);
  EXPECT_EQ(run.history->counters().lost, 1U);
  EXPECT_EQ(run.history->counters().stored, 1U);
}

TEST(History, RecordsSoManyTopicsAndNoMore) {
  const TestDirectory directory;
  Keeper run{directory / "history", {.topics_max = 2}};

  EXPECT_TRUE(run.append(1, 10, "a"));
  EXPECT_TRUE(run.append(2, 10, "b"));
  EXPECT_FALSE(run.append(3, 10, "c"));
  EXPECT_TRUE(run.append(4, 10, "a"));
}

TEST(History, OfAFullDiskSaysSoOnceAndGoesOn_F11) {
  const TestDirectory directory;
  Keeper run{directory / "history", {.pages_max = 40}};
  std::uint64_t number = 0;
  while (run.told.failures == 0) {
    ++number;
    run.fill(number, number, 3000);
    ASSERT_LT(number, 1000U);
  }
  for (int more = 0; more < 20; ++more) {
    ++number;
    run.fill(number, number, 3000);
  }

  EXPECT_EQ(run.told.failures, 1);
  EXPECT_TRUE(run.history->counters().failing);
  EXPECT_EQ(run.history->counters().stored + run.history->counters().lost, number);
  EXPECT_EQ(run.read({.count_max = 1000}).rows.size(), run.history->counters().stored);
}

TEST(History, ThatTheDiskTakesAgainGoesOnWithTheLostCounted_F11) {
  const TestDirectory directory;
  std::uint64_t number = 0;
  {
    Keeper run{directory / "history", {.pages_max = 40}};
    while (run.told.failures == 0) {
      ++number;
      run.fill(number, number, 3000);
    }
  }
  Keeper run{directory / "history"};

  run.fill(number, number, 3000);

  const auto rows = run.read({.since = 0, .count_max = 1000, .bytes_max = 1u << 30});
  EXPECT_EQ(rows.rows.size(), number);
  EXPECT_EQ(rows.lost, 0U);  // its number was never given to the file
}

std::string refusal(const std::filesystem::path& path) {
  HistoryConfig config;
  config.path = path;
  config.clock = [] { return WallTime{0}; };
  const auto opened = History::open(std::move(config));
  EXPECT_FALSE(opened);
  return opened ? "" : std::string{name(opened.error().code)};
}

TEST(History, RefusesAFileOfAnotherKindAndLeavesItAsItIs) {
  const TestDirectory directory;
  const auto path = directory / "history";
  for (const auto& content : {std::string{"soon\n"}, std::string(5000, 'x')}) {
    write_text(path, content);

    EXPECT_EQ(refusal(path), "bad_content");
    EXPECT_EQ(read_text(path), content);
  }
  std::filesystem::remove(path);
  write_text(path, "");
  {
    auto other = *sqlite::Connection::open(path, sqlite::Mode::write);
    ASSERT_TRUE(other.execute("CREATE TABLE cats(name TEXT)"));
  }
  const auto before = read_text(path);
  EXPECT_EQ(refusal(path), "bad_content");
  EXPECT_EQ(read_text(path), before);
}

TEST(History, RefusesANewerSchemaAndLeavesItAsItIs) {
  const TestDirectory directory;
  const auto path = directory / "history";
  Keeper{path}.fill(1, 1);
  {
    auto file = *sqlite::Connection::open(path, sqlite::Mode::write);
    ASSERT_TRUE(file.execute("PRAGMA user_version = 2"));
  }
  const auto before = read_text(path);

  EXPECT_EQ(refusal(path), "bad_content");
  EXPECT_EQ(read_text(path), before);
}

TEST(History, RefusesALinkADirectoryAndAFileInUse) {
  const TestDirectory directory;
  const Keeper run{directory / "history"};
  std::filesystem::create_symlink(directory / "history", directory / "link");
  std::filesystem::create_directory(directory / "folder");

  EXPECT_EQ(refusal(directory / "history"), "locked");
  EXPECT_EQ(refusal(directory / "link"), "io");
  EXPECT_EQ(refusal(directory / "folder"), "io");
  EXPECT_EQ(refusal(directory / "missing" / "history"), "missing");
}

TEST(History, IsItsOwnersAlone) {
  const TestDirectory directory;
  Keeper run{directory / "history"};
  run.fill(1, 1);

  for (const auto* name : {"history", "history-wal", "history-shm"}) {
    const auto mode = std::filesystem::status(directory / name).permissions();
    EXPECT_EQ(mode, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write)
        << name;
  }
}

/// Only a machine that went down with the writer running can have lost what was committed.
TEST(History, BeginsANewEpochWhenItsWriterDiedInAnotherBoot_F13) {
  const TestDirectory directory;
  const auto path = directory / "history";
  std::uint32_t epoch = 0;
  {
    Keeper run{path};
    run.fill(1, 3);
    epoch = run.history->epoch();
  }
  EXPECT_EQ(Keeper{path}.history->epoch(), epoch);
  {
    auto file = *sqlite::Connection::open(path, sqlite::Mode::write);
    ASSERT_TRUE(file.execute("UPDATE state SET open_in = x'616263'"));
  }

  EXPECT_NE(Keeper{path}.history->epoch(), epoch);
}

TEST(History, AnswersACursorFromTheFutureFromTheOldestAndSaysSo) {
  const TestDirectory directory;
  Keeper run{directory / "history"};
  run.fill(1, 3);

  const auto rows = run.read({.since = 4});

  EXPECT_TRUE(rows.unknown_since);
  EXPECT_EQ(numbers(rows), (Numbers{1, 2, 3}));
  EXPECT_FALSE(run.read({.since = 3}).unknown_since);
}

TEST(History, KnowsTheIdsItHas) {
  const TestDirectory directory;
  Keeper run{directory / "history"};
  run.fill(1, 2);
  const auto first = id_of(1);
  const auto missing = id_of(9);

  EXPECT_EQ(run.history->has("news", {first, missing}), (std::vector{true, false}));
  EXPECT_EQ(run.history->has("other", {first}), std::vector{false});
}

std::vector<std::string> seen(Keeper& run) {
  std::vector<std::string> ids;
  EXPECT_TRUE(run.history->read_seen([&](ByteView id, WallTime) { ids.push_back(to_text(id)); }));
  return ids;
}

TEST(SeenIds, AreThoseOfTheirTimeWhateverTheWindow) {
  const TestDirectory directory;
  const HistoryConfig config{.window = {.count_max = 1}, .seen_ttl = 1000ms};
  {
    Keeper run{directory / "history", config};
    run.fill(1, 2);
    run.now += 600;
    run.fill(3, 4);
  }

  Keeper run{directory / "history", config};
  EXPECT_EQ(seen(run), (std::vector<std::string>{"id1", "id2", "id3", "id4"}));
  run.now += 1600;
  EXPECT_EQ(seen(run), (std::vector<std::string>{"id3", "id4"}));
}

TEST(SeenIds, AreNoMoreThanTheirBound) {
  const TestDirectory directory;
  const HistoryConfig config{.seen_ids_max = 3};
  Keeper run{directory / "history", config};
  run.fill(1, 3);
  EXPECT_EQ(seen(run).size(), 3U);

  run.fill(4, 4);

  EXPECT_EQ(seen(run), (std::vector<std::string>{"id2", "id3", "id4"}));
}

}  // namespace
}  // namespace grapevine::store
