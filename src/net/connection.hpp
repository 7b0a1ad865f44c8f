// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string_view>

#include "net/asio.hpp"
#include "net/shell.hpp"

namespace grapevine::net {

/// One TCP connection of the shell. The frame of `serve` owns it and reads; what has to be written
/// is written from the loop's turn. It is in the shell's table for as long as it lives, and holds a
/// buffer only while the system takes no more bytes. Once `closing`, the host has forgotten the
/// link but for `pack`.
class Connection {
 public:
  Connection(Shell::State& shell, tcp::socket socket, host::LinkId link);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection();

  tcp::socket& socket() { return socket_; }

  // --- for the reading coroutine ---
  /// Takes what is there and gives it to the host; false when the connection has ended.
  bool read();
  /// False while the host has too much to say to this peer to listen to it.
  bool wants_read() const;
  /// Expires never; cancelled when reading may go on.
  asio::steady_timer& resumption();
  void failed(const ErrorCode& error);

  // --- for the loop's turn ---
  /// One write of what the host has for this link.
  void write();
  /// Lets go: writes what is left, then says so, then waits shortly for the remote to do the same.
  void close();
  /// Ends at once.
  void abort();
  TimePoint linger_until() const { return linger_until_; }

 private:
  /// Reads and forgets: unread bytes would make the system reset what we have just written.
  bool discard();
  bool ended(std::string_view reason);
  void tell_host(std::string_view reason);
  /// Writes from `bytes` on behind the `at` that are written already; nullopt when the socket
  /// failed.
  std::optional<std::size_t> send(ByteView bytes);
  void wait_until_writable();
  void on_writable(const ErrorCode& error);
  void drained();
  void resume_reading();

  Shell::State& shell_;
  tcp::socket socket_;
  const host::LinkId link_;
  Bytes unsent_;  ///< packed and not yet taken by the system
  std::size_t unsent_at_ = 0;
  std::unique_ptr<asio::steady_timer> resumption_;
  TimePoint linger_until_ = TimePoint::max();
  bool closing_ = false;
  bool told_ = false;  ///< the host knows that the connection is gone
  bool shut_ = false;  ///< our end is told
};

/// Makes a connection of a fresh socket, whose link the host has just given, and lets it run.
void start(Shell::State& shell, tcp::socket socket, host::LinkId link);

}  // namespace grapevine::net
