// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "agent/socket.hpp"

/// The side channel of a benchmark: how many messages have come, 8 bytes little-endian each time.
namespace grapevine::agent {

/// Tells whoever is connected. A reader that is slow is told the newest number when it has room.
class AckServer {
 public:
  /// nullptr when the system has no port left.
  static std::unique_ptr<AckServer> start();
  ~AckServer();

  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  void announce(std::uint64_t count);

 private:
  struct Reader {
    Socket socket;
    std::array<std::uint8_t, 8> word{};  ///< being sent
    std::size_t unsent = 0;              ///< bytes of it
    bool behind = false;                 ///< there is a newer number
  };

  AckServer(Socket listener, Socket wake, std::uint16_t port);
  void serve();
  void accept_all();
  void tell(Reader& reader);
  bool gone(Reader& reader, short events);

  Socket listener_;
  Socket wake_;  ///< an eventfd
  std::uint16_t port_;
  std::mutex mutex_;
  std::uint64_t count_ = 0;
  std::vector<Reader> readers_;
  bool stopping_ = false;
  std::thread thread_;
};

/// Follows several ack servers and knows the slowest; used by one thread, and has none of its own.
class AckReader {
 public:
  /// Connects to each address; nullopt when one cannot be reached.
  static std::optional<AckReader> connect(std::span<const std::string> addresses);

  bool empty() const { return servers_.empty(); }
  /// The slowest count known; call `look` for news.
  std::uint64_t slowest() const { return slowest_; }
  /// A server has closed its connection.
  bool broken() const { return broken_; }
  /// Takes what has come.
  void look();
  /// Waits for news until that time of CLOCK_MONOTONIC, then looks.
  void wait_until(std::int64_t until_ns);

 private:
  struct Server {
    Socket socket;
    std::array<std::uint8_t, 8> partial{};
    std::size_t have = 0;
    std::uint64_t count = 0;
  };
  void take(Server& server, std::span<const std::uint8_t> bytes);

  std::vector<Server> servers_;
  std::uint64_t slowest_ = 0;
  bool broken_ = false;
};

}  // namespace grapevine::agent
