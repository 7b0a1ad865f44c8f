// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "api/stream.hpp"
#include "net/shell.hpp"

namespace grapevine::api {

/// The application's streams as the loop knows them: handlers, streams being opened, open ones.
/// Loop's thread only.
class Streams {
 public:
  using Handler = std::function<void(Stream)>;
  using Opened = std::function<void(Expected<Stream>)>;

  explicit Streams(net::Shell& shell) : shell_{shell} {}
  /// Whom stream handles keep alive.
  void belong_to(std::weak_ptr<Runtime> owner) { owner_ = std::move(owner); }

  void handle(std::string protocol, Handler handler);
  /// `opened` is told once the remote has agreed to the protocol, or why not.
  void open(Result<host::StreamKey, host::StreamError> key, Opened opened);

  // --- for handles ---
  void write(host::StreamKey key, SharedBytes bytes);
  void end(host::StreamKey key);
  void reset(host::StreamKey key);
  void give_credit(host::StreamKey key);
  /// The application has let go of the stream. One whose writing side it closed goes on until all
  /// is sent; any other is reset.
  void release(host::StreamKey key);

  // --- from the host ---
  void on_opened(host::StreamOpened opened);
  void on_data(host::StreamData data);
  void on_ended(const host::StreamEnded& ended);
  void on_closed(const host::StreamClosed& closed);
  void on_turn_end();
  /// The node is stopped: everything fails.
  void end_all();

 private:
  struct Open {
    std::weak_ptr<Stream::State> state;
    bool writes = false;  ///< something may wait in the session
    bool ended = false;   ///< by us
  };
  Stream add(const host::StreamOpened& opened);
  std::shared_ptr<Stream::State> find(host::StreamKey key);

  net::Shell& shell_;
  std::weak_ptr<Runtime> owner_;
  boost::unordered_flat_map<std::string, Handler> handlers_;
  std::map<host::StreamKey, Opened> opening_;
  std::map<host::StreamKey, Open> open_;
  std::vector<host::StreamKey> writing_;  ///< streams with `writes`
};

}  // namespace grapevine::api
