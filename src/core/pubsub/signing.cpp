// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cstring>
#include <memory>

#include "base/protobuf.hpp"
#include "core/pubsub/message.hpp"

namespace grapevine::pubsub {
namespace {

constexpr std::string_view signing_prefix = "libp2p-pubsub:";
constexpr std::uint32_t rpc_publish_number = 2;  // of RPC
constexpr std::uint32_t topic_number = 4;        // of Message, the last field that is signed
constexpr std::uint32_t signature_number = 5;
constexpr std::uint32_t key_number = 6;

/// Writes into memory whose size was computed before.
class Cursor {
 public:
  explicit Cursor(std::uint8_t* at) : at_{at} {}
  /// Not std::ranges::copy, which libstdc++ 12 turns into a loop over single bytes here.
  void put(ByteView bytes) {
    if (!bytes.empty()) std::memcpy(at_, bytes.data(), bytes.size());
    at_ += bytes.size();
  }
  /// Tag and length of a length-delimited field; the numbers here fit one byte of tag.
  void put_header(std::uint32_t number, std::size_t size) {
    *at_++ = static_cast<std::uint8_t>((number << 3) | 2);
    for (; size >= 0x80; size >>= 7) *at_++ = static_cast<std::uint8_t>(size | 0x80);
    *at_++ = static_cast<std::uint8_t>(size);
  }
  std::uint8_t* at() const { return at_; }

 private:
  std::uint8_t* at_;
};

/// The fields from, data, seqno and topic in canonical encoding, as pieces: the contents stay where
/// they are, only tags and lengths are written here. Absent and empty fields differ.
class SignedFields {
 public:
  explicit SignedFields(const MessageView& message) {
    add(as_bytes(signing_prefix));
    if (message.from) add_field(1, *message.from);
    if (message.data) add_field(2, *message.data);
    if (message.seqno) add_field(3, *message.seqno);
    add_field(topic_number, as_bytes(message.topic));
  }
  SignedFields(const SignedFields&) = delete;  // the pieces view into this very object
  SignedFields& operator=(const SignedFields&) = delete;

  /// Puts `tail` behind the fields.
  void add(ByteView tail) { pieces_[count_++] = tail; }
  /// What is signed: the prefix, then the fields.
  std::span<const ByteView> pieces() const { return std::span{pieces_}.first(count_); }
  /// The fields alone.
  std::span<const ByteView> fields() const { return pieces().subspan(1); }
  std::size_t size() const {
    std::size_t sum = 0;
    for (const auto piece : fields()) sum += piece.size();
    return sum;
  }

 private:
  void add_field(std::uint32_t number, ByteView content) {
    auto* const start = headers_.data() + used_;
    Cursor cursor{start};
    cursor.put_header(number, content.size());
    const auto size = static_cast<std::size_t>(cursor.at() - start);
    used_ += size;
    add({start, size});
    add(content);
  }

