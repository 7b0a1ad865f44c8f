// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <string>

#include "base/text.hpp"
#include "core/pubsub/message.hpp"
#include "core/pubsub/snappy.hpp"
#include "crypto/hash.hpp"

/// The default ids of the other implementations, byte for byte: in a network of mixed defaults the
/// mesh still floods, but no IHAVE, IWANT or IDONTWANT ever matches.
namespace grapevine::pubsub::ids {
namespace {

constexpr std::size_t seqno_size = 8;

using IdResult = Result<MessageId, RejectReason>;

IdResult joined(ByteView first, ByteView second) {
  if (first.size() > MessageId::size_max || second.size() > MessageId::size_max - first.size()) {
    return unexpected(RejectReason::id_too_long);
  }
  return MessageId{first, second};
}

Result<PeerId, RejectReason> author_of(const MessageView& message) {
  if (!message.from) return unexpected(RejectReason::missing_author);
  const auto author = PeerId::from_bytes(*message.from);
  if (!author) return unexpected(RejectReason::bad_author);
  return *author;
}

Result<ByteView, RejectReason> whole_seqno(const MessageView& message) {
  if (!message.seqno || message.seqno->size() != seqno_size) {
    return unexpected(RejectReason::bad_seqno);
  }
  return *message.seqno;
}

bool is_anonymous(const MessageView& message) {
  return message.from.value_or(ByteView{}).empty() && message.seqno.value_or(ByteView{}).empty();
}

/// An empty payload has its hash for an id, as no id may be empty on the wire.
IdResult prefix(const MessageView& message, std::size_t size) {
  const auto data = message.payload();
  if (data.empty()) return sha256_data(message);
  return MessageId{data.first(std::min(size, data.size()))};
}

}  // namespace

IdResult from_seqno(const MessageView& message) {
  if (is_anonymous(message)) return sha256_data(message);
  return joined(message.from.value_or(ByteView{}), message.seqno.value_or(ByteView{}));
}

IdResult rust_default(const MessageView& message) {
  // rust's stand-in for an author that is not there.
  constexpr std::array<std::uint8_t, 3> nobody{0, 1, 0};
  std::uint64_t number = 0;
  if (message.seqno && !message.seqno->empty()) {
    if (message.seqno->size() != seqno_size) return unexpected(RejectReason::bad_seqno);
    number = base::ByteReader{*message.seqno}.u64();
  }
  if (!message.from)
    return joined(as_bytes(base::to_base58(nobody)), as_bytes(std::to_string(number)));
  const auto author = author_of(message);
  if (!author) return unexpected(author.error());
  return joined(as_bytes(author->to_string()), as_bytes(std::to_string(number)));
}

IdResult js_default(const MessageView& message) {
  if (is_anonymous(message)) return sha256_data(message);
  const auto author = author_of(message);
  if (!author) return unexpected(author.error());
  const auto seqno = whole_seqno(message);
  if (!seqno) return unexpected(seqno.error());
  if (const auto inlined = PublicKey::from_peer_id(*author))
    return joined(inlined->protobuf(), *seqno);
  if (!message.key) return unexpected(RejectReason::bad_key);
  const auto attached = PublicKey::from_protobuf(*message.key);
  if (!attached) return unexpected(RejectReason::bad_key);
  return joined(attached->protobuf(), *seqno);
}

IdResult nim_default(const MessageView& message) {
  const auto author = author_of(message);
  if (!author) return unexpected(author.error());
  // nim takes a sequence number of any length, not of none.
  const auto seqno = message.seqno.value_or(ByteView{});
  if (seqno.empty()) return unexpected(RejectReason::bad_seqno);
  if (seqno.size() > MessageId::size_max) return unexpected(RejectReason::id_too_long);
  return joined(as_bytes(base::to_hex(seqno)), as_bytes(author->to_string()));
}

IdResult sha256_data(const MessageView& message) {
  return MessageId{crypto::sha256(message.payload())};
}

IdResult prefix8(const MessageView& message) { return prefix(message, 8); }
IdResult prefix16(const MessageView& message) { return prefix(message, 16); }

IdResult eth2(const MessageView& message) {
  constexpr std::array<std::uint8_t, 4> invalid_domain{0, 0, 0, 0};
  constexpr std::array<std::uint8_t, 4> valid_domain{1, 0, 0, 0};
  constexpr std::size_t id_size = 20;
  std::array<std::uint8_t, 8> length{};  // little-endian
  for (std::size_t i = 0; i < length.size(); ++i) {
    length[i] = static_cast<std::uint8_t>(message.topic.size() >> (8 * i));
  }
  const auto plain = snappy::decode(message.payload(), eth2_payload_max);
  const ByteView pieces[] = {plain ? valid_domain : invalid_domain, length, as_bytes(message.topic),
                             plain ? ByteView{*plain} : message.payload()};
  return MessageId{ByteView{crypto::sha256(pieces)}.first(id_size)};
}

IdFunction by_name(std::string_view name) {
  if (name == "from_seqno") return from_seqno;
  if (name == "rust") return rust_default;
  if (name == "js") return js_default;
  if (name == "nim") return nim_default;
  if (name == "sha256") return sha256_data;
  if (name == "prefix8") return prefix8;
  if (name == "prefix16") return prefix16;
  if (name == "eth2") return eth2;
  return {};
}

}  // namespace grapevine::pubsub::ids
