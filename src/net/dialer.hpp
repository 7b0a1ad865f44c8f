// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "net/asio.hpp"
#include "net/shell.hpp"

namespace grapevine::net {

/// One attempt to connect, under way. It lives in the frame of `dial` and is in the shell's table
/// for as long as it lives.
class Dialing {
 public:
  Dialing(Shell::State& shell, host::DialId id);
  Dialing(const Dialing&) = delete;
  Dialing& operator=(const Dialing&) = delete;
  ~Dialing();

  tcp::socket& socket() { return socket_; }
  tcp::resolver& resolver() { return resolver_; }
  void cancel();
  bool cancelled() const { return cancelled_; }

  /// The name has no address.
  void unresolved(std::string_view words);
  void failed(const ErrorCode& error);
  void connected();

 private:
  Shell::State& shell_;
  const host::DialId id_;
  tcp::resolver resolver_;
  tcp::socket socket_;
  bool cancelled_ = false;
};

/// Resolves a name where there is one, and connects to the first of its addresses that answers.
asio::awaitable<void> dial(Shell::State& shell, host::DialId id, TcpEndpoint to);

}  // namespace grapevine::net
