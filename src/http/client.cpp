// SPDX-License-Identifier: Apache-2.0
#include "http/client.hpp"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <string_view>
#include <system_error>

namespace grapevine::http {
namespace {

constexpr std::size_t reply_size_max = 1 << 20;

class Socket {
 public:
  Socket() : number_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)} {}
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  ~Socket() { ::close(number_); }
  int get() const { return number_; }

 private:
  int number_;
};

Error failure(std::string_view what) {
  const int number = errno;
  const auto code = number == EAGAIN ? ErrorCode::timeout : ErrorCode::io;
  return {code, std::string{what} + ": " + std::generic_category().message(number)};
}

bool connect(const Socket& socket, std::uint16_t port, std::chrono::seconds wait) {
  const timeval time{.tv_sec = static_cast<time_t>(wait.count()), .tv_usec = 0};
  ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time);
  ::setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &time, sizeof time);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

bool send_all(const Socket& socket, std::string_view text) {
  while (!text.empty()) {
    const auto sent = ::send(socket.get(), text.data(), text.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

Expected<Reply> parse(std::string_view text) {
  constexpr std::string_view version = "HTTP/1.1 ";
  const auto head_end = text.find("\r\n\r\n");
  Reply reply;
  if (!text.starts_with(version) || head_end == text.npos ||
      std::from_chars(text.data() + version.size(), text.data() + text.size(), reply.status).ec !=
          std::errc{}) {
    return std::unexpected{Error{ErrorCode::refused, "the answer is not HTTP"}};
  }
  reply.body = text.substr(head_end + 4);
  return reply;
}

}  // namespace

Expected<Reply> get(std::uint16_t port, const std::string& target, std::chrono::seconds wait) {
  const Socket socket;
  if (!connect(socket, port, wait)) {
    return std::unexpected{failure("cannot reach 127.0.0.1:" + std::to_string(port))};
  }
  const auto request = "GET " + target + " HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(port) +
                       "\r\nConnection: close\r\n\r\n";
  if (!send_all(socket, request)) return std::unexpected{failure("cannot ask")};
  std::string text;
  std::array<char, 4096> space{};
  while (text.size() < reply_size_max) {
    const auto got = ::recv(socket.get(), space.data(), space.size(), 0);
    if (got < 0) return std::unexpected{failure("no answer")};
    if (got == 0) return parse(text);
    text.append(space.data(), static_cast<std::size_t>(got));
  }
  return std::unexpected{Error{ErrorCode::too_large, "the answer is too long"}};
}

}  // namespace grapevine::http
