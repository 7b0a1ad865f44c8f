// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "grapevine/message.hpp"

namespace grapevine {

/// A node's memory on disk: the messages of every topic it joined or published to, and the ids it
/// has seen. What a subscription was given with a cursor is in it, however the process ends; a
/// power failure takes back at most the last second.
struct HistoryOptions {
  std::string file;  ///< made where it is missing; one that is something else is refused
  /// What is kept of each topic; the oldest goes first.
  std::size_t messages_max = 100'000;
  std::uint64_t bytes_max = 256u << 20;
  std::chrono::seconds age_max = std::chrono::hours{24 * 7};
  std::size_t topics_max = 1024;  ///< further topics are not kept
  bool serve = true;              ///< neighbours may ask for it
};

/// Which messages of a topic: behind a cursor, or between two times of arrival, or both.
struct HistoryQuery {
  std::optional<Cursor> since;
  std::optional<std::chrono::system_clock::time_point> from;   ///< not before
  std::optional<std::chrono::system_clock::time_point> until;  ///< not after
  std::size_t limit = 100;
  std::size_t bytes_max = 4u << 20;  ///< of messages, but one at least
};

/// A message that was kept. `via` is not known any more.
struct KeptMessage {
  Message message;
  std::chrono::system_clock::time_point received_at;
};

struct HistoryPage {
  std::vector<KeptMessage> messages;  ///< the oldest first
  Cursor next;                        ///< `since` of the next question
  /// Messages between the question's cursor and `next` that are not kept any more, or never were.
  std::uint64_t lost = 0;
  bool more = false;  ///< there are more already
  bool gap = false;   ///< `since` is not of this history: answered from the oldest
};

struct HistoryStatus {
  bool kept = false;         ///< there is a history
  std::uint64_t stored = 0;  ///< by this run
  std::uint64_t lost = 0;    ///< not stored by this run: its queue or the disk was full
  bool failing = false;      ///< the disk did not take the last ones
};

struct CatchUpOptions {
  std::optional<Peer> from;            ///< whom to ask; absent: mesh peers that keep a history
  std::size_t messages_max = 100'000;  ///< asked for
  std::chrono::milliseconds wait{30'000};
};

/// What catching up brought.
struct CaughtUp {
  Peer from;
  std::uint64_t received = 0;
  std::uint64_t delivered = 0;
  std::uint64_t duplicates = 0;  ///< known already
  std::uint64_t refused = 0;     ///< by the checks, a validator, or for want of room
  std::uint64_t lost = 0;        ///< not kept there any more
  bool complete = false;         ///< there was no more to get
};

}  // namespace grapevine
