// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>

#include "core/history/allowance.hpp"
#include "core/history/responder.hpp"
#include "net/shell.hpp"
#include "store/history.hpp"

namespace grapevine::api {

/// Answers neighbours who ask for our history. Look-ups run on a worker; answers leave as fast as
/// each stream takes them. Loop's thread only.
class HistoryServer {
 public:
  HistoryServer(net::Shell& shell, std::shared_ptr<store::History> history, history::Limits limits);

  bool has(host::StreamKey key) const { return streams_.contains(key); }
  void on_opened(const host::StreamOpened& opened);
  void on_data(host::StreamData data);
  void on_writable(host::StreamKey key);
  void on_ended(host::StreamKey key);
  void on_closed(host::StreamKey key);
  /// Resets what is late.
  void on_turn_end();

 private:
  struct Serving {
    PeerId peer;
    history::Responder responder;
    bool looked_up = false;  ///< counts as a look-up until it is answered
    bool ended = false;      ///< by the remote
  };
  void work(host::StreamKey key);
  void look_up(host::StreamKey key, history::Request request);
  void write(host::StreamKey key, Serving& serving);
  void reset(host::StreamKey key);
  void forget(host::StreamKey key);

  net::Shell& shell_;
  std::shared_ptr<store::History> history_;
  const history::Limits limits_;
  history::Allowance allowance_;
  std::map<host::StreamKey, Serving> streams_;
};

}  // namespace grapevine::api
