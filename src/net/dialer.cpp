// SPDX-License-Identifier: Apache-2.0
#include "net/dialer.hpp"

#include "net/addresses.hpp"
#include "net/connection.hpp"
#include "net/state.hpp"

namespace grapevine::net {

namespace {

/// Addresses of one name that are tried (F29).
constexpr std::size_t addresses_max = 16;

bool wanted(const TcpEndpoint& to, const tcp::endpoint& endpoint) {
  if (to.host_protocol == multi::Protocol::dns4) return endpoint.address().is_v4();
  if (to.host_protocol == multi::Protocol::dns6) return endpoint.address().is_v6();
  return true;
}

host::DialError dial_error(const ErrorCode& error) {
  if (error == asio::error::connection_refused) return host::DialError::refused;
  if (error == asio::error::timed_out) return host::DialError::timeout;
  return host::DialError::unreachable;
}

/// Connects to the first endpoint that answers; the error is the last one's.
asio::awaitable<ErrorCode> connect(Dialing& dialing, std::vector<tcp::endpoint> endpoints) {
  ErrorCode last = asio::error::host_not_found;
  for (const auto& endpoint : endpoints) {
    ErrorCode ignored;
    dialing.socket().close(ignored);
    const auto [error] = co_await dialing.socket().async_connect(endpoint, use_tuple);
    last = error;
    if (!error || dialing.cancelled()) break;
  }
  co_return last;
}

}  // namespace

asio::awaitable<void> dial(Shell::State& shell, host::DialId id, TcpEndpoint to) {
  Dialing dialing{shell, id};
  std::vector<tcp::endpoint> endpoints;
  if (const auto numeric = to_endpoint(to)) {
    endpoints.push_back(*numeric);
  } else {
    const auto port = std::to_string(to.port);
    const auto [error, found] = co_await dialing.resolver().async_resolve(to.host, port, use_tuple);
    if (dialing.cancelled()) co_return;
    if (error) co_return dialing.unresolved(error.message());
    for (const auto& entry : found) {
      if (wanted(to, entry) && endpoints.size() < addresses_max) endpoints.push_back(entry);
    }
    if (endpoints.empty()) co_return dialing.unresolved("no address of this kind");
  }
  const auto error = co_await connect(dialing, std::move(endpoints));
  if (dialing.cancelled()) co_return;
  if (error) co_return dialing.failed(error);
  dialing.connected();
}

Dialing::Dialing(Shell::State& shell, host::DialId id)
    : shell_{shell}, id_{id}, resolver_{shell.context}, socket_{shell.context} {
  shell_.dials.emplace(id_, this);
}

Dialing::~Dialing() { shell_.dials.erase(id_); }

void Dialing::cancel() {
  cancelled_ = true;
  resolver_.cancel();
  ErrorCode ignored;
  socket_.close(ignored);
}

void Dialing::unresolved(std::string_view words) {
  shell_.host.on_dial_failed(id_, host::DialError::resolve_failed, words, shell_.tick());
}

void Dialing::failed(const ErrorCode& error) {
  shell_.host.on_dial_failed(id_, dial_error(error), error.message(), shell_.tick());
}

void Dialing::connected() {
  const auto link = shell_.host.on_dialed(id_, shell_.tick());
  if (!link) return;
  start(shell_, std::move(socket_), *link);
}

}  // namespace grapevine::net
