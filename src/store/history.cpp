// SPDX-License-Identifier: Apache-2.0
#include "store/history.hpp"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <limits>
#include <mutex>
#include <thread>
#include <unordered_map>

#include "base/assert.hpp"
#include "store/history_reader.hpp"
#include "store/history_writer.hpp"

namespace grapevine::store {
namespace {

using Clock = std::chrono::steady_clock;

/// Of one transaction: a reader's snapshot never holds much.
constexpr std::size_t batch_messages_max = 4096;
constexpr std::size_t batch_bytes_max = 8u << 20;
/// A disk that refuses is asked again after this; what comes meanwhile is lost.
constexpr std::chrono::milliseconds retry_interval{1000};
constexpr std::chrono::milliseconds prune_interval{1000};
constexpr std::chrono::milliseconds prune_pause{20};  ///< between steps while there is more to take
/// A disk that failed so long ago fails anew.
constexpr std::chrono::seconds warning_interval{60};
/// What a row in the queue costs besides its message.
constexpr std::size_t row_cost = 256;

std::size_t cost_of(const PendingRow& row) { return row.field.kept() + row_cost; }

}  // namespace

struct History::State {
  State(HistoryConfig config_in, HistoryWriter writer_in)
      : config{std::move(config_in)}, writer{std::move(writer_in)} {}

  struct Topic {
    std::shared_ptr<const std::string> name;
    std::uint32_t number;
    std::uint64_t last;
    WallTime last_at;
  };
  struct NameHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view name) const {
      return std::hash<std::string_view>{}(name);
    }
  };

  Topic* topic(std::string_view name);
  void work();
  std::vector<PendingRow> take_batch();
  void write(const std::vector<PendingRow>& rows);
  void maintain();
  void on_failure(const Error& error);

  const HistoryConfig config;
  std::uint32_t epoch = 0;
  std::optional<WallTime> last_of_earlier_runs;

  // The appending thread's.
  std::unordered_map<std::string, Topic, NameHash, std::equal_to<>> topics;

  std::mutex mutex;
  std::condition_variable changed;
  std::vector<PendingRow> queue;
  std::size_t queue_bytes = 0;  ///< those of the batch being written included
  std::size_t queue_rows = 0;
  std::uint64_t appended = 0;
  bool closing = false;

  std::atomic<std::uint64_t> stored = 0;
  std::atomic<std::uint64_t> lost = 0;
  std::atomic<bool> failing = false;

  // The writer thread's.
  HistoryWriter writer;  ///< holds the file's lock: longer than anybody reads
  std::uint64_t done = 0;
  Clock::time_point retry_at = Clock::time_point::min();
  Clock::time_point quiet_until = Clock::time_point::min();  ///< the operator was told
  Clock::time_point prune_at = Clock::now();
  Clock::time_point sync_at = Clock::time_point::max();  ///< never: all is synced
  HistoryReader reader;
  std::thread thread;
};

Stored<std::unique_ptr<History>> History::open(HistoryConfig config) {
  auto file = HistoryFile::open(config.path, config.pages_max);
  if (!file) return unexpected{std::move(file.error())};
  const auto epoch = file->epoch;
  const auto topics = file->topics;
  auto writer = HistoryWriter::create(std::move(*file), config);
  if (!writer) return unexpected{std::move(writer.error())};
  auto state = std::make_unique<State>(std::move(config), std::move(*writer));
  if (auto opened = state->reader.open(state->config.path); !opened) {
    return unexpected{std::move(opened.error())};
  }
  state->epoch = epoch;
  for (const auto& topic : topics) {
    auto name = std::make_shared<const std::string>(topic.name);
    state->topics.emplace(topic.name,
                          State::Topic{std::move(name), topic.number, topic.last, topic.last_at});
    state->last_of_earlier_runs =
        std::max(state->last_of_earlier_runs.value_or(topic.last_at), topic.last_at);
  }
  return std::unique_ptr<History>{new History{std::move(state)}};
}

History::History(std::unique_ptr<State> state) : state_{std::move(state)} {
  state_->thread = std::thread{[this] { state_->work(); }};
}

History::~History() { close(); }

void History::close() {
  {
    const std::lock_guard held{state_->mutex};
    state_->closing = true;
  }
  state_->changed.notify_all();
  if (state_->thread.joinable()) state_->thread.join();
}

History::State::Topic* History::State::topic(std::string_view name) {
  if (const auto found = topics.find(name); found != topics.end()) return &found->second;
  if (topics.size() >= config.topics_max) return nullptr;
  // Topics are never forgotten, so the next number is free.
  const auto number = static_cast<std::uint32_t>(topics.size() + 1);
  auto shared = std::make_shared<const std::string>(name);
  const auto [place, fresh] =
      topics.emplace(std::string{name}, Topic{std::move(shared), number, 0, WallTime{}});
  return &place->second;
}

