// SPDX-License-Identifier: Apache-2.0
#include "net/connection.hpp"

#include <utility>

#include "net/state.hpp"

namespace grapevine::net {

namespace {

/// What one connection may write, and read, before it is another's turn.
constexpr std::size_t write_budget = 256 * 1024;
constexpr std::size_t read_budget = 512 * 1024;
/// How long a closed connection waits for its last bytes to leave and for the remote's end.
constexpr Duration linger = std::chrono::seconds{1};

/// Owns and reads one connection until it ends.
asio::awaitable<void> serve(std::unique_ptr<Connection> connection) {
  for (;;) {
    const auto [error] =
        co_await connection->socket().async_wait(tcp::socket::wait_read, use_tuple);
    if (error) co_return connection->failed(error);
    if (!connection->read()) co_return;
    while (!connection->wants_read()) {
      co_await connection->resumption().async_wait(use_tuple);
      if (!connection->socket().is_open()) co_return;
    }
  }
}

bool would_block(const ErrorCode& error) {
  return error == asio::error::would_block || error == asio::error::try_again;
}

}  // namespace

void start(Shell::State& shell, tcp::socket socket, host::LinkId link) {
  ErrorCode ignored;  // a socket that fails here fails again, and is noticed, when it is read
  socket.set_option(tcp::no_delay{true}, ignored);
  socket.non_blocking(true, ignored);
  auto connection = std::make_unique<Connection>(shell, std::move(socket), link);
  asio::co_spawn(shell.context, serve(std::move(connection)), asio::detached);
}

Connection::Connection(Shell::State& shell, tcp::socket socket, host::LinkId link)
    : shell_{shell}, socket_{std::move(socket)}, link_{link} {
  shell_.connections.emplace(link_, this);
}

Connection::~Connection() {
  tell_host("closed");
  shell_.connections.erase(link_);
  if (!unsent_.empty()) --shell_.blocked;
}

bool Connection::read() {
  for (std::size_t taken = 0; taken < read_budget;) {
    if (closing_) return discard();
    const auto room = shell_.slabs.room();
    ErrorCode error;
    const auto size = socket_.read_some(asio::buffer(room.data(), room.size()), error);
    if (would_block(error)) return true;
    if (error == asio::error::eof) return ended("closed by the remote");
    if (error) {
      failed(error);
      return false;
    }
    shell_.host.on_bytes(link_, {shell_.slabs.slab(), room.first(size)}, shell_.tick());
    shell_.slabs.used(size);
    taken += size;
    if (size < room.size() || !wants_read()) return true;
  }
  return true;
}

bool Connection::discard() {
  const auto room = shell_.slabs.room();
  ErrorCode error;
  socket_.read_some(asio::buffer(room.data(), room.size()), error);
  return !error || would_block(error);
}

bool Connection::wants_read() const { return closing_ || shell_.host.wants_read(link_); }

asio::steady_timer& Connection::resumption() {
  if (!resumption_) {
    resumption_ = std::make_unique<asio::steady_timer>(socket_.get_executor(),
                                                       asio::steady_timer::time_point::max());
  }
  return *resumption_;
}

void Connection::resume_reading() {
  if (!resumption_ || !wants_read()) return;
  resumption_->cancel();
  resumption_.reset();
}

void Connection::failed(const ErrorCode& error) {
  if (error == asio::error::operation_aborted) return;  // by ourselves
  ended(error.message());
}

bool Connection::ended(std::string_view reason) {
  shell_.tick();
  tell_host(reason);
  return false;
}

void Connection::tell_host(std::string_view reason) {
  closing_ = true;
  if (!std::exchange(told_, true)) shell_.host.on_link_closed(link_, reason, shell_.time);
}

void Connection::write() {
  if (!unsent_.empty() || shut_ || !socket_.is_open()) return;
  auto& packed = shell_.packed;
  packed.clear();
  const bool more = shell_.host.pack(link_, packed, write_budget, shell_.time);
  resume_reading();
  if (packed.empty()) return drained();
  const auto size = send(packed);
  if (!size) return;
  if (*size < packed.size()) {
    unsent_ = std::exchange(packed, {});
    unsent_at_ = *size;
    ++shell_.blocked;
    return wait_until_writable();
  }
  if (!more) return drained();
  shell_.wants_write(link_);
}

std::optional<std::size_t> Connection::send(ByteView bytes) {
  ErrorCode error;
  const auto size = socket_.write_some(asio::buffer(bytes.data(), bytes.size()), error);
  if (would_block(error)) return 0;
  if (error) {
    tell_host(error.message());
    abort();
    return std::nullopt;
  }
  if (!closing_) shell_.host.on_written(link_, size, shell_.time);
  return size;
}

void Connection::wait_until_writable() {
  auto done = [&shell = shell_, link = link_](const ErrorCode& error) {
    if (auto* connection = shell.find(link)) connection->on_writable(error);
  };
  socket_.async_wait(tcp::socket::wait_write, std::move(done));
}

void Connection::on_writable(const ErrorCode& error) {
  if (error == asio::error::operation_aborted || unsent_.empty()) return;
  shell_.tick();
  const auto size = send(ByteView{unsent_}.subspan(unsent_at_));
  if (!size) return;
  unsent_at_ += *size;
  if (unsent_at_ < unsent_.size()) return wait_until_writable();
  if (shell_.packed.capacity() == 0) {
    shell_.packed = std::exchange(unsent_, {});
  } else {
    unsent_ = {};
  }
  unsent_at_ = 0;
  --shell_.blocked;
  shell_.wants_write(link_);
}

/// All that the host had is with the system.
void Connection::drained() {
  if (!closing_ || shut_) return;
  shut_ = true;
  ErrorCode ignored;
  socket_.shutdown(tcp::socket::shutdown_send, ignored);
}

void Connection::close() {
  closing_ = true;
  linger_until_ = shell_.time + linger;
  if (resumption_) resume_reading();
  shell_.linger_check = std::min(shell_.linger_check, linger_until_);
  shell_.wants_write(link_);
}

void Connection::abort() {
  ErrorCode ignored;
  socket_.close(ignored);
  if (resumption_) resumption_->cancel();
}

}  // namespace grapevine::net
