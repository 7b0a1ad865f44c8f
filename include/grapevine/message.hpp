// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "grapevine/peer.hpp"

namespace grapevine {

/// Bytes shared with the receive buffer they came in; cheap to copy, safe on every thread.
class Payload {
 public:
  Payload() = default;
  Payload(std::shared_ptr<const void> owner, std::span<const std::uint8_t> bytes)
      : owner_{std::move(owner)}, bytes_{bytes} {}
  std::span<const std::uint8_t> bytes() const { return bytes_; }
  std::string_view text() const {
    return {reinterpret_cast<const char*>(bytes_.data()), bytes_.size()};
  }
  std::size_t size() const { return bytes_.size(); }

 private:
  std::shared_ptr<const void> owner_;
  std::span<const std::uint8_t> bytes_;
};

/// Where a message stands in a node's history of its topic: behind how many others of the topic,
/// those that were lost as well, in the history of that epoch. As text `<epoch>-<number>`.
struct Cursor {
  std::uint32_t epoch = 0;
  std::uint64_t number = 0;

  std::string to_string() const;
  static std::optional<Cursor> parse(std::string_view text);
  friend bool operator==(const Cursor&, const Cursor&) = default;
};

/// One message as the application gets it.
struct Message {
  std::shared_ptr<const std::string> topic;
  Payload data;
  std::optional<Peer> from;            ///< the author; absent under StrictNoSign
  std::optional<std::uint64_t> seqno;  ///< the author's sequence number
  Peer via;                            ///< the neighbour it came from; ourselves for our own
  bool local = false;                  ///< published by this node
  Payload id;                          ///< opaque bytes
  bool history = false;                ///< came late, out of a neighbour's history
  std::optional<Cursor> cursor;  ///< in our own history; absent without, and where it was lost
};

}  // namespace grapevine
