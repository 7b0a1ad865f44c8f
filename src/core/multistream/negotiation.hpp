// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.hpp"
#include "base/result.hpp"

/// multistream-select 1.0: how two peers agree on the protocol of a connection or stream. libp2p
/// connections spec, "multistream-select". What both roles share.
namespace grapevine::multistream {

/// The first message of either side.
inline constexpr std::string_view header = "/multistream/1.0.0";
/// The answer to a proposal that is not supported.
inline constexpr std::string_view not_available = "na";
/// Most bytes of a message, its newline included.
inline constexpr std::size_t message_size_max = 1024;
/// Most proposals in one negotiation.
inline constexpr std::size_t proposals_max = 16;

/// Why a negotiation failed. All but `refused` are the peer's fault; the channel is of no more use
/// after any.
enum class NegotiationError {
  bad_length,      ///< a malformed length prefix (V01)
  too_large,       ///< a message above `message_size_max`
  empty,           ///< a message of no bytes, or of a newline alone (V02)
  no_newline,      ///< a message that does not end in a newline
  bad_header,      ///< a first message other than `header` (V05)
  bad_answer,      ///< dialer: neither the proposal nor `na`
  refused,         ///< dialer: every proposal was answered `na`
  too_many_tries,  ///< listener: more than `proposals_max` proposals
};
std::string_view name(NegotiationError error);

/// What was agreed on. Bytes behind it belong to that protocol.
struct Outcome {
  std::string protocol;
};

/// Appends `text` as one message: varint length, text, newline.
void append_message(Bytes& out, std::string_view text);

/// Puts messages together from bytes that come in pieces. Takes no byte of the next message, holds
/// at most one.
class MessageReader {
 public:
  /// The next message without its newline, valid until the next call; nullopt when `in` ended
  /// before it did.
  Result<std::optional<std::string_view>, NegotiationError> next(base::ByteReader& in);

 private:
  std::size_t missing() const;
  static Result<std::optional<std::string_view>, NegotiationError> take_message(
      base::ByteReader& in);

  Bytes partial_;
  bool whole_ = false;  ///< `partial_` is what the last call returned
};

}  // namespace grapevine::multistream