  std::array<std::uint8_t, 4 * 11> headers_{};
  std::array<ByteView, 10> pieces_{};
  std::size_t used_ = 0;
  std::size_t count_ = 0;
};

/// The two signed parts of a body in canonical order: what stands before signature and key, and the
/// unknown fields behind them. nullopt when known fields are out of order, repeated, behind unknown
/// ones or not minimally encoded: then re-encoding gives other bytes.
std::optional<std::array<ByteView, 2>> signed_parts(ByteView body) {
  base::FieldReader reader{body};
  std::uint32_t last = 0;
  std::size_t head = 0;
  std::size_t known = 0;
  bool unknown_seen = false;
  for (;;) {
    const auto next = reader.next();
    if (!next) return std::nullopt;
    if (!*next) break;
    const auto& field = **next;
    if (field.number > key_number) {
      unknown_seen = true;
      continue;
    }
    const auto minimal = base::bytes_field_size(field.number, field.bytes.size());
    if (unknown_seen || field.number <= last || field.whole.size() != minimal) return std::nullopt;
    last = field.number;
    known += minimal;
    if (field.number <= topic_number) head = known;
  }
  return std::array{body.first(head), body.subspan(known)};
}

/// Unknown fields are signed too, behind the known ones: go keeps them so.
Bytes unknown_fields(ByteView body) {
  Bytes out;
  base::FieldReader reader{body};
  for (;;) {
    const auto next = reader.next();
    if (!next || !*next) return out;
    if ((*next)->number > key_number) append(out, (*next)->whole);
  }
}

struct AuthorKey {
  PublicKey key;
  bool disputed = false;
};

Result<AuthorKey, RejectReason> author_key(const MessageView& message) {
  if (!message.from) return unexpected(RejectReason::missing_author);
  const auto author = PeerId::from_bytes(*message.from);
  if (!author) return unexpected(RejectReason::bad_author);
  auto inlined = PublicKey::from_peer_id(*author);
  if (!message.key) {
    if (!inlined) return unexpected(RejectReason::bad_key);
    return AuthorKey{*std::move(inlined)};
  }
  if (inlined && equal(inlined->protobuf(), *message.key)) return AuthorKey{*std::move(inlined)};
  auto attached = PublicKey::from_protobuf(*message.key);
  if (!attached) {
    if (!inlined) return unexpected(RejectReason::bad_key);
    // go refuses the garbage, rust passes it over and forwards: no reason to punish a neighbour.
    return AuthorKey{.key = *std::move(inlined), .disputed = true};
  }
  if (attached->peer_id() != *author) return unexpected(RejectReason::bad_key);
  return AuthorKey{*std::move(attached)};
}

crypto::Verdict verdict_on(const MessageView& message, const PublicKey& key) {
  if (const auto parts = signed_parts(message.body)) {
    const std::array pieces{as_bytes(signing_prefix), (*parts)[0], (*parts)[1]};
    return key.verify(pieces, *message.signature);
  }
  const auto unknown = unknown_fields(message.body);
  SignedFields fields{message};
  fields.add(unknown);
  return key.verify(fields.pieces(), *message.signature);
}

}  // namespace

Result<void, RejectReason> verify(const MessageView& message) {
  if (!message.signature) return unexpected(RejectReason::missing_signature);
  const auto author = author_key(message);
  if (!author) return unexpected(author.error());
  switch (verdict_on(message, author->key)) {
    case crypto::Verdict::valid:
      break;
    case crypto::Verdict::disputed:
      return unexpected(RejectReason::disputed_signature);
    case crypto::Verdict::invalid:
      return unexpected(RejectReason::invalid_signature);
  }
  if (author->disputed) return unexpected(RejectReason::disputed_signature);
  return {};
}

Message encode(const Draft& draft) {
  ASSERT(!draft.topic.empty() && draft.topic.size() <= topic_size_max);
  std::array<std::uint8_t, 8> seqno{};
  MessageView fields;
  fields.topic = draft.topic;
  fields.data = draft.data;
  if (draft.author) fields.from = draft.author->bytes();
  if (draft.seqno) {
    for (std::size_t i = 0; i < seqno.size(); ++i) {
      seqno[i] = static_cast<std::uint8_t>(*draft.seqno >> (56 - 8 * i));
    }
    fields.seqno = seqno;
  }
  const SignedFields head{fields};
  auto body = head.size();
  Bytes signature;
  ByteView key;
  if (draft.key) {
    signature = draft.key->sign(head.pieces());
    key = draft.key->public_key().protobuf();
    body += base::bytes_field_size(signature_number, signature.size()) +
            base::bytes_field_size(key_number, key.size());
  }

  const auto size = base::bytes_field_size(rpc_publish_number, body);
  const auto block = std::make_shared_for_overwrite<std::uint8_t[]>(size);
  Cursor out{block.get()};
  out.put_header(rpc_publish_number, body);
  for (const auto piece : head.fields()) out.put(piece);
  if (draft.key) {
    out.put_header(signature_number, signature.size());
    out.put(signature);
    out.put_header(key_number, key.size());
    out.put(key);
  }
  ASSERT(out.at() == block.get() + size);
  const ByteView field{block.get(), size};
  const auto view = parse_message(field.last(body));
  ASSERT(view.has_value());
  return Message{.field = SharedBytes{block, field, size}, .view = *view, .id = {}};
}

}  // namespace grapevine::pubsub
