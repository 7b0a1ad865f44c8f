// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

/// Plain TCP on 127.0.0.1, for what benchmarks say beside the network they measure.
namespace grapevine::agent {

/// A file descriptor that closes itself; -1: none.
class Socket {
 public:
  explicit Socket(int descriptor = -1) : descriptor_{descriptor} {}
  Socket(Socket&& other) noexcept : descriptor_{std::exchange(other.descriptor_, -1)} {}
  Socket& operator=(Socket&& other) noexcept;
  ~Socket();

  int descriptor() const { return descriptor_; }
  bool valid() const { return descriptor_ >= 0; }
  /// Sends without waiting; answers how much went, nullopt when the connection is gone.
  std::optional<std::size_t> send_some(std::span<const std::uint8_t> bytes) const;
  /// Receives without waiting; 0: nothing is there. nullopt: the connection has ended.
  std::optional<std::size_t> receive_some(std::span<std::uint8_t> into) const;

 private:
  int descriptor_;
};

/// Listens on a free port; `port` is set to it. Invalid when the system refuses.
Socket listen_on_loopback(std::uint16_t& port);
/// To "a.b.c.d:port", within five seconds; invalid when that fails or is no such address.
Socket connect_to(std::string_view address);

}  // namespace grapevine::agent
