// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "net/asio.hpp"
#include "net/shell.hpp"

namespace grapevine::net {

/// One listening socket. No error ends its accepting: when descriptors run out, it turns away the
/// next caller with a descriptor kept for that, and tries again a tenth of a second later (V55).
class Listener {
 public:
  static Result<std::unique_ptr<Listener>, ListenFailure> open(Shell::State& shell,
                                                               const Multiaddr& address);
  Listener(Shell::State& shell, tcp::acceptor acceptor);
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;
  ~Listener();

  tcp::endpoint endpoint() const;
  void close();

  tcp::acceptor& acceptor() { return acceptor_; }
  asio::steady_timer& pause() { return pause_; }
  void accepted(tcp::socket socket);
  /// Accepting failed: makes room for the pause that follows.
  void failed(const ErrorCode& error);

 private:
  Shell::State& shell_;
  tcp::acceptor acceptor_;
  asio::steady_timer pause_;
  int spare_;  ///< a descriptor to give up when there is no other; -1 when there is none
};

/// Accepts until the listener is closed.
asio::awaitable<void> accept_all(Listener& listener);

}  // namespace grapevine::net
