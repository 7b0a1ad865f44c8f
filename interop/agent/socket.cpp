// SPDX-License-Identifier: Apache-2.0
#include "agent/socket.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>

namespace grapevine::agent {

namespace {

constexpr int connect_milliseconds_max = 5000;

std::optional<sockaddr_in> parse(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == text.npos) return std::nullopt;
  sockaddr_in address{};
  address.sin_family = AF_INET;
  std::uint16_t port = 0;
  const auto* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data() + colon + 1, end, port);
  const std::string host{text.substr(0, colon)};
  if (error != std::errc{} || stop != end) return std::nullopt;
  if (inet_pton(AF_INET, host.c_str(), &address.sin_addr) != 1) return std::nullopt;
  address.sin_port = htons(port);
  return address;
}

bool awaited(int descriptor) {
  pollfd connecting{descriptor, POLLOUT, 0};
  if (::poll(&connecting, 1, connect_milliseconds_max) != 1) return false;
  int error = 0;
  socklen_t size = sizeof error;
  return getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &size) == 0 && error == 0;
}

}  // namespace

Socket& Socket::operator=(Socket&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

Socket::~Socket() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

std::optional<std::size_t> Socket::send_some(std::span<const std::uint8_t> bytes) const {
  const auto sent = ::send(descriptor_, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  if (sent >= 0) return static_cast<std::size_t>(sent);
  if (errno == EAGAIN || errno == EINTR) return 0;
  return std::nullopt;
}

std::optional<std::size_t> Socket::receive_some(std::span<std::uint8_t> into) const {
  const auto received = ::recv(descriptor_, into.data(), into.size(), MSG_DONTWAIT);
  if (received > 0) return static_cast<std::size_t>(received);
  if (received < 0 && (errno == EAGAIN || errno == EINTR)) return 0;
  return std::nullopt;
}

Socket listen_on_loopback(std::uint16_t& port) {
  Socket socket{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  socklen_t size = sizeof address;
  if (!socket.valid() || ::bind(socket.descriptor(), generic, size) != 0 ||
      ::listen(socket.descriptor(), SOMAXCONN) != 0 ||
      ::getsockname(socket.descriptor(), generic, &size) != 0)
    return Socket{};
  port = ntohs(address.sin_port);
  return socket;
}

Socket connect_to(std::string_view address) {
  const auto target = parse(address);
  if (!target) return Socket{};
  Socket socket{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
  if (!socket.valid()) return Socket{};
  const auto* generic = reinterpret_cast<const sockaddr*>(&*target);
  if (::connect(socket.descriptor(), generic, sizeof *target) != 0 &&
      (errno != EINPROGRESS || !awaited(socket.descriptor())))
    return Socket{};
  const int on = 1;
  setsockopt(socket.descriptor(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return socket;
}

}  // namespace grapevine::agent
