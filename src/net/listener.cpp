// SPDX-License-Identifier: Apache-2.0
#include "net/listener.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <boost/asio/ip/v6_only.hpp>

#include "net/addresses.hpp"
#include "net/connection.hpp"
#include "net/state.hpp"

namespace grapevine::net {

namespace {

constexpr auto accept_pause = std::chrono::milliseconds{100};

int open_spare() { return ::open("/dev/null", O_RDONLY | O_CLOEXEC); }

ListenError listen_error(const ErrorCode& error) {
  if (error == asio::error::address_in_use) return ListenError::in_use;
  const bool refused = error == boost::system::errc::address_not_available ||
                       error == boost::system::errc::permission_denied ||
                       error == boost::system::errc::address_family_not_supported;
  return refused ? ListenError::not_available : ListenError::system;
}

ErrorCode bind(tcp::acceptor& acceptor, const tcp::endpoint& endpoint) {
  ErrorCode error;
  acceptor.open(endpoint.protocol(), error);
  if (error) return error;
  // A restart must not wait for connections of the last run; two listeners stay impossible.
  acceptor.set_option(tcp::acceptor::reuse_address{true}, error);
  if (!error && endpoint.address().is_v6()) acceptor.set_option(asio::ip::v6_only{true}, error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(tcp::acceptor::max_listen_connections, error);
  return error;
}

}  // namespace

Result<std::unique_ptr<Listener>, ListenFailure> Listener::open(Shell::State& shell,
                                                                const Multiaddr& address) {
  const auto where = "cannot listen on " + address.to_string() + ": ";
  const auto parts = address.tcp_endpoint();
  const auto endpoint = parts ? to_endpoint(*parts) : std::nullopt;
  if (!endpoint) {
    return unexpected(
        ListenFailure{ListenError::unsupported, where + "not an IP address with a TCP port"});
  }
  tcp::acceptor acceptor{shell.context};
  if (const auto error = bind(acceptor, *endpoint)) {
    return unexpected(ListenFailure{listen_error(error), where + error.message()});
  }
  return std::make_unique<Listener>(shell, std::move(acceptor));
}

Listener::Listener(Shell::State& shell, tcp::acceptor acceptor)
    : shell_{shell},
      acceptor_{std::move(acceptor)},
      pause_{acceptor_.get_executor()},
      spare_{open_spare()} {}

Listener::~Listener() {
  if (spare_ >= 0) ::close(spare_);
}

tcp::endpoint Listener::endpoint() const {
  ErrorCode ignored;
  return acceptor_.local_endpoint(ignored);
}

void Listener::close() {
  ErrorCode ignored;
  acceptor_.close(ignored);
  pause_.cancel();
}

void Listener::accepted(tcp::socket socket) {
  if (shell_.ending()) return;
  ErrorCode error;
  const auto remote = socket.remote_endpoint(error);
  if (error) return;  // gone already
  const auto link = shell_.host.on_accepted(to_multiaddr(remote), shell_.tick());
  if (!link) return;
  start(shell_, std::move(socket), *link);
}

void Listener::failed(const ErrorCode& error) {
  shell_.warn("cannot accept connections: " + error.message());
  pause_.expires_after(accept_pause);
  if (error != boost::system::errc::too_many_files_open || spare_ < 0) {
    if (spare_ < 0) spare_ = open_spare();
    return;
  }
  // Whoever is next in line learns at once that it is no use, instead of waiting for a time-out.
  ::close(spare_);
  ErrorCode ignored;
  acceptor_.non_blocking(true, ignored);
  {
    const auto turned_away = acceptor_.accept(ignored);
  }
  spare_ = open_spare();
}

asio::awaitable<void> accept_all(Listener& listener) {
  while (listener.acceptor().is_open()) {
    auto [error, socket] = co_await listener.acceptor().async_accept(use_tuple);
    if (!error) {
      listener.accepted(std::move(socket));
    } else if (error != asio::error::operation_aborted && listener.acceptor().is_open()) {
      listener.failed(error);
      co_await listener.pause().async_wait(use_tuple);
    }
  }
}

}  // namespace grapevine::net
