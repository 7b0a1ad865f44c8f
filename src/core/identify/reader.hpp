// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string_view>

#include "base/bytes.hpp"
#include "base/protobuf.hpp"
#include "base/result.hpp"
#include "core/identify/info.hpp"

namespace grapevine::identify {

/// Why an identify or push stream was refused. The stream is reset; nothing it said is kept.
enum class ReadError {
  too_large,  ///< a message above `Reader::message_size_max`
  too_many,   ///< more than `Reader::messages_max` messages
  malformed,  ///< no message, half a message, or not the protobuf it should be
  wrong_key,  ///< a public key that is none, or not that of the connection's peer
};
std::string_view name(ReadError error);

/// Collects the messages of one identify or push stream and merges them as go does: lists grow, of
/// other fields the last counts. Lists stop growing at their limits (V32). An address that cannot
/// be read, or that leads to another peer, is left out, and so is a record that is not valid, or
/// that is not the sender's own (V11, V31).
class Reader {
 public:
  static constexpr std::size_t message_size_max = 8 * 1024;
  static constexpr std::size_t messages_max = 10;

  /// `remote` is whom the connection has proven.
  explicit Reader(const PeerId& remote) : remote_{remote} {}

  /// The stream's next bytes. After an error every further call fails the same way.
  Result<void, ReadError> on_bytes(ByteView bytes);
  /// Once, when the remote has ended the stream.
  Result<Info, ReadError> finish();

 private:
  Result<void, ReadError> take_messages(base::ByteReader& in);
  bool merge(ByteView message);
  void merge(const base::Field& field);
  void add_address(ByteView bytes);
  bool leads_elsewhere(const Multiaddr& address) const;

  PeerId remote_;
  Info info_;
  Bytes key_;      ///< looked at when all is there: only the last counts
  Bytes partial_;  ///< of the message being received
  std::size_t messages_ = 0;
  std::size_t addresses_read_ = 0;
  std::optional<ReadError> failed_;
};

}  // namespace grapevine::identify
