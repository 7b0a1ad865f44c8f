// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "base/shared_bytes.hpp"
#include "core/pubsub/message_id.hpp"
#include "crypto/signatures.hpp"
#include "identity/keys.hpp"

namespace grapevine::pubsub {

/// Why bytes are no pubsub message at all.
enum class MessageError {
  malformed,       ///< not protobuf, or a field of the wrong type
  no_topic,        ///< the required topic is absent or empty
  topic_too_long,  ///< above `topic_size_max`
};
std::string_view name(MessageError error);

inline constexpr std::size_t topic_size_max = 1024;  ///< bytes

/// The fields of one message as they stand in somebody's buffer. Absent and empty differ:
/// StrictNoSign wants absence. Of a repeated field the last counts, topics of old multi-topic
/// messages included. pubsub spec, "The Message".
struct MessageView {
  std::optional<ByteView> from;
  std::optional<ByteView> data;
  std::optional<ByteView> seqno;
  std::string_view topic;
  std::optional<ByteView> signature;
  std::optional<ByteView> key;
  ByteView body;  ///< the whole encoded message

  ByteView payload() const { return data.value_or(ByteView{}); }
};
Result<MessageView, MessageError> parse_message(ByteView body);

/// A message on its way: the RPC's `publish` field (tag, length, message) as it came or as we
/// encoded it, once for all peers, and the views into it.
struct Message {
  SharedBytes field;
  MessageView view;  ///< into `field`
  MessageId id;
};

/// Who signs, and what is accepted. pubsub spec, "Message Signing"; the lax ones as go has them.
enum class SignaturePolicy {
  strict_sign,     ///< sign; refuse unsigned
  strict_no_sign,  ///< no author, sequence number, signature or key; refuse any of them
  lax_sign,        ///< sign; accept unsigned, verify what is signed
  lax_no_sign,     ///< do not sign; verify what is signed
};

/// Why a received message was refused before or after looking at its signature.
enum class RejectReason {
  missing_signature,
  unexpected_signature,
  unexpected_auth_info,  ///< from, seqno or key under strict_no_sign
  missing_author,
  bad_author,  ///< `from` is no peer id
  bad_seqno,   ///< not 8 bytes
  bad_key,     ///< absent where needed, malformed, or not that of `from`
  invalid_signature,
  disputed_signature,  ///< implementations differ on it: ignored, never punished (V12). Also a good
                       ///< signature beside a `key` that does not parse though `from` inlines it:
                       ///< rust forwards those
  self_origin,         ///< from ourselves, sent by another
  id_too_long,         ///< the id function gave more than MessageId holds
};
std::string_view name(RejectReason reason);

/// What a policy says from the fields alone, no cryptography: refuse, or whether the signature must
/// still be checked.
enum class Check { accept, verify };
Result<Check, RejectReason> check_fields(const MessageView& message, SignaturePolicy policy);
/// Checks author, key and signature of a parsed message: `body` and the fields belong together.
/// Pure, for the worker pool. The signature covers "libp2p-pubsub:" and the message without the
/// fields signature and key, over the bytes as they came where those are in canonical order.
Result<void, RejectReason> verify(const MessageView& message);

/// What a new message is made of.
struct Draft {
  std::string_view topic;
  ByteView data;
  const PeerId* author = nullptr;  ///< none under strict_no_sign
  std::optional<std::uint64_t> seqno;
  const KeyPair* key = nullptr;  ///< signs when given; the key is attached also where it is inlined
                                 ///< in the id: jvm refuses its absence
};
/// The encoded `publish` field; its views point into it. The id is left empty.
Message encode(const Draft& draft);

/// Computes a message's id from its fields. Pure.
using IdFunction = std::function<Result<MessageId, RejectReason>(const MessageView&)>;
namespace ids {
/// from ‖ seqno, raw: the spec's reading, go's and jvm's default. Falls back to SHA-256 of data
/// where both are absent.
Result<MessageId, RejectReason> from_seqno(const MessageView& message);
/// base58(from) ‖ decimal seqno. One id for all messages without author and seqno, as in rust.
Result<MessageId, RejectReason> rust_default(const MessageView& message);
/// protobuf(public key) ‖ seqno; SHA-256 of data where both author and seqno are absent. RSA keys
/// are too long for an id.
Result<MessageId, RejectReason> js_default(const MessageView& message);
Result<MessageId, RejectReason> nim_default(
    const MessageView& message);  ///< hex(seqno) ‖ text(from)
Result<MessageId, RejectReason> sha256_data(const MessageView& message);
/// The first 8 bytes of data, less when data is shorter, its SHA-256 when it is empty.
Result<MessageId, RejectReason> prefix8(const MessageView& message);
Result<MessageId, RejectReason> prefix16(const MessageView& message);  ///< likewise the first 16
/// The consensus layer's: the first 20 bytes of a SHA-256 over a domain, the topic and the data,
/// unpacked where it is valid snappy of at most `eth2_payload_max` bytes. Ethereum p2p interface,
/// altair, "The gossip domain: gossipsub".
Result<MessageId, RejectReason> eth2(const MessageView& message);
inline constexpr std::size_t eth2_payload_max = 10 * 1024 * 1024;  ///< bytes
/// By name: from_seqno, rust, js, nim, sha256, prefix8, prefix16, eth2; empty when unknown.
IdFunction by_name(std::string_view name);
}  // namespace ids

}  // namespace grapevine::pubsub
