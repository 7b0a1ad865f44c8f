// SPDX-License-Identifier: Apache-2.0
#include "agent/wire/raw.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace grapevine::wire {

int connect_socket(const Multiaddr& address) {
  const auto endpoint = address.tcp_endpoint();
  sockaddr_in target{};
  target.sin_family = AF_INET;
  if (!endpoint || inet_pton(AF_INET, endpoint->host.c_str(), &target.sin_addr) != 1) return -1;
  target.sin_port = htons(endpoint->port);
  const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return -1;
  if (::connect(descriptor, reinterpret_cast<const sockaddr*>(&target), sizeof target) != 0) {
    ::close(descriptor);
    return -1;
  }
  const int on = 1;
  setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return descriptor;
}

Bytes exchange(const Multiaddr& address, ByteView bytes,
               const std::function<bool(ByteView)>& enough, std::chrono::milliseconds wait) {
  Bytes answer;
  const int descriptor = connect_socket(address);
  if (descriptor < 0) return answer;
  const auto until = std::chrono::steady_clock::now() + wait;
  bool open = ::send(descriptor, bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
              static_cast<ssize_t>(bytes.size());
  while (open && !enough(answer)) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        until - std::chrono::steady_clock::now());
    pollfd watched{descriptor, POLLIN, 0};
    if (left.count() <= 0 || ::poll(&watched, 1, static_cast<int>(left.count())) != 1) break;
    std::uint8_t buffer[4096];
    const auto size = ::recv(descriptor, buffer, sizeof buffer, 0);
    open = size > 0;
    if (open) append(answer, {buffer, static_cast<std::size_t>(size)});
  }
  ::close(descriptor);
  return answer;
}

}  // namespace grapevine::wire
