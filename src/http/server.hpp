// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "grapevine/error.hpp"
#include "http/routes.hpp"

namespace grapevine::http {

/// Where to listen.
struct Endpoint {
  std::string host = "127.0.0.1";  ///< an IP address, without brackets
  std::uint16_t port = 0;          ///< 0: any free one
};

/// What the server needs done. `publish` runs on the server's thread and must not block; the others
/// run on workers of the server, `life` on one of its own: a node that is busy is alive.
struct Services {
  std::function<Expected<void>(const Publish&)> publish;
  std::function<std::vector<DialResult>(const AddPeers&)> add_peers;
  std::function<Life()> life;
  std::function<std::string(const ShowMetrics&)> metrics;
};

struct ServerLimits {
  std::size_t connections_max = 64;
  std::size_t requests_per_second = 100;  ///< of one client, beyond its burst; `/livez` is free
  std::size_t requests_burst = 200;
  std::size_t workers = 4;
  int head_seconds = 5;   ///< from the first byte of a request to the end of its header
  int body_seconds = 30;  ///< from there to the end of the body; also for writing an answer
  int idle_seconds = 30;  ///< between two requests of a connection
  int stop_seconds = 3;   ///< for answers under way when the server stops
};

/// HTTP/1.1 on a thread of its own, with its own loop: whatever a client does here never reaches
/// the thread that gossips.
class Server {
 public:
  /// Binds, so that nobody else has the port; answers nobody yet. `address_in_use` when somebody
  /// has.
  static Expected<Server> listen(const Endpoint& endpoint, ServerLimits limits = {});

  Server(Server&&) noexcept;
  ~Server();  ///< stops and joins

  std::uint16_t port() const;
  void serve(Services services);
  /// Takes no more requests; those under way are answered. Does not wait.
  void stop();
  /// Waits for the threads, at most as long as a service blocks.
  void join();

  struct State;

 private:
  explicit Server(std::unique_ptr<State> state);

  std::unique_ptr<State> state_;
};

}  // namespace grapevine::http