std::optional<Appended> History::append(const HistoryRecord& record) {
  auto& state = *state_;
  auto* topic = state.topic(record.topic);
  if (topic == nullptr) {
    ++state.lost;
    return std::nullopt;
  }
  topic->last_at = std::max(topic->last_at, record.at);
  PendingRow row{topic->name,    topic->number,       ++topic->last,
                 topic->last_at, to_bytes(record.id), record.field.kept_small()};
  std::unique_lock held{state.mutex};
  const auto cost = cost_of(row);
  if (state.closing || state.queue_rows >= state.config.queue_messages_max ||
      state.queue_bytes + cost > state.config.queue_bytes_max) {
    ++state.lost;
    return std::nullopt;
  }
  const Appended appended{row.number, ++state.appended};
  const bool was_empty = state.queue.empty();
  state.queue_bytes += cost;
  ++state.queue_rows;
  state.queue.push_back(std::move(row));
  held.unlock();
  if (was_empty) state.changed.notify_all();
  return appended;
}

std::vector<PendingRow> History::State::take_batch() {
  std::size_t bytes = 0;
  std::size_t count = 0;
  while (count < queue.size() && count < batch_messages_max && bytes < batch_bytes_max) {
    bytes += cost_of(queue[count++]);
  }
  const auto end = queue.begin() + static_cast<std::ptrdiff_t>(count);
  std::vector<PendingRow> batch{std::make_move_iterator(queue.begin()),
                                std::make_move_iterator(end)};
  queue.erase(queue.begin(), end);
  return batch;
}

void History::State::work() {
  std::unique_lock held{mutex};
  for (;;) {
    const auto wake = std::min(sync_at, prune_at);
    changed.wait_until(held, wake, [this] { return closing || !queue.empty(); });
    if (queue.empty() && closing) break;
    auto batch = take_batch();
    held.unlock();
    if (!batch.empty()) write(batch);
    maintain();
    std::size_t bytes = 0;
    for (const auto& row : batch) bytes += cost_of(row);
    const auto count = batch.size();
    batch = {};
    held.lock();
    queue_bytes -= bytes;
    queue_rows -= count;
  }
  held.unlock();
  if (failing) return;
  if (const auto marked = writer.mark_clean(); !marked) on_failure(marked.error());
}

void History::State::write(const std::vector<PendingRow>& rows) {
  const auto now = Clock::now();
  if (failing && now < retry_at) {
    lost += rows.size();
  } else {
    const auto committed = writer.commit(rows, config.clock());
    (committed ? stored : lost) += rows.size();
    if (committed) {
      sync_at = std::min(sync_at, now + config.sync_interval);
      failing = false;
    } else {
      on_failure(committed.error());
    }
  }
  done += rows.size();
  if (config.on_done) config.on_done(done);
}

/// What is due between batches.
void History::State::maintain() {
  const auto now = Clock::now();
  if (failing && now < retry_at) {
    prune_at = std::max(prune_at, retry_at);
    sync_at = sync_at == Clock::time_point::max() ? sync_at : std::max(sync_at, retry_at);
    return;
  }
  if (now >= sync_at) {
    sync_at = Clock::time_point::max();
    if (const auto synced = writer.sync(); !synced) on_failure(synced.error());
  }
  if (now < prune_at) return;
  const auto more = writer.prune(config.clock());
  prune_at = now + (more && *more ? prune_pause : prune_interval);
  if (!more) on_failure(more.error());
}

void History::State::on_failure(const Error& error) {
  const auto now = Clock::now();
  failing = true;
  retry_at = now + retry_interval;
  const bool told = now < quiet_until;
  quiet_until = now + warning_interval;
  if (told || !config.on_failing) return;
  config.on_failing("the message history does not take what it is given, and loses it: " +
                    error.detail);
}

Stored<HistoryRows> History::read(const HistoryQuery& query) { return state_->reader.read(query); }

Stored<std::vector<bool>> History::has(std::string_view topic, const std::vector<ByteView>& ids) {
  return state_->reader.has(topic, ids);
}

Stored<void> History::read_seen(const std::function<void(ByteView id, WallTime at)>& visit) {
  return state_->reader.read_seen(state_->config.clock() - state_->config.seen_ttl, visit);
}

std::uint32_t History::epoch() const { return state_->epoch; }

std::optional<WallTime> History::last_of_earlier_runs() const {
  return state_->last_of_earlier_runs;
}

HistoryCounters History::counters() const {
  return {state_->stored, state_->lost, state_->failing};
}

}  // namespace grapevine::store
