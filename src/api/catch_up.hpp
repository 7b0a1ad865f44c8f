// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/queue.hpp"
#include "core/history/requester.hpp"
#include "grapevine/error.hpp"
#include "grapevine/history.hpp"
#include "net/shell.hpp"
#include "store/history.hpp"

namespace grapevine::api {

/// Asks neighbours for what they kept. Each message passes the router's checks, a few at a time;
/// those that our own history has are not even asked about. Loop's thread only.
class CatchUps {
 public:
  using Done = std::function<void(Expected<CaughtUp>)>;
  struct Wanted {
    std::string topic;
    std::vector<PeerId> peers;  ///< asked one after another until one answers
    std::optional<std::chrono::milliseconds> age_max;
    std::size_t messages_max = 0;
    TimePoint deadline;
    Done done;
  };

  /// `history`: our own, or nullptr.
  CatchUps(net::Shell& shell, std::shared_ptr<store::History> history, history::Limits limits);

  void start(Wanted wanted);
  bool has(host::StreamKey key) const { return running_.contains(key); }
  void on_opened(const host::StreamOpened& opened);
  void on_data(host::StreamData data);
  void on_closed(host::StreamKey key, std::string_view why);
  void on_replayed(const host::Replayed& replayed);
  /// Ends what is late.
  void on_turn_end();
  void end_all();

 private:
  struct Running {
    Wanted wanted;
    std::optional<history::Requester> requester;
    CaughtUp sum;
    std::vector<history::Received> page;       ///< of the answer under way
    std::optional<history::End> end;           ///< of the answer
    base::Queue<history::Received> unchecked;  ///< behind the look-up
    std::size_t checking = 0;                  ///< in the router
    std::optional<TimePoint> again_at;  ///< the peer was busy, and has given something before
  };
  using Place = std::map<host::StreamKey, Running>::iterator;

  void ask_next(Wanted wanted, Error reason);
  void on_page(host::StreamKey key, Running& running);
  void look_up(host::StreamKey key, Running& running);
  void check(host::StreamKey key, const std::vector<bool>& known);
  void work(host::StreamKey key);
  void on_page_done(Place place);
  void finish(Place place, bool complete);
  void fail(Place place, Error reason);

  net::Shell& shell_;
  std::shared_ptr<store::History> history_;
  const history::Limits limits_;
  std::map<host::StreamKey, Running> running_;
  std::map<std::uint64_t, host::StreamKey> replays_;  ///< in the router, by their number
  std::uint64_t next_replay_ = 1;
};

}  // namespace grapevine::api
