// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string_view>

#include "api/catch_up.hpp"
#include "api/history_server.hpp"
#include "api/recorder.hpp"
#include "net/shell.hpp"

namespace grapevine::api {

/// A node's history as the loop knows it: what is recorded, who asks for it, whom we ask. Without
/// a file nothing is recorded or answered; asking others works. Loop's thread only, but for
/// `store`.
class Histories {
 public:
  struct Setup {
    std::optional<HistoryOptions> options;
    const gossipsub::Config* gossip = nullptr;  ///< for the length of the call
    std::function<void(std::string_view)> warn;
    std::function<void(net::Inbox::Command)> post;
    std::function<void(const host::Deliver&, std::optional<Cursor>)> deliver;
  };
  /// Also tells the router what was seen before; so before anything else. A disk that does not give
  /// or take anything costs the history, with a warning; a file that is none is an error.
  static Expected<std::unique_ptr<Histories>> open(Setup setup, net::Shell& shell);

  void on_deliver(host::Deliver&& delivered);
  void on_replayed(const host::Replayed& replayed) { catch_ups_.on_replayed(replayed); }
  // --- false: it is somebody else's stream ---
  bool on_opened(const host::StreamOpened& opened);
  bool on_data(host::StreamData& data);
  bool on_ended(const host::StreamEnded& ended);
  bool on_closed(const host::StreamClosed& closed);
  void on_writable(const host::StreamWritable& writable);
  void on_turn_end();
  /// The loop ends: all is written and delivered, and nobody waits any more.
  void end();

  CatchUps& catch_ups() { return catch_ups_; }
  /// nullptr without a file. From any thread, as it never changes.
  const std::shared_ptr<store::History>& store() const { return store_; }

 private:
  Histories(Setup setup, net::Shell& shell, std::unique_ptr<Recorder> recorder);

  net::Shell& shell_;
  const std::function<void(const host::Deliver&, std::optional<Cursor>)> deliver_;
  std::unique_ptr<Recorder> recorder_;
  const std::shared_ptr<store::History> store_;
  std::optional<HistoryServer> server_;
  CatchUps catch_ups_;
};

}  // namespace grapevine::api
