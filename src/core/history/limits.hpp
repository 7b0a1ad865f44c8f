// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

#include "base/time.hpp"

namespace grapevine::history {

/// What one side lets the other cost. Every field is a row of docs/limits.md.
struct Limits {
  std::size_t message_size_max = 1024 * 1024;      ///< bytes of one message's `publish` field
  std::size_t answer_messages_max = 1000;          ///< in one answer
  std::size_t answer_bytes_max = 4 * 1024 * 1024;  ///< likewise, but one message at least
  std::size_t streams_per_peer_max = 2;            ///< on which we are asked
  std::size_t streams_max = 32;
  std::size_t lookups_max = 8;            ///< requests that are looked up or answered at a time
  std::size_t requests_burst = 64;        ///< of one peer, at once
  std::size_t requests_per_minute = 240;  ///< of one peer, from then on
  std::size_t peers_max = 4096;           ///< whose requests are counted
  Duration request_timeout = std::chrono::seconds{10};  ///< for a request on an open stream
  Duration answer_timeout = std::chrono::seconds{30};   ///< for taking, or giving, one answer
};

inline constexpr std::size_t cursor_size_max = 64;         ///< bytes
inline constexpr std::size_t request_size_max = 2 * 1024;  ///< bytes of one request
/// What an answer's frame has besides a message.
inline constexpr std::size_t answer_slack = 64;

}  // namespace grapevine::history
