// SPDX-License-Identifier: Apache-2.0
#include "agent/acks.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <ctime>

#include "agent/clock.hpp"

namespace grapevine::agent {

std::unique_ptr<AckServer> AckServer::start() {
  std::uint16_t port = 0;
  auto listener = listen_on_loopback(port);
  Socket wake{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
  if (!listener.valid() || !wake.valid()) return nullptr;
  return std::unique_ptr<AckServer>{new AckServer{std::move(listener), std::move(wake), port}};
}

AckServer::AckServer(Socket listener, Socket wake, std::uint16_t port)
    : listener_{std::move(listener)}, wake_{std::move(wake)}, port_{port} {
  thread_ = std::thread{[this] { serve(); }};
}

AckServer::~AckServer() {
  {
    const std::lock_guard lock{mutex_};
    stopping_ = true;
  }
  eventfd_write(wake_.descriptor(), 1);
  thread_.join();
}

void AckServer::announce(std::uint64_t count) {
  bool behind = false;
  {
    const std::lock_guard lock{mutex_};
    count_ = count;
    for (auto& reader : readers_) {
      reader.behind = true;
      tell(reader);
      behind = behind || reader.behind;
    }
  }
  if (behind) eventfd_write(wake_.descriptor(), 1);  // the thread waits for room
}

/// Sends the newest number, or what is left of one under way. One that is gone is noticed by the
/// thread.
void AckServer::tell(Reader& reader) {
  while (reader.unsent > 0 || reader.behind) {
    if (reader.unsent == 0) {
      std::memcpy(reader.word.data(), &count_, sizeof count_);
      reader.unsent = sizeof count_;
      reader.behind = false;
    }
    const auto sent = reader.socket.send_some(std::span{reader.word}.last(reader.unsent));
    if (!sent || *sent == 0) break;
    reader.unsent -= *sent;
  }
  reader.behind = reader.behind || reader.unsent > 0;
}

void AckServer::accept_all() {
  for (;;) {
    Socket socket{::accept4(listener_.descriptor(), nullptr, nullptr, SOCK_CLOEXEC)};
    if (!socket.valid()) return;
    const int on = 1;
    setsockopt(socket.descriptor(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    readers_.push_back({std::move(socket), {}, 0, true});
    tell(readers_.back());
  }
}

/// Readers say nothing: what can be read is their end.
bool AckServer::gone(Reader& reader, short events) {
  if ((events & (POLLIN | POLLERR | POLLHUP)) == 0) return false;
  std::array<std::uint8_t, 64> unasked{};
  return !reader.socket.receive_some(unasked);
}

void AckServer::serve() {
  std::vector<pollfd> watched;
  for (;;) {
    {
      const std::lock_guard lock{mutex_};
      watched.assign({{listener_.descriptor(), POLLIN, 0}, {wake_.descriptor(), POLLIN, 0}});
      for (const auto& reader : readers_) {
        const short wanted = reader.behind ? POLLIN | POLLOUT : POLLIN;
        watched.push_back({reader.socket.descriptor(), wanted, 0});
      }
    }
    ::poll(watched.data(), watched.size(), -1);
    const std::lock_guard lock{mutex_};
    if (stopping_) return;
    eventfd_t ignored = 0;
    if (watched[1].revents != 0) eventfd_read(wake_.descriptor(), &ignored);
    // Only this thread adds and removes readers, so they are still those that were watched.
    for (std::size_t i = readers_.size(); i-- > 0;) {
      const auto events = watched[i + 2].revents;
      if (gone(readers_[i], events)) {
        readers_.erase(readers_.begin() + static_cast<std::ptrdiff_t>(i));
      } else if ((events & POLLOUT) != 0) {
        tell(readers_[i]);
      }
    }
    if (watched[0].revents != 0) accept_all();
  }
}

std::optional<AckReader> AckReader::connect(std::span<const std::string> addresses) {
  AckReader reader;
  for (const auto& address : addresses) {
    auto socket = connect_to(address);
    if (!socket.valid()) return std::nullopt;
    reader.servers_.push_back({std::move(socket)});
  }
  return reader;
}

void AckReader::take(Server& server, std::span<const std::uint8_t> bytes) {
  while (!bytes.empty()) {
    const auto size = std::min(server.partial.size() - server.have, bytes.size());
    std::memcpy(server.partial.data() + server.have, bytes.data(), size);
    server.have += size;
    bytes = bytes.subspan(size);
    if (server.have < server.partial.size()) return;
    std::memcpy(&server.count, server.partial.data(), sizeof server.count);
    server.have = 0;
  }
}

void AckReader::look() {
  std::array<std::uint8_t, 4096> buffer;
  for (auto& server : servers_) {
    for (;;) {
      const auto received = server.socket.receive_some(buffer);
      if (!received) broken_ = true;
      if (!received || *received == 0) break;
      take(server, std::span{buffer}.first(*received));
      if (*received < buffer.size()) break;
    }
  }
  const auto slowest = std::ranges::min_element(servers_, {}, &Server::count);
  if (slowest != servers_.end()) slowest_ = slowest->count;
}

void AckReader::wait_until(std::int64_t until_ns) {
  std::vector<pollfd> watched;
  if (!broken_) {  // an ended connection is always ready
    for (const auto& server : servers_) watched.push_back({server.socket.descriptor(), POLLIN, 0});
  }
  const auto left = std::max<std::int64_t>(0, until_ns - monotonic_ns());
  const timespec wait{left / 1'000'000'000, left % 1'000'000'000};
  ::ppoll(watched.data(), watched.size(), &wait, nullptr);
  look();
}

}  // namespace grapevine::agent
