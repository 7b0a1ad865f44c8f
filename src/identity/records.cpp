// SPDX-License-Identifier: Apache-2.0
#include "identity/records.hpp"

#include <array>
#include <optional>

#include "base/protobuf.hpp"
#include "base/varint.hpp"

namespace grapevine {

namespace {

// What a record's envelope says it is for. The first is the multicodec `libp2p-peer-record`.
struct RecordKind {
  std::string_view domain;
  std::string_view payload_type;
};
constexpr RecordKind standard{"libp2p-peer-record", "\x03\x01"};
constexpr RecordKind provisional{"libp2p-routing-state", "/libp2p/routing-state-record"};

// The envelope's fields; views into what was parsed.
struct Parts {
  ByteView key;
  ByteView payload_type;
  ByteView payload;
  ByteView signature;
};

std::optional<Parts> split(ByteView encoded) {
  Parts parts;
  base::FieldReader reader{encoded};
  for (;;) {
    const auto field = reader.next();
    if (!field) return std::nullopt;
    if (!*field) return parts;
    if ((*field)->is_bytes(1)) parts.key = (*field)->bytes;
    if ((*field)->is_bytes(2)) parts.payload_type = (*field)->bytes;
    if ((*field)->is_bytes(3)) parts.payload = (*field)->bytes;
    if ((*field)->is_bytes(5)) parts.signature = (*field)->bytes;
  }
}

// RFC 0002, "Signature Production / Verification": each part with its length before it.
Bytes signed_bytes(ByteView domain, ByteView payload_type, ByteView payload) {
  Bytes out;
  for (const auto part : {domain, payload_type, payload}) {
    base::append_varint(out, part.size());
    append(out, part);
  }
  return out;
}

// The address within an AddressInfo; empty when there is none.
ByteView address_of(ByteView info) {
  ByteView address;
  base::FieldReader reader{info};
  for (;;) {
    const auto field = reader.next();
    if (!field || !*field) return address;
    if ((*field)->is_bytes(1)) address = (*field)->bytes;
  }
}

Result<PeerRecord, EnvelopeError> parse_record(ByteView payload) {
  PeerRecord record;
  std::size_t addresses = 0;
  base::FieldReader reader{payload};
  for (;;) {
    const auto next = reader.next();
    if (!next) return unexpected{EnvelopeError::malformed};
    if (!*next) break;
    const auto& field = **next;
    if (field.is_varint(2)) record.seq = field.value;
    if (field.is_bytes(1)) {
      const auto peer = PeerId::from_bytes(field.bytes);
      if (!peer) return unexpected{EnvelopeError::malformed};
      record.peer = *peer;
    }
    if (field.is_bytes(3)) {
      if (++addresses > PeerRecord::addresses_max) return unexpected{EnvelopeError::too_large};
      // A peer may list transports that only its newer friends know.
      auto address = Multiaddr::from_bytes(address_of(field.bytes));
      if (address) record.addresses.push_back(std::move(*address));
    }
  }
  if (record.peer.empty()) return unexpected{EnvelopeError::malformed};
  return record;
}

}  // namespace

std::string_view name(EnvelopeError error) {
  switch (error) {
    case EnvelopeError::malformed:
      return "malformed";
    case EnvelopeError::bad_key:
      return "bad_key";
    case EnvelopeError::bad_signature:
      return "bad_signature";
    case EnvelopeError::wrong_type:
      return "wrong_type";
    case EnvelopeError::wrong_peer:
      return "wrong_peer";
    case EnvelopeError::too_large:
      return "too_large";
  }
  return "unknown";
}

Bytes seal_envelope(const KeyPair& key, std::string_view domain, ByteView payload_type,
                    ByteView payload) {
  const auto to_sign = signed_bytes(as_bytes(domain), payload_type, payload);
  const auto signature = key.sign(std::array{ByteView{to_sign}});
  Bytes out;
  base::FieldWriter writer{out};
  writer.bytes(1, key.public_key().protobuf());
  writer.bytes(2, payload_type);
  writer.bytes(3, payload);
  writer.bytes(5, signature);
  return out;
}

Result<Envelope, EnvelopeError> open_envelope(ByteView encoded, std::string_view domain,
                                              ByteView payload_type) {
  const auto parts = split(encoded);
  if (!parts) return unexpected{EnvelopeError::malformed};
  if (!equal(parts->payload_type, payload_type)) return unexpected{EnvelopeError::wrong_type};
  auto key = PublicKey::from_protobuf(parts->key);
  if (!key) return unexpected{EnvelopeError::bad_key};
  const auto signed_part = signed_bytes(as_bytes(domain), payload_type, parts->payload);
  if (key->verify(std::array{ByteView{signed_part}}, parts->signature) != crypto::Verdict::valid) {
    return unexpected{EnvelopeError::bad_signature};
  }
  return Envelope{std::move(*key), to_bytes(parts->payload)};
}

Bytes PeerRecord::seal(const KeyPair& key) const {
  ASSERT(key.peer_id() == peer);
  ASSERT(addresses.size() <= addresses_max);
  Bytes payload;
  base::FieldWriter writer{payload};
  writer.bytes(1, peer.bytes());
  writer.varint(2, seq);
  for (const auto& address : addresses) {
    Bytes info;
    base::FieldWriter{info}.bytes(1, address.bytes());
    writer.bytes(3, info);
  }
  return seal_envelope(key, standard.domain, as_bytes(standard.payload_type), payload);
}

Result<PeerRecord, EnvelopeError> PeerRecord::open(ByteView envelope) {
  if (envelope.size() > encoded_size_max) return unexpected{EnvelopeError::too_large};
  auto opened = open_envelope(envelope, standard.domain, as_bytes(standard.payload_type));
  if (!opened && opened.error() == EnvelopeError::wrong_type) {
    opened = open_envelope(envelope, provisional.domain, as_bytes(provisional.payload_type));
  }
  if (!opened) return unexpected{opened.error()};
  auto record = parse_record(opened->payload);
  if (!record) return record;
  // V11: whoever signs speaks for itself alone.
  if (record->peer != opened->key.peer_id()) return unexpected{EnvelopeError::wrong_peer};
  return record;
}

}  // namespace grapevine
