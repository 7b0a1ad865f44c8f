// SPDX-License-Identifier: Apache-2.0
#include "api/recorder.hpp"

#include <limits>

namespace grapevine::api {

store::WallTime wall_time() { return from_system(std::chrono::system_clock::now()); }

store::WallTime from_system(std::chrono::system_clock::time_point time) {
  return std::chrono::floor<std::chrono::milliseconds>(time.time_since_epoch());
}

std::chrono::system_clock::time_point to_system(store::WallTime time) {
  return std::chrono::system_clock::time_point{
      std::chrono::duration_cast<std::chrono::system_clock::duration>(time)};
}

store::Stored<std::unique_ptr<Recorder>> Recorder::open(Setup setup) {
  const auto& options = setup.options;
  store::HistoryConfig config;
  config.path = options.file;
  config.window = {options.messages_max, options.bytes_max, options.age_max};
  config.topics_max = options.topics_max;
  config.seen_ttl = setup.seen_ttl;
  config.seen_ids_max = setup.seen_ids_max;
  config.clock = wall_time;
  config.on_done = setup.done;
  config.on_failing = [warn = setup.warn](std::string_view text) { warn(std::string{text}); };
  auto history = store::History::open(std::move(config));
  if (!history) return std::unexpected(std::move(history.error()));
  std::unique_ptr<Recorder> recorder{new Recorder{std::move(setup)}};
  recorder->history_ = std::move(*history);
  return recorder;
}

/// Others may still read the history; its thread, which calls us, ends here.
Recorder::~Recorder() { history_->close(); }

void Recorder::take(host::Deliver delivered) {
  if (delivered.kept_to_us) {
    if (held_.empty()) return setup_.deliver(delivered, std::nullopt);
    const auto ticket = held_.back().ticket;
    return held_.push({std::move(delivered), std::nullopt, ticket});
  }
  const auto& message = delivered.message;
  const auto appended =
      history_->append({message.view.topic, message.id.bytes(), message.field, wall_time()});
  if (appended) {
    const Cursor cursor{history_->epoch(), appended->number};
    return held_.push({std::move(delivered), cursor, appended->ticket});
  }
  on_done(std::numeric_limits<std::uint64_t>::max());
  setup_.deliver(delivered, std::nullopt);
}

void Recorder::on_done(std::uint64_t ticket) {
  while (!held_.empty() && held_.front().ticket <= ticket) {
    const auto held = held_.pop();
    setup_.deliver(held.delivered, held.cursor);
  }
}

void Recorder::end() {
  history_->close();
  on_done(std::numeric_limits<std::uint64_t>::max());
}

}  // namespace grapevine::api
