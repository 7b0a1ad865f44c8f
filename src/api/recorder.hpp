// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "base/queue.hpp"
#include "core/host/host.hpp"
#include "grapevine/history.hpp"
#include "store/history.hpp"

namespace grapevine::api {

/// Puts what is delivered on disk first, and only then gives it to the application: so nothing that
/// the application has seen is delivered again by a later run, however this one ends. What the
/// history has no room for is delivered all the same, and what waits ahead of it, in order: gossip
/// never waits for a disk. What is published for this node alone is not kept, as neighbours may ask
/// for what is. Loop's thread only.
class Recorder {
 public:
  struct Setup {
    HistoryOptions options;
    std::chrono::milliseconds seen_ttl;
    std::size_t seen_ids_max;
    /// Where deliveries go.
    std::function<void(const host::Deliver&, std::optional<Cursor>)> deliver;
    /// All up to `ticket` is on disk or lost: called on another thread, to be brought to `on_done`.
    std::function<void(std::uint64_t ticket)> done;
    std::function<void(std::string)> warn;  ///< on another thread
  };
  static store::Stored<std::unique_ptr<Recorder>> open(Setup setup);
  Recorder(const Recorder&) = delete;
  Recorder& operator=(const Recorder&) = delete;
  ~Recorder();

  void take(host::Deliver delivered);
  void on_done(std::uint64_t ticket);
  /// The loop ends: all is written, then delivered.
  void end();

  const std::shared_ptr<store::History>& history() const { return history_; }

 private:
  struct Held {
    host::Deliver delivered;
    std::optional<Cursor> cursor;
    std::uint64_t ticket;
  };
  explicit Recorder(Setup setup) : setup_{std::move(setup)} {}

  const Setup setup_;
  std::shared_ptr<store::History> history_;
  base::Queue<Held> held_;
};

/// Milliseconds since 1970.
store::WallTime wall_time();
std::chrono::system_clock::time_point to_system(store::WallTime time);
store::WallTime from_system(std::chrono::system_clock::time_point time);

}  // namespace grapevine::api
